"""The thermal scale and the text that Plotly is given."""

from __future__ import annotations

import pytest

from textgen.plots import theme


@pytest.mark.parametrize(("temperature", "colour"), theme.THERMAL)
def test_a_stop_has_its_own_colour(temperature: float, colour: str) -> None:
    assert theme.thermal(temperature) == colour


@pytest.mark.parametrize(("temperature", "end"), [(-5, 0), (0, 0), (3, -1), (100, -1)])
def test_beyond_the_ends_the_colour_stays(temperature: float, end: int) -> None:
    assert theme.thermal(temperature) == theme.THERMAL[end][1]


def test_between_two_stops_the_channels_are_between_theirs() -> None:
    cold, between, hot = (theme.channels_of(theme.thermal(t)) for t in (0.5, 0.75, 1.0))
    assert between == [round((a + b) / 2) for a, b in zip(cold, hot, strict=True)]


def test_sharper_is_blue_and_flatter_is_red() -> None:
    for temperature in (0.0, 0.3, 0.9):
        red, _, blue = theme.channels_of(theme.thermal(temperature))
        assert blue > red
    for temperature in (1.2, 1.7, 3.0):
        red, _, blue = theme.channels_of(theme.thermal(temperature))
        assert red > blue


@pytest.mark.parametrize(
    ("text", "shown"),
    [("<b>", "&lt;b&gt;"), ("a&b", "a&amp;b"), ("&lt;", "&amp;lt;"), ("⏎", "⏎"), ("${7*6}", "${7*6}")],
)
def test_no_label_is_read_as_markup(text: str, shown: str) -> None:
    assert theme.plain(text) == shown


def test_changes_go_over_the_base_layout() -> None:
    layout = theme.layout(height=10, font={"size": 99})
    assert (layout["height"], layout["font"], layout["template"]) == (10, {"size": 99}, "none")
