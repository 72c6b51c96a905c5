"""An LSTM as stepping reads it: two products a token for two layers, each weight read once.

- The first layer's input product and its biases are a table with a row per token.
- A layer's hidden output h(t) meets its own recurrent weights (for token t + 1) and the weights of
  whatever follows it (for token t: the next layer, or the head) in one product over both.
- σ(x) = (1 + tanh(x / 2)) / 2, the halves folded into the weights, so that one tanh does all gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textgen.nets.packed import Array, Packed

# Tokens of a context that are read at once: a megabyte of text needs no more memory than this.
CHUNK = 512


class Layer(NamedTuple):
    """One layer's weights, rows in PyTorch's gate order i, f, g, o."""

    inputs: Tensor  # (4H, in)
    recurrent: Tensor  # (4H, H)
    bias: Tensor  # (4H,) the sum of PyTorch's two


class StepState(NamedTuple):
    """What a step carries: one array a layer."""

    hidden: tuple[Array, ...]  # each (B, H)
    cell: tuple[Array, ...]  # each (B, H)
    ahead: tuple[Array, ...]  # each (B, 4H): the recurrent product of `hidden`, for the next token

    def select(self, rows: NDArray[np.int64]) -> StepState:
        return StepState(*(tuple(array[rows] for array in part) for part in self))


class FastLSTM:
    """A copy of an LSTM's weights, laid out for reading and stepping."""

    def __init__(self, embedding: Tensor, layers: Sequence[Layer], head: Tensor, bias: Tensor) -> None:
        scaled = [Layer(*map(reorder_gates, layer)) for layer in layers]
        first = scaled[0]
        self.table: Array = (
            (embedding.detach() @ first.inputs.T + first.bias).float().cpu().numpy()
        )  # (V, 4H)
        self.gates = first.recurrent.shape[0]  # 4H
        following = [*((layer.inputs, layer.bias) for layer in scaled[1:]), (head, bias)]
        self.recurrent = [packed(layer.recurrent) for layer in scaled]
        self.following = [Packed(*pair) for pair in following]
        self.both = [both(layer.recurrent, *pair) for layer, pair in zip(scaled, following, strict=True)]

    def step(self, ids: NDArray[np.int64], state: StepState) -> tuple[Array, StepState]:
        """ids (B,), state → logits (B, V), state."""
        hiddens, cells, ahead = [], [], []
        below = self.table[ids]  # (B, 4H): what this layer gets from below
        for product, old, recurrent in zip(self.both, state.cell, state.ahead, strict=True):
            hidden, cell = cell_update(below + recurrent, old)
            result = product(hidden)
            below = result[:, self.gates :]
            hiddens.append(hidden)
            cells.append(cell)
            ahead.append(result[:, : self.gates])
        return below, StepState(tuple(hiddens), tuple(cells), tuple(ahead))

    def enter(self, hidden: Array, cell: Array) -> StepState:
        """A state from hidden and cell outputs, each (layers, B, H)."""
        ahead = tuple(product(h) for product, h in zip(self.recurrent, hidden, strict=True))
        return StepState(tuple(hidden), tuple(cell), ahead)

    def read(self, ids: NDArray[np.int64]) -> tuple[Array, StepState]:
        """A context from the start: ids (B, T), T ≥ 1 → logits (B, V) after the last, state."""
        shape = (len(self.both), len(ids), self.gates // 4)
        state = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for start in range(0, ids.shape[1], CHUNK):
            state = self._read_chunk(ids[:, start : start + CHUNK], *state)
        return self.following[-1](state[0][-1]), self.enter(*state)

    def _read_chunk(self, ids: NDArray[np.int64], hidden: Array, cell: Array) -> tuple[Array, Array]:
        """ids (B, T), states (layers, B, H) → states after the last token."""
        below = self.table[ids]  # (B, T, 4H)
        ends: list[tuple[Array, Array]] = []
        for layer, recurrent in enumerate(self.recurrent):
            outputs, end = run_layer(recurrent, below, (hidden[layer], cell[layer]))
            ends.append(end)
            if layer < len(self.recurrent) - 1:
                rows = outputs.reshape(-1, outputs.shape[-1])
                below = self.following[layer](rows).reshape(below.shape)
        return np.stack([h for h, _ in ends]), np.stack([c for _, c in ends])


def run_layer(recurrent: Packed, below: Array, state: tuple[Array, Array]) -> tuple[Array, Any]:
    """One layer over T tokens: below (B, T, 4H) → outputs (B, T, H), (hidden, cell) after the last."""
    hidden, cell = state
    outputs = np.empty((*below.shape[:2], hidden.shape[-1]), np.float32)
    for t in range(below.shape[1]):
        hidden, cell = cell_update(below[:, t] + recurrent(hidden), cell)
        outputs[:, t] = hidden
    return outputs, (hidden, cell)


def cell_update(gates: Array, cell: Array) -> tuple[Array, Array]:
    """gates (B, 4H) in order i, f, o, g, the first three halved; cell (B, H) → hidden, cell (B, H).

    `gates` is overwritten: it is the caller's fresh sum.
    """
    size = cell.shape[-1]
    np.tanh(gates, out=gates)
    sigmoids = gates[:, : 3 * size]
    sigmoids *= 0.5
    sigmoids += 0.5
    new = sigmoids[:, size : 2 * size] * cell
    new += sigmoids[:, :size] * gates[:, 3 * size :]
    hidden = np.tanh(new)
    hidden *= sigmoids[:, 2 * size :]
    return hidden, new


def reorder_gates(rows: Tensor) -> Tensor:
    """Rows (4H, …) in order i, f, g, o → i, f, o, g with the sigmoid gates halved: exact in binary."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat((i / 2, f / 2, o / 2, g))


def packed(weight: Tensor) -> Packed:
    return Packed(weight, torch.zeros_like(weight[:, 0]))


def both(recurrent: Tensor, following: Tensor, bias: Tensor) -> Packed:
    """One product for the recurrent weights and for those of what follows, in this order."""
    return Packed(torch.cat((recurrent, following)), torch.cat((torch.zeros_like(recurrent[:, 0]), bias)))
