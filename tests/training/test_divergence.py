"""A loss that is no number, or far too large, ends the run; the last good checkpoint stays."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from textgen.errors import TextgenError
from textgen.models.log import LogRow
from textgen.training import callbacks
from textgen.training.callbacks import describe
from textgen.training.checkpoints import read_checkpoint
from textgen.training.job import TrainOptions, saved
from textgen.training.module import TrainingModule
from textgen.training.run import train
from textgen.training.streams import Chunk

Options = Callable[..., TrainOptions]
QUICK = ("log.sample=4", "log.beam=4", "log.every=3", "schedule.warmup=0", "schedule.name=constant")
ASTRAY = ("optimiser.rate=10", "optimiser.weight_decay=100")


@pytest.mark.parametrize("every", [3, 1000])
def test_divergence_stops_with_a_sentence_and_publishes_nothing(
    every: int, recipe_file: Path, text_file: Path, tmp_path: Path, options: Options
) -> None:
    lines: list[str] = []
    overrides = (*QUICK, *ASTRAY, f"log.every={every}")
    with pytest.raises(TextgenError, match=r"optimiser.rate= \(it is 10\)") as caught:
        train(recipe_file, text_file, options(max_steps=40, overrides=overrides, report=lines.append))
    assert "the run stops, and nothing is published" in str(caught.value)
    assert not any("by heart" in line for line in lines)
    assert not list(tmp_path.glob("models/*"))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_names_step_and_last_good_value(
    value: float,
    recipe_file: Path,
    text_file: Path,
    tmp_path: Path,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole, seen = TrainingModule.training_step, list[int]()

    def step(self: TrainingModule, batch: Chunk, batch_idx: int) -> Tensor:
        seen.append(batch_idx)
        return whole(self, batch, batch_idx) * (value if len(seen) == 5 else 1.0)

    monkeypatch.setattr(TrainingModule, "training_step", step)
    says = r"training loss at step 5 is no number \((nan|inf)\); the last that was one is \d.\d+ at step 4"
    with pytest.raises(TextgenError, match=says) as caught:
        train(recipe_file, text_file, options(max_steps=40, overrides=QUICK))
    assert "the checkpoint of step 3 stays, and --resume --max-steps 3 makes a model" in str(caught.value)
    monkeypatch.undo()
    kept = saved(tmp_path / "runs" / "made-up")
    assert all(torch.isfinite(t).all() for t in read_checkpoint(kept[-1])["state_dict"].values())
    assert train(recipe_file, text_file, options(max_steps=3, overrides=QUICK, resume=True)).is_dir()


def test_a_validation_loss_that_is_no_number_stops_the_run(
    recipe_file: Path, text_file: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([4.0, 3.5, math.inf])
    monkeypatch.setattr(callbacks, "windows_loss", lambda *_: next(losses))
    says = r"validation loss at step 6 is no number \(inf\); the last that was one is 3.5 at step 3"
    with pytest.raises(TextgenError, match=says):
        train(recipe_file, text_file, options(max_steps=9, overrides=QUICK))


def row(step: int, train_loss: float, validation_loss: float) -> LogRow:
    return LogRow(step, step, train_loss, validation_loss, 1e-3, ())


def test_by_heart_is_said_only_where_training_goes_on_to_improve() -> None:
    begin = [row(0, math.nan, 4.2), row(10, 2.0, 2.1)]
    assert "by heart" in describe([*begin, row(20, 1.5, 2.4)], 1)
    assert "by heart" not in describe([*begin, row(20, 3.0, 3.4)], 1)
    assert "by heart" not in describe([row(0, math.nan, 4.2), row(10, 6.0, 5.0)], 1)
    assert "best" not in describe([*begin, row(20, 1.9, 2.0)], 1)


def test_a_line_of_progress_has_bits_per_character() -> None:
    words = describe([row(0, math.nan, 4.2), row(10, 2.0, 2.1)], characters=5)
    assert words == "step 10: training 2.0000, validation 2.1000 nats per token (0.606 bits per character)"
