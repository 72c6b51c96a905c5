"""Two models side by side: the server's answers, and what a stranger gets who sends anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ui.model.model_folders import make_model, three_models
from textgen.api import generate, predict
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.model.tab import NOT_COMPARED, Room
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.sidebar.model_choice import NUMBERS

A, B = "shakespeare-char-lstm", "names"
FRESH = 77  # what the laboratory's source of seeds gives
CONTEXT = "The king is d"
WRITE = {
    "model": A,
    "beside": B,
    "context": CONTEXT,
    "settings": DecodeSettings().to_dict(),
    "seed": "5",
    "length": 60,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


def room_of(registry: Registry, clock: Callable[[], float] = lambda: 0.0) -> Room:
    return Room(Laboratory(registry, new_seed=lambda: FRESH, clock=clock))


@pytest.fixture
def room(models: Registry) -> Room:
    return room_of(models)


def sent(view: Any) -> Any:
    """What travels to the page."""
    return json.loads(json.dumps(view, allow_nan=False))


def write(room: Room, **changes: Any) -> list[dict[str, Any]]:
    return sent(list(room.write({**WRITE, **changes})))


def ticking(every: float) -> Callable[[], float]:
    """A clock by which every look at it takes some time."""
    ticks: Iterator[int] = count()
    return lambda: every * next(ticks)


# ---- distributions


@pytest.mark.parametrize("name", [A, B])
def test_a_model_expects_its_own_tokens_after_the_context(room: Room, models: Registry, name: str) -> None:
    view, record = sent(room.expect({"model": name, "context": CONTEXT})), predict(models.get(name), CONTEXT)
    assert view["labels"] == list(record.labels)
    assert np.array_equal(np.frombuffer(base64.b64decode(view["logits"]), "<f4"), record.logits)
    assert view["note"] == record.note
    assert ("Left out" in view["note"]) == (name == B)
    assert view["unit"] == "character"


def test_tokens_names_that_the_page_has_are_not_sent_again(room: Room) -> None:
    known = room.expect({"model": A, "context": CONTEXT})["vocabulary"]
    assert room.expect({"model": A, "context": CONTEXT, "known": known})["labels"] is None
    for other in ("", 7, ["x"], None):
        assert room.expect({"model": A, "context": CONTEXT, "known": other})["labels"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"model": A, "context": "a" * 30_000}, "at most 20,000 characters"),
        ({"model": A}, "context"),
        ({"model": A, "context": 7}, "context"),
        ({"model": NUMBERS, "context": ""}, NOT_COMPARED),
        ({"model": NUMBERS, "numbers": "1, 2"}, NOT_COMPARED),
        ({"model": "../names", "context": ""}, "there is no model"),
        ({"model": ["names"], "context": ""}, "model"),
        ({"numbers": "1, 2"}, "model"),
        ({}, "model"),
    ],
)
def test_what_nobody_can_expect_is_a_sentence(room: Room, data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError, match=sentence):
        room.expect(data)


# ---- texts


def test_both_texts_are_those_of_the_library(room: Room, models: Registry) -> None:
    last = write(room, settings={"temperature": 0.7})[-1]
    assert (last["seed"], last["done"]) == ("5", "length")
    for name, text in zip((A, B), last["texts"], strict=True):
        record = generate(models.get(name), CONTEXT, seed=5, length=60, temperature=0.7)
        assert text == {"text": record.text, "tokens": len(record.ids), "done": True}


def test_texts_grow_from_message_to_message(models: Registry) -> None:
    *growing, last = write(room_of(models, ticking(0.02)))
    assert len(growing) > 3
    assert not any(message["done"] for message in growing)
    for before, after in zip(growing, [*growing[1:], last], strict=True):
        for earlier, later in zip(before["texts"], after["texts"], strict=True):
            assert later["text"].startswith(earlier["text"])
            assert later["tokens"] >= earlier["tokens"]
    assert last["texts"] == write(room_of(models))[-1]["texts"]


def test_a_text_that_ends_of_itself_is_done(tmp_path: Path) -> None:
    make_model(tmp_path, A)
    make_model(tmp_path, B, seed=3, bos="\n")
    registry = Registry(tmp_path)
    last = write(room_of(registry), context="mar")[-1]
    record = generate(registry.get(B), "mar", seed=5, length=60)
    assert len(record.text) < 60  # else nothing is tested
    assert last["texts"][1]["text"] == record.text
    assert all(text["done"] for text in last["texts"])
    assert len(last["texts"][0]["text"]) == 60


def test_without_a_seed_a_new_one_is_taken_and_comes_along(room: Room) -> None:
    messages = write(room, seed=None)
    assert {message["seed"] for message in messages} == {str(FRESH)}
    assert messages[-1]["texts"] == write(room, seed=str(FRESH))[-1]["texts"]


def test_a_model_may_stand_beside_itself(room: Room) -> None:
    one, other = write(room, beside=A)[-1]["texts"]
    assert one == other


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"beside": "../names"}, "there is no model"),
        ({"beside": None}, "there is no model"),
        ({"beside": ["names"]}, "there is no model"),
        ({"beside": NUMBERS}, "cannot be compared"),
        ({"model": NUMBERS}, "cannot be compared"),
        ({"model": {}}, "there is no model"),
        ({"length": 10**12}, "length must be a whole number from 20 to 2,000"),
        ({"length": 19}, "length must be a whole number from 20 to 2,000"),
        ({"length": "x"}, "length must be"),
        ({"length": ""}, "length must be"),
        ({"length": float("nan")}, "length must be"),
        ({"length": None}, "length must be"),
        ({"length": True}, "length must be"),
        ({"context": 7}, "must be a text"),
        ({"context": [[1, 2]]}, "must be a text"),
        ({"context": "a" * 30_000}, "at most 20,000 characters"),
        ({"seed": -1}, "seed must be"),
        ({"seed": "x"}, "seed must be"),
        ({"settings": []}, "must be an object"),
        ({"settings": {"temperature": -1}}, "temperature must be"),
        ({"settings": {"temperature": float("nan")}}, "temperature must be"),
        ({"settings": {"hotness": 1}}, "hotness"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(room: Room, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError, match=sentence):
        next(room.write({**WRITE, **changes}))
