"""Two models side by side: the handlers, called as the page calls them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.ui.model.model_folders import make_model, three_models
from textgen.api import generate, predict
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.model.compare import NO_MODEL, CompareCard
from textgen.ui.shell.sidebar import NUMBERS, build_controls

A, B = "shakespeare-char-lstm", "names"
FRESH = 77  # what the page's source of seeds gives
CONTEXT = "The king is d"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


class Page:
    """The sidebar and the card, driven as the page drives them."""

    def __init__(self, registry: Registry, clock: Callable[[], float]) -> None:
        with gr.Blocks():
            self.controls = build_controls(registry)
            self.card = CompareCard(registry, self.controls, lambda: FRESH, clock)
        self.model, self.context, self.seed, self.locked = A, CONTEXT, 5, True
        self.stages: dict[str, Any] = {}

    def look(self, **data: Any) -> dict[str, Any]:
        asked = {"b": B, "known": [], "serial": 3, **data}
        return sent(self.card.look(gr.EventData(None, asked), self.model, self.context))

    def write(self, **data: Any) -> tuple[Any, dict[str, Any]]:
        stages = [self.stages.get(name, part.value) for name, part in self.controls.stages.items()]  # type: ignore[attr-defined]
        sidebar = [self.model, self.context, self.seed, self.locked, *stages, self.controls.order.value]
        asked = {"b": B, "length": 60, "serial": 3, **data}
        seed, view = self.card.write(gr.EventData(None, asked), *sidebar)
        return seed, sent(view)

    def go_on(self, before: dict[str, Any], **data: Any) -> dict[str, Any]:
        ids = [text["ids"] for text in before["texts"]]
        return sent(
            self.card.go_on(gr.EventData(None, {"head": before["head"], "ids": ids, "serial": 4, **data}))
        )


def sent(view: dict[str, Any]) -> dict[str, Any]:
    """What travels to the page."""
    return json.loads(json.dumps(view, allow_nan=False))


@pytest.fixture
def page(models: Registry) -> Page:
    return Page(models, lambda: 0.0)  # no time passes: one leg writes all


def ticking(every: float) -> Callable[[], float]:
    """A clock by which every look at it takes some time."""
    ticks: Iterator[int] = count()
    return lambda: every * next(ticks)


# ---- distributions


def test_each_model_expects_its_own_tokens_after_the_same_context(page: Page, models: Registry) -> None:
    view = page.look()
    assert view["serial"] == 3
    for name, side in zip((A, B), view["sides"], strict=True):
        record = predict(models.get(name), CONTEXT)
        assert json.loads(side["labels"]) == list(record.labels)
        assert np.array_equal(floats(side["logits"]), record.logits)
        assert side["note"] == record.note
    assert view["sides"][0]["note"] == ""
    assert "Left out" in view["sides"][1]["note"]
    assert [side["title"] for side in view["sides"]] == ["Plays, characters", "Names"]


def floats(text: str) -> np.ndarray:
    import base64

    return np.frombuffer(base64.b64decode(text), "<f4")


def test_tokens_names_that_the_page_has_are_not_sent_again(page: Page) -> None:
    keys = [side["vocabulary"] for side in page.look()["sides"]]
    again = page.look(known=[keys[0], 7, ["x"]])["sides"]
    assert again[0]["labels"] == ""
    assert again[1]["labels"]


def test_a_mistake_while_somebody_types_is_a_sentence(page: Page) -> None:
    page.context = "a" * 30_000
    assert "at most 20,000 characters" in page.look()["note"]
    page.model, page.context = NUMBERS, ""
    assert page.look()["note"] == NO_MODEL


# ---- texts


def test_both_texts_are_those_of_the_library(page: Page, models: Registry) -> None:
    page.stages["temperature"] = 0.7
    seed, view = page.write()
    assert seed == 5
    for name, text in zip((A, B), view["texts"], strict=True):
        record = generate(models.get(name), CONTEXT, seed=5, length=60, temperature=0.7)
        assert (text["text"], tuple(text["ids"])) == (record.text, record.ids)
        assert text["done"]
    settings = DecodeSettings(temperature=0.7).to_dict()
    assert view["head"] == {
        "models": [A, B],
        "prompt": CONTEXT,
        "settings": settings,
        "seed": 5,
        "length": 60,
    }


def test_legs_add_up_to_the_same_texts(page: Page, models: Registry) -> None:
    _, whole = page.write()
    short = Page(models, ticking(0.02))  # some dozen tokens a leg
    _, view = short.write()
    legs = 1
    assert not any(text["done"] for text in view["texts"])
    while not all(text["done"] for text in view["texts"]):
        view = short.go_on(view)
        legs += 1
    assert view["texts"] == whole["texts"]
    assert legs > 3


def test_a_text_that_is_long_enough_waits_for_the_other(page: Page) -> None:
    _, view = page.write()
    ids = [view["texts"][0]["ids"], view["texts"][1]["ids"][:10]]
    again = page.go_on(view, ids=ids)
    assert again["texts"] == view["texts"]


def test_a_text_that_ends_of_itself_is_done(tmp_path: Path) -> None:
    make_model(tmp_path, "shakespeare-char-lstm")
    make_model(tmp_path, "names", seed=3, bos="\n")
    page = Page(Registry(tmp_path), ticking(0.02))
    page.context = "mar"
    _, view = page.write()
    while not all(text["done"] for text in view["texts"]):
        view = page.go_on(view)
    record = generate(Registry(tmp_path).get("names"), "mar", seed=5, length=60)
    assert len(record.text) < 60  # else nothing is tested
    assert view["texts"][1]["text"] == record.text
    assert len(view["texts"][0]["text"]) == 60


def test_an_unlocked_seed_is_fresh_and_told(page: Page) -> None:
    page.locked = False
    seed, view = page.write()
    assert seed == view["head"]["seed"] == FRESH


def test_a_model_may_stand_beside_itself(page: Page) -> None:
    _, view = page.write(b=A)
    assert view["texts"][0] == view["texts"][1]


# ---- hostile values


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"b": "../names"}, "there is no model"),
        ({"b": None}, "there is no model"),
        ({"b": ["names"]}, "there is no model"),
        ({"length": 10**12}, "length must be a whole number from 20 to 2,000"),
        ({"length": "x"}, "length must be"),
        ({"length": float("nan")}, "length must be"),
        ({"length": None}, "length must be"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(page: Page, data: dict[str, Any], sentence: str) -> None:
    seed, view = page.write(**data)
    assert sentence in view["problem"]
    assert seed["__type__"] == "update"  # the sidebar's seed stays


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("model", NUMBERS, "cannot be compared"),
        ("model", {}, "there is no model"),
        ("context", 7, "must be a text"),
        ("context", "a" * 30_000, "at most 20,000 characters"),
        ("seed", -1, "seed must be"),
        ("seed", "x", "seed must be"),
    ],
)
def test_hostile_values_of_the_sidebar(page: Page, name: str, value: Any, sentence: str) -> None:
    setattr(page, name, value)
    assert sentence in page.write()[1]["problem"]


def test_a_bad_temperature_is_a_sentence(page: Page) -> None:
    page.stages["temperature"] = float("nan")
    assert "temperature must be" in page.write()[1]["problem"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": [A]}, "must be 2"),
        ({"models": [A, A, A]}, "must be 2"),
        ({"models": "ab"}, "must be a list"),
        ({"models": [A, "../x"]}, "there is no model"),
        ({"prompt": 7}, "must be a text"),
        ({"prompt": "a" * 30_000}, "at most 20,000 characters"),
        ({"settings": []}, "must be an object"),
        ({"settings": {"temperature": -1}}, "temperature must be"),
        ({"settings": {"hotness": 1}}, "hotness"),
        ({"seed": "7"}, "seed must be"),
        ({"length": 10**9}, "length must be"),
    ],
)
def test_a_record_that_was_tampered_with(page: Page, changes: dict[str, Any], sentence: str) -> None:
    _, view = page.write()
    assert sentence in page.go_on(view, head={**view["head"], **changes})["problem"]


@pytest.mark.parametrize(
    "ids", [None, [], [[1]], [[1], [10**6]], [[1], [-1]], [["1"], []], [[1.0], []], "ab", [[], [0] * 6_000]]
)
def test_ids_that_no_page_would_send(page: Page, ids: Any) -> None:
    _, view = page.write()
    assert page.go_on(view, ids=ids)["problem"]


@pytest.mark.parametrize("data", [None, 7, "x", [], [1]])
def test_an_event_without_an_object(page: Page, data: Any) -> None:
    event = gr.EventData(None, data)
    assert "the event must carry an object" in page.card.go_on(event)["problem"]
    assert "the event must carry an object" in page.card.look(event, A, CONTEXT)["note"]


@pytest.mark.parametrize("serial", [None, "x", -1, 2**60, float("inf")])
def test_a_serial_that_is_none_counts_as_0(page: Page, serial: Any) -> None:
    assert page.look(serial=serial)["serial"] == 0
