"""A metric against temperature as a chart."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.records import Cell, CellKey
from textgen.plots.sweep import COLOURS, DARK, Line, chart, style
from textgen.plots.theme import THERMAL, channels_of, thermal

METRIC = next(metric for metric in METRICS if metric.name == "surprise")
NAN = float("nan")


def cell(strategy: str, temperature: float, mean: float, n: int = 8) -> Cell:
    found = Interval(mean, mean - 0.25 if n > 1 else mean, mean + 0.5 if n > 1 else mean, n)
    return Cell(CellKey("m", "", strategy, temperature), (), {METRIC.name: found})


def traces(*lines: Line) -> list[dict[str, Any]]:
    figure = chart(METRIC, lines)
    json.dumps(figure, allow_nan=False)
    return figure["data"]


def test_a_line_goes_from_cold_to_hot_with_its_interval_in_words() -> None:
    _, means = traces(Line("plain", (cell("plain", 2, 4), cell("plain", 0.5, 1), cell("plain", 1, 2))))
    assert (means["x"], means["y"]) == ([0.5, 1, 2], [1, 2, 4])
    assert means["customdata"][0] == "1.00 (0.75–1.50)"
    assert means["name"] == "plain"


def test_the_band_goes_there_along_the_top_and_back_along_the_bottom() -> None:
    band, _ = traces(Line("plain", (cell("plain", 1, 2), cell("plain", 2, 4))))
    assert (band["x"], band["y"]) == ([1, 2, 2, 1], [2.5, 4.5, 3.75, 1.75])
    assert band["fill"] == "toself"


def test_what_draws_nothing_has_no_band() -> None:
    band, means = traces(Line("greedy", (cell("greedy", 1, 2, n=1), cell("greedy", 2, 2, n=1))))
    assert band["x"] == []
    assert means["customdata"] == ["2.00", "2.00"]


def test_what_was_not_measured_is_left_out() -> None:
    cells = (cell("plain", 1, NAN), cell("plain", 2, 3))
    band, means = traces(Line("plain", cells))
    assert (means["x"], band["x"]) == ([2], [2, 2])


def test_nothing_at_all_is_an_empty_plane() -> None:
    figure = chart(METRIC, [])
    assert figure["data"] == []
    assert figure["layout"]["shapes"]
    assert traces(Line("plain", ()))[1]["x"] == []


def test_one_temperature_alone_has_room_around_it() -> None:
    low, high = chart(METRIC, [Line("plain", (cell("plain", 1, 2),))])["layout"]["xaxis"]["range"]
    assert low < 1 < high


def test_a_name_is_text() -> None:
    assert traces(Line("<b>x", (cell("<b>x", 1, 2),)))[1]["name"] == "&lt;b&gt;x"


def test_the_strip_is_the_thermal_scale() -> None:
    shapes = chart(METRIC, [Line("a", (cell("a", 0, 1), cell("a", 3, 1)))])["layout"]["shapes"]
    for shape in shapes[:-1]:
        width = 3 / len(shapes)
        assert shape["fillcolor"] == thermal(shape["x0"] + width / 2)
    assert shapes[0]["x0"] == 0
    assert shapes[-1]["x1"] == 3


def test_lines_that_stand_beside_each_other_look_different() -> None:
    looks = [tuple(style(place).values()) for place in range(len(COLOURS))]
    assert len(set(looks)) == len(COLOURS)
    assert style(len(COLOURS)) == style(0)


# ---- colours

# Machado, Oliveira & Fernandes 2009, severity 1; rows act on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    c = np.array(channels_of(colour)) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(colour: str, sight: str = "normal") -> np.ndarray:
    seen = np.clip(np.array(SIGHT[sight]) @ linear(colour), 0, 1)
    x = XYZ @ seen / np.array([0.9505, 1, 1.089])
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(a: str, b: str, sight: str = "normal") -> float:
    return float(np.linalg.norm(lab(a, sight) - lab(b, sight)))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [COLOURS, DARK], ids=["light", "dark"])
def test_lines_are_told_apart_with_any_sight(palette: tuple[str, ...], sight: str) -> None:
    assert min(apart(a, b, sight) for a, b in combinations(palette, 2)) > 20


@pytest.mark.parametrize(("palette", "ground"), [(COLOURS, "#ffffff"), (DARK, "#1b1f29")])
def test_lines_are_seen_on_their_ground(palette: tuple[str, ...], ground: str) -> None:
    light = [sorted((XYZ[1] @ linear(colour), XYZ[1] @ linear(ground))) for colour in palette]
    assert min((high + 0.05) / (low + 0.05) for low, high in light) > 2.9


def test_no_line_looks_like_a_temperature_or_like_surprise() -> None:
    taken = [colour for at, colour in THERMAL if at != 1] + ["#7d55b8", "#4a2389", "#b59fdb"]
    assert min(apart(a, b) for a in COLOURS[1:] for b in taken) > 20
