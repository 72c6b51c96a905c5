"""Next-token distributions beside each other: one panel each, the same tokens in the same order and scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textgen.graphemes import clip
from textgen.plots import theme
from textgen.plots.draws import GREY, MAX_LABEL, ROW_HEIGHT, shown_first
from textgen.records import Bools, Distribution, Floats, Ints
from textgen.settings import DecodeSettings
from textgen.stages import STAGES

Figure = dict[str, Any]


def order_of(distribution: Distribution) -> Ints:
    """(V,) the tokens, likeliest first at T = 1; lowest id first on ties."""
    return np.argsort(-distribution.next.logits, kind="stable")


def longest(distributions: Sequence[Distribution], shown: Ints) -> float:
    """The longest bar of all panels, 0..1: removed tokens have their former length."""
    return max(float(np.max(lengths(one)[shown])) for one in distributions)


def lengths(distribution: Distribution) -> Floats:
    """(V,) the probability of each token; of one that a stage removed that under the stage before."""
    values = distribution.probabilities.copy()
    for before, after in zip(distribution.trace, distribution.trace[1:], strict=False):
        gone = after.removed_by_this
        values[gone] = before.probabilities[gone]
    return values


def removed(distribution: Distribution) -> Bools:
    """(V,) whether a stage removed the token."""
    return distribution.trace[0].kept & ~distribution.trace[-1].kept


def title(distribution: Distribution) -> str:
    """What was set, as `T = 0.5, top_k = 40`."""
    settings = DecodeSettings.from_dict(distribution.settings)
    others = [name for name in settings.active() if name != "temperature"]
    told = [f"{name} = {STAGES[name].shown(getattr(settings, name))}" for name in others]
    return ", ".join([f"T = {settings.temperature:g}", *told])


def panel(distribution: Distribution, order: Ints, end: float) -> Figure:
    """The bars of the first tokens of `order` (V,) and one for all others; the axis runs from 0 to `end`."""
    shown = shown_first(order)
    rest = order[len(shown) :]
    values = [*lengths(distribution)[shown], *([distribution.probabilities[rest].sum()] if len(rest) else [])]
    labels = [clip(distribution.next.labels[i], MAX_LABEL) for i in shown]
    labels += [f"… {len(rest):,} more"] if len(rest) else []
    gone = [*removed(distribution)[shown], *([False] if len(rest) else [])]
    colour = theme.thermal(distribution.settings["temperature"])
    colours = [colour] * len(shown) + ([GREY] if len(rest) else [])
    return {
        "data": [bar_trace(values, gone, colours)],
        "layout": theme.layout(
            height=ROW_HEIGHT * len(labels) + 40,
            xaxis={"range": [0, end * 1.25], "visible": False, "fixedrange": True},
            yaxis={
                "range": [len(labels) - 0.5, -0.5],
                "tickvals": list(range(len(labels))),
                "ticktext": [theme.plain(label) for label in labels],
                "tickfont": {"family": theme.MONO, "size": 14},
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
            },
        ),
    }


def bar_trace(values: Sequence[float], gone: Sequence[bool], colours: Sequence[str]) -> Figure:
    """Bars with their numbers; what was removed is hatched, at its former length."""
    return {
        "type": "bar",
        "orientation": "h",
        "y": list(range(len(values))),
        "x": [float(value) for value in values],
        "text": [f"{value:.1%}" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {
            "color": list(colours),
            "pattern": {"shape": ["/" if one else "" for one in gone], "fillmode": "replace", "size": 5},
        },
        "hovertemplate": "%{x:.3%}<extra></extra>",
    }
