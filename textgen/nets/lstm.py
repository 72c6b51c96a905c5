"""The long short-term memory: char-rnn's cell, and the word model of the same shape."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from textgen.nets.fast_recurrent import Carried, Cell, Layer
from textgen.nets.packed import Array
from textgen.nets.recurrent import RecurrentNet


class LSTMCell(Cell):
    """Carries (hidden, cell). Rows in order i, f, o, g, the first three halved: exact in binary."""

    parts = 2

    def lay_out(self, layer: Layer) -> Layer:
        inputs, recurrent, *biases = (self._reorder(weights) for weights in layer)
        return Layer(inputs, recurrent, biases[0] + biases[1], torch.zeros_like(biases[1]))

    @staticmethod
    def _reorder(rows: Tensor) -> Tensor:
        i, f, g, o = rows.chunk(4)
        return torch.cat((i / 2, f / 2, o / 2, g))

    def update(self, below: Array, ahead: Array, carried: Carried) -> Carried:
        old = carried[1]
        size = old.shape[-1]
        gates = below + ahead
        np.tanh(gates, out=gates)
        sigmoids = gates[:, : 3 * size]
        sigmoids *= 0.5
        sigmoids += 0.5
        cell = sigmoids[:, size : 2 * size] * old
        cell += sigmoids[:, :size] * gates[:, 3 * size :]
        hidden = np.tanh(cell)
        hidden *= sigmoids[:, 2 * size :]
        return hidden, cell


class LSTM(RecurrentNet):
    """A stacked LSTM over token embeddings.

    Formula (Hochreiter & Schmidhuber 1997 with forget gate, PyTorch's gate order i, f, g, o):
    c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c').
    """

    stack_name: ClassVar[str] = "lstm"
    kind: ClassVar[type[nn.RNNBase]] = nn.LSTM
    cell: ClassVar[Cell] = LSTMCell()
    lstm: nn.LSTM
