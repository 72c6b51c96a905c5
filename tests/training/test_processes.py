"""More processes: Lightning's strategies pass through, and two learn what one does."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from textgen.training.job import TrainOptions
from textgen.training.run import train

VALUES = ("log.every=5", "batches.reset=0.2", "net.dropout={}")
STEPS = 20


def test_two_processes_reach_the_losses_of_one(
    recipe_file: Path, text_file: Path, options: Callable[..., TrainOptions], tmp_path: Path
) -> None:
    one = losses(train(recipe_file, text_file, options(devices="1", overrides=VALUES, max_steps=STEPS)))
    two = losses(train_in_two(recipe_file, text_file, tmp_path / "two"))
    assert len(one) == len(two) == 5
    for alone, together in zip(one, two, strict=True):
        assert together == pytest.approx(alone, abs=3e-4, nan_ok=True)


def train_in_two(recipe: Path, corpus: Path, place: Path) -> Path:
    """The same from the command line, which Lightning starts a second time → the model's folder."""
    command = [sys.executable, "-m", "textgen", "train", str(recipe), "--corpus", str(corpus), "--quiet"]
    command += ["--models", str(place / "models"), "--runs", str(place / "runs"), "--max-steps", str(STEPS)]
    command += ["--accelerator", "cpu", "--precision", "32-true", "--devices", "2", "--strategy", "ddp"]
    command += [part for value in VALUES for part in ("--set", value)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == f"{place / 'models' / recipe.stem}\n"
    return place / "models" / recipe.stem


def losses(folder: Path) -> list[tuple[float, float]]:
    """Training and validation losses of the log."""
    with (folder / "training_log.csv").open(newline="", encoding="utf-8") as file:
        return [(float(row["train_loss"]), float(row["validation_loss"])) for row in csv.DictReader(file)]
