"""The Next token tab's answers: what a page that asks gets, and what a stranger gets who sends anything."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from textgen import api
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.laboratory import Laboratory

CONTEXT = {"model": "tiny", "context": "abc"}
NUMBERS = {"numbers": "a: 0.5, b: 0.3, c: 0.2", "numbers_kind": "probabilities"}
DRAW = {"settings": DecodeSettings().to_dict(), "seed": "1234", "step": 0}


@pytest.fixture
def tab(registry: Registry) -> NextTokenTab:
    return NextTokenTab(Laboratory(registry, new_seed=lambda: 77))


def logits(view: dict[str, Any]) -> Any:
    return np.frombuffer(base64.b64decode(view["logits"]), "<f4")


def test_a_view_is_what_the_library_predicts(tab: NextTokenTab, registry: Registry) -> None:
    view, record = tab.look(CONTEXT), api.predict(registry.get("tiny"), "abc")
    assert (logits(view) == record.logits).all()
    assert view["labels"] == list(record.labels)
    assert view["history"] == list(record.context.ids)
    assert view["pieces"] == [["a", True], ["b", True], ["c", True]]


def test_labels_are_sent_once(tab: NextTokenTab) -> None:
    known = tab.look(CONTEXT)["vocabulary"]
    assert tab.look({**CONTEXT, "known": known})["labels"] is None
    assert tab.look({**NUMBERS, "known": known})["labels"] == ["a", "b", "c"]


def test_a_token_joins_the_context_and_leaves_it(tab: NextTokenTab) -> None:
    token = tab.look(CONTEXT)["labels"].index("d")
    longer = tab.append({**CONTEXT, "id": token})
    assert longer["context"] == "abcd"
    assert (logits(longer) == logits(tab.look({"model": "tiny", "context": "abcd"}))).all()
    assert tab.back({"model": "tiny", "context": "abcd"})["context"] == "abc"
    assert tab.back({"model": "tiny", "context": ""})["context"] == ""


def test_drawing_one_after_another_writes_what_generate_writes(tab: NextTokenTab, registry: Registry) -> None:
    context = "abc"
    for step in range(6):
        context = tab.sample({**DRAW, "model": "tiny", "context": context, "step": step})["context"]
    assert context == "abc" + api.generate(registry.get("tiny"), "abc", seed=1234, length=6).text


def test_without_a_seed_the_laboratory_gives_one(tab: NextTokenTab) -> None:
    assert tab.sample({**DRAW, **CONTEXT, "seed": None})["seed"] == 77


def test_typed_in_numbers_are_drawn_from_and_have_no_context(tab: NextTokenTab) -> None:
    greedy = {**DRAW, "settings": {"temperature": 0}}
    drawn = tab.sample({**greedy, **NUMBERS})
    assert drawn["picked"] == 0
    assert "context" not in drawn
    for question in (tab.append, tab.back):
        with pytest.raises(TextgenError, match="no context"):
            question({**NUMBERS, "id": 0})


HOSTILE: list[tuple[str, dict[str, Any], str]] = [
    ("look", {}, "a model or numbers"),
    ("look", {"model": None, "context": "a"}, "a model or numbers"),
    ("look", {"model": "../tiny", "context": "a"}, "no model"),
    ("look", {"model": ["tiny"], "context": "a"}, "model"),
    ("look", {"model": "tiny", "context": 3}, "context"),
    ("look", {"model": "tiny", "context": "a" * 20_001}, "at most 20,000 characters, got 20,001"),
    ("look", {"model": "tiny", "context": "a", "numbers": "1"}, "got both"),
    ("look", {"numbers": "a: x"}, "number"),
    ("append", {**CONTEXT}, "token must be a whole number"),
    ("append", {**CONTEXT, "id": -1}, "token must be a whole number"),
    ("append", {**CONTEXT, "id": 10**30}, "token must be a whole number"),
    ("append", {**CONTEXT, "id": True}, "token must be a whole number"),
    ("sample", {**CONTEXT, **DRAW, "settings": None}, "settings must be an object"),
    ("sample", {**CONTEXT, **DRAW, "settings": {"temperature": "hot"}}, "temperature must be"),
    ("sample", {**CONTEXT, **DRAW, "settings": {"top_p": float("nan")}}, "top_p must be"),
    ("sample", {**CONTEXT, **DRAW, "seed": "1e3"}, "seed must be"),
    ("sample", {**CONTEXT, **DRAW, "seed": -1}, "seed must be"),
    ("sample", {**CONTEXT, **DRAW, "step": -1}, "step must be"),
    ("sample", {**CONTEXT, **DRAW, "step": "0"}, "step must be"),
]


@pytest.mark.parametrize(("question", "data", "sentence"), HOSTILE, ids=range(len(HOSTILE)))
def test_nonsense_is_a_sentence(
    tab: NextTokenTab, question: str, data: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TextgenError, match=sentence):
        getattr(tab, question)(data)
