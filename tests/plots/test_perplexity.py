"""Curves → the chart of perplexity against temperature."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.plots.perplexity import perplexities
from textgen.plots.theme import THERMAL, thermal

T = np.array([0.5, 1.0, 1.5])
MINE = Curve("mine <b>", "character", T, np.log([8.0, 4.0, 5.0]))
WORDS = Curve("words", "word", np.array([0.8, 1.2, 2.0]), np.log([90.0, 60.0, 120.0]))


def test_each_scale_says_the_same_in_its_unit() -> None:
    lines = {
        scale: perplexities([MINE], scale)["data"][0]["y"] for scale in ("perplexity", "bits", "relative")
    }
    assert lines["perplexity"] == pytest.approx([8, 4, 5])
    assert lines["bits"] == pytest.approx([3, 2, math.log2(5)], rel=1e-5)
    assert lines["relative"] == pytest.approx([1, 0, 0.25])


def test_the_minimum_has_the_colour_of_its_temperature_and_says_it_when_alone() -> None:
    dot = perplexities([WORDS])["data"][1]
    assert (dot["x"], dot["y"]) == ([1.2], [60.0])
    assert dot["marker"]["color"] == thermal(1.2)
    assert (dot["mode"], dot["text"]) == ("markers+text", ["T = 1.2"])
    assert perplexities([MINE, WORDS])["data"][2]["mode"] == "markers"


def test_lines_are_told_apart_and_never_look_like_temperatures() -> None:
    figure = perplexities([MINE] * 18, "relative")
    looks = {(trace["line"]["color"], trace["line"]["dash"]) for trace in figure["data"][:18]}
    assert len(looks) == 18
    assert {colour for colour, _ in looks}.isdisjoint({colour for _, colour in THERMAL})


def test_against_their_minimum_far_values_leave_the_chart() -> None:
    low, high = perplexities([MINE, WORDS], "relative")["layout"]["yaxis"]["range"]
    assert low < 0
    assert 0.6 <= high < 0.7
    low, high = perplexities([MINE], "perplexity")["layout"]["yaxis"]["range"]
    assert low < 4
    assert high > 8


def test_t_is_1_is_marked_and_no_name_is_markup() -> None:
    figure = perplexities([MINE, WORDS])
    (shape,) = figure["layout"]["shapes"]
    assert shape["x0"] == shape["x1"] == 1
    assert figure["data"][0]["name"] == "mine &lt;b&gt;"
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 0.5
    assert high > 2
    json.dumps(figure, allow_nan=False)
