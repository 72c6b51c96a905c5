"""The gated recurrent unit: char-rnn's second cell."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from textgen.nets.fast_recurrent import Carried, Cell, Layer
from textgen.nets.packed import Array
from textgen.nets.recurrent import RecurrentNet


class GRUCell(Cell):
    """Carries (hidden,). Rows in PyTorch's order r, z, n, the first two halved: exact in binary."""

    parts = 1

    def lay_out(self, layer: Layer) -> Layer:
        return Layer(*(self._halve(weights) for weights in layer))

    @staticmethod
    def _halve(rows: Tensor) -> Tensor:
        r, z, n = rows.chunk(3)
        return torch.cat((r / 2, z / 2, n))

    def update(self, below: Array, ahead: Array, carried: Carried) -> Carried:
        (old,) = carried
        size = old.shape[-1]
        gates = below[:, : 2 * size] + ahead[:, : 2 * size]
        np.tanh(gates, out=gates)
        gates *= 0.5
        gates += 0.5
        new = gates[:, :size] * ahead[:, 2 * size :]
        new += below[:, 2 * size :]
        np.tanh(new, out=new)
        hidden: Array = np.subtract(old, new)
        hidden *= gates[:, size:]
        hidden += new
        return (hidden,)


class GRU(RecurrentNet):
    """A stacked GRU over token embeddings.

    Formula (Cho et al. 2014, in PyTorch's form, whose reset gate meets the recurrent product):
    n = tanh(W_n x + b + r·(U_n h + b')), h' = (1 − z)·n + z·h, with r and z as σ of sums.
    """

    stack_name: ClassVar[str] = "gru"
    kind: ClassVar[type[nn.RNNBase]] = nn.GRU
    cell: ClassVar[Cell] = GRUCell()
    gru: nn.GRU
