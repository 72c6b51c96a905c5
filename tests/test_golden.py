"""What each shipped model writes at T = 0: when a line changes, a net or its weights have changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from textgen.api import generate, load
from textgen.models.registry import SHIPPED, Registry

GOLDEN = Path(__file__).with_name("golden.json")
NAMES = Registry(SHIPPED).names()


def greedy(name: str) -> str:
    """40 tokens after the model's own prompt."""
    model = load(name, Registry(SHIPPED))
    return generate(model, model.config.prompt or "", temperature=0, length=40).text


@pytest.mark.parametrize("name", NAMES)
def test_greedy_text_is_the_one_on_record(name: str) -> None:
    assert greedy(name) == json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
