"""The tree of a beam search: a column a step, its candidates from the best down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textgen.graphemes import clip
from textgen.plots import theme
from textgen.plots.draws import GREY, MAX_LABEL
from textgen.records import BeamStep

Figure = dict[str, Any]

ROWS = 12  # candidates of a step that are drawn
PRUNED = "pruned"


def tree(steps: Sequence[BeamStep], labels: Sequence[str]) -> Figure:
    """The steps of a search and the visible tokens (V,) → lines from parents to children, then the tokens."""
    kept, pruned = edges(steps, pruned=False), edges(steps, pruned=True)
    rows = max((min(ROWS, len(step.ids)) for step in steps), default=1)
    axis = {"fixedrange": True, "zeroline": False, "showgrid": False}
    return {
        "data": [line(pruned, GREY, 1), line(kept, theme.INK, 2), tokens(steps, labels)],
        "layout": theme.layout(
            height=34 * rows + 70,
            width=max(560, 92 * len(steps) + 80),
            hovermode="closest",
            margin={"l": 20, "r": 20, "t": 10, "b": 46},
            xaxis={**axis, "title": {"text": "step"}, "range": [-0.6, len(steps) + 0.4], "dtick": 1},
            yaxis={**axis, "visible": False, "range": [rows - 0.5, -0.9]},
        ),
    }


def edges(steps: Sequence[BeamStep], pruned: bool) -> list[tuple[int, int, int]]:
    """(step, place of the parent, place) of the candidates that were pruned, or of all others."""
    return [
        (step.index, int(step.parents[place]), place)
        for step in steps
        for place in range(min(ROWS, len(step.ids)))
        if (step.fates[place] == PRUNED) == pruned and step.parents[place] < ROWS
    ]


def line(found: Sequence[tuple[int, int, int]], colour: str, width: float) -> Figure:
    """All edges of one kind as one trace, with a gap after each."""
    x = [value for step, _, _ in found for value in (step, step + 1, None)]
    y = [value for _, parent, place in found for value in (max(parent, 0), place, None)]
    look = {"color": colour, "width": width}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": look, "hoverinfo": "skip"}


def tokens(steps: Sequence[BeamStep], labels: Sequence[str]) -> Figure:
    """The tokens at the ends of their edges."""
    places = [(step, place) for step in steps for place in range(min(ROWS, len(step.ids)))]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [step.index + 1 for step, _ in places],
        "y": [place for _, place in places],
        "text": [theme.plain(clip(labels[int(step.ids[place])], MAX_LABEL)) for step, place in places],
        "textposition": "top center",
        "textfont": {"family": theme.MONO, "size": 14},
        "marker": {
            "size": 6,
            "color": [GREY if step.fates[place] == PRUNED else theme.INK for step, place in places],
        },
        "customdata": [[float(step.totals[place]), step.fates[place]] for step, place in places],
        "hovertemplate": "Σ ln p = %{customdata[0]:.3f}, %{customdata[1]}<extra></extra>",
        "cliponaxis": False,
    }
