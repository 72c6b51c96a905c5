"""The Calibration part's handlers, called as the page calls them, and how a model's curve is read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.conftest import save_tiny_model
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from textgen.api import perplexity
from textgen.models.calibration import FILE
from textgen.models.registry import Registry
from textgen.ui.calibration.request import MAX_OWN
from textgen.ui.calibration.tab import GONE, GRID, CalibrationTab, Session
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.sidebar import NUMBERS, build_controls
from textgen.ui.sweep.store import SweepStore

HEAD = "temperature,nats,perplexity,part,window,targets,corpus\n"
CURVE = HEAD + "".join(
    f"{t},{nats},0,validation,32,1200,abc\n" for t, nats in ((0.5, 2), (1, 1.1), (1.5, 1), (2, 3))
)
ASKED: dict[str, Any] = {"models": [], "own": [], "scale": "", "serial": 1}
MOST = 500


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """`chars` and `names` with curves, `words` without."""
    save_tiny_model(tmp_path / "chars", "\n 'Tabcdefgh")
    save_tiny_names_model(tmp_path / "names")
    save_tiny_words_model(tmp_path / "words")
    for name in ("chars", "names"):
        (tmp_path / name / FILE).write_text(CURVE, encoding="utf-8")
    return Registry(tmp_path)


@pytest.fixture
def tab(registry: Registry) -> CalibrationTab:
    limits = Limits(scored_characters=MOST)
    with gr.Blocks():
        lab = Laboratory(registry, build_controls(registry), lambda: 7, limits, SweepStore(lambda: "run"))
        return CalibrationTab(lab)


def look(tab: CalibrationTab, model: Any = "chars", session: Any = None, **asked: Any) -> dict[str, Any]:
    view = tab.look(gr.EventData(None, {**ASKED, **asked}), session, model)
    json.dumps(view, allow_nan=False)
    return view


def measure(
    tab: CalibrationTab, text: Any, model: Any = "chars", session: Any = None
) -> tuple[Any, dict[str, Any]]:
    after, view = tab.measure(gr.EventData(None, {"text": text, "serial": 5}), session, model)
    json.dumps(view, allow_nan=False)
    return after, view


def test_the_chosen_model_with_its_verdict(tab: CalibrationTab) -> None:
    view = look(tab)
    (curve,) = view["curves"]
    assert (curve["name"], curve["best"]) == ("chars", 1.5)
    assert curve["verdict"].endswith("too sure of itself. At T = 1 its perplexity is 10.5% higher.")
    assert curve["facts"] == "Measured on 1,200 tokens that the model did not learn from, in windows of 32."
    assert view["scale"] == "perplexity"
    assert view["figure"]["data"][0]["y"] == pytest.approx(np.exp([2, 1.1, 1, 3]), rel=1e-5)
    assert view["table"][2] == {"t": 1.5, "cells": [["2.718", True]]}
    assert [model["name"] for model in view["models"]] == ["chars", "names"]
    assert view["note"] == ""


def test_several_are_held_against_their_minimum_unless_asked_otherwise(tab: CalibrationTab) -> None:
    view = look(tab, models=["names", "chars", "names"])
    assert [curve["name"] for curve in view["curves"]] == ["chars", "names"]
    assert view["scale"] == "relative"
    assert view["table"][0]["cells"] == [["+171.8%", False]] * 2
    assert look(tab, models=["names"], scale="bits")["table"][2]["cells"][0] == ["1.443", True]


def test_a_model_without_a_curve_says_how_to_make_one(tab: CalibrationTab) -> None:
    view = look(tab, model="words")
    assert view["curves"] == []
    assert view["figure"] is None
    assert "evaluate words --corpus TEXT --temperatures 0.5:2:0.05" in view["note"]
    assert "no model" in look(tab, model=NUMBERS)["note"]


def test_a_text_of_ones_own_is_what_the_library_measures(tab: CalibrationTab, registry: Registry) -> None:
    text = "Tab had a fad; a bad cab"
    session, told = measure(tab, text)
    assert told["measured"] == 1
    asked = told["request"]
    assert asked == {
        "kind": "perplexity",
        "model": "chars",
        "text": text,
        "temperatures": list(GRID),
        "window": None,
    }
    found = perplexity(registry.get("chars"), asked["text"], asked["temperatures"], asked["window"])
    view = look(tab, session=session, own=[1])
    own = view["curves"][1]
    assert own["label"].startswith("“Tab had a fad; a bad cab” · ")
    assert own["nats"] == pytest.approx(np.log(found.perplexities), abs=1e-6)
    assert own["best"] == found.best
    assert f"{found.targets} tokens scored" in own["facts"]
    assert "Left out, since the model does not know them: ;." in own["facts"]
    assert "Fewer than 1,000 tokens say little" in own["facts"]


def test_unknown_words_are_read_as_unknown(tab: CalibrationTab) -> None:
    session, _ = measure(tab, "the dog, the xylophone", model="words")
    facts = look(tab, model="words", session=session, own=[1])["curves"][0]["facts"]
    assert "Read as <unk>, since the model does not know them: xylophone." in facts


def test_only_the_last_few_texts_are_kept_and_a_lost_one_is_told(tab: CalibrationTab) -> None:
    session, told = Session(), {}
    for number in range(MAX_OWN + 2):
        session, told = measure(tab, "a bad cab " * (number + 1), session=session)
    assert told["measured"] == MAX_OWN + 2
    assert len(session.own) == MAX_OWN
    view = look(tab, session=session, own=[1, MAX_OWN + 2])
    assert view["own"] == [MAX_OWN + 2]
    assert view["note"] == GONE
    assert look(tab, session=Session(), own=[3])["note"] == GONE


@pytest.mark.parametrize(
    ("text", "model", "sentence"),
    [
        ("", "chars", "must not be empty"),
        (" \n\t ", "chars", "must not be empty"),
        (None, "chars", "must be a text, got None"),
        (["a"], "chars", "must be a text"),
        ("a" * (MOST + 1), "chars", "at most 500 characters, got 501"),
        ("a", "chars", "at least 2 tokens, got 1"),
        ("€€€€", "chars", "at least 2 tokens, got 0"),
        ("a bad cab", NUMBERS, "no model"),
        ("a bad cab", "../etc", "there is no model '../etc'"),
        ("a bad cab", ["x"], "there is no model"),
        ("a bad cab", None, "there is no model"),
    ],
)
def test_a_text_that_cannot_be_measured(tab: CalibrationTab, text: Any, model: Any, sentence: str) -> None:
    before = Session()
    after, view = measure(tab, text, model, before)
    assert not isinstance(after, Session)  # the kept one stays
    assert sentence in view["problem"]
    assert view["serial"] == 5


@pytest.mark.parametrize(
    "asked",
    [
        {"models": None},
        {"models": ["chars"] * 12},
        {"models": [3]},
        {"models": ["no such"]},
        {"models": [["chars"]]},
        {"own": "1"},
        {"own": [1, 2, 3, 4, 5]},
        {"own": [math.nan]},
        {"own": [10**400]},
        {"own": [True]},
        {"scale": "<b>"},
        {"scale": ["bits"]},
        {"scale": {}} | {"models": {}},
        {"serial": -1},
        {"serial": "x"},
    ],
)
def test_hostile_requests_end_with_a_sentence(tab: CalibrationTab, asked: dict[str, Any]) -> None:
    assert look(tab, **asked)["problem"]


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_events_that_are_none(tab: CalibrationTab, data: Any) -> None:
    assert tab.look(gr.EventData(None, data), None, "chars")["problem"]
    assert tab.measure(gr.EventData(None, data), None, "chars")[1]["problem"]
    assert tab.look(gr.EventData(None, ASKED), "no session", "chars")["curves"]
