"""A pick takes its randomness as an argument: token = argmax(logits + Gumbel noise).

Gumbel-max (Gumbel 1954; Maddison, Tarlow & Minka 2014): the argmax of log-probabilities plus
independent standard Gumbel noise is a draw from the distribution. The noise of step t depends on
(seed, t) alone, so a text is the same alone, beside others, streamed or continued, and panes at
several temperatures use common random numbers: where their texts diverge, temperature is the cause.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.records import Floats, Ints

# Philox makes four 64-bit words a counter tick (Salmon et al. 2011), one word a uniform number.
WORDS_A_TICK = 4
# Steps are computed in blocks of about so many numbers: a block costs little more than one short step.
BLOCK_WORDS = 4096
# Half of the grid on which `random` draws, and the highest number on it.
HALF_STEP, HIGHEST = 2.0**-54, 1 - 2.0**-53


class GumbelNoise:
    """Standard Gumbel noise for V tokens, addressed by step. A block of steps is computed at once."""

    def __init__(self, seed: int, vocab_size: int) -> None:
        self.seed, self.vocab_size = seed, vocab_size
        self._ticks = -(-vocab_size // WORDS_A_TICK)
        self._steps = max(1, BLOCK_WORDS // (self._ticks * WORDS_A_TICK))  # a block
        self._block = (-1, np.empty((0, 0)))  # number of the block, its noise (steps, V)

    def at(self, step: int) -> Floats:
        """(V,) noise of that step, a function of (seed, step) alone; not to be written to."""
        block, row = divmod(step, self._steps)
        number, noise = self._block  # one read, so that threads may share the object
        if number != block:
            noise = self._make(block)
            self._block = (block, noise)
        return noise[row]

    def _make(self, block: int) -> Floats:
        words = np.random.Philox(key=self.seed).advance(block * self._steps * self._ticks)
        shape = (self._steps, self._ticks * WORDS_A_TICK)
        uniform = np.random.Generator(words).random(shape)[:, : self.vocab_size]
        noise = gumbel(uniform)
        noise.flags.writeable = False
        return noise


def gumbel(uniform: Floats) -> Floats:
    """Uniform numbers in [0, 1) of the grid k·2^−53, as `random` gives them → finite Gumbel noise.

    Each moves half a grid step up, so that none is 0; the highest, which rounding would take to 1 and its
    noise to +∞, stays where it is.
    """
    return -np.log(-np.log(np.minimum(uniform + HALF_STEP, HIGHEST)))


class CommonNoise:
    """The noise of B streams: those of one seed and start have common random numbers, computed once."""

    def __init__(self, streams: Sequence[tuple[int, int]], vocab_size: int) -> None:
        """streams: the seed of each, and the number of its first step."""
        kinds = dict.fromkeys(streams)
        numbers = {kind: number for number, kind in enumerate(kinds)}
        self.rows = np.array([numbers[stream] for stream in streams])
        noises = {seed: GumbelNoise(seed, vocab_size) for seed, _ in kinds}
        self.noises = [(noises[seed], start) for seed, start in kinds]

    def at(self, index: int) -> Floats:
        """(V,) when all streams share their noise, else (B, V)."""
        if len(self.noises) == 1:
            noise, start = self.noises[0]
            return noise.at(start + index)
        return np.stack([noise.at(start + index) for noise, start in self.noises])[self.rows]


def pick(logits: Floats, noise: Floats | float = 0.0) -> Ints:
    """logits (…, V) after all stages, noise (…, V) → ids (…); the lowest id on ties.

    Without noise this is greedy. A removed token (−inf) is never picked, since noise is finite.
    """
    return np.asarray((logits + noise).argmax(axis=-1), dtype=np.int64)
