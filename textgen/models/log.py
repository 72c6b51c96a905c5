"""training_log.csv: what a run measured and wrote on its way. Anybody's is read as far as it goes."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textgen.errors import ModelError
from textgen.models.reading import read_text
from textgen.records import TrainingLog

FILE = "training_log.csv"
COLUMNS = ("step", "tokens", "train_loss", "validation_loss", "learning_rate")
MAX_BYTES = 8_000_000
MAX_ROWS = 300  # moments that a slider can tell apart
MAX_TEXT = 4_000  # characters of a sample
MAX_COLUMNS = 8
# Columns of texts: sampled at a temperature, or from beam search.
SAMPLE = re.compile(r"sample_(\d{1,3}(?:\.\d{1,6})?)|beam\w{0,20}")

Row = Mapping[str | None, str | None]


@dataclass(frozen=True, slots=True)
class LogRow:
    """The state of a run after a step."""

    step: int
    tokens: int  # tokens learned from so far
    train_loss: float  # nats per token since the last row, dropout on; NaN before the first step
    validation_loss: float  # nats per token in windows from a zero state, of the net that would be kept
    learning_rate: float
    samples: tuple[str, ...]  # one text a temperature
    beam: str = ""  # what a beam search of width 3 finds

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "samples": list(self.samples)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LogRow:
        return cls(**{**values, "samples": tuple(values["samples"])})

    def cells(self) -> list[str]:
        losses = f"{self.train_loss:.4f}", f"{self.validation_loss:.4f}", f"{self.learning_rate:.3g}"
        return [str(self.step), str(self.tokens), *losses, *self.samples, self.beam]


def write_log(path: Path, rows: Sequence[LogRow], temperatures: Sequence[float]) -> None:
    """Write all rows; a reader sees the old file or the new one, never half of one."""
    draft = path.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *(f"sample_{temperature:g}" for temperature in temperatures), "beam_3"])
        writer.writerows(row.cells() for row in rows)
    draft.replace(path)


def read_log(path: Path) -> TrainingLog | None:
    """A log as a record; None where there is no file with a row that has a step."""
    try:
        text = read_text(path, MAX_BYTES)
        rows = list(numbered(csv.DictReader(io.StringIO(text, newline=""))))
    except (ModelError, csv.Error):
        return None
    return record_of(thinned(rows)) if rows else None


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


def record_of(rows: Sequence[Row]) -> TrainingLog:
    texts = [name for name in rows[0] if name and SAMPLE.fullmatch(name)]
    columns = [name for name in texts if any(row.get(name) for row in rows)][:MAX_COLUMNS]
    steps = np.array([whole(row.get("step")) for row in rows], dtype=np.int64)
    tokens = [whole(row.get("tokens")) for row in rows]
    return TrainingLog(
        steps=steps,
        tokens=steps if None in tokens else np.array(tokens, dtype=np.int64),
        train=np.array([number(row.get("train_loss")) for row in rows]),
        validation=np.array([number(row.get("validation_loss")) for row in rows]),
        columns=tuple(columns),
        texts=tuple(tuple((row.get(name) or "")[:MAX_TEXT] for row in rows) for name in columns),
    )


def temperature_of(column: str) -> float | None:
    """The temperature of a column's texts; None for beam search."""
    sample = SAMPLE.fullmatch(column)
    return float(sample[1]) if sample and sample[1] else None


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
