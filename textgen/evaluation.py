"""How well a model predicts a text: nats and bits per token, in windows and streamed.

Both score the same targets: every token of the stream but the first, each given what was read
before it. They differ in the state alone:

- *windows*: the stream is cut into windows that do not overlap. A window reads tokens i … i+W−1
  from a zero state and is scored on tokens i+1 … i+W, as nanoGPT's batches are (x = data[i:i+W],
  y = data[i+1:i+1+W]): its first target has one token of context, its last W. The next window
  begins at i+W; the last one may be shorter. nanoGPT draws its windows at random, here each is
  taken once, so that the figure does not depend on a seed.
- *streamed*: one zero state at the first token, carried to the end of the stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from textgen.errors import TextError
from textgen.nets.base import LanguageModel

WINDOW = 256
TOKENS_AT_ONCE = 16_384  # bounds the memory that logits take


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model's loss on a stream of tokens."""

    targets: int  # tokens scored: all but the first
    window: int  # tokens read from a zero state
    windows: float  # nats per token, windows from a zero state
    streamed: float  # nats per token, state carried

    @property
    def windows_bits(self) -> float:
        """Bits per token."""
        return self.windows / math.log(2)

    @property
    def streamed_bits(self) -> float:
        """Bits per token."""
        return self.streamed / math.log(2)

    def to_dict(self) -> dict[str, Any]:
        return {
            "targets": self.targets,
            "window": self.window,
            "windows": {"nats": self.windows, "bits": self.windows_bits},
            "streamed": {"nats": self.streamed, "bits": self.streamed_bits},
        }


def evaluate(net: LanguageModel, ids: Tensor, window: int = WINDOW) -> Evaluation:
    """Score a stream of ids (N,), N ≥ 2, both ways. Raises TextError for a shorter stream."""
    return Evaluation(len(ids) - 1, window, windows_loss(net, ids, window), streamed_loss(net, ids))


@torch.inference_mode()
def windows_loss(net: LanguageModel, ids: Tensor, window: int = WINDOW) -> float:
    """Nats per token of ids (N,), each window of `window` tokens read from a zero state."""
    check_length(ids)
    nats = [sum_of_nats(net.unroll(inputs)[0], targets) for inputs, targets in window_batches(ids, window)]
    return math.fsum(nats) / (len(ids) - 1)


@torch.inference_mode()
def streamed_loss(net: LanguageModel, ids: Tensor) -> float:
    """Nats per token of ids (N,), read from one end to the other with the state carried."""
    check_length(ids)
    state, nats = None, []
    for inputs, targets in zip(ids[:-1].split(TOKENS_AT_ONCE), ids[1:].split(TOKENS_AT_ONCE), strict=True):
        logits, state = net.unroll(inputs[None].long(), state)
        nats.append(sum_of_nats(logits, targets[None].long()))
    return math.fsum(nats) / (len(ids) - 1)


def window_batches(ids: Tensor, window: int) -> Iterator[tuple[Tensor, Tensor]]:
    """(B, W) inputs and targets; the shorter rest of the stream, if there is one, as (1, rest)."""
    whole = (len(ids) - 1) // window * window
    rows = max(1, TOKENS_AT_ONCE // window)
    if whole:
        inputs, targets = ids[:whole].view(-1, window), ids[1 : whole + 1].view(-1, window)
        yield from zip(inputs.long().split(rows), targets.long().split(rows), strict=True)
    if whole < len(ids) - 1:
        yield ids[None, whole:-1].long(), ids[None, whole + 1 :].long()


def sum_of_nats(logits: Tensor, targets: Tensor) -> float:
    """−Σ ln p(target): logits (B, T, V), targets (B, T)."""
    return float(F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="sum"))


def check_length(ids: Tensor) -> None:
    if len(ids) < 2:
        raise TextError(f"a text to score must have at least 2 tokens, got {len(ids)}; give a longer text")
