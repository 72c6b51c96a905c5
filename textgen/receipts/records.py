"""What receipts hand out, and how they stand in a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textgen.errors import TextgenError

# 3: drawn beams do not collapse; 2: draws are `n`, however they were reached; 1: see `format_1`
FORMAT = 3
APP = "Temperature Lab"


class ReceiptError(TextgenError):
    """A receipt that cannot be read, or not be replayed here."""


@dataclass(frozen=True, slots=True)
class Built:
    """A result as files."""

    receipt: dict[str, Any]
    name: str  # of the files, without their endings
    csv: str  # one table, its first line the names of the columns

    @property
    def numbers(self) -> dict[str, Any]:
        """The result with what was asked, for another program."""
        return {name: self.receipt[name] for name in ("app", "version", "kind", "request", "result")}

    def receipt_text(self) -> str:
        """The receipt as JSON, as `read` takes it."""
        return as_json(self.receipt)

    def numbers_text(self) -> str:
        """The numbers as JSON."""
        return as_json(self.numbers)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that was read: its form is right, its request and its result are not looked at yet."""

    format: int  # of the receipt, 1 to FORMAT
    kind: str
    version: str  # of the lab that made it
    time: str  # ISO 8601
    weights: dict[str, str]  # sha256 of each model's weights, by the model's name
    request: dict[str, Any]
    result: Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a replay found."""

    differences: tuple[str, ...]  # sentences: what differs first, and by how much numbers do at most
    count: int  # places that differ
    largest: float | None  # the largest difference of two numbers; None: no two numbers differ
    compared: int  # numbers, texts and the like that were compared
    notes: tuple[str, ...]  # what the reader should know

    @property
    def identical(self) -> bool:
        return not self.count

    def to_dict(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "compared": self.compared,
            "differing": self.count,
            "largest_difference": None if self.largest == math.inf else self.largest,
            "differences": list(self.differences),
            "notes": list(self.notes),
        }


def as_json(value: Any) -> str:
    """A JSON value as a text that can be read: a line a field of an object, one line a list of numbers.

    Floats are exact, every character is ASCII.
    """
    return lines(value, "") + "\n"


def lines(value: Any, indent: str) -> str:
    """A value whose first line is already indented."""
    deeper = indent + " "
    if isinstance(value, Mapping) and value:
        fields = (f"{deeper}{one_line(str(name))}: {lines(item, deeper)}" for name, item in value.items())
        return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return "[\n" + ",\n".join(deeper + lines(item, deeper) for item in value) + f"\n{indent}]"
    return one_line(value)


def one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
