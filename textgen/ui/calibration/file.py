"""calibration.csv → a curve. Read as if a stranger had written it: what is none is None."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.records import Floats
from textgen.ui.shell.model_facts import Facts

FILE = "calibration.csv"
MAX_BYTES = 500_000
MIN_ROWS, MAX_ROWS = 2, 1_000
MAX_NATS = 50.0  # per token: no model of ours is as bad

Row = Mapping[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Shipped:
    """The curve of a model's folder, and what it was measured on."""

    curve: Curve
    targets: int | None  # tokens scored
    window: int | None  # tokens read from a zero state


def read_calibration(folder: Path, facts: Facts) -> Shipped | None:
    """The curve of a model's folder; None where there is none that can be read."""
    path = folder / FILE
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error):
        return None
    points = points_of(rows)
    if points is None:
        return None
    curve = Curve(facts.title, facts.unit, *points)
    return Shipped(curve, whole(rows[0].get("targets")), whole(rows[0].get("window")))


def points_of(rows: Sequence[Row]) -> tuple[Floats, Floats] | None:
    """Temperatures (K,) and nats (K,), rising and each temperature once; None for too few."""
    known = {number(row.get("temperature"), 100.0): number(row.get("nats"), MAX_NATS) for row in rows}
    found = sorted((t, nats) for t, nats in known.items() if t and nats is not None)[:MAX_ROWS]
    if len(found) < MIN_ROWS:
        return None
    temperatures, nats = zip(*found, strict=True)
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
