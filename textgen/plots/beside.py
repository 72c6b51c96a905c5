"""Several charts as the panels of one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure
from plotly.subplots import make_subplots

from textgen.plots import theme

__all__ = ["Figure", "as_figure", "beside"]

Plain = dict[str, Any]  # a figure as Plotly's JSON
COLUMNS = 3  # panels in a row at most
PANEL, LABELS, TITLE = 330, 90, 70  # px: a panel's width, room for its labels, a row's title and gap


def as_figure(plain: Plain) -> Figure:
    return Figure(plain)


def beside(figures: Sequence[Plain], titles: Sequence[str]) -> Plain:
    """Plain figures as panels of one, up to three in a row."""
    columns = min(COLUMNS, len(figures))
    rows = -(-len(figures) // columns)
    high = max(figure["layout"]["height"] for figure in figures)
    width = LABELS + PANEL * columns
    whole = make_subplots(
        rows,
        columns,
        subplot_titles=[theme.plain(title) for title in titles],
        horizontal_spacing=100 / width if columns > 1 else 0,
        vertical_spacing=TITLE / (rows * (high + TITLE)) if rows > 1 else 0,
    )
    for place, figure in enumerate(figures):
        at: dict[str, Any] = {"row": place // columns + 1, "col": place % columns + 1}
        for trace in figure["data"]:
            whole.add_trace(trace, **at)
        whole.update_xaxes(figure["layout"]["xaxis"], **at)
        whole.update_yaxes(figure["layout"]["yaxis"], **at)
        for shape in figure["layout"].get("shapes", ()):
            whole.add_shape({**shape, "yref": "y domain"}, **at)
    whole.update_layout(
        theme.layout(
            height=rows * (high + TITLE),
            width=width,
            barmode="overlay",
            margin={"l": LABELS, "r": 20, "t": 40, "b": 40},
        )
    )
    return whole.to_plotly_json()
