"""Repeated multinomial draws, and how their counts settle on the probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from textgen.errors import SettingError
from textgen.experiments.draws.chi_squared import chi_squared
from textgen.records import Draws, Floats, Ints
from textgen.settings import check_seed, check_whole

__all__ = ["band", "chi_squared", "draw", "expected", "expected_distance", "total_variation"]

MAX_DRAWS = 1_000_000  # in one go
MAX_TOTAL = 100_000_000  # of one record
CHECKPOINTS_A_DECADE = 10


def draw(
    probabilities: ArrayLike,
    temperatures: Sequence[float],
    n: int,
    seed: int,
    before: Draws | None = None,
    labels: Sequence[str] | None = None,
) -> Draws:
    """Draw `n` more tokens from each of K distributions: probabilities (K, V) → Draws.

    `before` is the record to add to; its labels stay. Counts depend on the seed and the sequence of
    calls, and those of one distribution not on what stands beside it: all share the same luck.
    Raises SettingError for a number outside its range, for what is no distribution, and for a
    `before` of other distributions or another seed.
    """
    truth = normalized(probabilities)
    n, seed = check_whole("draws", n, 1, MAX_DRAWS, "more can be added to them"), check_seed(seed)
    temperatures = tuple(map(float, temperatures))
    if len(temperatures) != len(truth):
        raise SettingError(
            f"temperatures must be one a distribution, got {len(temperatures)} for {len(truth)}"
        )
    start = before or nothing_drawn(truth, temperatures, seed, labels)
    check_same(start, truth, seed)
    check_whole("draws in total", start.n + n, 1, MAX_TOTAL, "start again from none")
    marks = checkpoints_between(start.n, start.n + n)
    chunks = np.diff(marks, prepend=start.n)
    counts = np.stack([chunk_counts(row, chunks, rng_at(seed, start.n)) for row in truth]).cumsum(axis=1)
    return joined(start, marks, counts + start.counts[:, None])


def normalized(probabilities: ArrayLike) -> Floats:
    """(K, V) → the same with rows that sum to 1 in float64, as numpy's multinomial demands."""
    rows = np.asarray(probabilities, dtype=np.float64)
    if rows.ndim != 2 or not rows.size:
        raise SettingError(f"probabilities must have the shape (K, V), got {rows.shape}")
    if not (np.isfinite(rows).all() and (rows >= 0).all() and (rows.sum(axis=1) > 0).all()):
        raise SettingError("probabilities must be finite, 0 or more and not all 0 in a row")
    return rows / rows.sum(axis=1, keepdims=True)


def nothing_drawn(
    truth: Floats, temperatures: tuple[float, ...], seed: int, labels: Sequence[str] | None
) -> Draws:
    """The record before the first draw."""
    names = tuple(labels) if labels is not None else tuple(str(i) for i in range(1, truth.shape[1] + 1))
    if len(names) != truth.shape[1]:
        raise SettingError(f"labels must be one a token, got {len(names)} for {truth.shape[1]}")
    return Draws(
        labels=names,
        temperatures=temperatures,
        probabilities=truth,
        counts=np.zeros(truth.shape, dtype=np.int64),
        n=0,
        checkpoints=np.empty(0, dtype=np.int64),
        distances=np.empty((len(truth), 0)),
        seed=seed,
    )


def check_same(before: Draws, truth: Floats, seed: int) -> None:
    """Counts of one distribution say nothing about another: refuse to add them up."""
    if before.seed != seed:
        raise SettingError(
            f"seed must be that of the earlier draws, {before.seed}, got {seed}; or start again"
        )
    same = before.probabilities.shape == truth.shape and np.allclose(
        before.probabilities, truth, rtol=0, atol=1e-12
    )
    if not same:
        raise SettingError("the distributions must be those of the earlier draws; start again from none")


def checkpoints_between(start: int, end: int) -> Ints:
    """Log-spaced numbers of draws in (start, end], and `end` itself, rising."""
    grid = grid_up_to(end)
    return np.unique(np.append(grid[grid > start], end))


def grid_up_to(end: int) -> Ints:
    """1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20 …: ten a decade, each once."""
    powers = np.arange(int(np.ceil(np.log10(end) * CHECKPOINTS_A_DECADE)) + 1)
    grid = np.unique(np.rint(10 ** (powers / CHECKPOINTS_A_DECADE))).astype(np.int64)
    return grid[grid <= end]


def rng_at(seed: int, drawn: int) -> np.random.Generator:
    """The luck of the call that starts after `drawn` draws."""
    return np.random.default_rng([seed, drawn])


def chunk_counts(truth: Floats, chunks: Ints, rng: np.random.Generator) -> Ints:
    """truth (V,), draws between checkpoints (M,) → counts (M, V), each row exact and summing to its chunk.

    Drawn over the support alone: numpy gives what rounding leaves over to the last token, which
    must not be an impossible one.
    """
    support = np.flatnonzero(truth)
    counts = np.zeros((len(chunks), len(truth)), dtype=np.int64)
    counts[:, support] = rng.multinomial(chunks, truth[support])
    return counts


def joined(before: Draws, marks: Ints, counts: Ints) -> Draws:
    """The record that continues `before`; running counts (K, M, V) at the numbers of draws `marks` (M,)."""
    new = total_variation(counts / marks[:, None], before.probabilities[:, None])
    on_grid = np.isin(before.checkpoints, grid_up_to(max(before.n, 1)))  # the last one may lie between
    return Draws(
        labels=before.labels,
        temperatures=before.temperatures,
        probabilities=before.probabilities,
        counts=counts[:, -1],
        n=int(marks[-1]),
        checkpoints=np.concatenate([before.checkpoints[on_grid], marks]),
        distances=np.concatenate([before.distances[:, on_grid], new], axis=1),
        seed=before.seed,
    )


def total_variation(first: Floats, second: Floats) -> Floats:
    """Two distributions (…, V) → ½ Σ |p − q| (…), 0..1."""
    return np.abs(first - second).sum(axis=-1) / 2


def expected(draws: Draws) -> Floats:
    """(K, V) the counts to expect: n·p."""
    return draws.n * draws.probabilities


def band(draws: Draws) -> tuple[Floats, Floats]:
    """(K, V) twice: n·p ∓ 2σ with the binomial σ = √(n·p·(1 − p)), cut to what can be, 0..n."""
    sigma = np.sqrt(draws.n * draws.probabilities * (1 - draws.probabilities))
    middle = expected(draws)
    return np.maximum(middle - 2 * sigma, 0.0), np.minimum(middle + 2 * sigma, draws.n)


def expected_distance(probabilities: Floats, n: Ints) -> Floats:
    """probabilities (V,), numbers of draws (M,) → (M,) mean total variation for large n: the 1/√N law.

    Each share is about normal with σ = √(p(1 − p)/n) and mean absolute deviation σ·√(2/π).
    """
    spread = np.sqrt(probabilities * (1 - probabilities)).sum()
    return spread / np.sqrt(2 * np.pi * np.asarray(n, dtype=np.float64))
