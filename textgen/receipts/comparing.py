"""Two results held against each other, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from numbers import Real
from typing import Any, NamedTuple

from textgen.errors import shorten
from textgen.receipts.records import Verdict

ABSENT = object()
ROUNDING = 1e-4  # what float32 makes of a sum of many numbers
NAMES = re.compile(r"\b(ids|documents)\[")


class Pair(NamedTuple):
    """What stands at one place in both."""

    place: str  # `texts[0].ids[12]`
    before: Any  # in the receipt
    now: Any

    @property
    def differs(self) -> bool:
        both_numbers = is_number(self.before) and is_number(self.now)
        return self.before != self.now if both_numbers else not same(self.before, self.now)

    @property
    def size(self) -> float | None:
        """How far two numbers lie apart; None for non-numbers and ids, which are names."""
        if NAMES.search(self.place) or not (is_number(self.before) and is_number(self.now)):
            return None
        try:
            return abs(float(self.before) - float(self.now))
        except OverflowError:  # a whole number beyond all floats
            return float("inf")

    def __str__(self) -> str:
        return f"{self.place}: {shown(self.before)} in the receipt, {shown(self.now)} now"


def compare(before: Any, now: Any, notes: tuple[str, ...] = ()) -> Verdict:
    """A receipt's result and one computed now."""
    differences = Differences()
    for pair in pairs(before, now, ""):
        differences.take(pair)
    largest = differences.worst.size if differences.worst else None
    return Verdict(tuple(differences.sentences()), differences.count, largest, differences.compared, notes)


@dataclass
class Differences:
    """How two results differ, value by value."""

    compared: int = 0
    count: int = 0  # of those that differ
    numbers: int = 0  # of those that differ, and are numbers
    first: Pair | None = None
    worst: Pair | None = None  # the two numbers furthest apart

    def take(self, pair: Pair) -> None:
        self.compared += 1
        if not pair.differs:
            return
        self.count += 1
        self.first = self.first or pair
        size = pair.size
        if size is not None:
            self.numbers += 1
            if self.worst is None or size > (self.worst.size or 0):
                self.worst = pair

    def sentences(self) -> Iterator[str]:
        """What differs."""
        if self.first is None:
            return
        yield f"{self.count:,} of {self.compared:,} values differ."
        yield f"The first is {self.first}."
        if self.worst is None:
            return
        size = self.worst.size or 0
        yield f"Numbers differ by {size:.3g} at most, at {self.worst.place}."
        if self.numbers == self.count and size <= ROUNDING:
            yield "Nothing else differs: another processor or numeric library rounds last digits otherwise."


def pairs(before: Any, now: Any, place: str) -> Iterator[Pair]:
    """Every value of two results; where their shapes part, that place alone."""
    if isinstance(now, Mapping) and isinstance(before, Mapping):
        for name in dict.fromkeys([*now, *before]):
            yield from pairs(before.get(name, ABSENT), now.get(name, ABSENT), f"{place}.{name}".lstrip("."))
    elif isinstance(now, list) and isinstance(before, list):
        for number, (first, second) in enumerate(zip_longest(before, now, fillvalue=ABSENT)):
            yield from pairs(first, second, f"{place}[{number}]")
    else:
        yield Pair(place, before, now)


def is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def same(before: Any, now: Any) -> bool:
    """Whether two values are the same: 1 and true are not."""
    return type(before) is type(now) and before == now


def shown(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    return shorten(repr(value)) if isinstance(value, (str, float)) else shorten(value)
