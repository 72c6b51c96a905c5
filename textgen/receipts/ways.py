"""The way a text went: drawn or searched from here to there, with tokens chosen by hand between.

A text on the page may be stopped, gone on with, or left at a token for another one. One seed gives the
same luck at every position, so what was drawn goes on as if it had never stopped; a beam search does not,
and each of its legs is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from textgen.api import MAX_LENGTH
from textgen.errors import out_of_range
from textgen.experiments.requests.text import MAX_STREAMS
from textgen.receipts.checks import as_list, as_object, as_settings, known_fields
from textgen.receipts.records import ReceiptError
from textgen.settings import MAX_BEAM_LENGTH, MAX_BEAMS, DecodeSettings, check_whole
from textgen.stages import MAX_TOP_K

STRATEGIES = ("sampling", "greedy", "beam", "beam_sampling")
FIELDS = ("settings", "strategy", "length", "picks", "width", "legs")
OWN = "export the text again"


class Leg(NamedTuple):
    """One stretch of a text."""

    start: int  # tokens that the text holds before
    end: int  # tokens that it holds after, at most: what was written beyond is cut
    goal: int  # tokens that the writer of this stretch was to reach
    token: int | None = None  # chosen by hand; None: drawn or searched


def checked_texts(values: Any) -> list[dict[str, Any]]:
    """1 to 64 texts, what was left out included. Raises TextgenError."""
    return [checked_text(as_object("a text", value)) for value in as_list("texts", values, 1, MAX_STREAMS)]


def checked_text(text: Mapping[str, Any]) -> dict[str, Any]:
    known_fields({"kind": "text", **text}, FIELDS)
    strategy = checked_strategy(text.get("strategy", "sampling"))
    settings = DecodeSettings.from_dict(as_settings(text.get("settings", {})))
    length = check_whole("length", text.get("length"), 0, MAX_LENGTH, OWN)
    picks = [pick for pick in checked_pairs("picks", text.get("picks", ()), MAX_TOP_K) if pick[0] < length]
    checked = {
        "settings": (settings.at(0) if strategy == "greedy" else settings).to_dict(),
        "strategy": strategy,
        "length": length,
        "picks": picks,
    }
    return {**checked, **searches(text, checked)} if strategy.startswith("beam") else checked


def checked_strategy(value: Any) -> str:
    if not isinstance(value, str) or value not in STRATEGIES:
        raise out_of_range("strategy", f"one of {', '.join(STRATEGIES)}", value, "sampling draws each token")
    return value


def checked_pairs(name: str, values: Any, most: int) -> list[list[int]]:
    """Pairs of a position and another number, positions rising. Raises TextgenError."""
    pairs = [checked_pair(name, value, most) for value in as_list(name, values, 0, MAX_LENGTH)]
    if any(second < first for (first, _), (second, _) in pairwise(pairs)):
        raise ReceiptError(f"{name} must stand in the order of their positions; {OWN}")
    return pairs


def checked_pair(name: str, value: Any, most: int) -> list[int]:
    first, second = as_list(f"the numbers of one of {name}", value, 2, 2)
    position = check_whole(f"a position in {name}", first, 0, MAX_LENGTH, OWN)
    return [position, check_whole(f"a number in {name}", second, 0, most, OWN)]


def searches(text: Mapping[str, Any], checked: Mapping[str, Any]) -> dict[str, Any]:
    """What a beam search needs besides: its width, and the legs that it went in."""
    width = check_whole("width", text.get("width"), 1, MAX_BEAMS, "1 is greedy")
    legs = text.get("legs")
    if legs is None:  # one for each stretch between the tokens chosen by hand
        starts = [0, *(position + 1 for position, _ in checked["picks"])]
        legs = [[start, checked["length"]] for start in starts]
    pairs = [pair for pair in checked_pairs("legs", legs, MAX_LENGTH) if pair[0] < checked["length"]]
    for start, goal in pairs:
        check_whole("tokens of a beam search's leg", goal - start, 1, MAX_BEAM_LENGTH, OWN)
    return {"width": width, "legs": pairs}


def way(text: Mapping[str, Any]) -> list[Leg]:
    """The stretches of a text, in turn."""
    length = text["length"]
    hand = {position: Leg(position, position + 1, position + 1, token) for position, token in text["picks"]}
    written = {start: Leg(start, goal, goal) for start, goal in written_from(text)}
    starts = sorted({**written, **hand})
    legs = [hand.get(start) or written[start] for start in starts]  # of two at one place the hand's
    return [
        leg._replace(end=min(leg.goal, end, length))
        for leg, end in zip(legs, [*starts, length][1:], strict=True)
    ]


def written_from(text: Mapping[str, Any]) -> list[Sequence[int]]:
    """From which length to which goal each stretch was written; the later of two at one place."""
    if "legs" in text:
        return text["legs"]
    starts = [0, *(position + 1 for position, _ in text["picks"])]
    ends = [*(position for position, _ in text["picks"]), text["length"]]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def tokens_of(text: Mapping[str, Any]) -> int:
    """How many tokens it takes to write a text: those of all hypotheses."""
    return sum((leg.goal - leg.start) * text.get("width", 1) for leg in way(text))
