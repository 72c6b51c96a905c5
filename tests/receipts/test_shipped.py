"""Receipts of a model that people use, and results of a length that they ask for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from textgen import receipts
from textgen.models.registry import SHIPPED, Registry

NAME = "shakespeare-char-lstm"
NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXTS: list[dict[str, Any]] = [
    {"settings": {"temperature": 0.5}, "length": 120},
    {"settings": {"temperature": 1.5, "top_p": 0.9}, "length": 120},
    {"settings": {"temperature": 0.5}, "length": 60, "picks": [[20, 5]]},
    {"settings": {}, "strategy": "beam", "width": 3, "length": 30},
]
REQUESTS: dict[str, dict[str, Any]] = {
    "distribution": {"context": "The king is d", "panels": [{"temperature": 0.5}, {"top_k": 3}]},
    "text": {"prompt": "ROMEO:", "seed": 3, "texts": TEXTS},
}


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return Registry(SHIPPED)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_shipped_model(shipped: Registry, kind: str) -> None:
    made = receipts.build({"kind": kind, "model": NAME, **REQUESTS[kind]}, shipped, NOW)
    receipt = json.loads(made.receipt_text())
    assert receipt["models"][0]["corpus"]["name"] == "tiny shakespeare"
    assert receipts.replay(receipts.read(made.receipt_text()), shipped).identical
    names: dict[str, Any] = {}
    exec(receipt["python"], names)
    if kind == "text":
        assert names["texts"] == [text["text"] for text in receipt["result"]["texts"]]
        assert names["texts"][0].startswith("\nYet then we have lived as he will speak to make\nThis good t")
    else:
        found = [panel.probabilities.tolist() for panel in names["panels"]]
        assert found == [panel["probabilities"] for panel in receipt["result"]["panels"]]
