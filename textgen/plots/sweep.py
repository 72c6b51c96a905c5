"""A metric of a sweep against temperature: one line a strategy (or model, or prompt) with its 95% band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.metrics.metrics import Metric
from textgen.experiments.sweep.records import Cell
from textgen.experiments.sweep.summary import interval_text
from textgen.plots import theme

Figure = dict[str, Any]
Point = tuple[float, Interval]

# Told apart under any colour-vision deficiency (ΔE ≥ 26 between any two, simulated after Machado et al.
# 2009); none is on the thermal scale, which means temperature, or violet, which means surprise.
COLOURS = (theme.INK, "#0caa64", "#a7327c", "#94991a", "#fd31d4", "#256801", "#3c210c")
# The same hues on a dark ground: the page puts them in the others' places.
DARK = ("#eceef3", "#20823d", "#c83788", "#8a9c04", "#f67ee1", "#99fe00", "#e4c182")
DASHES = ("solid", "solid", "dash", "dashdot", "dot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down")
HEIGHT = 236  # px
SLICES = 32  # of the thermal strip below the axis
STRIP = (-0.06, -0.025)  # from where to where it stands, in heights of the plot


@dataclass(frozen=True, slots=True)
class Line:
    """One line of every chart: the cells of one strategy, model or prompt, by temperature."""

    name: str
    cells: tuple[Cell, ...]

    def points(self, metric: str) -> list[Point]:
        """What was measured, coldest first."""
        found = [(cell.key.temperature, cell.metrics[metric]) for cell in self.cells]
        return sorted(
            ((t, value) for t, value in found if not math.isnan(value.mean)), key=lambda point: point[0]
        )


def chart(metric: Metric, lines: Sequence[Line]) -> Figure:
    """Lines → figure; of each line first its band, then its means. Without a value it is an empty plane."""
    traces = [
        trace
        for place, line in enumerate(lines)
        for trace in (band(line, metric, place), means(line, metric, place))
    ]
    temperatures = [cell.key.temperature for line in lines for cell in line.cells]
    return {"data": traces, "layout": chart_layout(metric, temperatures)}


def style(place: int) -> dict[str, str]:
    """How the line at a place looks: colour, colour in the dark, dash, symbol."""
    at = place % len(COLOURS)
    return {"colour": COLOURS[at], "dark": DARK[at], "dash": DASHES[at], "symbol": SYMBOLS[at]}


def means(line: Line, metric: Metric, place: int) -> Figure:
    """The means, each with its interval in words."""
    points, look = line.points(metric.name), style(place)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [temperature for temperature, _ in points],
        "y": [rounded(value.mean) for _, value in points],
        "customdata": [interval_text(value) for _, value in points],
        "name": theme.plain(line.name),
        "line": {"color": look["colour"], "width": 2, "dash": look["dash"]},
        "marker": {"size": 6.5, "symbol": look["symbol"], "color": look["colour"]},
        "hovertemplate": "T = %{x:g}: %{customdata}<extra>%{fullData.name}</extra>",
    }


def band(line: Line, metric: Metric, place: int) -> Figure:
    """The intervals as one closed shape: there along their upper ends, back along the lower ones."""
    points = [point for point in line.points(metric.name) if point[1].n > 1]
    there = [(temperature, value.high) for temperature, value in points]
    back = [(temperature, value.low) for temperature, value in reversed(points)]
    outline = [*there, *back]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [temperature for temperature, _ in outline],
        "y": [rounded(value) for _, value in outline],
        "fill": "toself",
        "fillcolor": style(place)["colour"],
        "opacity": 0.16,
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def chart_layout(metric: Metric, temperatures: Sequence[float]) -> Figure:
    """The same plane for every metric; the strip below the axis is the scale of temperature."""
    low, high = (min(temperatures), max(temperatures)) if temperatures else (0.0, 2.0)
    pad = 0.03 * (high - low) or 0.1
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    return theme.layout(
        height=HEIGHT,
        margin={"l": 36, "r": 8, "t": 6, "b": 46},
        hovermode="closest",
        hoverdistance=40,
        uirevision=metric.name,
        shapes=thermal_strip(low, high),
        xaxis={
            **axis,
            "title": {"text": "temperature", "standoff": 4},
            "range": [low - pad, high + pad],
            "ticklabelstandoff": 9,  # below the strip
        },
        yaxis={**axis, "rangemode": "tozero", "nticks": 6},
    )


def thermal_strip(low: float, high: float) -> list[Figure]:
    """Small rectangles from `low` to `high`, each in its temperature's colour."""
    width = (high - low) / SLICES
    if not width:
        return []
    return [
        {
            "type": "rect",
            "xref": "x",
            "yref": "paper",
            "x0": low + k * width,
            "x1": min(high, low + (k + 1.2) * width),  # over the seam
            "y0": STRIP[0],
            "y1": STRIP[1],
            "line": {"width": 0},
            "fillcolor": theme.thermal(low + (k + 0.5) * width),
        }
        for k in range(SLICES)
    ]
