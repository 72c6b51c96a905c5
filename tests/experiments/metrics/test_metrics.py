"""A distribution in four numbers, by hand and by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from textgen.experiments.metrics.metrics import summarize


@pytest.mark.parametrize(
    ("probabilities", "bits", "choices", "top", "kept"),
    [
        ([0.25] * 4, 2.0, 4.0, 0.25, 4),
        ([0.5, 0.25, 0.25], 1.5, 2**1.5, 0.5, 3),
        ([0.5, 0.0, 0.5], 1.0, 2.0, 0.5, 2),
        ([0.0, 1.0, 0.0], 0.0, 1.0, 1.0, 1),
    ],
)
def test_by_hand(probabilities: list[float], bits: float, choices: float, top: float, kept: int) -> None:
    summary = summarize(np.array(probabilities))
    assert (summary.entropy, summary.choices) == pytest.approx((bits, choices), abs=1e-12)
    assert (summary.top, summary.kept) == (top, kept)


def test_certainty_has_no_negative_zero() -> None:
    assert str(summarize(np.array([1.0])).entropy) == "0.0"


def test_by_scipy() -> None:
    rng = np.random.default_rng(0)
    for size in (2, 65, 9582):
        probabilities = rng.dirichlet(np.full(size, 0.1))
        assert summarize(probabilities).entropy == pytest.approx(entropy(probabilities, base=2), rel=1e-10)


def test_the_smallest_probabilities_count_as_kept() -> None:
    assert summarize(np.array([1.0, 5e-324, 0.0])).kept == 2
