"""The bars of surprise: a token each, in the order of the text."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from textgen.plots.surprisal import surprisal


def test_a_bar_a_token() -> None:
    figure = surprisal(["a", "␣", "<b>"], np.array([0.5, 2.25, 13.0]))
    (bars,) = figure["data"]
    assert bars["x"] == [1, 2, 3]
    assert bars["y"] == [0.5, 2.25, 13.0]
    assert bars["customdata"] == ["a", "␣", "<b>"]


def test_plotly_takes_it() -> None:
    go.Figure(surprisal([], np.zeros(0)))
    assert go.Figure(surprisal(["a"], np.ones(1))).to_dict()["layout"]["yaxis"]["title"]["text"] == "bits"
