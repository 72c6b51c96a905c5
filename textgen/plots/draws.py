"""Counts of draws beside what was to be expected.

A figure here is the plain dict that Plotly calls its JSON: while draws are being added it is made
several times a second, and `plotly.graph_objects.Figure` would take fourteen times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textgen.experiments.draws.counts import band, expected
from textgen.graphemes import clip
from textgen.plots import theme
from textgen.records import Bools, Draws, Floats, Ints

Figure = dict[str, Any]

ROWS = 12
ROW_HEIGHT = 25  # px
MAX_LABEL = 12  # characters
GREY = "rgba(128, 136, 150, 0.55)"  # on white and on black
SHADE = "rgba(128, 136, 150, 0.28)"
NARROW = 220  # px that the narrowest panel has for labels, bars and figures
DIGIT = 7.6  # px
BLANK = "\u00a0"  # plotly.js 4.1 removes the node of an empty text and never brings it back


@dataclass(frozen=True, slots=True)
class Rows:
    """A record with a column a bar: the likeliest tokens, and all others as one."""

    draws: Draws  # R columns
    removed: Bools  # (K, R) what no stage left over
    tail: bool  # whether the last column is the sum of all other tokens


def shown_first(order: Ints, rows: int = ROWS) -> Ints:
    """order (V,) → the tokens (R,) with a bar of their own: all of them if only two would be left."""
    return order if len(order) <= rows + 2 else order[:rows]


def pooled(draws: Draws, removed: Bools, order: Ints, rows: int = ROWS) -> Rows:
    """A record (K, V) and what was removed (K, V) → the first tokens of `order` (V,) and the rest as one."""
    shown = shown_first(order, rows)
    rest = order[len(shown) :]
    more = (f"{len(rest):,} more",) * bool(len(rest))
    record = replace(
        draws,
        labels=(*(draws.labels[i] for i in shown), *more),
        probabilities=pooled_columns(draws.probabilities, shown, rest, np.sum),
        counts=pooled_columns(draws.counts, shown, rest, np.sum),
    )
    return Rows(record, pooled_columns(removed, shown, rest, np.all), bool(len(rest)))


def pooled_columns(values: Any, shown: Ints, rest: Ints, reduce: Callable[..., Any]) -> Any:
    """values (K, V) → (K, R), or (K, R + 1) with the rest reduced to the last column."""
    if not len(rest):
        return values[:, shown]
    return np.concatenate([values[:, shown], reduce(values[:, rest], axis=1, keepdims=True)], axis=1)


def axis_end(rows: Rows) -> float:
    """Where the axis of every panel ends, so that a length is the same number everywhere.

    The longest bar or band of all, and room for the figures at the right.
    """
    longest = max(rows.draws.counts.max(), band(rows.draws)[1].max(), 1)
    texts = [text for k in range(len(rows.removed)) for text in count_texts(rows, k)]
    return float(longest * text_share(max(map(len, texts)), NARROW - label_width(row_labels(rows))))


def bars(rows: Rows, k: int, end: float) -> Figure:
    """Panel k → its counts over the ±2σ band, the expected count as a mark; the axis runs from 0 to `end`.

    A record whose counts are all 0 shows what its `n` draws would bring.
    """
    removed = rows.removed[k]
    low, high = (edge[k] for edge in band(rows.draws))
    traces = [
        band_trace(low, high),
        count_trace(rows, k, (low, high)),
        mark_trace(np.where(removed, np.nan, expected(rows.draws)[k])),
        text_trace(count_texts(rows, k), end),
    ]
    return {"data": traces, "layout": bars_layout(row_labels(rows), removed, end)}


def row_labels(rows: Rows) -> list[str]:
    """The labels as short as the margin is wide; of the tail only its sign, the page says the rest."""
    labels = [clip(label, MAX_LABEL) for label in rows.draws.labels]
    return [*labels[:-1], "…"] if rows.tail else labels


def band_trace(low: Floats, high: Floats) -> Figure:
    """Where about 95 of 100 runs end: a shade from low to high."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(low))),
        "base": low.tolist(),
        "x": (high - low).tolist(),
        "width": 0.84,
        "marker": {"color": SHADE},
        "hoverinfo": "skip",
    }


def count_trace(rows: Rows, k: int, edges: tuple[Floats, Floats]) -> Figure:
    """The counts in their temperature's colour, the tail grey."""
    draws = rows.draws
    colours = [theme.thermal(draws.temperatures[k])] * len(draws.labels)
    numbers = zip(draws.labels, expected(draws)[k], *edges, strict=True)
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(draws.labels))),
        "x": draws.counts[k].tolist(),
        "width": 0.46,
        "marker": {"color": [*colours[:-1], GREY] if rows.tail else colours},
        "customdata": [[theme.plain(label), *map(amount, values)] for label, *values in numbers],
        "hovertemplate": "%{customdata[0]}: drawn %{x:,}, expected %{customdata[1]}"
        "<br>95 of 100 runs: %{customdata[2]} to %{customdata[3]}<extra></extra>",
    }


def mark_trace(middle: Floats) -> Figure:
    """The expected counts: a thin line across each bar; NaN draws none."""
    return {
        "type": "scatter",
        "mode": "markers",
        "y": list(range(len(middle))),
        "x": [None if math.isnan(value) else value for value in middle.tolist()],
        "marker": {"symbol": "line-ns-open", "size": 13, "color": theme.INK, "line": {"width": 2}},
        "hoverinfo": "skip",
    }


def text_trace(texts: Sequence[str], end: float) -> Figure:
    """The counts in figures, flush right."""
    return {
        "type": "scatter",
        "mode": "text",
        "y": list(range(len(texts))),
        "x": [end] * len(texts),
        "text": list(texts),
        "textposition": "middle left",
        "hoverinfo": "skip",
    }


def count_texts(rows: Rows, k: int) -> list[str]:
    """What stands at the right of each bar of panel k; no figures before the first draw."""
    counts = rows.draws.counts[k].tolist()
    return [short(count) for count in counts] if any(counts) else [BLANK] * len(counts)


def short(n: int) -> str:
    """A count in at most seven characters: `999,999`, `1.23M`, `100M`."""
    return f"{n:,}" if n < 1_000_000 else f"{n / 1e6:.3g}M"


def amount(value: float) -> str:
    """An expected count: one decimal, or two significant figures below 1."""
    if 0 < value < 0.001:
        return "<0.001"
    return f"{value:,.1f}" if value >= 1 or value == 0 else f"{value:.2g}"


def text_share(characters: int, width: float) -> float:
    """The axis end, in units of the longest bar, that leaves room for so many characters in `width` px."""
    return 1 / (1 - min((characters * DIGIT + 8) / width, 0.5))


def bars_layout(labels: Sequence[str], removed: Bools, end: float) -> Figure:
    """One row a token, its label struck through where it was removed."""
    ticks = [
        f"<s>{theme.plain(label)}</s>" if gone else theme.plain(label)
        for label, gone in zip(labels, removed, strict=True)
    ]
    return theme.layout(
        barmode="overlay",
        height=ROW_HEIGHT * len(labels) + 4,
        margin={"l": label_width(labels), "r": 0, "t": 2, "b": 2},
        uirevision="bars",
        xaxis={"range": [0, end], "visible": False, "fixedrange": True},
        yaxis={
            "range": [len(labels) - 0.5, -0.5],
            "tickvals": list(range(len(labels))),
            "ticktext": ticks,
            "tickfont": {"family": theme.MONO, "size": 15},
            "showgrid": False,
            "zeroline": False,
            "ticks": "",
            "fixedrange": True,
        },
    )


def label_width(labels: Sequence[str]) -> float:
    """px that the widest label takes."""
    return min(16 + 9.2 * max(map(len, labels)), 150)
