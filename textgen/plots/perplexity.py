"""Perplexity against temperature: a line a model or text, its minimum marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.plots import theme
from textgen.records import Floats

Figure = dict[str, Any]

# Neither the thermal scale, which means temperature, nor violet, which means surprise.
COLOURS = (theme.INK, "#2a9d8f", "#8a9a2b", "#a0694b", "#5f8f5a", "#c29b3f")
DASHES = ("solid", "dash", "dot")  # told apart without colour, too
FAR = 0.6  # above its minimum, where a curve leaves the chart: what matters is where the minima are


@dataclass(frozen=True, slots=True)
class Scale:
    """One way to give a loss."""

    title: str  # of the axis
    values: Callable[[Curve], Floats]
    hover: str


def perplexity(curve: Curve) -> Floats:
    """(K,) e^nats: among how many equally likely tokens the model seems to choose."""
    return np.exp(curve.nats)


def bits(curve: Curve) -> Floats:
    """(K,) bits per token."""
    return curve.nats / math.log(2)


def above_least(curve: Curve) -> Floats:
    """(K,) how much more the perplexity is than at its minimum; 0 = none."""
    return np.expm1(curve.nats - curve.nats.min())


SCALES: Mapping[str, Scale] = {
    "perplexity": Scale("perplexity", perplexity, "perplexity %{y:.4~g}"),
    "bits": Scale("bits per token", bits, "%{y:.3f} bits per token"),
    "relative": Scale("perplexity above its minimum", above_least, "perplexity %{y:+.1%} above its minimum"),
}


def perplexities(curves: Sequence[Curve], scale: str = "perplexity") -> Figure:
    """Curves → figure: all lines, then the minimum of each. Only the first few colours differ."""
    chosen = SCALES[scale]
    lines = [line(curve, number, chosen) for number, curve in enumerate(curves)]
    minima = [minimum(curve, chosen, named=len(curves) == 1) for curve in curves]
    return {"data": [*lines, *minima], "layout": layout(curves, chosen)}


def line(curve: Curve, number: int, scale: Scale) -> Figure:
    """One curve."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": curve.temperatures.tolist(),
        "y": rounded(scale.values(curve)),
        "name": theme.plain(curve.label),
        "line": {"width": 2.5, **look(number)},
        "hovertemplate": f"T = %{{x:g}}: {scale.hover}<extra>%{{fullData.name}}</extra>",
    }


def look(number: int) -> dict[str, str]:
    """Colour and dashes of a line; no two of 18 are alike."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "dash": DASHES[number // len(COLOURS) % len(DASHES)],
    }


def minimum(curve: Curve, scale: Scale, named: bool) -> Figure:
    """A dot in the colour of its temperature, which stands below it where no other dot is in the way."""
    at = curve.lowest
    return {
        "type": "scatter",
        "mode": "markers+text" if named else "markers",
        "x": [curve.best],
        "y": rounded(scale.values(curve)[at : at + 1]),
        "name": f"least of {theme.plain(curve.label)}",
        "text": [f"T = {curve.best:g}"],
        "textposition": "bottom center",
        "cliponaxis": False,
        "marker": {
            "size": 12,
            "color": theme.thermal(curve.best),
            "line": {"width": 2, "color": theme.PAPER},
        },
        "hovertemplate": f"least at T = %{{x:g}}: {scale.hover}<extra></extra>",
    }


def rounded(values: Floats) -> list[float]:
    return [float(f"{value:.6g}") for value in values]


def layout(curves: Sequence[Curve], scale: Scale) -> Figure:
    """A line at T = 1, as learned, and room for what is above the minimum."""
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    shares = {"tickformat": "+.0%"} if scale is SCALES["relative"] else {}
    span = [float(end(curve.temperatures)) for curve in curves for end in (np.min, np.max)] or [0.5, 2.0]
    return theme.layout(
        height=380,
        margin={"l": 76, "r": 14, "t": 26, "b": 48},
        uirevision="perplexity",
        shapes=[as_learned()],
        annotations=[as_learned_label()],
        xaxis={**axis, "title": {"text": "temperature"}, "range": [min(span) - 0.03, max(span) + 0.03]},
        yaxis={**axis, "title": {"text": scale.title}, "range": room(curves, scale), **shares},
    )


def room(curves: Sequence[Curve], scale: Scale) -> list[float]:
    """From a little below the least value, where a label stands, to a little above the highest."""
    values = [scale.values(curve) for curve in curves] or [np.array([0.0, 1.0])]
    low, high = min(map(np.min, values)), max(map(np.max, values))
    high = min(high, FAR) if scale is SCALES["relative"] else high
    span = (high - low) or 1.0
    return rounded(np.array([low - 0.12 * span, high + 0.04 * span]))


def as_learned() -> Figure:
    ends = {"x0": 1, "x1": 1, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return {
        "type": "line",
        **ends,
        "layer": "below",
        "line": {"color": theme.thermal(1), "width": 1.5, "dash": "dash"},
    }


def as_learned_label() -> Figure:
    return {
        "x": 1,
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "text": "T = 1, as learned",
        "showarrow": False,
        "font": {"size": 12.5, "color": theme.thermal(1)},
    }
