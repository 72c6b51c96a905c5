"""Checkpoints of a training run: written whole or not at all; a damaged one is left out."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO

from textgen.errors import TextgenError
from textgen.files import named
from textgen.models.weights import not_finite
from textgen.training.job import saved

DAMAGED = ".damaged"  # behind the name of a checkpoint that cannot be read


class CheckpointFiles(TorchCheckpointIO):
    """Writes a checkpoint beside its place, then renames it; Lightning's goes by way of another disk."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        buffer, target = io.BytesIO(), Path(path)
        torch.save(checkpoint, buffer)
        part = target.with_name(f"{target.name}.part")
        with named(target.parent):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with part.open("wb") as file:
                    file.write(buffer.getbuffer())
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)


def checkpoints(folder: Path, every: int) -> list[ModelCheckpoint]:
    """The last state of a run, and the two best by validation."""
    last = ModelCheckpoint(folder, "last-{step}", monitor="step", mode="max", every_n_train_steps=every)
    best = ModelCheckpoint(
        folder,
        "best-{step}-{validation_loss:.4f}",
        monitor="validation_loss",
        save_top_k=2,
        every_n_train_steps=every,
    )
    return [last, best]


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint of ours. Raises TextgenError for what is none, or not all of one."""
    try:
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if checkpoint["textgen"]["rows"] and (name := not_finite(checkpoint["state_dict"])):
            raise TextgenError(f"{path} holds numbers that are not finite, in {name}")
    except (OSError, MemoryError, TextgenError):
        raise
    except Exception as error:  # torch and pickle raise many kinds for damaged files
        raise TextgenError(f"{path} is damaged or not all there") from error
    return checkpoint


def set_damaged_aside(folder: Path, report: Callable[[str], None]) -> None:
    """Rename checkpoints that cannot be read, so that a run goes on from the one before."""
    for part in folder.glob("*.part"):  # of writing that was interrupted
        part.unlink()
    for path in saved(folder):
        try:
            read_checkpoint(path)
        except TextgenError as error:
            path.replace(path.with_name(path.name + DAMAGED))
            report(f"{error}: it is left out")
