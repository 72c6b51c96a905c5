"""The bars of a next-token distribution: kept tokens filled, removed ones hatched at their former length."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from textgen.plots import theme
from textgen.records import Distribution

ROWS = 10
ROW_HEIGHT = 25  # px
TEXT_AT = 1.3  # where the percentages end, in units of the longest possible bar


def skeleton(rows: int = ROWS) -> dict[str, Any]:
    """The figure without its numbers, as JSON: the page fills and restyles it in the browser."""
    return figure(["", *[""] * rows], np.zeros(rows + 1), np.zeros(rows + 1), "#7d858f").to_plotly_json()


def next_token(distribution: Distribution, rows: int = ROWS) -> go.Figure:
    """A distribution → horizontal bars, likeliest token at T = 1 first, the rest as one tail bar."""
    order = np.argsort(-distribution.next.logits, kind="stable")
    shown, tail = order[:rows], order[rows:]
    after = distribution.probabilities
    before = before_truncation(distribution)
    labels = [distribution.next.labels[i] for i in shown] + [f"… {len(tail)} more"] * bool(len(tail))
    kept = np.append(after[shown], after[tail].sum())[: len(labels)]
    removed = np.append(np.where(after[shown] > 0, 0, before[shown]), 0)[: len(labels)]
    return figure(labels, kept, removed, theme.thermal(distribution.settings["temperature"]))


def before_truncation(distribution: Distribution) -> Any:
    """(V,) what each token had after the last stage that removed nothing."""
    whole = [stage for stage in distribution.trace if stage.kept.all()]
    return (whole or distribution.trace)[-1].probabilities


def figure(labels: list[str], kept: Any, removed: Any, colour: str) -> go.Figure:
    """labels (R,), kept and removed probabilities (R,) → bars with their percentages at the right."""
    rows = list(range(len(labels)))
    bar = {"orientation": "h", "y": rows, "width": 0.62, "customdata": labels}
    hover = "%{customdata}: %{x:.4%}<extra></extra>"
    hatch = {"shape": "/", "size": 5, "solidity": 0.25, "fillmode": "replace", "fgcolor": "#98a0aa"}
    text = [f"{a:.1%}" if not b else f"<s>{b:.1%}</s>" for a, b in zip(kept, removed, strict=True)]
    return go.Figure(
        [
            go.Bar(bar, x=kept, marker={"color": colour}, hovertemplate=hover),
            go.Bar(
                bar,
                x=removed,
                marker={"color": "#98a0aa", "pattern": hatch, "line": {"color": "#98a0aa", "width": 1}},
                hovertemplate=hover.replace("<extra>", " before it was removed<extra>"),
            ),
            go.Scatter(
                x=[TEXT_AT] * len(rows),
                y=rows,
                mode="text",
                text=text,
                textposition="middle left",
                hoverinfo="skip",
            ),
        ],
        theme.layout(
            barmode="overlay",
            height=ROW_HEIGHT * len(rows) + 4,
            margin={"l": 36, "r": 0, "t": 2, "b": 2},
            xaxis={"range": [0, TEXT_AT], "visible": False, "fixedrange": True},
            yaxis={
                "range": [len(rows) - 0.5, -0.5],
                "tickvals": rows,
                "ticktext": [theme.plain(label) for label in labels],
                "tickfont": {"family": theme.MONO, "size": 15},
                "showgrid": False,
                "zeroline": False,
                "ticks": "",
                "fixedrange": True,
            },
        ),
    )
