"""What a class is asked: every truth is what the library computes, and nothing of it is in what is seen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from textgen.api import draw, generate, next_token
from textgen.classroom.letters import Letters, letters
from textgen.classroom.rounds import Answer, Question, RoomError, Round, distance
from textgen.errors import SettingError, TextgenError
from textgen.lessons import lesson
from textgen.lessons.measures import Case, measured
from textgen.lessons.reveal import DRAGGED
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.ui.classroom.questions import ClassAsk, GuessAsk, ask_from, certainty, class_bits, scored
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.words import languages

AT = {"model": "tiny", "context": "bad", "settings": {"temperature": 0.5}}


@pytest.fixture(scope="module")
def lab(registry: Registry) -> Laboratory:
    return Laboratory(registry)


def question(lab: Laboratory, kind: str, **more: Any) -> Question:
    return ask_from({"kind": kind, **AT, **more}).question(lab)


def shown(asked: Question, votes: dict[str, int]) -> Round:
    return scored(replace(Round(1, asked, 0.0), votes=(dict(votes), {}), phase="shown"))


def test_the_bars_of_a_token_are_the_models(lab: Laboratory, tiny: Model) -> None:
    asked = question(lab, "token")
    truth = next_token(tiny, "bad", temperature=0.5)
    of_label = dict(zip(truth.next.labels, truth.probabilities, strict=True))
    bars = asked.truth["bars"]
    assert bars[:-1] == [pytest.approx(of_label[label]) for label in asked.asked["labels"]]
    assert sum(bars) == pytest.approx(1)
    likely = sorted(bars[:-1], reverse=True)
    assert likely == [pytest.approx(p) for _, p in truth.top(6)]
    assert "bars" not in asked.asked


def test_numbers_can_be_asked_about_as_well(lab: Laboratory) -> None:
    asked = ask_from({"kind": "token", "numbers": "0.7, 0.2, 0.1"}).question(lab)
    assert asked.truth["bars"] == pytest.approx([0.7, 0.2, 0.1])
    assert asked.asked["other"] is False


def test_draws_are_counted_and_their_law_is_binomial(lab: Laboratory, tiny: Model) -> None:
    asked = question(lab, "count", token=3, n=100, seed=7)
    assert asked.truth["drawn"] == draw(tiny, "bad", [0.5], 100, 7).counts[0][3]
    p = next_token(tiny, "bad", temperature=0.5).probabilities[3]
    assert asked.truth["bars"][0] == pytest.approx(
        sum(math.comb(100, k) * p**k * (1 - p) ** (100 - k) for k in range(10))
    )
    assert sum(asked.truth["bars"]) == pytest.approx(1)


def test_a_text_is_that_of_its_temperature_and_how_sure_the_model_is_sums_to_one(
    lab: Laboratory, tiny: Model
) -> None:
    more = {"t": 1.2, "temperatures": [0.5, 2], "length": 40, "seed": 3}
    asked = ask_from({"kind": "texts", "model": "tiny", "context": "bad", **more}).question(lab)
    truth = asked.truth
    assert truth["temperatures"][truth["right"]] == 1.2
    written = generate(tiny, "bad", temperature=1.2, seed=3 + 1, length=40).text  # the second of three
    assert asked.asked["texts"][truth["right"]] == written
    assert sum(truth["bars"]) == pytest.approx(1)
    assert "temperatures" not in asked.asked


def test_certainty_weighs_all_ways_to_give_temperatures_to_texts() -> None:
    even = certainty(np.zeros((3, 3)), 1)
    assert even == pytest.approx([1 / 3] * 3)
    clear = certainty(np.log([[0.9, 0.1], [0.1, 0.9]]), 0)
    assert clear == pytest.approx([0.81 / 0.82, 0.01 / 0.82])


def test_bars_begin_at_one_temperature_and_end_at_the_other(lab: Laboratory) -> None:
    asked = question(lab, "bars", to=[2])
    assert sum(asked.asked["start"]) == pytest.approx(1)
    assert asked.truth["bars"][0] < asked.asked["start"][0]


def test_the_class_writes_what_it_votes_for(lab: Laboratory, tiny: Model) -> None:
    asked = ask_from({"kind": "class", "model": "tiny", "context": "bad", "seed": 1}).question(lab)
    vote = asked.asked["labels"].index("e")
    ask = ClassAsk.after(shown(asked, {"one": vote, "two": vote}), 1.5, lab)
    assert ask.context == "bade"
    assert ask.rival is not None
    assert ask.rival.startswith("bad")
    (step,) = ask.steps
    p = next_token(tiny, "bad").probabilities[tiny.tokenizer.ids["e"]]
    assert step["bits"] == pytest.approx(-math.log2(p))
    assert ask.question(lab).asked["steps"] == [step]
    with pytest.raises(RoomError, match="nobody has voted"):
        ClassAsk.after(shown(asked, {}), 1, lab)


def test_a_temperature_changes_what_the_class_writes(lab: Laboratory) -> None:
    asked = ask_from({"kind": "class", "model": "tiny", "context": "bad", "seed": 1}).question(lab)
    votes = {str(number): int(number > 6) for number in range(10)}  # seven to three
    texts = {
        t: {ClassAsk.after(with_seed(asked, votes, seed), t, lab).context for seed in range(20)}
        for t in (0, 1)
    }
    assert [len(texts[t]) for t in (0, 1)] == [1, 2]


def with_seed(asked: Question, votes: dict[str, int], seed: int) -> Round:
    request = {**asked.hidden["request"], "seed": seed}
    return shown(replace(asked, hidden={**asked.hidden, "request": request}), votes)


def test_shannons_game_counts_the_bits_of_all(lab: Laboratory, tiny: Model) -> None:
    ask = ask_from({"kind": "guess", "model": "tiny", "text": "bad cafe", "place": 4})
    asked = ask.question(lab)
    assert "cafe" not in str(asked.asked)
    right = asked.asked["labels"].index("c")
    on = shown(asked, {"one": right, "two": right + 1})
    score = on.question.truth["score"]
    p = next_token(tiny, "bad ").probabilities[tiny.tokenizer.ids["c"]]
    assert score["model"] == pytest.approx(-math.log2(p))
    assert score["ngram"] == pytest.approx(-math.log2(letters().probability("bad ", "c")))
    assert score["class"] == class_bits(1, 2, len(asked.asked["labels"]))
    follows = GuessAsk.after(on).question(lab)
    assert (follows.asked["place"], follows.asked["scores"]) == (5, [score])
    with pytest.raises(RoomError, match="at its end"):
        replace(GuessAsk.after(on), place=8).question(lab)


def test_nobody_s_guess_costs_as_much_as_one_who_knows_nothing() -> None:
    assert class_bits(0, 0, 64) == 6
    assert class_bits(3, 3, 64) == pytest.approx(-math.log2((3 + 1 / 64) / 4))


def test_counts_are_a_distribution() -> None:
    small = Letters.fit("abab", 2)
    assert sum(small.probability("a", chr(code), 2) for code in range(32, 127)) == pytest.approx(
        95 / 96, 0.01
    )
    assert small.probability("a", "b", 2) > 0.6
    assert Letters.from_json(small.to_json()) == small
    assert letters().probability("th", "e") > 0.3


@pytest.fixture(scope="module")
def shipped() -> Laboratory:
    return Laboratory(Registry(default_root()))


def lesson_asked(lab: Laboratory, name: str) -> Question:
    return ask_from({"kind": "lesson", "lesson": name}).question(lab)


def test_a_lesson_is_asked_in_every_language_and_answered_by_its_measure(shipped: Laboratory) -> None:
    asked = lesson_asked(shipped, "wrong-way")
    case = Case(lesson("wrong-way"), "shakespeare-char-lstm", shipped.registry)
    assert asked.truth["value"] == measured(case, "top_factor")
    assert asked.asked["options"][asked.truth["right"]] == "rises"
    assert set(asked.asked["words"]) == set(languages())
    told = {word for text in asked.truth["told"].values() for word in text.values()}
    assert all(sentence not in str(asked.asked) for sentence in told)
    assert not {"panels", "facts", "value"} & set(asked.asked)


def test_a_lesson_s_number_and_bars_are_voted_on_as_they_are_answered(shipped: Laboratory) -> None:
    number = lesson_asked(shipped, "blackboard-ratio")
    assert number.answer == Answer("number", 50, 1)
    assert number.answer.place(24) == number.truth["right"]
    dragged = lesson_asked(shipped, "more-options")
    assert dragged.answer == Answer("bars", DRAGGED + 1)
    assert sum(dragged.truth["bars"]) == pytest.approx(1)
    moved = distance(dragged.asked["start"], dragged.truth["bars"])
    assert 0.1 < moved <= dragged.truth["value"]  # some of what moves does so among the others
    with pytest.raises(SettingError, match="the lesson's model must be one of"):
        ask_from({"kind": "lesson", "lesson": "truer", "model": "tiny"}).question(shipped)


KINDS = {
    "count": {**AT, "token": 3, "seed": 1},
    "texts": {"model": "tiny", "t": 1.2, "temperatures": [0.5, 2], "seed": 1},
    "bars": {**AT, "to": [2]},
    "class": {"model": "tiny", "seed": 1},
    "guess": {"model": "tiny", "text": "bad"},
    "follow": AT,
    "lesson": {"lesson": "blackboard-beam"},
}
HOSTILE = [None, "<b>", 10**9, -1, float("nan"), [1] * 100, {"a": 1}, True]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_in_a_field_is_taken_or_refused_with_a_sentence(lab: Laboratory, kind: str) -> None:
    for name in [*KINDS[kind], "kind", "strange"]:
        for value in HOSTILE:
            sentence = refusal({"kind": kind, **KINDS[kind], name: value}, lab)
            assert sentence == "" or 10 < len(sentence) < 400, (name, value)


def refusal(data: Any, lab: Laboratory) -> str:
    """Why a question is refused; "" where it is taken."""
    try:
        ask_from(data).question(lab)
    except TextgenError as error:
        return str(error)
    return ""
