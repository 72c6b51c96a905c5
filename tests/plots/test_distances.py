"""Distance against draws: the line as measured, the law dashed beside it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from textgen.experiments.draws.counts import draw, expected_distance
from textgen.plots import theme
from textgen.plots.distances import distances

P = np.array([[0.6, 0.3, 0.1], [0.4, 0.35, 0.25]])


def test_one_measured_line_a_temperature_in_its_colour() -> None:
    record = draw(P, [0.5, 2.0], 1000, 1)
    figure = distances(record, 1000)
    go.Figure(figure)
    lines = figure["data"][2:]
    assert [line["line"]["color"] for line in lines] == [theme.thermal(0.5), theme.thermal(2.0)]
    for k, line in enumerate(lines):
        assert line["x"] == record.checkpoints.tolist()
        assert line["y"] == [y if y > 1e-12 else None for y in record.distances[k].tolist()]


def test_the_law_is_the_expected_distance_and_falls_by_ten_in_a_hundred() -> None:
    record = draw(P, [0.5, 2.0], 100_000, 1)
    law = distances(record, 1)["data"][0]
    assert law["line"]["dash"] == "dash"
    np.testing.assert_allclose(law["y"], expected_distance(P[0], np.array(law["x"])))
    slope = math.log(law["y"][1] / law["y"][0]) / math.log(law["x"][1] / law["x"][0])
    assert slope == pytest.approx(-0.5)


def test_the_law_starts_where_it_says_something() -> None:
    flat = np.full((1, 400), 1 / 400)
    law = distances(draw(flat, [1.0], 10_000, 0), 1)["data"][0]
    assert law["y"][0] == pytest.approx(1)
    assert law["x"][0] > 1


def test_greedy_draws_have_neither_a_law_nor_a_distance() -> None:
    law, line = distances(draw(np.array([[1.0, 0.0]]), [0.0], 100, 0), 100)["data"]
    assert law["x"] == []
    assert set(line["y"]) == {None}


@pytest.mark.parametrize("n", [1, 7, 1000, 1_000_000])
def test_everything_drawn_lies_within_the_axes(n: int) -> None:
    figure = distances(draw(P, [0.5, 2.0], n, 9), n)
    layout = figure["layout"]
    for trace in figure["data"]:
        for axis in "xy":
            low, high = layout[f"{axis}axis"]["range"]
            assert all(low <= math.log10(value) <= high for value in trace[axis] if value is not None)


def test_before_the_first_draw_the_axis_reaches_to_the_planned_ones() -> None:
    record = draw(P, [0.5, 2.0], 1, 9)
    empty = replace(record, n=0, checkpoints=np.empty(0, dtype=np.int64), distances=np.empty((2, 0)))
    figure = distances(empty, 5000)
    assert figure["layout"]["xaxis"]["range"][1] == pytest.approx(math.log10(5000), abs=0.1)
    assert figure["data"][0]["x"][1] == 5000
