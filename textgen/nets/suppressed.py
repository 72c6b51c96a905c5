"""A net some of whose tokens are never written."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from textgen.nets.base import LanguageModel, State


class Suppressed(LanguageModel):
    """Another net's scores, those of some tokens −inf: `<unk>` is learned, but is nothing to write.

    It shares the net's weights and state; what that net has prepared serves here, too.
    """

    def __init__(self, net: LanguageModel, ids: Iterable[int]) -> None:
        super().__init__()
        self.net = net
        self.vocab_size, self.context = net.vocab_size, net.context
        self.suppressed = torch.tensor(sorted(ids), dtype=torch.long)

    def unroll(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids (B, T) → logits (B, T, V), state."""
        return self.without(*self.net.unroll(ids, state))

    def prefill(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """ids (B, T) → logits (B, V) after the last one, state."""
        return self.without(*self.net.prefill(ids, state))

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """ids (B,), state → logits (B, V), state."""
        return self.without(*self.net.step(ids, state))

    def select(self, state: State, rows: Tensor) -> State:
        """rows (B',) of the old batch → a state of B' streams."""
        return self.net.select(state, rows)

    def without(self, logits: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits (…, V) as a copy with −inf for the suppressed ones; the net's own stay as they are."""
        return logits.index_fill(-1, self.suppressed, -torch.inf), state
