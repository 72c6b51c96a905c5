"""training_log.csv → a record. Read as if a stranger had written it: rows that are none are left out."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from textgen.records import TrainingLog

MAX_BYTES = 8_000_000
MAX_ROWS = 300  # moments that a slider can tell apart
MAX_TEXT = 4_000  # characters of a sample
MAX_COLUMNS = 8
# A temperature, or a way of its own; validation_… and whatever else stands in a column is no text.
SAMPLE = re.compile(r"sample_(\d{1,3}(?:\.\d{1,6})?)|beam\w{0,20}")

Row = Mapping[str | None, str | None]


def read_log(path: Path) -> TrainingLog | None:
    """The log of a model folder; None where there is none that can be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = list(numbered(csv.DictReader(file)))
    except (OSError, csv.Error):
        return None
    return record(thinned(rows)) if rows else None


def numbered(rows: csv.DictReader) -> Iterator[Row]:
    """The rows that have a step."""
    for row in rows:
        if whole(row.get("step")) is not None:
            yield row


def thinned(rows: Sequence[Row]) -> Sequence[Row]:
    """At most 300 rows, evenly taken, the first and the last among them."""
    if len(rows) <= MAX_ROWS:
        return rows
    return [rows[i] for i in np.linspace(0, len(rows) - 1, MAX_ROWS).round().astype(int)]


def record(rows: Sequence[Row]) -> TrainingLog:
    named = [name for name in rows[0] if name and SAMPLE.fullmatch(name)]
    columns = [name for name in named if any(row.get(name) for row in rows)][:MAX_COLUMNS]
    steps = np.array([whole(row.get("step")) for row in rows], dtype=np.int64)
    read = [whole(row.get("tokens")) for row in rows]
    return TrainingLog(
        steps=steps,
        tokens=steps if None in read else np.array(read, dtype=np.int64),
        train=np.array([number(row.get("train_loss")) for row in rows]),
        validation=np.array([number(row.get("validation_loss")) for row in rows]),
        columns=tuple(columns),
        texts=tuple(tuple((row.get(name) or "")[:MAX_TEXT] for row in rows) for name in columns),
    )


def temperature_of(column: str) -> float | None:
    """The temperature of a column's texts; None for beam search."""
    found = SAMPLE.fullmatch(column)
    return float(found[1]) if found and found[1] else None


def whole(cell: str | None) -> int | None:
    """A whole number from 0; None for anything else."""
    return int(cell) if cell and cell.isascii() and cell.isdecimal() and len(cell) < 16 else None


def number(cell: str | None) -> float:
    """A loss; NaN for anything else."""
    try:
        value = float(cell or "nan")
    except ValueError:
        return math.nan
    return value if 0 <= value < 1e6 else math.nan
