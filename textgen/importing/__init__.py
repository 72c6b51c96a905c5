"""Other people's checkpoints as model folders: a file for each kind, and `run.import_model`, the way in."""
