"""How a training went: both losses against what was read, the loss to beat, the kept weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textgen.plots import theme
from textgen.records import Floats, TrainingLog
from textgen.units import bits_per_character

Figure = dict[str, Any]

# Neither the thermal scale, which means temperature, nor violet, which means surprise.
TRAIN, TARGET = "#2a9d8f", "#7d858f"
# The page moves the first shape of the layout to the moment that its slider shows.
MOMENT = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}


@dataclass(frozen=True, slots=True)
class LossCurves:
    """A training log, and what it is held against."""

    log: TrainingLog
    unit: str  # what one token is: `character`, `word`
    target: float | None = None  # nats per token
    kept: int | None = None  # index of the moment whose weights were kept
    characters: float | None = None  # per token of the text that validates; None = not known

    def bits(self, nats: list[float | None]) -> list[str]:
        """Losses as a mark of the chart names them: ` · 2.055 bits per character`; "" where not known."""
        many = self.characters
        return [
            f" · {bits_per_character(loss, many):.3f} bits per character" if many and loss is not None else ""
            for loss in nats
        ]


def losses(curves: LossCurves) -> Figure:
    """Curves → figure; its traces are the training loss, the validation loss, the target, the kept moment."""
    log = curves.log
    x = log.tokens.tolist()
    traces = [
        line(x, log.train, "text it learns from", TRAIN),
        line(x, log.validation, "new text", theme.INK),
        target_trace(curves, x),
        kept_trace(curves, x),
    ]
    for trace in traces:
        trace["customdata"] = curves.bits(trace["y"])
    return {"data": traces, "layout": losses_layout(curves)}


def line(x: list[int], values: Floats, name: str, colour: str) -> Figure:
    """One loss (N,); what was not measured is a gap."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": [round(value, 4) if math.isfinite(value) else None for value in values.tolist()],
        "name": name,
        "line": {"color": colour, "width": 2.5},
        "marker": {"size": 6 if len(x) < 40 else 3, "color": colour},
        "hovertemplate": "after %{x:.3s}: %{y:.3f} nats%{customdata}<extra>%{fullData.name}</extra>",
    }


def target_trace(curves: LossCurves, x: list[int]) -> Figure:
    """A dashed line from end to end; empty where there is no target that the chart can hold."""
    there = curves.target is not None and 0 < curves.target <= 2 * highest(curves)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x[0], x[-1]] if there else [],
        "y": [curves.target] * 2 if there else [],
        "name": "to beat",
        "line": {"color": TARGET, "width": 1.5, "dash": "dash"},
        "hovertemplate": "to beat: %{y:.3f} nats%{customdata}<extra></extra>",
    }


def kept_trace(curves: LossCurves, x: list[int]) -> Figure:
    """A ring around the validation loss of the weights that were kept."""
    at = curves.kept
    there = at is not None and math.isfinite(curves.log.validation[at])
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x[at]] if there and at is not None else [],
        "y": [float(curves.log.validation[at])] if there and at is not None else [],
        "name": "kept",
        "marker": {"size": 14, "symbol": "circle-open", "color": theme.INK, "line": {"width": 2.5}},
        "hovertemplate": "these weights were kept: %{y:.3f} nats%{customdata}<extra></extra>",
    }


def highest(curves: LossCurves) -> float:
    """The largest loss of both curves; 0 where none was measured."""
    return max(measured(curves), default=0.0)


def measured(curves: LossCurves) -> Iterator[float]:
    for values in (curves.log.train, curves.log.validation):
        yield from (value for value in values.tolist() if math.isfinite(value))


def losses_layout(curves: LossCurves) -> Figure:
    """Room for both axes' titles, and the line of the moment at the start."""
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    start = int(curves.log.tokens[0])
    return theme.layout(
        height=306,
        margin={"l": 68 if curves.characters else 52, "r": 12, "t": 8, "b": 50},
        uirevision="losses",
        hovermode="x",
        shapes=[{**MOMENT, "x0": start, "x1": start, "line": {"color": TARGET, "width": 2.5}}],
        xaxis={**axis, "title": {"text": f"{curves.unit}s learned from"}, "tickformat": "~s"},
        yaxis={**axis, "title": {"text": axis_title(curves)}},
    )


def axis_title(curves: LossCurves) -> str:
    """The unit, and what a nat of it is in the unit that all levels share."""
    nats = f"nats per {curves.unit}"
    if not curves.characters:
        return nats
    return f"{nats}<br>× {bits_per_character(1, curves.characters):.3f} = bits per character"
