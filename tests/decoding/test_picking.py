"""Picks follow the distribution, and their luck is a function of seed and step alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.decoding.cases import cases
from textgen.decoding.picking import HIGHEST, GumbelNoise, gumbel, pick
from textgen.records import Floats, Ints
from textgen.stages import softmax, temperature

PICKS = 100_000
PROBABILITIES = np.array([0.45, 0.25, 0.15, 0.1, 0.04, 0.01])
# A true null hypothesis falls below this once in ten thousand seeds; ours is fixed.
SUSPICIOUS = 1e-4

CommonNoise = Callable[[int, int], Floats]  # step, V → noise (V,)


def p_value(luck: CommonNoise) -> float:
    """Of a chi-squared test of 10^5 picks against the distribution they are drawn from."""
    logits = np.log(PROBABILITIES)
    counts = np.zeros(len(logits))
    for step in range(PICKS):
        counts[pick(logits, luck(step, len(logits)))] += 1
    _, p = stats.chisquare(counts, PROBABILITIES * PICKS)
    return float(p)


def test_picks_follow_the_distribution() -> None:
    noise = GumbelNoise(12, len(PROBABILITIES))
    assert p_value(lambda step, _: noise.at(step)) > SUSPICIOUS


def test_the_chi_squared_test_can_fail() -> None:
    """Negative controls: luck that is slightly wrong, of the kinds that mistakes make."""
    noise = GumbelNoise(12, len(PROBABILITIES))
    normal = np.random.default_rng(0)
    assert p_value(lambda step, _: 1.03 * noise.at(step)) < SUSPICIOUS
    assert p_value(lambda _, size: normal.normal(size=size)) < SUSPICIOUS


def test_two_steps_in_a_row_are_independent() -> None:
    noise, logits = GumbelNoise(5, 3), np.log([0.5, 0.3, 0.2])
    ids = np.array([int(pick(logits, noise.at(step))) for step in range(50_000)])
    table = np.zeros((3, 3))
    np.add.at(table, (ids[:-1], ids[1:]), 1)
    test: Any = stats.chi2_contingency(table)
    assert test.pvalue > SUSPICIOUS


def test_the_noise_is_standard_gumbel() -> None:
    noise = GumbelNoise(3, 50)
    numbers = np.concatenate([noise.at(step) for step in range(2000)])
    assert stats.kstest(numbers, stats.gumbel_r.cdf).pvalue > SUSPICIOUS
    assert np.isfinite(numbers).all()


def test_noise_is_finite_at_both_ends_and_rises_with_the_uniform_number() -> None:
    """(1 − 2^−53) + 2^−54 rounds to 1, whose noise would be +inf and would pick a removed token."""
    ends = np.array([0.0, 2.0**-53, 0.5, 1 - 2.0**-52, HIGHEST])
    noise = gumbel(ends)
    assert np.isfinite(noise).all()
    assert (np.diff(noise) > 0).all()
    for place in range(len(ends)):
        logits = np.full(len(ends), -np.inf)
        logits[place] = -80.0
        assert pick(logits, noise) == place


@pytest.mark.parametrize("size", [1, 2, 65, 4096, 9582])
def test_noise_depends_on_seed_and_step_alone(size: int) -> None:
    steps = [0, 1, 2, 63, 64, 65, 500, 2, 100_000, 0, 99_999]
    once = GumbelNoise(9, size)
    rows = {step: once.at(step).copy() for step in steps}
    for step in steps:
        assert np.array_equal(GumbelNoise(9, size).at(step), rows[step])
        assert np.array_equal(once.at(step), rows[step])
        assert not np.array_equal(GumbelNoise(10, size).at(step), rows[step])
    assert len({row.tobytes() for row in rows.values()}) == len(rows)


def test_noise_is_what_it_was_in_earlier_versions() -> None:
    """A seed that somebody noted must go on giving its text."""
    np.testing.assert_allclose(
        GumbelNoise(0, 5).at(0),
        [-1.49545161157695, -0.35113711836149, -0.7859067841515, 0.55867546264497, 0.37338628779819],
        rtol=1e-12,
    )
    np.testing.assert_allclose(
        GumbelNoise(123, 5).at(7),
        [0.02430682642943, 0.41947745316948, 0.49526579258353, -0.98139040983125, 0.23142457674993],
        rtol=1e-12,
    )


def test_the_largest_seed_works() -> None:
    assert np.isfinite(GumbelNoise(2**63 - 1, 4).at(2**31)).all()


def test_nobody_can_change_the_luck_of_others() -> None:
    with pytest.raises(ValueError, match="read-only"):
        GumbelNoise(0, 4).at(0)[0] = 0


def test_greedy_is_the_lowest_of_the_best() -> None:
    assert pick(np.array([1.0, 7.0, 7.0, 2.0])) == 1
    for logits in cases(500, seed=1):
        best = int(np.flatnonzero(logits == logits.max())[0])
        assert pick(logits) == best
        for step in range(3):
            cold = temperature(logits, 0)
            assert pick(cold, GumbelNoise(step, len(logits)).at(step)) == best


def test_a_removed_token_is_never_picked() -> None:
    logits = np.array([-np.inf, -80.0, -np.inf])
    noise = GumbelNoise(0, 3)
    assert {int(pick(logits, noise.at(step))) for step in range(1000)} == {1}


def test_picks_of_a_batch_are_picks_of_its_rows() -> None:
    rng = np.random.default_rng(0)
    logits, noise = rng.normal(size=(2, 8, 30))
    ids: Ints = pick(logits, noise)
    assert ids.dtype == np.int64
    assert ids.tolist() == [int(pick(row, luck)) for row, luck in zip(logits, noise, strict=True)]


def test_shared_luck_parts_only_where_temperature_parts_it() -> None:
    """With one noise, the pick is that of T = 1 unless temperature changed which sum is largest."""
    logits, noise = np.log(PROBABILITIES), GumbelNoise(4, len(PROBABILITIES))
    same = np.mean([pick(logits / 0.9, noise.at(t)) == pick(logits, noise.at(t)) for t in range(2000)])
    apart = float(softmax(logits) @ softmax(logits / 0.9))  # what independent luck would give
    assert same > 0.9 > 2 * apart
