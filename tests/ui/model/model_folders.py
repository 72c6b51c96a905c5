"""Model folders as people make them: tiny nets with facts, a log and a card of their own."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.conftest import save_tiny_model
from textgen.models.config import ModelConfig
from textgen.models.registry import ModelInfo
from textgen.ui.sidebar.model_facts import Facts

ALPHABET = "\n 'TRabcdefghiklmnorst"
HEAD = ["step", "tokens", "train_loss", "validation_loss", "learning_rate", "sample_0.5", "sample_1", "beam"]
ROWS = [
    ["0", "0", "", "3.0910", "0", "xq zz", "Q!x;", "aaa"],
    ["10", "640", "2.9", "2.8", "0.001", "the the", "teh oht", "the the the"],
    ["20", "1280", "2.5", "2.6", "0.001", "the king", "thy knig", "the king"],
    ["40", "2560", "2.1", "2.7", "0.0005", "the king is", "<b>thy king</b>", "the king is the king"],
]
FACTS: dict[str, Any] = {
    "title": "Plays, characters",
    "level": "char",
    "corpus": {
        "name": "plays",
        "status": "In the public domain.",
        "url": "https://example.org/plays.txt",
        "bytes": 1_115_394,
    },
    "split": {
        "train": "first 90%",
        "validation": "last 10%",
        "train_tokens": 1_003_854,
        "validation_tokens": 111_540,
    },
    "losses": {"unit": "nats per char", "validation_windows_256": 1.4241, "validation_streamed": 1.4049},
    "target": 1.44,
    "recipe": {"target_note": "nanoGPT reaches 1.4697"},
    "training": {
        "steps": 40,
        "tokens": 2560,
        "kept_step": 20,
        "seconds": 3455,
        "machine": "one core",
        "precision": "float32",
    },
    "calibration": {"temperature": 1.16},
    "date": "2026-11-20",
    "seed": 1337,
}
CONFIG = {**FACTS, "architecture": "lstm", "parameters": 3_457_729, "sizes": {"layers": 2, "vocab_size": 65}}
README = """# Plays

`plays` predicts the *next* **character**. <img src=x onerror=alert(1)>

| validation | nats |
|---|---|
| windows | 1.42 |

    python -m textgen evaluate plays

- one
- two, [a link](javascript:alert(1)) and ![a picture](https://example.org/x.png)
"""


def facts(**changes: Any) -> Facts:
    """The facts of a model in words."""
    return Facts(ModelInfo("mine", ModelConfig.from_json({**CONFIG, **changes})))


def make_model(root: Path, name: str, alphabet: str = ALPHABET, seed: int = 0, **facts: Any) -> Path:
    """A folder of a tiny model whose config.json has these facts too."""
    folder = save_tiny_model(root / name, alphabet, seed)
    set_facts(folder, **{**FACTS, **facts})
    (folder / "README.md").write_text(README, encoding="utf-8")
    return write_log(folder, HEAD, ROWS)


def set_facts(folder: Path, **facts: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **facts}), encoding="utf-8")


def write_log(folder: Path, head: list[str], rows: list[list[str]]) -> Path:
    with (folder / "training_log.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return folder


def three_models(root: Path) -> Path:
    """Two models of one text, and one of words that knows few letters and brings its own context."""
    make_model(root, "shakespeare-char-lstm")
    make_model(root, "plays-gru", seed=1, title="Plays, characters (GRU)", target=None)
    names = {"name": "names", "status": "Public domain.", "bytes": 2281}
    make_model(
        root, "names", "\nabcdeikmnors", seed=2, title="Names", prompt="mar", corpus=names, target=None
    )
    return root
