"""What a search needs of a model: the logits after each of several texts that grow and fork."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch

from textgen.decoding.stream import advance, read
from textgen.nets.base import LanguageModel
from textgen.records import Floats, Ints


class Scorer(Protocol):
    """Scores the tokens that may follow each of B texts; B and their order may change every step."""

    @property
    def vocab_size(self) -> int: ...

    def start(self) -> tuple[Floats, Any]:
        """Logits (1, V) after the context alone, and a state for `extend`."""
        ...

    def extend(self, state: Any, rows: Ints, ids: Ints) -> tuple[Floats, Any]:
        """Texts rows (B,) of those before, each longer by ids (B,) → logits (B, V), state."""
        ...


class NetScorer:
    """A net after a context of T ≥ 1 ids."""

    def __init__(self, net: LanguageModel, context: Sequence[int]) -> None:
        self.net, self.context = net, tuple(context)

    @property
    def vocab_size(self) -> int:
        return self.net.vocab_size

    def start(self) -> tuple[Floats, Any]:
        return read(self.net, [self.context])

    def extend(self, state: Any, rows: Ints, ids: Ints) -> tuple[Floats, Any]:
        with torch.inference_mode():
            chosen = self.net.select(state, torch.from_numpy(rows))
        return advance(self.net, ids, chosen)
