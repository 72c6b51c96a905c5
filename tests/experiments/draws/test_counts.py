"""Draws: exact sums, repeatable luck, and counts that settle on the probabilities."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import SettingError
from textgen.experiments.draws.counts import (
    MAX_BLOCK,
    MAX_TOTAL,
    SINGLE,
    DrawSequence,
    band,
    block_around,
    checkpoints_between,
    chi_squared,
    draw,
    expected,
    expected_distance,
    total_variation,
)
from textgen.records import Draws

TRUTH = np.array([[0.5, 0.3, 0.2, 0.0], [0.25, 0.25, 0.25, 0.25]])


def drawn(n: int = 1000, seed: int = 1, before: Draws | None = None) -> Draws:
    return draw(TRUTH, [1.0, 2.0], n, seed, before)


class TestCounts:
    def test_they_sum_to_the_number_of_draws(self) -> None:
        assert drawn(12_345).counts.sum(axis=1).tolist() == [12_345, 12_345]

    def test_an_impossible_token_never_comes(self) -> None:
        assert drawn(1_000_000).counts[0, 3] == 0

    def test_a_million_fit_the_truth_and_not_another(self) -> None:
        counts = drawn(1_000_000).counts
        for k in range(2):
            assert (chi_squared(counts[k], TRUTH[k]).p_value or 0) > 0.001
        assert chi_squared(counts[1], np.array([0.26, 0.25, 0.25, 0.24])).p_value == pytest.approx(
            0, abs=1e-12
        )

    def test_every_seed_is_fair(self) -> None:
        """Counts of 300 seeds together fit, and each 95% band holds about 95% of them."""
        records = [drawn(500, seed) for seed in range(300)]
        assert (chi_squared(np.sum([r.counts[0] for r in records], axis=0), TRUTH[0]).p_value or 0) > 0.001
        inside = [(band(r)[0] <= r.counts) & (r.counts <= band(r)[1]) for r in records]
        assert 0.93 < np.mean(np.array(inside)[:, :, :3]) < 0.975

    def test_unnormalised_and_float32_rows_are_shares(self) -> None:
        record = draw(np.array([[3, 1]], dtype=np.float32), [1.0], 10, 0)
        assert record.probabilities.tolist() == [[0.75, 0.25]]

    def test_sums_that_numpy_would_refuse(self) -> None:
        row = np.random.default_rng(0).random(10_000).astype(np.float32)
        assert draw(row[None] / row.sum(), [1.0], 100, 0).counts.sum() == 100


class TestLuck:
    def test_the_same_calls_give_the_same_counts(self) -> None:
        first, second = (drawn(30, before=drawn(70)) for _ in range(2))
        assert first.counts.tolist() == second.counts.tolist()

    def test_seeds_differ(self) -> None:
        assert drawn(seed=1).counts.tolist() != drawn(seed=2).counts.tolist()

    def test_later_draws_are_new_draws(self) -> None:
        once, twice = drawn(1000), drawn(1000, before=drawn(1000))
        assert (twice.counts - once.counts).tolist() != once.counts.tolist()

    def test_what_stands_beside_does_not_matter(self) -> None:
        alone = draw(TRUTH[1:], [2.0], 1000, 1)
        assert alone.counts[0].tolist() == drawn().counts[1].tolist()


def in_pieces(*pieces: int) -> Draws:
    """The record of draws that were made in several calls."""
    record: Draws | None = None
    for n in pieces:
        record = drawn(n, before=record)
    assert record is not None
    return record


def same_record(first: Draws, second: Draws) -> bool:
    names = ("n", "seed", "counts", "checkpoints", "distances")
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


class TestPieces:
    @pytest.mark.parametrize(
        "pieces",
        [(100, 900), (1,) * 37, (999, 1), (12_589, 1, 40_000), (99_999, 2, 60_000), (990, 20, 5_000)],
    )
    def test_a_record_does_not_depend_on_its_pieces(self, pieces: tuple[int, ...]) -> None:
        assert same_record(in_pieces(*pieces), drawn(sum(pieces)))

    @given(st.lists(st.integers(1, 60_000), min_size=2, max_size=5))
    def test_whatever_the_pieces(self, pieces: list[int]) -> None:
        assert same_record(in_pieces(*pieces), drawn(sum(pieces)))

    def test_one_draw_more_is_one_token_more(self) -> None:
        """The sequence of single draws: each is a token, and together they fit the truth."""
        counts = [draw(TRUTH[:1], [1.0], n, 5).counts[0] for n in range(1, 1500)]
        steps = np.diff(counts, axis=0, prepend=0)
        assert ((steps == 0) | (steps == 1)).all()
        assert (steps.sum(axis=1) == 1).all()
        tokens = steps.argmax(axis=1)
        pairs = np.bincount(4 * tokens[:-1] + tokens[1:], minlength=16)
        independent = np.outer(TRUTH[0], TRUTH[0]).ravel()
        assert (chi_squared(pairs, independent).p_value or 0) > 0.001
        assert (chi_squared(pairs, np.full(16, 1 / 16)).p_value or 0) < 1e-6  # the test can fail

    def test_a_part_of_a_block_is_fair_over_many_seeds(self) -> None:
        """The end of a block that is cut: 300 of the draws behind 1,000,000, for 300 seeds."""
        start = 1_000_123
        parts = [
            DrawSequence(TRUTH[0], seed).counts(start, np.array([start + 300]))[0] for seed in range(300)
        ]
        counts = np.sum(parts, axis=0)
        assert counts.sum() == 90_000
        assert (chi_squared(counts, TRUTH[0]).p_value or 0) > 0.001
        assert (chi_squared(counts, np.array([0.49, 0.31, 0.2, 0.0])).p_value or 1) < 0.001

    def test_blocks_follow_each_other(self) -> None:
        ends = [SINGLE]
        while ends[-1] < 400_000:
            first, behind = block_around(ends[-1])
            assert first == ends[-1] < behind <= first + MAX_BLOCK
            assert block_around(behind - 1) == (first, behind)
            ends.append(behind)
        assert {1_000, 10_000, 63_096, 100_000, 125_893, 300_000} <= set(ends)

    def test_blocks_know_nothing_of_each_other(self) -> None:
        """Over 400 seeds the counts of one block say nothing about those of the next."""
        blocks = [(SINGLE, 1_259), (1_259, 1_585), (200_000, 251_189), (300_000, 316_228)]
        sequences = [DrawSequence(TRUTH[1], seed) for seed in range(400)]
        counts = [[sequence.between(*block)[0] for sequence in sequences] for block in blocks]
        between = np.corrcoef(counts)[np.triu_indices(len(blocks), 1)]
        assert np.abs(between).max() < 0.2
        parts = [[sequence.between(300_000, end)[0] for sequence in sequences] for end in (308_000, 316_228)]
        assert np.corrcoef(parts)[0, 1] > 0.5  # the test can fail


class TestAdding:
    def test_counts_and_distances_go_on(self) -> None:
        before = drawn(100)
        after = drawn(400, before=before)
        assert after.n == 500
        assert (after.counts >= before.counts).all()
        assert after.distances[:, : len(before.checkpoints)].tolist() == before.distances.tolist()

    def test_the_last_distance_is_that_of_the_counts(self) -> None:
        record = drawn(77, before=drawn(33))
        truth = np.abs(record.counts / 110 - TRUTH).sum(axis=1) / 2
        assert record.distances[:, -1] == pytest.approx(truth, abs=1e-12)
        assert record.checkpoints[-1] == 110

    def test_many_small_steps_keep_the_record_small(self) -> None:
        record: Draws | None = None
        for _ in range(200):
            record = drawn(7, before=record)
        assert record is not None
        assert record.n == 1400
        assert len(record.checkpoints) <= 35
        assert (np.diff(record.checkpoints) > 0).all()

    def test_another_distribution_cannot_be_added(self) -> None:
        with pytest.raises(SettingError, match="distributions must be those of the earlier draws"):
            draw(TRUTH[::-1], [1.0, 2.0], 10, 1, drawn())

    def test_another_seed_cannot_be_added(self) -> None:
        with pytest.raises(SettingError, match="seed must be that of the earlier draws, 1, got 2"):
            drawn(seed=2, before=drawn(seed=1))

    def test_the_total_has_an_end(self) -> None:
        full = replace(drawn(10), n=MAX_TOTAL - 5)
        with pytest.raises(SettingError, match="100,000,000"):
            drawn(6, before=full)


class TestSettling:
    def test_distance_follows_the_law(self) -> None:
        """Mean distance over 800 seeds is the 1/√N law within 5% once N is large."""
        records = [drawn(10_000, seed) for seed in range(800)]
        mean = np.mean([record.distances[0] for record in records], axis=0)
        large = records[0].checkpoints >= 1000
        law = expected_distance(TRUTH[0], records[0].checkpoints)
        assert mean[large] == pytest.approx(law[large], rel=0.05)

    def test_checkpoints_by_hand(self) -> None:
        assert checkpoints_between(0, 12).tolist() == [1, 2, 3, 4, 5, 6, 8, 10, 12]
        assert checkpoints_between(10, 20).tolist() == [13, 16, 20]
        assert checkpoints_between(10, 11).tolist() == [11]

    @given(st.integers(0, 10**8), st.integers(1, 10**6))
    def test_checkpoints_rise_to_the_end(self, start: int, n: int) -> None:
        marks = checkpoints_between(start, start + n)
        assert marks[0] > start
        assert marks[-1] == start + n
        assert (np.diff(marks) > 0).all()
        assert len(marks) <= 62

    def test_total_variation_by_hand(self) -> None:
        assert total_variation(np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.25, 0.5])) == 0.5


class TestExpectations:
    def test_band_by_hand(self) -> None:
        record = draw(np.array([[0.2, 0.8]]), [1.0], 100, 0)
        low, high = band(record)
        assert expected(record).tolist() == [[20, 80]]
        assert low[0] == pytest.approx([12, 72])
        assert high[0] == pytest.approx([28, 88])

    def test_band_holds_only_what_can_be(self) -> None:
        record = draw(np.array([[0.001, 0.999]]), [1.0], 10, 0)
        low, high = band(record)
        assert low[0, 0] == 0
        assert high[0, 1] == 10

    def test_a_45_percent_token_in_100_draws_may_come_35_to_55_times(self) -> None:
        record = draw(np.array([[0.45, 0.55]]), [1.0], 100, 0)
        low, high = band(record)
        assert (math.ceil(low[0, 0]), math.floor(high[0, 0])) == (36, 54)


class TestRefused:
    @pytest.mark.parametrize("n", [0, -1, 1_000_001, 10**12, 1.5, math.nan, math.inf, "many", None, True])
    def test_numbers_of_draws(self, n: Any) -> None:
        with pytest.raises(SettingError, match="draws must be a whole number from 1 to 1,000,000, got"):
            drawn(n)

    @pytest.mark.parametrize("seed", [-1, 2**63, 0.5, "x"])
    def test_seeds(self, seed: Any) -> None:
        with pytest.raises(SettingError, match="seed must be"):
            drawn(seed=seed)

    @pytest.mark.parametrize(
        "rows", [[[0.5, math.nan]], [[-0.1, 1.1]], [[0.0, 0.0]], [[math.inf, 1.0]], [0.5, 0.5], [[]]]
    )
    def test_what_is_no_distribution(self, rows: Any) -> None:
        with pytest.raises(SettingError, match="probabilities must"):
            draw(rows, [1.0], 10, 0)

    def test_one_temperature_a_row(self) -> None:
        with pytest.raises(SettingError, match="got 1 for 2"):
            draw(TRUTH, [1.0], 10, 0)

    def test_one_label_a_token(self) -> None:
        with pytest.raises(SettingError, match="labels must be one a token, got 2 for 4"):
            draw(TRUTH, [1.0, 2.0], 10, 0, labels=["a", "b"])
