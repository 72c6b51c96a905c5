"""Records whose fields check themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from textgen.errors import SettingError, TextError
from textgen.validation import Checked, as_text, list_of, one_of, or_none, whole_from


@dataclass(frozen=True, kw_only=True)
class Leg(Checked):
    what = "a leg"
    hours: Annotated[int, whole_from(1, 24, "sleep first")]


def as_leg(_name: str, value: Any) -> Leg:
    return value if isinstance(value, Leg) else Leg.from_json(value)


@dataclass(frozen=True, kw_only=True)
class Walk(Checked):
    what = "a walk"
    start: Annotated[str, as_text]
    pace: Annotated[str, one_of(("slow", "fast"), "slow is the default")] = "slow"
    legs: Annotated[tuple[Leg, ...], list_of(as_leg, 0, 2)] = ()
    rests: Annotated[int | None, or_none(whole_from(0, 9, "0 is none"))] = None


def test_what_is_left_out_is_there_and_goes_round() -> None:
    walk = Walk.from_json({"start": "here", "legs": [{"hours": 2.0}]})
    assert walk == Walk(start="here", legs=(Leg(hours=2),))
    assert walk.to_json() == {"start": "here", "pace": "slow", "legs": [{"hours": 2}], "rests": None}
    assert Walk.from_json(walk.to_json()) == walk


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "a walk must be an object, got None"),
        ({}, "start must be a text, got None; an empty one is fine"),
        ({"start": "x" * 20_001}, "start must be at most 20,000 characters, got 20,001; shorten it"),
        ({"start": "", "speed": 3}, "a walk has no speed; it has start, pace, legs, rests"),
        (
            {"start": "", "pace": ["slow"]},
            "pace must be one of slow, fast, got ['slow']; slow is the default",
        ),
        ({"start": "", "legs": "none"}, "legs must be a list, got none"),
        ({"start": "", "legs": [{}] * 3}, "legs must be from 0 to 2, got 3"),
        ({"start": "", "legs": [{}]}, "hours must be a whole number from 1 to 24, got None; sleep first"),
        ({"start": "", "legs": [3]}, "a leg must be an object, got 3"),
        ({"start": "", "rests": True}, "rests must be a whole number from 0 to 9, got True; 0 is none"),
        ({"start": "", "rests": float("nan")}, "got nan"),
        ({"start": "", "rests": 10**5000}, "got a number of thousands of digits"),
    ],
)
def test_a_mistake_is_a_sentence(data: Any, sentence: str) -> None:
    with pytest.raises((SettingError, TextError)) as caught:
        Walk.from_json(data)
    assert sentence in str(caught.value)


def test_one_made_in_python_is_checked_too() -> None:
    with pytest.raises(SettingError, match="hours must be a whole number from 1 to 24, got 0"):
        Leg(hours=0)
