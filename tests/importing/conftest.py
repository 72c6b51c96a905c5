"""Checkpoints that other libraries make, and how ours are held against them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from textgen.importing.run import Imported, ImportOptions, import_model
from textgen.models.folder import Model, load

CHARACTERS = "\n abcdefghijklm.?AÉ"  # in no particular order of training
LENGTH = 200  # tokens over which logits are held against each other

Import = Callable[..., Model]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    """Imports a source and loads the folder."""

    def run(source: Path, **options: Any) -> Model:
        return load(import_source(tmp_path, source, **options).folder)

    return run


def import_source(root: Path, source: Path, **options: Any) -> Imported:
    return import_model(source, ImportOptions(**{"models": root / "models", "name": "mine", **options}))


def some_ids(vocab_size: int, length: int = LENGTH) -> Tensor:
    """(1, T) ids, the same at each call."""
    return torch.randint(vocab_size, (1, length), generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def check_agreement(model: Model, ids: Tensor, theirs: Tensor) -> None:
    """Our logits at once and token by token are theirs (1, T, V), to 1e-5."""
    torch.testing.assert_close(model.net(ids), theirs, rtol=1e-5, atol=1e-5)
    logits, state = model.net.prefill(ids[:, :1])
    for place, token in enumerate(ids[0, 1:], start=1):
        torch.testing.assert_close(logits[0], theirs[0, place - 1], rtol=1e-5, atol=1e-5)
        logits, state = model.net.step(token[None], state)
