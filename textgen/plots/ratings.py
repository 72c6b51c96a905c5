"""What people think of texts against their temperature, and below it what the proxy says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from textgen.experiments.ratings.agreement import HIGHEST, LOWEST
from textgen.experiments.ratings.rating_set import Verdict
from textgen.plots import theme

Figure = dict[str, Any]

DASHES = ("solid", "dash", "dot", "dashdot")  # a line a strategy
PROXY = "#7d858f"


def ratings(verdicts: Sequence[Verdict], question: str) -> Figure:
    """Verdicts → figure: of each strategy, model and prompt the scores above and the proxies below."""
    groups = grouped(verdicts)
    scores = [score_trace(name, found, number) for number, (name, found) in enumerate(groups.items())]
    proxies = [
        proxy_trace(name, found, number, question) for number, (name, found) in enumerate(groups.items())
    ]
    return {"data": [*scores, *proxies], "layout": layout(question)}


def grouped(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    """Verdicts by what they share but for the temperature, under a name that tells them apart."""
    several = {name for name in ("model", "prompt") if len({getattr(v.cell, name) for v in verdicts}) > 1}
    groups: dict[str, list[Verdict]] = {}
    for verdict in sorted(verdicts, key=lambda verdict: verdict.cell.temperature):
        varied = [getattr(verdict.cell, name) for name in ("model", "prompt") if name in several]
        groups.setdefault(" · ".join([verdict.cell.strategy, *varied]), []).append(verdict)
    return groups


def score_trace(name: str, found: Sequence[Verdict], number: int) -> Figure:
    """Mean scores, their intervals as whiskers; dots in the colours of their temperatures."""
    scores = [verdict.score for verdict in found]
    return {
        **points(name, found, number),
        "y": [known(score.mean) for score in scores],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [known(score.high - score.mean) for score in scores],
            "arrayminus": [known(score.mean - score.low) for score in scores],
            "thickness": 1.5,
            "width": 4,
            "color": PROXY,
        },
        "hovertemplate": "T = %{x:g}: %{y:.2f} of 5<extra>%{fullData.name}</extra>",
    }


def proxy_trace(name: str, found: Sequence[Verdict], number: int, question: str) -> Figure:
    """The proxy's means of the same texts."""
    return {
        **points(name, found, number),
        "y": [known(verdict.proxies[question]) for verdict in found],
        "yaxis": "y2",
        "hovertemplate": "T = %{x:g}: proxy %{y:.3f}<extra>%{fullData.name}</extra>",
    }


def points(name: str, found: Sequence[Verdict], number: int) -> Figure:
    """What the traces of one strategy share."""
    temperatures = [verdict.cell.temperature for verdict in found]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": temperatures,
        "name": theme.plain(name),
        "line": {"color": theme.INK, "width": 2, "dash": DASHES[number % len(DASHES)]},
        "marker": {"size": 11, "color": [theme.thermal(t) for t in temperatures], "line": {"width": 0}},
    }


def known(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else round(value, 6)


def layout(question: str) -> Figure:
    """Two parts over one axis of temperatures: people above, the proxy below."""
    axis = {"fixedrange": True, "zeroline": False, "ticks": ""}
    people = {"range": [LOWEST - 0.2, HIGHEST + 0.2], "dtick": 1, "domain": [0.38, 1]}
    return theme.layout(
        height=420,
        margin={"l": 58, "r": 14, "t": 10, "b": 46},
        uirevision="ratings",
        xaxis={**axis, "title": {"text": "temperature"}, "anchor": "y2"},
        yaxis={**axis, **people, "title": {"text": f"{question}, by people"}},
        yaxis2={**axis, "domain": [0, 0.3], "rangemode": "tozero", "title": {"text": "proxy"}},
    )
