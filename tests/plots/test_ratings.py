"""Verdicts → the chart of scores against temperature."""

from __future__ import annotations

import json
import math

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.ratings.rating_set import Verdict
from textgen.experiments.sweep.records import CellKey
from textgen.plots.ratings import ratings
from textgen.plots.theme import thermal


def verdict(strategy: str, temperature: float, mean: float, model: str = "m") -> Verdict:
    proxies = {"coherence": 0.3 if temperature < 2 else math.nan, "creativity": 0.1}
    score = Interval(mean, mean - 0.5, mean + 0.25, 3)
    return Verdict(CellKey(model, "", strategy, temperature), score, 6, proxies)


FOUND = [verdict("plain", 2, 2.5), verdict("top-k <40>", 1, 4), verdict("plain", 0.5, 4.5)]


def test_a_line_a_strategy_with_dots_in_thermal_colours() -> None:
    figure = ratings(FOUND, "coherence")
    plain, top_k, *proxies = figure["data"]
    assert (plain["x"], plain["y"]) == ([0.5, 2], [4.5, 2.5])
    assert plain["marker"]["color"] == [thermal(0.5), thermal(2)]
    assert plain["error_y"]["array"] == [0.25, 0.25]
    assert plain["error_y"]["arrayminus"] == [0.5, 0.5]
    assert top_k["name"] == "top-k &lt;40&gt;"
    assert top_k["line"]["dash"] != plain["line"]["dash"]
    assert [trace["yaxis"] for trace in proxies] == ["y2", "y2"]
    assert proxies[0]["y"] == [0.3, None]
    json.dumps(figure, allow_nan=False)


def test_models_are_named_where_there_are_several() -> None:
    names = [
        trace["name"]
        for trace in ratings([*FOUND, verdict("plain", 1, 3, "other")], "creativity")["data"][:3]
    ]
    assert names == ["plain · m", "top-k &lt;40&gt; · m", "plain · other"]
