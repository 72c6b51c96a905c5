"""Every lesson on every model that it allows: one right answer each time, and an effect that can be seen."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from textgen.errors import SettingError
from textgen.lessons import Lesson, Question, lesson, lessons, routes
from textgen.lessons.measures import MEASURES, Case, measured
from textgen.models.registry import Registry, default_root

REGISTRY = Registry(default_root())
CASES = [(name, model) for name, one in lessons().items() for model in one.models or ("",)]


@pytest.mark.parametrize(("name", "model"), CASES)
def test_a_lesson_has_one_right_answer_and_a_visible_effect(name: str, model: str) -> None:
    one = lesson(name)
    case = Case(one, model, REGISTRY)
    for question in (one.predict, one.explain):
        value = measured(case, question.measure, question.after)
        if question.kind == "choice":
            assert len(question.right(value)) == 1, (question.measure, value)
        if question.kind == "number":
            assert question.lowest <= value <= question.highest
    measure, least = one.visible
    assert measured(case, measure) >= least
    assert all(isinstance(measured(case, measure), float) for measure in one.facts.values())


def test_options_do_not_overlap_and_measures_exist() -> None:
    for one in lessons().values():
        for question in (one.predict, one.explain):
            assert question.measure in MEASURES
            ranges = sorted(question.options.values())
            assert all(low[1] <= high[0] for low, high in itertools.pairwise(ranges))
            assert question.kind != "choice" or len(ranges) >= 3
        assert one.visible[0] in MEASURES
        assert set(one.facts.values()) <= set(MEASURES)


def test_routes_fit_their_minutes_and_all_lessons_are_taught() -> None:
    assert len(lessons()) == 11
    for minutes, names in routes().items():
        assert sum(lesson(name).minutes for name in names) <= minutes
    assert all(3 <= one.minutes <= 8 for one in lessons().values())


def test_a_question_that_two_options_answer_is_seen() -> None:
    wrong = Question("choice", "top_before", {"rises": (0.0, 1.0), "same": (0.5, 1.5)})
    assert len(wrong.right(0.7)) == 2
    assert wrong.right(2.0) == ()


BAD: list[tuple[str, Any]] = [
    *(("wrong-way", answer) for answer in ("up", None, 3, ["rises"], {"a": 1})),
    *(("no-change", answer) for answer in (0, 11, "7", float("nan"), True, None)),
    *(("more-options", answer) for answer in ([0.1], [0.1] * 9, ["a"] * 6, [2.0] * 6, "bars", None)),
]


@pytest.mark.parametrize(("name", "answer"), BAD)
def test_what_is_no_answer_is_refused(name: str, answer: Any) -> None:
    with pytest.raises(SettingError, match="the answer must be"):
        lesson(name).predict.check(answer, 6)


@pytest.mark.parametrize("name", ["", "wrong", None, ["wrong-way"], "../wrong-way"])
def test_a_lesson_that_is_not_there_is_named(name: Any) -> None:
    with pytest.raises(SettingError, match="there is no lesson"):
        lesson(name)


def test_a_model_that_a_lesson_does_not_allow_is_refused() -> None:
    one: Lesson = lesson("wrong-way")
    with pytest.raises(SettingError, match="the lesson's model must be one of shakespeare-char-lstm"):
        one.source("names-gpt")
