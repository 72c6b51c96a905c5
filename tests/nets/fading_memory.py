"""A memory that fades: each token's vector is added to what is left of those before."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from textgen.nets.base import LanguageModel, NetSizes, Size


class FadingMemory(LanguageModel):
    """h' = f·h + E[token], with a learned f in (0, 1) for each number of h; logits = W·h' + b."""

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """What a recipe and a config.json say of it, besides the size of the vocabulary."""

        width: Size = 32

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.vocab_size = sizes.vocab_size
        self.embedding = nn.Embedding(sizes.vocab_size, sizes.width)
        self.fade = nn.Parameter(torch.zeros(sizes.width))  # f = σ(fade)
        self.head = nn.Linear(sizes.width, sizes.vocab_size)

    def unroll(self, ids: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        memory = self.fade.new_zeros(len(ids), len(self.fade)) if state is None else state
        memories = []
        for vectors in self.embedding(ids).unbind(1):
            memory = self.fade.sigmoid() * memory + vectors
            memories.append(memory)
        return self.head(torch.stack(memories, dim=1)), memory

    def step(self, ids: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        logits, state = self.unroll(ids[:, None], state)
        return logits[:, 0], state

    def select(self, state: Tensor, rows: Tensor) -> Tensor:
        return state[rows]
