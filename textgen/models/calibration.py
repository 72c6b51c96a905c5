"""calibration.csv: how well a model predicts held-out text at several temperatures."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textgen.errors import ModelError
from textgen.models.reading import read_text
from textgen.records import Displayed, Floats

FILE = "calibration.csv"
TEMPERATURES = tuple(round(0.5 + 0.05 * step, 2) for step in range(31))  # 0.5 … 2, as `0.5:2:0.05`
COLUMNS = ("temperature", "nats", "perplexity", "part", "window", "targets", "corpus")
DIGITS = 12  # of the corpus's checksum: enough to tell texts apart
MAX_BYTES = 500_000
MIN_ROWS, MAX_ROWS = 2, 1_000
OVERFLOW = 700.0  # nats, whose perplexity 64 bits still hold
MAX_NATS = 50.0  # per token: no model of ours is as bad

Row = Mapping[str | None, str | None]


@dataclass(frozen=True, slots=True)
class CalibrationCurve(Displayed):
    """The loss at K temperatures, and what it was measured on; what a file does not say is None or ""."""

    temperatures: Floats  # (K,) above 0, rising
    nats: Floats  # (K,) per token
    part: str = ""  # of the corpus: "validation", "train", "all"
    window: int | None = None  # tokens read from a zero state
    targets: int | None = None  # tokens scored
    corpus: str = ""  # sha256, in a file its first digits

    def to_csv(self) -> str:
        """The file's text, one row a temperature."""
        about = self.part, self.window, self.targets, self.corpus[:DIGITS]
        rows = (
            (f"{temperature:g}", f"{nats:.6f}", f"{perplexity(nats):.6g}", *about)
            for temperature, nats in zip(self.temperatures, self.nats, strict=True)
        )
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
        return file.getvalue()


def perplexity(nats: float) -> float:
    """Between how many tokens a model is as unsure as if they were equally likely: e to the nats."""
    return math.exp(nats) if nats < OVERFLOW else math.inf


def read_calibration(folder: Path) -> CalibrationCurve | None:
    """The curve in a model's folder; None where there is no file, or none of at least 2 usable rows."""
    try:
        text = read_text(folder / FILE, MAX_BYTES)
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (ModelError, csv.Error):
        return None
    points = points_of(rows)
    if points is None:
        return None
    window, targets = (whole(rows[0].get(name)) for name in ("window", "targets"))
    part, corpus = (str(rows[0].get(name) or "") for name in ("part", "corpus"))
    return CalibrationCurve(*points, part, window, targets, corpus)


def points_of(rows: Sequence[Row]) -> tuple[Floats, Floats] | None:
    """Temperatures (K,) and nats (K,), rising and each temperature once; None for too few."""
    known = {number(row.get("temperature"), 100.0): number(row.get("nats"), MAX_NATS) for row in rows}
    points = sorted((t, nats) for t, nats in known.items() if t and nats is not None)[:MAX_ROWS]
    if len(points) < MIN_ROWS:
        return None
    temperatures, nats = zip(*points, strict=True)
    return np.array(temperatures), np.array(nats)


def number(cell: str | None, most: float) -> float | None:
    """A number from 0 to `most`; None for anything else."""
    try:
        value = float(cell or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= most else None


def whole(cell: str | None) -> int | None:
    """A whole number from 0; None for anything else."""
    return int(cell) if cell and cell.isascii() and cell.isdecimal() and len(cell) < 16 else None
