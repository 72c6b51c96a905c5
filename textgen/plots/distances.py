"""How the counts settle: their distance to the truth against the number of draws."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from textgen.experiments.draws.counts import expected_distance
from textgen.plots import theme
from textgen.plots.draws import Figure
from textgen.records import Draws

FLOOR = 1e-12  # below it a distance is rounding


def distances(draws: Draws, planned: int) -> Figure:
    """Total variation against the number of draws, log-log; the 1/√N law of each temperature dashed.

    The axis reaches to `planned` draws where none were made yet.
    """
    end = max(draws.n or planned, 10)
    traces = [law_trace(draws, k, end) for k in range(len(draws.temperatures))]
    traces += [distance_trace(draws, k) for k in range(len(draws.temperatures))]
    return {"data": traces, "layout": distance_layout(end, lowest(traces))}


def law_trace(draws: Draws, k: int, end: int) -> Figure:
    """The mean distance for many draws, from where it is at most 1."""
    one = float(expected_distance(draws.probabilities[k], np.array([1]))[0])
    start = max(1.0, one**2)
    there = [] if one == 0 or start >= end else [start, float(end)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": there,
        "y": [one / math.sqrt(n) for n in there],
        "line": {"color": theme.thermal(draws.temperatures[k]), "width": 1.5, "dash": "dash"},
        "opacity": 0.8,
        "hoverinfo": "skip",
    }


def distance_trace(draws: Draws, k: int) -> Figure:
    """The distances as measured; 0 has no place on a logarithmic axis and is left out."""
    line = draws.distances[k].tolist()
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": draws.checkpoints.tolist(),
        "y": [value if value > FLOOR else None for value in line],
        "line": {"color": theme.thermal(draws.temperatures[k]), "width": 2.5},
        "marker": {"size": 4},
        "name": f"T = {draws.temperatures[k]:g}",
        "hovertemplate": "%{x:,} draws: distance %{y:.3g}<extra>%{fullData.name}</extra>",
    }


def lowest(traces: Sequence[Figure]) -> float:
    """The smallest value that any trace shows; 0.1 if that is all above."""
    values = [y for trace in traces for y in trace["y"] if y is not None]
    return min([*values, 0.1])


def distance_layout(end: int, low: float) -> Figure:
    """Whole decades on both axes."""
    decades_y = math.floor(math.log10(low) + 1e-9)
    axis = {"type": "log", "dtick": 1, "fixedrange": True, "zeroline": False, "ticks": ""}
    return theme.layout(
        height=320,
        margin={"l": 58, "r": 12, "t": 8, "b": 46},
        uirevision="distances",
        xaxis={**axis, "range": [0, math.log10(end) + 0.03], "tickformat": "~s", "title": {"text": "draws"}},
        yaxis={
            **axis,
            "range": [decades_y, 0.03],
            "tickformat": "~r",
            "title": {"text": "distance to the truth"},
        },
    )
