"""Stacked recurrent cells a token at a time, each weight read once.

- The first layer's input product and its biases are a table with a row per token.
- A layer's hidden output h(t) meets its own recurrent weights (for token t + 1) and the weights of
  whatever follows it (for token t: the next layer, or the head) in one product over both.
- σ(x) = (1 + tanh(x / 2)) / 2, the halves folded into the weights, so that tanh does all gates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textgen.nets.packed import Array, Packed, in_one_thread

# Tokens of a context that are read at once: a megabyte of text needs no more memory than this.
CHUNK = 512

# What one layer carries: arrays (B, H), the hidden output first.
Carried = tuple[Array, ...]


class Layer(NamedTuple):
    """One layer's weights: G gates of H rows each."""

    inputs: Tensor  # (G·H, in)
    recurrent: Tensor  # (G·H, H)
    input_bias: Tensor  # (G·H,)
    recurrent_bias: Tensor  # (G·H,)


def input_table(embedding: Tensor | None, first: Layer) -> Tensor:
    """(V, G·H) the input product of each token."""
    products = first.inputs.T.contiguous() if embedding is None else embedding.detach() @ first.inputs.T
    return products + first.input_bias


class Cell(ABC):
    """One kind of cell: how its weights are laid out, and one step of it."""

    parts: int  # arrays that a layer carries, the hidden output first

    @abstractmethod
    def lay_out(self, layer: Layer) -> Layer:
        """PyTorch's weights → the rows that `update` expects, sigmoid gates halved."""

    @abstractmethod
    def update(self, below: Array, ahead: Array, carried: Carried) -> Carried:
        """Input product (B, G·H), recurrent product (B, G·H), what was carried → what is carried."""


class StepState(NamedTuple):
    """What a step carries, per layer."""

    layers: tuple[Carried, ...]
    ahead: tuple[Array, ...]  # each (B, G·H): the recurrent product of the hidden output, for the next token

    def select(self, rows: NDArray[np.int64]) -> StepState:
        return StepState(
            tuple(tuple(part[rows] for part in layer) for layer in self.layers),
            tuple(array[rows] for array in self.ahead),
        )


class FastRecurrent:
    """A copy of a net's weights, laid out for reading and stepping."""

    def __init__(
        self,
        cell: Cell,
        embedding: Tensor | None,
        layers: Sequence[Layer],
        outputs: Sequence[tuple[Tensor, Tensor]],
    ) -> None:
        """outputs: (weight, bias) of the linear maps from the last hidden output to the logits.

        Without an embedding, tokens go into the first layer as they are, one-hot.
        """
        self.cell = cell
        laid = [cell.lay_out(Layer(*(weights.detach() for weights in layer))) for layer in layers]
        first = laid[0]
        self.table: Array = in_one_thread(lambda: input_table(embedding, first)).float().cpu().numpy()
        self.gates, self.hidden = first.recurrent.shape  # G·H, H
        following = [*((layer.inputs, layer.input_bias) for layer in laid[1:]), outputs[0]]
        self.recurrent = [Packed(layer.recurrent, layer.recurrent_bias) for layer in laid]
        self.following = [Packed(*pair) for pair in following]
        self.further = [Packed(*pair) for pair in outputs[1:]]
        self.both = [
            Packed(torch.cat((layer.recurrent, weight)), torch.cat((layer.recurrent_bias, bias)))
            for layer, (weight, bias) in zip(laid, following, strict=True)
        ]

    def step(self, ids: NDArray[np.int64], state: StepState) -> tuple[Array, StepState]:
        """ids (B,), state → logits (B, V), state."""
        layers, ahead = [], []
        below = self.table[ids]  # (B, G·H): what this layer gets from below
        for product, old, recurrent in zip(self.both, state.layers, state.ahead, strict=True):
            carried = self.cell.update(below, recurrent, old)
            result = product(carried[0])
            below = result[:, self.gates :]
            layers.append(carried)
            ahead.append(result[:, : self.gates])
        return self._finish(below), StepState(tuple(layers), tuple(ahead))

    def _finish(self, scores: Array) -> Array:
        """What the first output map gave (B, out) → logits (B, V)."""
        for product in self.further:
            scores = product(scores)
        return scores

    def enter(self, layers: Sequence[Carried]) -> StepState:
        """A state from what each layer carries."""
        ahead = tuple(product(layer[0]) for product, layer in zip(self.recurrent, layers, strict=True))
        return StepState(tuple(layers), ahead)

    def read(self, ids: NDArray[np.int64], state: StepState | None = None) -> tuple[Array, StepState]:
        """A context, from the start or on from a state: ids (B, T), T ≥ 1 → logits (B, V), state after it."""
        zeros = np.zeros((len(ids), self.hidden), np.float32)
        layers: list[Carried] = [(zeros,) * self.cell.parts] * len(self.both)
        if state:
            layers = list(state.layers)
        for start in range(0, ids.shape[1], CHUNK):
            layers = self._read_chunk(ids[:, start : start + CHUNK], layers)
        return self._finish(self.following[-1](layers[-1][0])), self.enter(layers)

    def _read_chunk(self, ids: NDArray[np.int64], layers: Sequence[Carried]) -> list[Carried]:
        """ids (B, T), what each layer carries → what each carries after the last token."""
        below = self.table[ids]  # (B, T, G·H)
        ends: list[Carried] = []
        for number, (recurrent, carried) in enumerate(zip(self.recurrent, layers, strict=True)):
            outputs, end = self._run_layer(recurrent, below, carried)
            ends.append(end)
            if number < len(layers) - 1:
                rows = outputs.reshape(-1, self.hidden)
                below = self.following[number](rows).reshape(below.shape)
        return ends

    def _run_layer(self, recurrent: Packed, below: Array, carried: Carried) -> tuple[Array, Carried]:
        """One layer over T tokens: below (B, T, G·H) → outputs (B, T, H), what it carries then."""
        outputs = np.empty((*below.shape[:2], self.hidden), np.float32)
        for t in range(below.shape[1]):
            carried = self.cell.update(below[:, t], recurrent(carried[0]), carried)
            outputs[:, t] = carried[0]
        return outputs, carried
