"""The table of the guides to text generation, measured: temperature, strategy, coherence, creativity."""

from __future__ import annotations

import math
from typing import Any

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.sweep.records import Cell, CellKey
from textgen.experiments.sweep.settings import Strategy, SweepSettings
from textgen.experiments.sweep.summary import interval_text
from textgen.ui.generate.guide import GUIDE, Combination
from textgen.ui.sweep.request import View, keys_of, places

Keyed = dict[CellKey, Cell]


def guide_rows(settings: SweepSettings, view: View, known: Keyed) -> list[dict[str, Any]]:
    """Temperature, line, coherence and creativity of every cell, and what guides say of some."""
    rows = []
    for line, (keys, place) in enumerate(zip(keys_of(settings, view), places(settings, view), strict=True)):
        for temperature, key in enumerate(keys):
            if key in known:
                means = {name: measured(known[key].metrics[name]) for name in ("coherence", "creativity")}
                said = guide_says(settings.strategies[place[2]], key.temperature)
                rows.append({"line": line, "temperature": temperature, **means, "guide": said})
    return rows


def measured(found: Interval) -> dict[str, Any]:
    """A mean to sort by, None where there is none, and its words."""
    value = None if math.isnan(found.mean) else round(found.mean, 6)
    return {"value": value, "text": interval_text(found)}


def guide_says(strategy: Strategy, temperature: float) -> str:
    """What guides to text generation expect of a setting; "" where they name it not."""
    return next((row.expect for row in GUIDE if is_row(row, strategy, temperature)), "")


def is_row(row: Combination, strategy: Strategy, temperature: float) -> bool:
    if row.temperature != temperature or row.width != strategy.beams:
        return False
    if row.strategy == "greedy":
        return strategy.greedy
    settings = strategy.settings.to_dict()
    return not strategy.greedy and all(settings[name] == value for name, value in row.changes.items())
