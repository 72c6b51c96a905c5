"""What a curve's minimum says in words."""

from __future__ import annotations

import numpy as np
import pytest

from textgen.experiments.metrics.perplexity_curve import Curve, verdict


def curve(temperatures: list[float], nats: list[float]) -> Curve:
    return Curve("mine", "character", np.array(temperatures), np.array(nats))


@pytest.mark.parametrize(
    ("temperatures", "nats", "sentence"),
    [
        ([0.5, 1, 2], [2, 1, 2], "at T = 1: the model knows how sure it is"),
        ([0.5, 1, 1.1, 2], [2, 1.004, 1, 2], "at T = 1.1, and hardly more at T = 1: the model knows"),
        ([0.5, 1, 1.5, 2], [2, 1.1, 1, 2], "too sure of itself. At T = 1 its perplexity is 10.5% higher."),
        ([0.5, 0.8, 1, 2], [2, 1, 1.1, 2], "not sure enough. At T = 1 its perplexity is 10.5% higher."),
        ([0.5, 1, 2], [3, 2, 1], "at T = 2, an end of what was tried: it may be lower beyond."),
        ([0.5, 1, 2], [1, 2, 3], "at T = 0.5, an end"),
        ([0.5, 0.8, 2], [2, 1, 2], "at T = 0.8; T = 1 was not tried."),
    ],
)
def test_the_place_of_the_minimum(temperatures: list[float], nats: list[float], sentence: str) -> None:
    assert sentence in verdict(curve(temperatures, nats))


def test_excess_is_perplexity_over_the_least() -> None:
    found = curve([0.8, 1, 1.2, 1.5], [2, np.log(6), np.log(5), 2])
    assert found.best == 1.2
    assert found.excess == pytest.approx(0.2)
    assert curve([0.8, 1.2], [1, 2]).excess is None
