"""What nets over token embeddings share: the table of vectors at one end, the output layer at the other."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from textgen.nets.base import LanguageModel

# Merity et al. 2017: a table that also scores starts small, so that all tokens start nearly equal.
TIED_RANGE = 0.1


class Linear(NamedTuple):
    """Weights of a linear map."""

    weight: Tensor  # (out, in)
    bias: Tensor  # (out,)


class EmbeddingNet(LanguageModel):
    """Token embeddings, something that makes hidden outputs of them, and the logits of those.

    Untied: logits = head(h), a matrix of V rows. Tied: logits = E · head(h) + out_bias, where E is the
    embedding table itself (Inan et al. 2017, Press & Wolf 2017) and `head` brings h to its width.
    """

    embedding: nn.Embedding
    head: nn.Linear
    out_bias: nn.Parameter | None  # (V,), of a tied net alone

    def make_head(self, hidden: int, tied: bool) -> None:
        """The output layer for hidden outputs of this width; `embedding` must be there."""
        vocab_size, width = self.embedding.weight.shape
        self.head = nn.Linear(hidden, width if tied else vocab_size)
        self.register_parameter("out_bias", nn.Parameter(torch.zeros(vocab_size)) if tied else None)
        if tied:
            nn.init.uniform_(self.embedding.weight, -TIED_RANGE, TIED_RANGE)

    def score(self, hidden: Tensor) -> Tensor:
        """Hidden outputs (…, H) → logits (…, V)."""
        scores = self.head(hidden)
        return scores if self.out_bias is None else F.linear(scores, self.embedding.weight, self.out_bias)

    def output_maps(self) -> list[Linear]:
        """The linear maps from a hidden output to the logits, in their order."""
        head = Linear(self.head.weight, self.head.bias)
        return [head] if self.out_bias is None else [head, Linear(self.embedding.weight, self.out_bias)]

    def scale_logits(self, factor: float) -> None:
        if self.out_bias is not None:
            with torch.no_grad():
                self.out_bias.mul_(factor)
        super().scale_logits(factor)
