"""Where texts part and how one token overtakes another, as charts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from textgen.plots.chaos import Divergences, Lines, divergences, race, token_ticks
from textgen.plots.theme import INK, thermal

RECORD = Divergences((0.5, 0.6, 0.7, 0.8), (None, 4, None, 0), length=40)


def test_a_point_a_row_that_parts() -> None:
    figure = divergences(RECORD)
    json.dumps(figure, allow_nan=False)
    parted, unchanged = figure["data"]
    assert (parted["x"], parted["y"], parted["customdata"]) == ([0.6, 0.8], [5, 1], [1, 3])
    assert parted["marker"]["color"] == [thermal(0.6), thermal(0.8)]
    assert (unchanged["x"], unchanged["customdata"]) == ([0.7], [2])


def test_rows_that_never_part_stand_above_all_others() -> None:
    figure = divergences(RECORD)
    _, unchanged = figure["data"]
    axis = figure["layout"]["yaxis"]
    assert unchanged["y"][0] > RECORD.length
    assert (axis["tickvals"][-1], axis["ticktext"][-1]) == (unchanged["y"][0], "alike")
    assert axis["range"][1] > unchanged["y"][0]


def test_where_all_part_there_is_no_place_for_those_alike() -> None:
    figure = divergences(Divergences((0.5, 0.6), (None, 3), length=40))
    assert "alike" not in figure["layout"]["yaxis"]["ticktext"]
    assert figure["data"][1]["x"] == []


@pytest.mark.parametrize("length", [1, 2, 7, 16, 40, 120, 199, 1000, 5000])
def test_token_numbers_are_few_and_rise_from_one(length: int) -> None:
    ticks = token_ticks(length)
    assert ticks[0] == 1
    assert ticks == sorted(set(ticks))
    assert len(ticks) <= 8
    assert length / 2 <= ticks[-1] <= length


LINES = Lines(
    ("e", "<b>", "z"),
    (0.4, 0.5, 0.6),
    np.array([[1.0, 1.0, 1.0], [0.5, 1.0, 1.5], [-np.inf, 0.0, 1.0]]),
    flips=(0.5, 0.6),
    ends=(0.45, 0.55),
)


def test_the_lines_of_a_race() -> None:
    figure = race(LINES)
    json.dumps(figure, allow_nan=False)
    first, second, third = figure["data"]
    assert first["y"] == [1.0, 1.0, 1.0]
    assert second["name"] == "&lt;b&gt;"
    assert third["y"] == [None, 0.0, 1.0]
    assert first["line"]["color"] == INK, "the page repaints it in the dark"
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 3


def test_the_flips_are_marked_in_the_colour_of_their_temperature() -> None:
    shade, *marks = race(LINES)["layout"]["shapes"]
    assert (shade["x0"], shade["x1"]) == LINES.ends
    assert [(mark["x0"], mark["line"]["color"]) for mark in marks] == [
        (0.5, thermal(0.5)),
        (0.6, thermal(0.6)),
    ]
