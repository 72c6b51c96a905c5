"""Held-out perplexity at several temperatures: how sure a model is of itself, as a table and a file."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.errors import SettingError, shorten
from textgen.experiments.metrics.perplexity_curve import Curve, verdict
from textgen.experiments.metrics.scoring import HeldOut
from textgen.experiments.sweep.ranges import temperatures_in

FILE = "calibration.csv"
TEMPERATURES = tuple(round(0.5 + 0.05 * step, 2) for step in range(31))  # 0.5 … 2, as `0.5:2:0.05`
COLUMNS = ("temperature", "nats", "perplexity", "part", "window", "targets", "corpus")
DIGITS = 12  # of the corpus's checksum: enough to tell texts apart


@dataclass(frozen=True, slots=True)
class Measured:
    """A curve and what it was measured on."""

    curve: HeldOut
    part: str  # of the corpus
    window: int  # tokens read from a zero state
    corpus: str  # sha256


def grid_of(text: str) -> tuple[float, ...]:
    """`0.5:2:0.05`, both ends included, or `0.8, 1, 1.25` → temperatures, rising. Raises SettingError."""
    found = sorted(temperatures_in(text))
    if not 0 < found[0] <= found[-1] <= 100:
        raise SettingError(
            f"temperatures must be above 0 and up to 100, got {shorten(text)}; 0.5:2:0.05 is usual"
        )
    if len(set(found)) < len(found):
        raise SettingError(f"each temperature must be there once, got {shorten(text)}; leave one out")
    return tuple(found)


def curve_csv(measured: Measured) -> str:
    """One row a temperature."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows(measured)])
    return file.getvalue()


def rows(measured: Measured) -> Iterator[tuple[Any, ...]]:
    """The cells of `COLUMNS`, of each temperature."""
    curve = measured.curve
    about = measured.part, measured.window, curve.targets, measured.corpus[:DIGITS]
    for temperature, perplexity in zip(curve.temperatures, curve.perplexities, strict=True):
        yield f"{temperature:g}", f"{math.log(perplexity):.6f}", f"{perplexity:.6g}", *about


def table(measured: Measured, name: str, unit: str) -> str:
    """The curve as a terminal shows it, the least perplexity marked."""
    curve = measured.curve
    lines = [
        f"{name}, {measured.part}: {curve.targets:,} predictions in windows of {measured.window}, zero state",
        f"{'T':>6}{'nats':>10}{'bits':>10}{'perplexity':>13}  per {unit}",
    ]
    for temperature, perplexity in zip(curve.temperatures, curve.perplexities, strict=True):
        nats = math.log(perplexity)
        mark = "  least" if temperature == curve.best else ""
        lines.append(
            f"{temperature:>6g}{nats:10.4f}{nats / math.log(2):10.4f}{perplexity:13,.4f}{mark}".rstrip()
        )
    return "\n".join([*lines, verdict(Curve(name, unit, curve.temperatures, np.log(curve.perplexities)))])


def as_json(measured: Measured) -> dict[str, Any]:
    curve = measured.curve
    return {
        "part": measured.part,
        "window": measured.window,
        "targets": curve.targets,
        "corpus": measured.corpus,
        "best": curve.best,
        "temperatures": curve.temperatures.tolist(),
        "nats": [math.log(perplexity) for perplexity in curve.perplexities],
        "perplexities": curve.perplexities.tolist(),
    }
