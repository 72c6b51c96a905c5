"""A made-up text, a recipe small enough for seconds, and options that write nowhere else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textgen.training.job import TrainOptions

RECIPE = """
title = "Made up"
averaging = 0.9

[net]
sizes = { embedding = 8, hidden = 24, layers = 2 }
dropout = { embedding = 0.1, between = 0.2, output = 0.2, weights = 0.2 }

[batches]
streams = 4
length = 16
reset = 0.1

[optimiser]
rate = 1e-2

[schedule]
steps = 60

[log]
every = 20
window = 32
temperatures = [0.5, 1.0]
sample = 20
"""


@pytest.fixture(scope="session")
def text_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6,000 or so characters with something to learn: a few words in random order."""
    words = random.Random(0).choices(["the king", "is", "dead", "long live", "queen\n", "naïve"], k=1000)
    path = tmp_path_factory.mktemp("text") / "words.txt"
    path.write_text(" ".join(words), encoding="utf-8")
    return path


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "made-up.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., TrainOptions]:
    """Options that keep to `tmp_path`, run on the processor in float32 and say nothing."""

    def make(**changes: Any) -> TrainOptions:
        usual = {
            "models": tmp_path / "models",
            "runs": tmp_path / "runs",
            "accelerator": "cpu",
            "report": None,
        }
        return TrainOptions(**{**usual, "precision": "32-true", **changes})

    return make
