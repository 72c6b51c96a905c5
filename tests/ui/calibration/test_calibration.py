"""The Calibration part's handlers, called as the page calls them, and how a model's curve is read."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import save_tiny_model
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from tests.ui.server.asked import told
from textgen.api import perplexity
from textgen.errors import TextgenError
from textgen.models.calibration import FILE
from textgen.models.calibration import TEMPERATURES as GRID
from textgen.models.registry import Registry
from textgen.ui.calibration.tab import MAX_OWN, Calibration
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import server_function
from textgen.ui.sidebar.model_choice import NUMBERS

HEAD = "temperature,nats,perplexity,part,window,targets,corpus\n"
CURVE = HEAD + "".join(
    f"{t},{nats},0,validation,32,1200,abc\n" for t, nats in ((0.5, 2), (1, 1.1), (1.5, 1), (2, 3))
)
ASKED: dict[str, Any] = {"models": [], "own": [], "scale": ""}
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
def part(registry: Registry) -> Calibration:
    return Calibration(Laboratory(registry, Limits(scored_characters=MOST)))


def look(part: Calibration, model: Any = "chars", **asked: Any) -> dict[str, Any]:
    """The answer to the page, which is JSON."""
    view = server_function("curves", part.curves)({**ASKED, "model": model, **asked})  # type: ignore[arg-type]
    json.dumps(view, allow_nan=False)
    return view


def measure(part: Calibration, text: Any, model: Any = "chars") -> dict[str, Any]:
    """The last message to the page."""
    *_, message = told(part.measure({"text": text, "model": model}))
    json.dumps(message, allow_nan=False)
    return message


def own(message: dict[str, Any]) -> dict[str, Any]:
    """A measured curve as the page sends it back."""
    return {name: message["curve"][name] for name in ("label", "unit", "nats", "facts")}


def test_the_chosen_model_with_its_verdict(part: Calibration) -> None:
    view = look(part)
    (curve,) = view["curves"]
    assert (curve["name"], curve["best"]) == ("chars", 1.5)
    assert curve["verdict"].endswith("too sure of itself. At T = 1 its perplexity is 10.5% higher.")
    assert curve["facts"] == "Measured on 1,200 tokens that the model did not learn from, in windows of 32."
    assert view["scale"] == "perplexity"
    assert view["figure"]["data"][0]["y"] == pytest.approx(np.exp([2, 1.1, 1, 3]), rel=1e-5)
    assert view["table"][2] == {"t": 1.5, "cells": [["2.718", True]]}
    assert [model["name"] for model in view["models"]] == ["chars", "names"]
    assert view["note"] == ""


def test_several_are_held_against_their_minimum_unless_asked_otherwise(part: Calibration) -> None:
    view = look(part, models=["names", "chars", "names"])
    assert [curve["name"] for curve in view["curves"]] == ["chars", "names"]
    assert view["scale"] == "relative"
    assert view["table"][0]["cells"] == [["+171.8%", False]] * 2
    assert look(part, models=["names"], scale="bits")["table"][2]["cells"][0] == ["1.443", True]


def test_a_model_without_a_curve_says_how_to_make_one(part: Calibration) -> None:
    view = look(part, model="words")
    assert view["curves"] == []
    assert view["figure"] is None
    assert "evaluate words --corpus TEXT --temperatures 0.5:2:0.05" in view["note"]
    assert "no model" in look(part, model=NUMBERS)["note"]


def test_a_text_of_ones_own_is_what_the_library_measures(part: Calibration, registry: Registry) -> None:
    text = "Tab had a fad; a bad cab"
    message = measure(part, text)
    assert message["done"] == "measured"
    asked = message["request"]
    assert asked == {
        "kind": "perplexity",
        "model": "chars",
        "text": text,
        "temperatures": list(GRID),
        "window": None,
    }
    found = perplexity(registry.get("chars"), asked["text"], asked["temperatures"], asked["window"])
    curve = look(part, own=[own(message)])["curves"][1]
    assert curve["label"].startswith("“Tab had a fad; a bad cab” · ")
    assert curve["nats"] == pytest.approx(np.log(found.perplexities), abs=1e-6)
    assert curve["best"] == found.best
    assert f"{found.targets} tokens scored" in curve["facts"]
    assert "Left out, since the model does not know them: ;." in curve["facts"]
    assert "Fewer than 1,000 tokens say little" in curve["facts"]


def test_unknown_words_are_read_as_unknown(part: Calibration) -> None:
    message = measure(part, "the dog, the xylophone", model="words")
    facts = look(part, model="words", own=[own(message)])["curves"][0]["facts"]
    assert "Read as <unk>, since the model does not know them: xylophone." in facts


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
def test_a_text_that_cannot_be_measured(part: Calibration, text: Any, model: Any, sentence: str) -> None:
    with pytest.raises(TextgenError, match=re.escape(sentence)):
        measure(part, text, model)


LOSSES = [1.0] * len(GRID)
CURVE_OF_MINE: dict[str, Any] = {"label": "mine", "unit": "character", "nats": LOSSES, "facts": "few"}


@pytest.mark.parametrize(
    "asked",
    [
        {"models": None},
        {"models": ["chars"] * 12},
        {"models": [3]},
        {"models": ["no such"]},
        {"models": [["chars"]]},
        {"own": "1"},
        {"own": [1]},
        {"own": [CURVE_OF_MINE] * (MAX_OWN + 1)},
        {"own": [{**CURVE_OF_MINE, "nats": [1.0]}]},
        {"own": [{**CURVE_OF_MINE, "nats": [math.nan] * len(GRID)}]},
        {"own": [{**CURVE_OF_MINE, "nats": [10**400] * len(GRID)}]},
        {"own": [{**CURVE_OF_MINE, "nats": [True] * len(GRID)}]},
        {"own": [{**CURVE_OF_MINE, "nats": [-1.0] * len(GRID)}]},
        {"own": [{**CURVE_OF_MINE, "label": 3}]},
        {"own": [{**CURVE_OF_MINE, "facts": "x" * 2_000}]},
        {"scale": "<b>"},
        {"scale": ["bits"]},
        {"scale": {}} | {"models": {}},
    ],
)
def test_hostile_requests_end_with_a_sentence(part: Calibration, asked: dict[str, Any]) -> None:
    assert look(part, **asked)["problem"]


@pytest.mark.parametrize("data", [None, [], "x", 3, {}])
def test_requests_that_are_none(part: Calibration, data: Any) -> None:
    assert server_function("curves", part.curves)(data)["problem"]


@pytest.mark.parametrize("file", ["config.json", FILE])
@pytest.mark.parametrize("target", ["/dev/zero", "gone"])
def test_a_folder_that_cannot_be_read_takes_no_other_curve_away(
    part: Calibration, registry: Registry, file: str, target: str
) -> None:
    (registry.root / "names" / file).unlink()
    (registry.root / "names" / file).symlink_to(target)
    view = look(part, "chars", models=["names"] if target == "/dev/zero" or file == FILE else [])
    assert [model["name"] for model in view["models"]] == ["chars"]
    assert view["note"] == ""


@pytest.mark.parametrize("model", [None, 3, [], [[0, 1]], {"name": "tiny"}])
def test_what_is_no_models_name_is_refused(registry: Registry, model: Any) -> None:
    with pytest.raises(TextgenError, match="model must be the name of a model"):
        Calibration(Laboratory(registry)).curves({"model": model, "models": [], "own": []})
