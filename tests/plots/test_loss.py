"""A training log as a chart."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from textgen.plots.loss import LossCurves, losses
from textgen.records import TrainingLog


def log(train: list[float], validation: list[float]) -> TrainingLog:
    steps = np.arange(len(train)) * 10
    return TrainingLog(steps, steps * 64, np.array(train), np.array(validation), (), ())


LOG = log([np.nan, 2.0, 1.5], [4.0, 2.5, 1.7])


def traces(curves: LossCurves) -> dict[str, Any]:
    figure = losses(curves)
    json.dumps(figure, allow_nan=False)
    return {trace["name"]: trace for trace in figure["data"]}


def test_both_losses_against_what_was_read() -> None:
    found = traces(LossCurves(LOG, "character"))
    assert found["text it learns from"]["x"] == [0, 640, 1280]
    assert found["text it learns from"]["y"] == [None, 2.0, 1.5]
    assert found["new text"]["y"] == [4.0, 2.5, 1.7]
    assert found["to beat"]["y"] == found["kept"]["y"] == []


def test_the_target_from_end_to_end_and_the_kept_moment() -> None:
    found = traces(LossCurves(LOG, "character", target=1.6, kept=2))
    assert (found["to beat"]["x"], found["to beat"]["y"]) == ([0, 1280], [1.6, 1.6])
    assert (found["kept"]["x"], found["kept"]["y"]) == ([1280], [1.7])


@pytest.mark.parametrize("target", [0, -1.0, 120.0, float("inf"), float("nan")])
def test_a_target_that_would_flatten_the_losses_is_left_out(target: float) -> None:
    assert traces(LossCurves(LOG, "word", target=target))["to beat"]["y"] == []


def test_the_moment_is_the_first_shape() -> None:
    layout = losses(LossCurves(LOG, "word"))["layout"]
    assert (layout["shapes"][0]["x0"], layout["shapes"][0]["x1"]) == (0, 0)
    assert layout["xaxis"]["title"]["text"] == "words learned from"
    assert layout["yaxis"]["title"]["text"] == "nats per word"


def test_losses_in_bits_per_character_where_the_characters_of_a_token_are_known() -> None:
    curves = LossCurves(LOG, "word", target=1.6, characters=5)
    found = traces(curves)
    assert found["new text"]["customdata"][2] == " · 0.491 bits per character"
    assert found["text it learns from"]["customdata"][0] == ""  # which was not measured
    assert all("nats%{customdata}" in trace["hovertemplate"] for trace in found.values())
    title = losses(curves)["layout"]["yaxis"]["title"]["text"]
    assert title == "nats per word<br>× 0.289 = bits per character"
    assert traces(LossCurves(LOG, "word"))["new text"]["customdata"] == ["", "", ""]


def test_a_log_without_any_loss_is_drawn_empty() -> None:
    found = traces(LossCurves(log([np.nan], [np.nan]), "token", target=1.0, kept=0))
    assert found["new text"]["y"] == [None]
    assert found["to beat"]["y"] == found["kept"]["y"] == []
