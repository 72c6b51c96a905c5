"""A pick takes its randomness as an argument: token = argmax(logits + Gumbel noise).

Gumbel-max (Gumbel 1954; Maddison, Tarlow & Minka 2014): the argmax of log-probabilities plus
independent standard Gumbel noise is a draw from the distribution. The noise of step t depends on
(seed, t) alone, so a text is the same alone, beside others, streamed or continued, and panes at
several temperatures share their luck: where they part, temperature parted them.
"""

from __future__ import annotations

import numpy as np

from textgen.records import Floats, Ints

# Philox makes four 64-bit words a counter tick (Salmon et al. 2011), one word a uniform number.
WORDS_A_TICK = 4


class GumbelNoise:
    """Standard Gumbel noise for V tokens, addressed by step. Reading steps in turn is fastest."""

    def __init__(self, seed: int, vocab_size: int) -> None:
        self.seed, self.vocab_size = seed, vocab_size
        self._ticks = -(-vocab_size // WORDS_A_TICK)
        self._rng = np.random.Generator(np.random.Philox(key=seed))
        self._step, self._row = -1, np.empty(0)

    def at(self, step: int) -> Floats:
        """(V,) noise of that step, a function of (seed, step) alone."""
        if step != self._step:  # streams of one seed share an object: the same row several times
            if step != self._step + 1:
                counter = np.random.Philox(key=self.seed).advance(step * self._ticks)
                self._rng = np.random.Generator(counter)
            uniform = self._rng.random(self._ticks * WORDS_A_TICK)[: self.vocab_size]
            # 2^-54 is half the grid of `random`: uniform numbers in (0, 1), never an endpoint
            self._step, self._row = step, -np.log(-np.log(uniform + 2.0**-54))
        return self._row


def pick(logits: Floats, noise: Floats | float = 0.0) -> Ints:
    """logits (…, V) after all stages, noise (…, V) → ids (…); the lowest id on ties.

    Without noise this is greedy. A removed token (−inf) is never picked.
    """
    return np.asarray((logits + noise).argmax(axis=-1), dtype=np.int64)
