"""A receipt run again, and the two results held against each other, place by place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from numbers import Real
from typing import Any, NamedTuple

from textgen import __version__
from textgen.errors import shorten
from textgen.experiments.requests import REQUESTS, Request
from textgen.models.registry import Registry
from textgen.receipts import format_1
from textgen.receipts.building import as_json_gives_it, sha256_of
from textgen.receipts.records import FORMAT, Receipt, ReceiptError, Verdict
from textgen.stages import STAGES, as_json, completed

BEAMS_KEPT_APART = 3  # the first format whose drawn beams do not collapse
RENAMED = {"partings": "divergences"}  # fields of results before format 3
START = 12  # digits of a checksum that are shown
ABSENT = object()
ROUNDING = 1e-4  # what float32 makes of a sum of many numbers
NAMES = re.compile(r"\b(ids|documents)\[")


def replay(receipt: Receipt, registry: Registry, max_tokens: int) -> Verdict:
    """See `receipts.replay`."""
    for name, sha256 in receipt.weights.items():
        check_weights(name, sha256, registry)
    held = with_later_stages(receipt.request, receipt.format)
    request = request_class(receipt).from_json(held)
    request.check(registry, max_tokens)
    request = request.resolved(registry)
    check_known(request, receipt)
    left_out = with_later_stages(request.to_json()) != held
    content = as_json_gives_it(request.run(registry).to_json())
    return compare(earlier_result(receipt), content, notes(receipt, left_out))


def earlier_result(receipt: Receipt) -> Any:
    """A receipt's result as this version names its parts."""
    held = with_later_stages(receipt.result, receipt.format)
    renamed = RENAMED if receipt.format < FORMAT else {}
    return {renamed.get(name, name): value for name, value in held.items()}


def request_class(receipt: Receipt) -> type[Request]:
    earlier = format_1.REQUESTS if receipt.format == 1 else {}
    return earlier.get(receipt.kind, REQUESTS[receipt.kind])


def with_later_stages(value: Any, written: int = FORMAT) -> Any:
    """Settings as of a version with fewer stages, in which the later ones are neutral.

    Settings are known by their `order`, a list of stages' names; what else is there stays as it is. In
    those `written` in a format before 3 drawn beams may collapse.
    """
    if isinstance(value, list):
        return [with_later_stages(one, written) for one in value]
    if not isinstance(value, dict):
        return value
    held = {name: with_later_stages(one, written) for name, one in value.items()}
    order = held.get("order")
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        return held
    whole = completed(order)
    values = (one for name in whole if name not in order for one in (STAGES[name], *STAGES[name].parameters))
    earlier = {"beams_may_collapse": True} if written < BEAMS_KEPT_APART else {}
    return {**{one.name: as_json(one.neutral) for one in values}, **earlier, **held, "order": list(whole)}


def check_known(request: Request, receipt: Receipt) -> None:
    """Raises ReceiptError for a model of the request whose weights the receipt does not name."""
    for name in request.models():
        if name not in receipt.weights:
            raise ReceiptError(
                f"the receipt has no checksum of {shorten(name)!r}, a model of its request; export it again"
            )


def check_weights(name: str, sha256: str, registry: Registry) -> None:
    """Raises ReceiptError for a model that is not there or has other weights."""
    if name not in registry.names():
        known = ", ".join(registry.names()) or f"none in {registry.root}"
        raise ReceiptError(
            f"the receipt needs the model {shorten(name)!r}, weights {sha256[:START]}…, which is not here; "
            f"the models are: {known}; name the folder that it lies in with --models"
        )
    here = sha256_of(name, registry)
    if here != sha256:
        raise ReceiptError(
            f"the receipt was made with other weights of {name}: {sha256[:START]}…, here are "
            f"{here[:START]}…; get those, and name the folder that they lie in with --models"
        )


def notes(receipt: Receipt, left_out: bool) -> tuple[str, ...]:
    """What another version, or a request that is not whole, may mean."""
    remarks = []
    if receipt.version != __version__:
        remarks.append(
            f"The receipt was made by version {shorten(receipt.version)}, this is {__version__}: "
            "where results differ, the version may be why."
        )
    if left_out:
        remarks.append("The receipt leaves out some of its request: what is missing took its default.")
    return tuple(remarks)


# ---- comparing


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
