"""How much each token of a text surprised the model: a bar a token, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textgen.plots import theme
from textgen.records import Floats

Figure = dict[str, Any]

VIOLET = "#7d55b8"  # surprise, and nothing else
WIDTH, HEIGHT = 960, 200  # px


def surprisal(labels: Sequence[str], bits: Floats) -> Figure:
    """Visible tokens (n,) and their surprise (n,) → bars in the order of the text.

    The page fills `x`, `y` and `customdata` of the trace itself, from what it has been sent.
    """
    return {
        "data": [
            {
                "type": "bar",
                "x": list(range(1, len(labels) + 1)),
                "y": [round(float(value), 4) for value in bits],
                "customdata": list(labels),
                "marker": {"color": VIOLET, "line": {"width": 0}},
                "hovertemplate": "%{customdata}: %{y:.2f} bits<extra></extra>",
            }
        ],
        "layout": theme.layout(
            width=WIDTH,
            height=HEIGHT,
            margin={"l": 52, "r": 8, "t": 6, "b": 42},
            bargap=0,
            xaxis={"title": {"text": "token"}, "zeroline": False, "showgrid": False},
            yaxis={"title": {"text": "bits"}, "rangemode": "tozero"},
        ),
    }
