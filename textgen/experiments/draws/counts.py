"""Repeated draws, and how their counts settle on the probabilities.

A seed and a distribution determine one endless sequence of draws, of which `n` draws are the first n: a
hundred draws and then nine hundred more are the same as a thousand at once. The first thousand are drawn
one by one. What follows comes in blocks, from one checkpoint to the next and of 100,000 draws at most: how
often each token is in a block is one multinomial draw, and the order of its tokens a random permutation,
which together are as good as drawing one after the other; only a block that is cut between its ends needs
its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

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
SINGLE = 1_000  # draws that are made one by one; a checkpoint
MAX_BLOCK = 100_000  # draws: permuting so many takes about two milliseconds
JUMP = 210306068529402873165736369884012333109  # of numpy's `PCG64.jumped`: 2¹²⁸ by the golden ratio, odd


def draw(
    probabilities: ArrayLike,
    temperatures: Sequence[float],
    n: int,
    seed: int,
    before: Draws | None = None,
    labels: Sequence[str] | None = None,
) -> Draws:
    """Draw `n` more tokens from each of K distributions: probabilities (K, V) → Draws.

    `before` is the record to add to; its labels stay. Counts depend on the seed and on how many were drawn
    in all, not on the calls that it took, nor on what stands beside: common random numbers for all.
    Raises SettingError for a number outside its range, for what is no distribution, and for a
    `before` of other distributions or another seed.
    """
    truth = normalized(probabilities)
    n, seed = check_draws(n), check_seed(seed)
    temperatures = tuple(map(float, temperatures))
    if len(temperatures) != len(truth):
        raise SettingError(
            f"temperatures must be one a distribution, got {len(temperatures)} for {len(truth)}"
        )
    start = before or nothing_drawn(truth, temperatures, seed, labels)
    check_same(start, truth, seed)
    check_whole("draws in total", start.n + n, 1, MAX_TOTAL, "start again from none")
    marks = checkpoints_between(start.n, start.n + n)
    counts = np.stack([DrawSequence(row, seed).counts(start.n, marks) for row in truth])
    return joined(start, marks, counts + start.counts[:, None])


def check_draws(n: Any) -> int:
    """A number of draws that are made in one go. Raises SettingError."""
    return check_whole("draws", n, 1, MAX_DRAWS, "more can be added to them")


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
    grid = checkpoint_grid()
    return np.unique(np.append(grid[(grid > start) & (grid <= end)], end))


@cache
def checkpoint_grid() -> Ints:
    """1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20 … beyond the most that are drawn: ten a decade, each once.

    Blocks end here as well, so that another grid would make other draws.
    """
    powers = np.arange(round(np.log10(MAX_TOTAL) * CHECKPOINTS_A_DECADE) + 2)
    grid = np.unique(np.rint(10 ** (powers / CHECKPOINTS_A_DECADE))).astype(np.int64)
    grid.flags.writeable = False
    return grid


def block_around(draw: int) -> tuple[int, int]:
    """The first draw of the block in which one lies, `SINGLE` or more, and the first behind it."""
    grid = checkpoint_grid()
    place = int(np.searchsorted(grid, draw, side="right"))
    number = draw // MAX_BLOCK
    return max(int(grid[place - 1]), number * MAX_BLOCK), min(int(grid[place]), (number + 1) * MAX_BLOCK)


class DrawSequence:
    """The endless sequence of draws from one distribution, truth (V,), with one seed."""

    def __init__(self, truth: Floats, seed: int) -> None:
        # Over the support alone: numpy gives what rounding leaves over to the last token, which must not
        # be an impossible one.
        self.support = np.flatnonzero(truth)
        self.shares, self.size = truth[self.support], len(truth)
        self.bits = np.random.PCG64(seed)
        self.begin, self.rng = self.bits.state, np.random.Generator(self.bits)

    def numbers_at(self, place: int) -> np.random.Generator:
        """The random numbers of the seed from a place on, made by nothing drawn before."""
        self.bits.state = self.begin
        self.bits.advance(place)
        return self.rng

    def counts(self, start: int, marks: Ints) -> Ints:
        """(M, V) counts of the draws from `start` to each of `marks` (M,), rising.

        What leads from below `SINGLE` to above has a mark there, as all checkpoints do.
        """
        early = int((marks <= SINGLE).sum())
        later = pairwise([start, *marks.tolist()][early:])
        chunks = [*self.singles(start, marks[:early]), *(self.between(*ends) for ends in later)]
        counts = np.zeros((len(marks), self.size), dtype=np.int64)
        counts[:, self.support] = np.cumsum(chunks, axis=0)
        return counts

    def singles(self, start: int, marks: Ints) -> Ints:
        """(M, S) counts over the support from each mark to the next, drawn one by one."""
        if not len(marks):
            return np.empty((0, len(self.support)), dtype=np.int64)
        uniform = self.numbers_at(start).random(int(marks[-1]) - start)
        tokens = np.searchsorted(np.cumsum(self.shares)[:-1], uniform, side="right")
        chunk = np.searchsorted(marks, np.arange(start, marks[-1]), side="right")
        size = (len(marks), len(self.support))
        return np.bincount(chunk * size[1] + tokens, minlength=size[0] * size[1]).reshape(size)

    def between(self, start: int, end: int) -> Ints:
        """(S,) counts over the support of the draws start … end − 1, block by block."""
        counts = np.zeros(len(self.support), dtype=np.int64)
        while start < end:
            block = block_around(start)
            stop = min(end, block[1])
            counts += self.within_block(start, stop, block)
            start = stop
        return counts

    def within_block(self, start: int, stop: int, block: tuple[int, int]) -> Ints:
        """(S,) counts over the support of the draws start … stop − 1, all of one block."""
        first, behind = block
        rng = self.numbers_at(first * JUMP)
        counts = rng.multinomial(behind - first, self.shares)
        if (start, stop) == block:
            return counts
        tokens = rng.permutation(np.repeat(np.arange(len(self.support)), counts))
        return np.bincount(tokens[start - first : stop - first], minlength=len(self.support))


def joined(before: Draws, marks: Ints, counts: Ints) -> Draws:
    """The record that continues `before`; running counts (K, M, V) at the numbers of draws `marks` (M,)."""
    shares = (row / marks[:, None] for row in counts)
    new = np.stack([total_variation(*pair) for pair in zip(shares, before.probabilities, strict=True)])
    on_grid = np.isin(before.checkpoints, checkpoint_grid())  # the last one may lie between
    return Draws(
        labels=before.labels,
        temperatures=before.temperatures,
        probabilities=before.probabilities,
        counts=counts[:, -1].copy(),  # a view would keep those of all checkpoints
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
