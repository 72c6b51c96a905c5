"""A text that was stopped, gone on with and led another way is the one that the page wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.receipts.asked import Make
from textgen.errors import SettingError
from textgen.experiments.requests import Segment, TextSpec
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings, Strategy
from textgen.ui.generate.runs import Run, Text
from textgen.ui.generate.writing import steps_of

PROMPT, SEED = "bad", 11
HOT, BEAM = DecodeSettings(temperature=1.3), DecodeSettings(temperature=1.6)
TEXTS = [
    Text(Strategy("sampling", HOT)),
    Text(Strategy("beam", BEAM, beams=3, sampling=False)),
    Text(Strategy("beam_sampling", BEAM, beams=3)),
]
METHODS = [text.strategy.method for text in TEXTS]


def on_page(model: Model, text: Text, goal: int, stop_after: int | None = None) -> tuple[int, ...]:
    """The ids that a text of the page holds at `goal`, or once it was stopped after so many new ones."""
    run = Run(model, PROMPT, SEED, (text,), goal)
    new = [int(step.ids[0]) for _, step in steps_of(run) if step is not None]
    return (*text.ids, *new[:stop_after])


def in_receipt(make: Make, text: Text, length: int, **more: Any) -> tuple[int, ...]:
    """The ids that a receipt's request writes."""
    asked = {
        "settings": text.strategy.settings.to_dict(),
        "strategy": text.strategy.method,
        "width": text.strategy.beams,
        "length": length,
        **more,
    }
    made = make({"kind": "text", "model": "tiny", "prompt": PROMPT, "seed": SEED, "texts": [asked]})
    return tuple(made.receipt["result"]["texts"][0]["ids"])


@pytest.fixture
def model(models: Registry) -> Model:
    return models.get("tiny")


@pytest.mark.parametrize("text", TEXTS, ids=METHODS)
def test_as_written_in_one_go(make: Make, model: Model, text: Text) -> None:
    assert in_receipt(make, text, 20) == on_page(model, text, 20)


@pytest.mark.parametrize("text", TEXTS, ids=METHODS)
def test_stopped_and_gone_on_with(make: Make, model: Model, text: Text) -> None:
    first = on_page(model, text, 20, stop_after=7)
    second = on_page(model, replace(text, ids=first), 30, stop_after=9)
    legs = [[0, 20], [7, 30]]
    assert in_receipt(make, text, 16, legs=legs) == second
    assert len(second) == 16
    if text.strategy.method == "beam_sampling":  # its luck begins anew with each search
        assert in_receipt(make, text, 16, legs=[[0, 30]]) != second


@pytest.mark.parametrize("text", TEXTS, ids=METHODS)
def test_led_another_way_twice(make: Make, model: Model, text: Text) -> None:
    first = on_page(model, text, 20)
    other = on_page(model, replace(text, ids=first[:8], pick=5), 20)
    third = on_page(model, replace(text, ids=other[:14], pick=2), 24)
    assert (third[8], third[14], len(third)) == (5, 2, 24)
    legs = [[0, 20], [9, 20], [15, 24]]
    assert in_receipt(make, text, 24, picks=[[8, 5], [14, 2]], legs=legs) == third


def test_bits_are_those_of_the_page(make: Make, model: Model) -> None:
    """Within rounding: the page reads a text anew where the receipt steps on."""
    text = replace(TEXTS[1], ids=on_page(model, TEXTS[1], 20)[:8], pick=5)
    steps = [step for _, step in steps_of(Run(model, PROMPT, SEED, (text,), 20)) if step is not None]
    asked = {"settings": BEAM.to_dict(), "strategy": "beam", "width": 3, "length": 20, "picks": [[8, 5]]}
    request = {"kind": "text", "model": "tiny", "prompt": PROMPT, "seed": SEED, "texts": [asked]}
    request["texts"] = [{**asked, "legs": [[0, 20], [9, 20]]}]
    (found,) = make(request).receipt["result"]["texts"]
    assert found["surprise_bits"][8:] == pytest.approx([float(step.surprisal[0]) for step in steps], abs=1e-4)


def segments_of(**text: Any) -> Sequence[Segment]:
    return TextSpec.from_json({"settings": {}, **text}).segments()


def test_a_drawn_text_is_cut_at_the_tokens_chosen_by_hand() -> None:
    assert segments_of(length=10, picks=[[0, 7], [4, 8], [10, 9]]) == [
        Segment(0, 1, 1, 7),
        Segment(1, 4, 4),
        Segment(4, 5, 5, 8),
        Segment(5, 10, 10),
    ]


def test_the_later_of_two_at_one_place_counts() -> None:
    searched = {"strategy": "beam", "width": 2}
    assert segments_of(length=9, legs=[[0, 5], [0, 20]], **searched) == [Segment(0, 9, 20)]
    assert segments_of(length=3, legs=[[0, 5], [2, 9]], picks=[[2, 1]], **searched) == [
        Segment(0, 2, 5),
        Segment(2, 3, 3, 1),
    ]
    assert segments_of(length=3, picks=[[1, 4], [1, 5]]) == [
        Segment(0, 1, 1),
        Segment(1, 2, 2, 5),
        Segment(2, 3, 3),
    ]


def test_searches_stand_between_the_tokens_chosen_by_hand_where_nobody_says() -> None:
    legs = segments_of(length=9, strategy="beam", width=2, picks=[[3, 1]])
    assert legs == [Segment(0, 3, 9), Segment(3, 4, 4, 1), Segment(4, 9, 9)]


def test_a_text_of_nothing(make: Make) -> None:
    assert segments_of(length=0) == segments_of(length=0, strategy="beam", width=2, picks=[[0, 1]]) == []
    assert in_receipt(make, TEXTS[0], 0) == in_receipt(make, TEXTS[1], 0, legs=[]) == ()


@pytest.mark.parametrize("strategy", ["sampling", "beam"])
def test_what_lies_behind_the_end_of_a_text(make: Make, models: Registry, strategy: str) -> None:
    """Names end: at the pick of their stop at the latest."""
    stop = min(models.get("names").stops)
    text = {"settings": {}, "strategy": strategy, "width": 2, "length": 20, "picks": [[1, stop]]}
    request = {"kind": "text", "model": "names", "prompt": "", "seed": 0, "texts": [{**text, "length": 2}]}
    if strategy == "sampling":
        assert make(request).receipt["result"]["texts"][0]["ids"][1:] == [stop]
    with pytest.raises(SettingError, match="a search stands at position 2, but the text ends after 2 tokens"):
        make({**request, "texts": [text]})
