"""Temperature chaos: where texts start to differ, and how one token overtakes another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textgen.plots import theme
from textgen.records import Floats

Figure = dict[str, Any]

# Neither the thermal scale, which means temperature, nor violet, which means surprise.
OTHER, THIRD = "#2a9d8f", "#8a7350"
NEVER = 1.12  # where rows that never differ stand, in lengths of a text


@dataclass(frozen=True, slots=True)
class Divergences:
    """The first step at which each of R texts differs from the one above."""

    temperatures: tuple[float, ...]  # (R,) rising
    steps: tuple[int | None, ...]  # (R,) from 0; None: nowhere, and for the first
    length: int  # tokens of a text at most


@dataclass(frozen=True, slots=True)
class Lines:
    """The scores of the tokens that lead around a flip, or around several at one step."""

    labels: tuple[str, ...]  # (K,) in the order in which they lead
    temperatures: tuple[float, ...]  # (N,) rising, above 0
    scores: Floats  # (K, N) −inf where a stage removed the token
    flips: tuple[float, ...]  # temperatures at which the lead changes
    ends: tuple[float, float]  # the two temperatures that were compared


def divergences(record: Divergences) -> Figure:
    """A point a row: its divergence against its temperature; `customdata` is the number of the row."""
    differing = [row for row, at in enumerate(record.steps) if at is not None]
    unchanged = [row for row, at in enumerate(record.steps) if at is None and row > 0]
    top = NEVER * record.length
    traces = [
        points(record, differing, [float(record.steps[row] or 0) + 1 for row in differing], "circle"),
        points(record, unchanged, [top] * len(unchanged), "circle-open"),
    ]
    traces[0]["hovertemplate"] = "T = %{x}: differs at token %{y}<extra>row %{customdata}</extra>"
    traces[1]["hovertemplate"] = "T = %{x}: like the row above<extra>row %{customdata}</extra>"
    return {"data": traces, "layout": divergences_layout(record, top, bool(unchanged))}


def points(record: Divergences, rows: Sequence[int], heights: Sequence[float], symbol: str) -> Figure:
    """One kind of rows, each in the colour of its temperature."""
    temperatures = [record.temperatures[row] for row in rows]
    size = 9 if len(record.temperatures) <= 120 else 6
    return {
        "type": "scatter",
        "mode": "markers",
        "x": temperatures,
        "y": list(heights),
        "customdata": list(rows),
        "marker": {"size": size, "symbol": symbol, "color": [theme.thermal(t) for t in temperatures]},
    }


def divergences_layout(record: Divergences, top: float, unchanged: bool) -> Figure:
    """Token numbers upwards; above them, where there are any, the rows that never differ."""
    ticks = token_ticks(record.length)
    names = [f"{tick:,}" for tick in ticks]
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    low, high = record.temperatures[0], record.temperatures[-1]
    margin = 0.03 * (high - low)
    return theme.layout(
        height=320,
        margin={"l": 58, "r": 12, "t": 8, "b": 46},
        uirevision="divergences",
        hovermode="closest",
        xaxis={**axis, "range": [low - margin, high + margin], "title": {"text": "temperature of the row"}},
        yaxis={
            **axis,
            "range": [-0.03 * record.length, (NEVER + 0.06 if unchanged else 1.05) * record.length],
            "tickvals": [*ticks, top] if unchanged else ticks,
            "ticktext": [*names, "alike"] if unchanged else names,
            "title": {"text": "first token that differs"},
        },
    )


def token_ticks(length: int) -> list[int]:
    """1 and some round numbers up to a length."""
    step = max(1, 10 ** int(math.log10(length)))
    step = next(s for s in (step / 5, step / 2, step, step * 2, step * 5) if length / s <= 6)
    whole = max(1, int(step))
    return [1, *(tick for tick in range(whole, length + 1, whole) if tick > 1)]


def race(record: Lines) -> Figure:
    """The scores against temperature: one line a token, and where the lead changes."""
    traces = [line(record, k, colour(k), "solid" if k < 2 else "dash") for k in range(len(record.labels))]
    return {"data": traces, "layout": race_layout(record)}


def colour(k: int) -> str:
    return (theme.INK, OTHER)[k] if k < 2 else THIRD


def line(record: Lines, k: int, colour: str, dash: str) -> Figure:
    """Token k; a gap where a stage removed it."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(record.temperatures),
        "y": [round(y, 6) if math.isfinite(y) else None for y in record.scores[k].tolist()],
        "name": theme.plain(record.labels[k]),
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": "T = %{x:.4f}: score %{y:.3f}<extra>%{fullData.name}</extra>",
    }


def race_layout(record: Lines) -> Figure:
    """The two temperatures as a shade between them, each flip as a line."""
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    low, high = record.ends
    across = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    shade = {**across, "type": "rect", "x0": low, "x1": high, "line": {"width": 0}}
    shade["fillcolor"] = "rgba(128, 136, 150, 0.22)"
    marks = [
        {**across, "type": "line", "x0": t, "x1": t, "line": {"color": theme.thermal(t), "width": 2}}
        for t in record.flips
    ]
    return theme.layout(
        height=280,
        margin={"l": 52, "r": 12, "t": 8, "b": 46},
        uirevision="race",
        hovermode="closest",
        shapes=[shade, *marks],
        xaxis={
            **axis,
            "range": [record.temperatures[0], record.temperatures[-1]],
            "title": {"text": "temperature"},
        },
        yaxis={**axis, "title": {"text": "score"}},
    )
