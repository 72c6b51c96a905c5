"""One look for every chart: the thermal scale of temperature, the surprise scale, the base layout."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import plotly

# The plotly.js that belongs to this plotly: what made a figure also draws it.
PLOTLY_JS = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

# Temperature → colour: blue = sharper, grey = as learned, red = flatter. Blue to red through grey
# is told apart with any colour-vision deficiency; the numbers always stand beside it.
THERMAL: tuple[tuple[float, str], ...] = (
    (0.0, "#2166ac"),
    (0.5, "#3f86c0"),
    (1.0, "#7d858f"),
    (1.2, "#cf8a3c"),
    (2.0, "#c9542b"),
    (3.0, "#b2182b"),
)
# Ink and paper of the light page, which the page exchanges for those of its theme, by their name there.
INK, PAPER = "#1b2130", "#ffffff"
INKS = {INK: "--lab-text", PAPER: "--lab-card"}
FONT = "IBM Plex Sans, system-ui, sans-serif"
MONO = "IBM Plex Mono, ui-monospace, monospace"


def thermal(temperature: float) -> str:
    """The colour of a temperature, `#rrggbb`; ends are clamped."""
    clamped = min(max(temperature, THERMAL[0][0]), THERMAL[-1][0])
    for (low, cold), (high, hot) in pairwise(THERMAL):
        if clamped <= high:
            return blend(cold, hot, (clamped - low) / (high - low))
    return THERMAL[-1][1]


def blend(cold: str, hot: str, share: float) -> str:
    """A colour between two, `share` (0..1) of the way, linear in sRGB; halves round up, as the page's do."""
    channels = zip(channels_of(cold), channels_of(hot), strict=True)
    return "#" + "".join(f"{int(a + (b - a) * share + 0.5):02x}" for a, b in channels)


def channels_of(colour: str) -> Sequence[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def plain(text: str) -> str:
    """Text as Plotly shows it unchanged: its labels know a few HTML tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def layout(**changes: Any) -> dict[str, Any]:
    """The base layout: transparent paper, no template, no grid that shouts."""
    base: dict[str, Any] = {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13},
        "margin": {"l": 40, "r": 10, "t": 10, "b": 30},
        "showlegend": False,
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "dragmode": False,
    }
    return {**base, **changes}
