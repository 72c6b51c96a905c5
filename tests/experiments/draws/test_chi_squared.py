"""The chi-squared test: by hand, by scipy, calibrated on true counts, and failing on false ones."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from textgen.experiments.draws.chi_squared import chi_squared, chi_squared_tail, pooled, upper_gamma


class TestTail:
    @pytest.mark.parametrize("degrees", [1, 2, 3, 10, 64, 1000, 9581])
    def test_agrees_with_scipy_from_certain_to_impossible(self, degrees: int) -> None:
        for quantile in (1e-12, 1e-3, 0.05, 0.5, 0.95, 1 - 1e-3, 1 - 1e-12):
            statistic = float(stats.chi2.ppf(quantile, degrees))
            assert chi_squared_tail(statistic, degrees) == pytest.approx(
                stats.chi2.sf(statistic, degrees), rel=1e-8
            )

    @given(st.floats(0.5, 1e4), st.floats(0, 3e4))
    def test_incomplete_gamma_agrees_with_scipy_everywhere(self, a: float, x: float) -> None:
        assert upper_gamma(a, x) == pytest.approx(float(special.gammaincc(a, x)), rel=1e-7, abs=1e-10)

    def test_two_degrees_are_an_exponential(self) -> None:
        assert chi_squared_tail(3.0, 2) == pytest.approx(math.exp(-1.5), rel=1e-13)

    @pytest.mark.parametrize("statistic", [0.0, 1e-320])
    def test_a_perfect_fit(self, statistic: float) -> None:
        assert chi_squared_tail(statistic, 5) == 1.0

    def test_far_tails_stay_accurate_and_never_negative(self) -> None:
        assert chi_squared_tail(1000.0, 5) == pytest.approx(stats.chi2.sf(1000.0, 5), rel=1e-10)
        assert chi_squared_tail(1e9, 5) == 0.0


class TestPooling:
    def test_rare_tokens_share_a_bin_of_at_least_5(self) -> None:
        observed, expected = np.array([50.0, 3, 2, 1, 44]), np.array([45.0, 2, 2, 2, 49])
        assert pooled(observed, expected).tolist() == [[6, 6], [50, 45], [44, 49]]

    def test_what_is_left_joins_the_last_bin(self) -> None:
        assert pooled(np.array([3.0, 3, 4]), np.array([3.0, 3, 4])).tolist() == [[10, 10]]

    @given(st.lists(st.floats(1e-9, 100), min_size=1, max_size=50))
    def test_nothing_is_lost_and_no_bin_is_thin(self, expected: list[float]) -> None:
        bins = pooled(np.arange(float(len(expected))), np.array(expected))
        assert bins.sum(axis=0) == pytest.approx([sum(range(len(expected))), sum(expected)])
        assert len(bins) == 1 or bins[:, 1].min() >= 5


class TestStatistic:
    def test_by_hand(self) -> None:
        fit = chi_squared(np.array([60, 40]), np.array([0.5, 0.5]))
        assert (fit.statistic, fit.degrees, fit.bins) == (4.0, 1, 2)
        assert fit.p_value == pytest.approx(0.04550026389635842, rel=1e-12)

    def test_without_pooling_it_is_scipys(self) -> None:
        counts, truth = np.array([18, 33, 49]), np.array([0.2, 0.3, 0.5])
        reference = stats.chisquare(counts, truth * 100)
        fit = chi_squared(counts, truth)
        assert (fit.statistic, fit.p_value) == pytest.approx(
            (reference.statistic, reference.pvalue), rel=1e-12
        )

    def test_too_few_draws_give_no_p_value(self) -> None:
        assert chi_squared(np.array([5, 4]), np.array([0.5, 0.5])).p_value is None

    def test_one_possible_token_gives_no_p_value(self) -> None:
        assert chi_squared(np.array([0, 1000]), np.array([0.0, 1.0])).p_value is None

    def test_an_impossible_token_is_impossible(self) -> None:
        fit = chi_squared(np.array([1, 999]), np.array([0.0, 1.0]))
        assert (fit.statistic, fit.p_value) == (math.inf, 0.0)

    def test_p_values_of_true_counts_are_uniform_and_of_false_ones_are_not(self) -> None:
        rng = np.random.default_rng(7)
        truth = rng.dirichlet(np.ones(30))
        wrong = truth**0.8 / (truth**0.8).sum()  # the same tokens at T = 1.25
        true_p = [chi_squared(rng.multinomial(2000, truth), truth).p_value for _ in range(500)]
        false_p = [chi_squared(rng.multinomial(2000, wrong), truth).p_value for _ in range(500)]
        assert stats.kstest(true_p, "uniform").pvalue > 0.001
        assert np.mean(np.array(false_p) < 0.05) > 0.95
