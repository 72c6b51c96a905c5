"""The plain recurrent net: char-rnn's first cell, no gates."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import nn

from textgen.nets.fast_recurrent import Carried, Cell, Layer
from textgen.nets.packed import Array
from textgen.nets.recurrent import RecurrentNet


class TanhCell(Cell):
    """Carries (hidden,)."""

    parts = 1

    def lay_out(self, layer: Layer) -> Layer:
        zeros = torch.zeros_like(layer.recurrent_bias)
        return Layer(layer.inputs, layer.recurrent, layer.input_bias + layer.recurrent_bias, zeros)

    def update(self, below: Array, ahead: Array, carried: Carried) -> Carried:
        hidden = below + ahead
        np.tanh(hidden, out=hidden)
        return (hidden,)


class RNN(RecurrentNet):
    """A stacked tanh RNN (Elman 1990) over token embeddings: h' = tanh(W x + U h + b)."""

    stack_name: ClassVar[str] = "rnn"
    kind: ClassVar[type[nn.RNNBase]] = nn.RNN
    cell: ClassVar[Cell] = TanhCell()
    rnn: nn.RNN
