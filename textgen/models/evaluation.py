"""How well a model predicts a text: nats and bits per token, in windows and streamed.

Both score the same targets: every token of the stream but the first, each given what was read
before it. Of a text in several documents, each is scored by itself, from its own first token. The two
differ in the state alone:

- *windows*: the stream is cut into windows that do not overlap. A window reads tokens i … i+W−1
  from a zero state and is scored on tokens i+1 … i+W, as nanoGPT's batches are (x = data[i:i+W],
  y = data[i+1:i+1+W]): its first target has one token of context, its last W. The next window
  begins at i+W; the last one may be shorter. nanoGPT draws its windows at random, here each is
  taken once, so that the figure does not depend on a seed.
- *streamed*: one zero state at the first token, carried to the end of the stream.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from textgen.errors import TextError
from textgen.models.calibration import perplexity
from textgen.nets.base import LanguageModel
from textgen.records import Floats

WINDOW = 256
TOKENS_AT_ONCE = 16_384
LOGITS_AT_ONCE = 1 << 23  # bounds the memory that logits take

Text = Tensor | Sequence[Tensor]  # ids (N,) of one document, or of several


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model's loss on a stream of tokens."""

    targets: int  # tokens scored: all but the first
    window: int  # tokens read from a zero state
    windows: float  # nats per token, windows from a zero state
    streamed: float  # nats per token, state carried

    @property
    def perplexities(self) -> tuple[float, float]:
        """e to the nats, in windows and streamed."""
        return perplexity(self.windows), perplexity(self.streamed)

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


def evaluate(net: LanguageModel, text: Text, window: int = WINDOW) -> Evaluation:
    """Score a text both ways. Raises TextError for one without a single target."""
    targets = targets_of(text)
    return Evaluation(targets, window, windows_loss(net, text, window), streamed_loss(net, text))


@torch.inference_mode()
def windows_loss(net: LanguageModel, text: Text, window: int = WINDOW) -> float:
    """Nats per token, each window of `window` tokens read from a zero state."""
    rows = at_once(net)
    nats = [
        sum_of_nats(net.unroll(inputs)[0], targets)
        for batch in batches(text)
        for inputs, targets in window_batches(batch, window, rows)
    ]
    return math.fsum(nats) / targets_of(text)


@torch.inference_mode()
def streamed_loss(net: LanguageModel, text: Text) -> float:
    """Nats per token, each document read from one end to the other with the state carried."""
    nats = []
    for batch in batches(text):
        state, length = None, max(1, at_once(net) // len(batch))
        for inputs, targets in zip(
            batch[:, :-1].split(length, dim=1), batch[:, 1:].split(length, dim=1), strict=True
        ):
            logits, state = net.unroll(inputs.long(), state)
            nats.append(sum_of_nats(logits, targets.long()))
    return math.fsum(nats) / targets_of(text)


@torch.inference_mode()
def losses_at(net: LanguageModel, text: Text, temperatures: Floats, window: int = WINDOW) -> Floats:
    """Nats per token at each of K temperatures (K,), each window read once."""
    totals = np.zeros(len(temperatures))
    for batch in batches(text):
        for inputs, targets in window_batches(batch, window, at_once(net)):
            logits = net.unroll(inputs)[0]
            totals += [sum_of_nats(logits / float(t), targets) for t in temperatures]
    return totals / targets_of(text)


def at_once(net: LanguageModel) -> int:
    """How many tokens are scored at once."""
    return max(1, min(TOKENS_AT_ONCE, LOGITS_AT_ONCE // net.vocab_size))


def documents_of(text: Text) -> list[Tensor]:
    return [text] if isinstance(text, Tensor) else list(text)


def targets_of(text: Text) -> int:
    """How many tokens are scored: all but the first of each document. Raises TextError for none."""
    documents = documents_of(text)
    targets = sum(max(0, len(document) - 1) for document in documents)
    if not targets:
        count = sum(map(len, documents))
        raise TextError(f"a text to score must have at least 2 tokens, got {count}; give a longer text")
    return targets


def batches(text: Text) -> Iterator[Tensor]:
    """The documents with a target, those of one length together: (B, N)."""
    lengths: dict[int, list[Tensor]] = {}
    for document in documents_of(text):
        lengths.setdefault(len(document), []).append(document)
    for length, documents in lengths.items():
        if length > 1:
            yield from torch.stack(documents).split(max(1, TOKENS_AT_ONCE // length))


def window_batches(
    documents: Tensor, window: int, tokens: int = TOKENS_AT_ONCE
) -> Iterator[tuple[Tensor, Tensor]]:
    """(B, W) inputs and targets of documents (D, N); the shorter rests at the ends of documents last."""
    whole = (documents.shape[1] - 1) // window * window
    rows = max(1, tokens // window)
    for start, end, width in ((0, whole, window), (whole, documents.shape[1] - 1, None)):
        if end > start:
            inputs, targets = documents[:, start:end], documents[:, start + 1 : end + 1]
            shape = (-1, width or end - start)
            yield from zip(
                inputs.reshape(shape).long().split(rows),
                targets.reshape(shape).long().split(rows),
                strict=True,
            )


def sum_of_nats(logits: Tensor, targets: Tensor) -> float:
    """−Σ ln p(target): logits (B, T, V), targets (B, T)."""
    return float(F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="sum"))
