"""Intervals hold what they should, and pairing makes them narrow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import bootstrap

from textgen.experiments.metrics.bootstrap import interval, intervals, paired

VALUES = np.array([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0])


def test_by_hand() -> None:
    """Two values: a quarter of the resamples is all low, a quarter all high."""
    found = interval(np.array([0.0, 1.0]))
    assert (found.mean, found.low, found.high, found.n) == (0.5, 0.0, 1.0, 2)


def test_by_scipy() -> None:
    found = interval(VALUES)
    theirs = bootstrap(
        (VALUES,), np.mean, method="percentile", n_resamples=20_000, rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.mean == VALUES.mean()
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.15)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    samples = np.random.default_rng(0).normal(3.0, 1.0, (2000, 8))
    _, low, high, _ = intervals(samples)
    assert 0.85 < ((low <= 3) & (high >= 3)).mean() < 0.95


def test_what_was_not_measured_is_passed_over() -> None:
    found = interval(np.append(VALUES, [np.nan, np.nan]))
    assert (found.mean, found.n) == (VALUES.mean(), 8)
    assert found.low < found.mean < found.high
    nothing = interval(np.array([np.nan, np.nan]))
    assert nothing.n == 0
    assert all(math.isnan(value) for value in (nothing.mean, nothing.low, nothing.high))


def test_many_at_once_are_each_by_itself() -> None:
    table = np.stack([VALUES, VALUES[::-1] * 2, np.full(8, np.nan)]).reshape(3, 1, 8)
    mean, low, high, n = intervals(table)
    assert mean.shape == (3, 1)
    alone = interval(VALUES[::-1] * 2)
    assert (mean[1, 0], low[1, 0], high[1, 0], n[1, 0]) == (alone.mean, alone.low, alone.high, 8)


def test_shared_luck_cancels() -> None:
    luck = np.random.default_rng(2).normal(0, 10, 8)
    found = paired(luck + 1.0, luck)
    assert (found.mean, found.low, found.high) == pytest.approx((1, 1, 1))
    apart = interval(luck + 1.0)
    assert apart.high - apart.low > 5
