"""What the page opens with is what the model says, or it is not used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textgen.experiments.texts import predict
from textgen.models.folder import load, weights_sha256
from textgen.models.opening import FILE, WEIGHTS, read_opening, to_json
from textgen.models.registry import FIRST, SHIPPED, Registry
from textgen.ui.next_token.tab import opening
from textgen.ui.sidebar.sidebar import first_context

CONTEXT = "The king"


def test_the_shipped_one_is_what_the_model_says_now() -> None:
    """`python -m scripts.opening` works it out anew."""
    registry = Registry(SHIPPED)
    context = first_context(registry)
    held, now = read_opening(SHIPPED / FIRST, context), predict(registry.get(FIRST), context)
    assert held is not None
    assert np.allclose(held.logits, now.logits, rtol=1e-5, atol=1e-5)
    facts = [(one.labels, one.texts, one.context, one.model, one.note) for one in (held, now)]
    assert facts[0] == facts[1]


def test_the_page_takes_it_without_torch(models_folder: Path) -> None:
    registry = Registry(SHIPPED)
    told = opening(registry)
    assert told is not None
    assert told["source"] == {"model": FIRST, "context": first_context(registry)}
    assert registry.loaded() == []
    assert opening(Registry(models_folder)) is None
    assert opening(Registry(models_folder / "nothing")) is None


@pytest.fixture
def folder(models_folder: Path, tmp_path: Path) -> Path:
    """A model's folder with an opening."""
    copy = tmp_path / "tiny"
    shutil.copytree(models_folder / "tiny", copy)
    held = to_json(predict(load(copy), CONTEXT), CONTEXT, weights_sha256(copy))
    (copy / FILE).write_text(json.dumps(held))
    return copy


def test_it_is_that_of_its_context_and_weights(folder: Path) -> None:
    held = read_opening(folder, CONTEXT)
    assert held is not None
    assert held.logits.tolist() == predict(load(folder), CONTEXT).logits.tolist()
    assert read_opening(folder, "The queen") is None
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b" ")
    assert read_opening(folder, CONTEXT) is None


DAMAGES: list[Callable[[dict[str, Any]], Any]] = [
    lambda held: [held],
    lambda held: {},
    lambda held: {**held, "logits": "AAAA"},
    lambda held: {**held, "logits": "%%"},
    lambda held: {**held, "logits": "AADAfw==" * len(held["labels"])},  # NaN
    lambda held: {**held, "labels": held["labels"][:-1]},
    lambda held: {**held, "labels": [1] * len(held["labels"])},
    lambda held: {**held, "ids": [10**9]},
    lambda held: {**held, "ids": None},
    lambda held: {**held, "pieces": [["a"]]},
    lambda held: {**held, "note": {}},
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_one_is_none(folder: Path, damage: Callable[[dict[str, Any]], Any]) -> None:
    held = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps(damage(held)))
    assert read_opening(folder, CONTEXT) is None
