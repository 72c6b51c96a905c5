"""A net that is a function from the text so far to scores: what it writes can be read in the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from textgen.nets.base import LanguageModel

ALPHABET = "abcdefghijklmnopqrstuvwxyz ."
Texts = tuple[tuple[int, ...], ...]


class FakeNet(LanguageModel):
    """`score(text)` gives the logits (V,) of the letter after it; the state is the texts themselves."""

    def __init__(self, score: Callable[[str], Sequence[float]], alphabet: str = ALPHABET) -> None:
        super().__init__()
        self.score, self.alphabet, self.vocab_size = score, alphabet, len(alphabet)

    def unroll(self, ids: Tensor, state: Texts | None = None) -> tuple[Tensor, Texts]:
        before = state or ((),) * len(ids)
        texts = tuple((*old, *row) for old, row in zip(before, ids.tolist(), strict=True))
        length = ids.shape[1]
        rows = [[self.score(self.text(t[: len(t) - i])) for i in reversed(range(length))] for t in texts]
        return torch.tensor(rows, dtype=torch.float32), texts

    def step(self, ids: Tensor, state: Texts) -> tuple[Tensor, Texts]:
        logits, state = self.unroll(ids[:, None], state)
        return logits[:, 0], state

    def select(self, state: Texts, rows: Tensor) -> Texts:
        return tuple(state[row] for row in rows.tolist())

    def text(self, ids: Sequence[int]) -> str:
        return "".join(self.alphabet[i] for i in ids)

    def ids(self, text: str) -> tuple[int, ...]:
        return tuple(map(self.alphabet.index, text))


def next_letter(text: str) -> list[float]:
    """After each letter of the alphabet the next is likeliest, the one after it second."""
    after = ALPHABET.index(text[-1]) + 1
    return [5.0 - (i - after) % len(ALPHABET) for i in range(len(ALPHABET))]


def coin(_text: str) -> list[float]:
    """a and b, two to one, whatever came before."""
    return [float(np.log(2)), 0.0]
