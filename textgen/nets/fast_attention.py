"""Two LSTMs with attention between them, a token at a time, by prepared products.

What depends on a token alone (its input product in the first layer, its key, its value) is a table
with a row per token. A stream's numbers are the same to the last bit whatever streams are beside it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textgen.nets.embedding_net import Linear
from textgen.nets.fast_recurrent import Layer
from textgen.nets.lstm import LSTMCell
from textgen.nets.packed import Array, Packed


class Parts(NamedTuple):
    """The weights of a net of L layers of two cells each, S = 2·L·H; gates in order i, f, g, o."""

    embedding: Tensor  # (V, E)
    inputs: list[Linear]  # of each layer, in → 2·4·H
    recurrent: Tensor  # (2·L, H, 4·H)
    query: Linear  # 2·H → heads·width
    key: Linear  # E → heads·width
    value: Linear  # E → heads·width
    second: Layer
    outputs: list[Linear]  # from S to the logits
    heads: int


class FastAttention:
    """A copy of a net's weights, laid out for reading and stepping."""

    def __init__(self, parts: Parts) -> None:
        self.cell, self.heads = LSTMCell(), parts.heads
        cells = [self._lay_out(parts, number) for number in range(len(parts.recurrent))]
        inputs = [
            Linear(torch.cat((one.inputs, two.inputs)), torch.cat((one.input_bias, two.input_bias)))
            for one, two in zip(cells[::2], cells[1::2], strict=True)
        ]
        self.first = table(parts.embedding, inputs[0])  # (V, 2·4·H)
        self.keys = table(parts.embedding, parts.key)  # (V, heads·width)
        self.values = table(parts.embedding, parts.value)
        self.inputs = [Packed(*linear) for linear in inputs[1:]]
        self.recurrent = [Packed(cell.recurrent, cell.recurrent_bias) for cell in cells]
        self.query = Packed(*parts.query)
        second = self.cell.lay_out(parts.second)
        self.second = Packed(torch.cat((second.inputs, second.recurrent), dim=1), second.input_bias)
        self.outputs = [Packed(*linear) for linear in parts.outputs]

    def _lay_out(self, parts: Parts, number: int) -> Layer:
        """One cell of the first LSTM."""
        weight, bias = (rows.chunk(2)[number % 2] for rows in parts.inputs[number // 2])
        return self.cell.lay_out(Layer(weight, parts.recurrent[number].T, bias, torch.zeros_like(bias)))

    def step(self, text: NDArray[np.int64], hidden: Array, cell: Array) -> tuple[Array, Array, Array]:
        """The last ≤ window ids (B, n), hidden and cell (B, 2·L, H) → outputs (B, S), hidden, cell."""
        hidden, cell = self._run_first(self.first[text[:, -1]], hidden, cell)
        attended = self._attend(self.query(hidden[:, -2:].reshape(len(text), -1)), text)
        flat = hidden.reshape(len(text), -1), cell.reshape(len(text), -1)
        gates = self.second(np.concatenate((attended, flat[0]), axis=1))
        outputs, cells = self.cell.update(gates, np.zeros_like(gates), flat)
        half = np.float32(0.5)
        return (
            outputs,
            (hidden + outputs.reshape(hidden.shape)) * half,
            (cell + cells.reshape(cell.shape)) * half,
        )

    def _run_first(self, sums: Array, hidden: Array, cell: Array) -> tuple[Array, Array]:
        """sums (B, 2·4·H): the input products of the first layer."""
        hiddens, cells = np.empty_like(hidden), np.empty_like(cell)
        for number, recurrent in enumerate(self.recurrent):
            layer, side = divmod(number, 2)
            if layer and not side:
                sums = self.inputs[layer - 1](hiddens[:, number - 2 : number].reshape(len(sums), -1))
            old = hidden[:, number], cell[:, number]
            below = np.split(sums, 2, axis=1)[side]
            hiddens[:, number], cells[:, number] = self.cell.update(below, recurrent(old[0]), old)
        return hiddens, cells

    def _attend(self, queries: Array, text: NDArray[np.int64]) -> Array:
        """queries (B, heads·width), the tokens attended to (B, n) → (B, heads·width)."""
        split = (*text.shape, self.heads, -1)
        keys, values = self.keys[text].reshape(split), self.values[text].reshape(split)
        scores = (queries.reshape(len(text), 1, self.heads, -1) * keys).sum(-1, keepdims=True)
        scores /= np.float32(keys.shape[-1] ** 0.5)
        weights = np.exp(scores - scores.max(1, keepdims=True))  # (B, n, heads, 1)
        weights /= weights.sum(1, keepdims=True)
        return (weights * values).sum(1).reshape(len(text), -1)

    def score(self, outputs: Array) -> Array:
        """Outputs of the second LSTM (B, S) → logits (B, V)."""
        for product in self.outputs:
            outputs = product(outputs)
        return outputs


def table(embedding: Tensor, linear: Linear) -> Array:
    """What the linear map gives for each token, (V, out)."""
    rows = embedding @ linear.weight.T + linear.bias
    return rows.detach().float().cpu().numpy()
