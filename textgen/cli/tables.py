"""Text tables with aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from textgen.records import Floats, Ints, NextToken


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equally many cells → lines; the first column is aligned left, the others right."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(line(row, widths) for row in rows)


def line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0] + padding(row[0], widths[0])
    others = [padding(cell, size) + cell for cell, size in zip(row[1:], widths[1:], strict=True)]
    return "   ".join([first, *others]).rstrip()


def padding(cell: str, size: int) -> str:
    return " " * (size - width(cell))


def width(text: str) -> int:
    """The columns that a text takes in a terminal: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def percent(share: float) -> str:
    """A probability as a terminal shows it: never 0% for a token that can come."""
    if share == 0:
        return "–"
    return f"{share:.2%}" if share >= 1e-3 else f"{share * 100:.2g}%"


def shown_first(expectation: NextToken, n: int) -> Ints:
    """The n likeliest tokens at T = 1, nothing removed: the one order of rows in every column."""
    return (-expectation.logits).argsort(kind="stable")[:n]


def tail_label(expectation: NextToken, n: int) -> str:
    """The name of the row of all other tokens."""
    more = len(expectation.labels) - n
    return f"… {more} more token{'s' if more != 1 else ''}"


def tail(values: Floats, shown: Ints) -> float:
    """What the tokens that have no row of their own hold together."""
    rest = values.copy()
    rest[shown] = 0
    return float(rest.sum())
