"""The Learn tab's answers: computed, judged, and in words of every language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import textgen.ui.learn.tab
from textgen.errors import TextgenError
from textgen.lessons import lessons
from textgen.lessons.handout import THROWS, dice, ranges
from textgen.models.registry import Registry, default_root
from textgen.ui.learn.tab import DRAGGED, Learn, facts
from textgen.ui.link.link import handout
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.words import catalogue, languages

LEARN = Path(textgen.ui.learn.tab.__file__).parent


@pytest.fixture(scope="module")
def learn() -> Learn:
    return Learn(Laboratory(Registry(default_root())))


def test_a_prediction_is_judged_and_the_answer_is_computed(learn: Learn) -> None:
    opened = learn.open({"lesson": "wrong-way"})
    asked = {"lesson": "wrong-way", "question": "predict"}
    right, wrong = (learn.answer({**asked, "answer": answer}) for answer in ("rises", "falls"))
    assert right["correct"]
    assert not wrong["correct"]
    assert wrong["right"] == "rises"
    assert opened["panel"] == right["panels"][0]
    before, after = (panel["shares"][0] for panel in right["panels"])
    assert after / before == pytest.approx(right["value"])
    why = learn.answer({**asked, "question": "explain", "answer": "squared"})
    assert why["correct"]
    assert "panels" not in why


def test_dragged_bars_and_numbers_are_held_against_the_models(learn: Learn) -> None:
    truth = learn.answer({"lesson": "more-options", "answer": [0.2] * DRAGGED})["panels"][1]["shares"]
    exact = learn.answer({"lesson": "more-options", "answer": truth[:DRAGGED]})
    assert exact["distance"] == pytest.approx(0, abs=1e-9)
    assert learn.answer({"lesson": "more-options", "answer": [1] + [0] * 4})["distance"] > 0.3
    assert learn.answer({"lesson": "blackboard-ratio", "answer": 20})["distance"] == pytest.approx(
        3.68, abs=0.01
    )


@pytest.mark.parametrize("name", lessons())
def test_every_lesson_is_told_in_every_language_and_no_answer_lies_in_the_page(name: str) -> None:
    one = lessons()[name]
    shown = facts(one)
    assert "measure" not in json.dumps(shown)
    keys = [
        f"learn.{name}.{part}"
        for part in ("title", "life", "ask", "told", "why", "because", "play", "limits")
    ]
    keys += [f"learn.{name}.predict.{option}" for option in one.predict.options]
    keys += [f"learn.{name}.explain.{option}" for option in one.explain.options]
    for language in languages():
        words = catalogue(language, LEARN)
        assert [key for key in keys if not words.get(key, "").strip()] == []


@pytest.mark.parametrize(
    "name", ["blackboard-ratio", "blackboard-beam", "same-everywhere", "interchangeable"]
)
def test_a_worksheet_has_dice_exact_numbers_and_a_key(learn: Learn, name: str) -> None:
    paper = learn.handout({"lesson": name})
    assert len(paper["key"]) == 2
    if paper["sheet"]:
        assert all(sum(column) == pytest.approx(1) for column in paper["sheet"]["shares"])
        assert len(paper["sheet"]["throws"]) == len(paper["sheet"]["labels"])


def test_counts_divided_by_t_are_not_the_softmax(learn: Learn) -> None:
    """4, 2, 1, 1 at T = 2 is 37 / 26 / 18.5 / 18.5 percent."""
    shares = np.sqrt([4, 2, 1, 1])
    assert (shares / shares.sum() * 100).round(1).tolist() == [36.9, 26.1, 18.5, 18.5]
    paper = learn.handout({"lesson": "blackboard-ratio"})["sheet"]
    at_one, at_two = (np.array(paper["shares"][paper["temperatures"].index(t)]) for t in (1.0, 2.0))
    assert at_two == pytest.approx(np.sqrt(at_one) / np.sqrt(at_one).sum())


def test_any_state_has_a_worksheet_whose_dice_play_its_settings(learn: Learn) -> None:
    numbers = "#v=1&tab=draws&numbers=0.5,0.3,0.15,0.05&temperature=0.7&top_k=3"
    paper = handout(learn.lab, {"link": numbers})["sheet"]
    assert paper["temperatures"] == [0.5, 0.7, 1.0, 2.0]
    at_one = np.array([0.5, 0.3, 0.15, 0]) ** (1 / 0.7)
    assert paper["shares"][paper["played"]] == pytest.approx(at_one / at_one.sum(), rel=1e-4)
    assert paper["throws"][3] == "–"
    text = handout(learn.lab, {"link": "#v=1&tab=next&context=The king is d&temperature=0"})
    assert text["context"] == "The␣king␣is␣d"
    assert text["sheet"]["throws"][0] == "1-1 … 6-6"
    with pytest.raises(TextgenError):
        handout(learn.lab, {"link": 7})


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_dice_share_out_all_throws_as_near_as_36_can_be(weights: list[float]) -> None:
    shares = np.array(weights) / sum(weights)
    found = dice(shares)
    assert [throw for row in found for throw in row] == list(THROWS)
    assert all(abs(len(row) - 36 * share) < 1 for row, share in zip(found, shares, strict=True))


def test_throws_in_words() -> None:
    assert [ranges([]), ranges(["1-1"]), ranges(list(THROWS[:8]))] == ["–", "1-1", "1-1 … 2-2"]


HOSTILE: list[dict[str, Any]] = [
    {},
    {"lesson": "<b>"},
    {"lesson": ["wrong-way"]},
    {"lesson": "wrong-way", "model": "../x", "answer": "rises"},
    {"lesson": "wrong-way", "model": {"a": 1}, "answer": "rises"},
    {"lesson": "wrong-way", "answer": "\ud800"},
    {"lesson": "wrong-way", "answer": ["rises"]},
    {"lesson": "no-change", "answer": 1e308},
    {"lesson": "more-options", "answer": [0.1] * 10_000},
    {"lesson": "more-options", "answer": [[1]] * DRAGGED},
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_strangers_send_is_answered_with_a_sentence(learn: Learn, data: dict[str, Any]) -> None:
    with pytest.raises(TextgenError):
        learn.answer(data)
