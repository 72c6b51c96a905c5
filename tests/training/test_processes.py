"""More processes: Lightning's strategies pass through, and two learn what one does."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest


def run(recipe: Path, corpus: Path, place: Path, *machine: str) -> list[tuple[float, float]]:
    """Train in a process of its own → training and validation losses of the log."""
    command = [
        sys.executable,
        "-m",
        "textgen",
        "train",
        str(recipe),
        "--corpus",
        str(corpus),
    ]
    command += ["--models", str(place / "models"), "--runs", str(place / "runs"), "--quiet"]
    command += ["--accelerator", "cpu", "--precision", "32-true", "--max-steps", "20", "--set", "log.every=5"]
    command += ["--set", "batches.reset=0.2", "--set", "net.dropout={}", *machine]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with (place / "models" / recipe.stem / "training_log.csv").open(newline="", encoding="utf-8") as file:
        return [(float(row["train_loss"]), float(row["validation_loss"])) for row in csv.DictReader(file)]


def test_two_processes_reach_the_losses_of_one(recipe_file: Path, text_file: Path, tmp_path: Path) -> None:
    one = run(recipe_file, text_file, tmp_path / "one", "--devices", "1")
    two = run(recipe_file, text_file, tmp_path / "two", "--devices", "2", "--strategy", "ddp")
    assert len(one) == len(two) == 5
    for alone, together in zip(one, two, strict=True):
        assert together == pytest.approx(alone, abs=3e-4, nan_ok=True)
