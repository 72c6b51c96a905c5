"""The architectures: one a file, all behind `base.LanguageModel`."""
