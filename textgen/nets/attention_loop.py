"""One token through two LSTMs with attention between them, for training and scoring.

H: width of a cell of the first LSTM, which has L layers of two; S = 2·L·H: width of the second.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from textgen.nets.embedding_net import Linear


class Carried(NamedTuple):
    """What goes from LSTM to LSTM: the cells in order of layers, the two of a layer side by side."""

    hidden: Tensor  # (B, 2·L, H)
    cell: Tensor  # (B, 2·L, H)


class Loop(NamedTuple):
    """The weights of the loop over tokens, made ready once for all of them."""

    recurrent: Tensor  # (2·L, H, 4·H)
    inputs: list[Linear]  # of the second layer on, each 2·H → 2·4·H
    query: Linear  # 2·H → heads·width
    second: Linear  # heads·width + S → 4·S
    dropout: float  # between layers and after attention

    def run_first(self, sums: Tensor, carried: Carried) -> Carried:
        """The first LSTM; sums (B, 2·4·H): the input products of its first layer."""
        # every layer's recurrent products at once: they need only what the token before left
        recurrent = torch.bmm(carried.hidden.transpose(0, 1), self.recurrent).transpose(0, 1)
        count = 1 + len(self.inputs)
        pairs = zip(recurrent.chunk(count, dim=1), carried.cell.chunk(count, dim=1), strict=True)
        layers: list[Carried] = []
        for number, (from_before, cell) in enumerate(pairs):
            if number:
                below = F.dropout(layers[-1].hidden.flatten(1), self.dropout, self.dropout > 0)
                sums = F.linear(below, *self.inputs[number - 1])
            layers.append(update(sums.unflatten(1, (2, -1)) + from_before, cell))
        return Carried(*(torch.cat(parts, dim=1) for parts in zip(*layers, strict=True)))

    def ask(self, carried: Carried) -> Tensor:
        """The queries (B, heads·width) of the last layer's output."""
        return F.linear(carried.hidden[:, -2:].flatten(1), *self.query)

    def run_second(self, attended: Tensor, carried: Carried) -> tuple[Tensor, Carried]:
        """The second LSTM from the first one's state: attended (B, heads·width) → output (B, S), average."""
        attended = F.dropout(attended, self.dropout, self.dropout > 0)
        rows = torch.cat((attended, carried.hidden.flatten(1)), dim=1)
        after = update(F.linear(rows, *self.second), carried.cell.flatten(1))
        pairs = zip(carried, after, strict=True)
        return after.hidden, Carried(*((first + second.view_as(first)) / 2 for first, second in pairs))


def update(gates: Tensor, cell: Tensor) -> Carried:
    """gates (…, 4·H) in order i, f, g, o, cell (…, H): c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c')."""
    i, f, g, o = gates.float().chunk(4, dim=-1)
    cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
    return Carried(o.sigmoid() * cell.tanh(), cell)


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """queries (B, heads·width), keys and values (B, heads, n, width) → (B, heads·width).

    softmax(q·k / √width) v for each head (Vaswani et al. 2017).
    """
    batch, heads, _, width = keys.shape
    scores = queries.view(batch, heads, 1, width) @ keys.transpose(2, 3) / width**0.5
    return (scores.softmax(dim=-1) @ values).flatten(1)


def ready(linear: Linear) -> Linear:
    return Linear(as_multiplied(linear.weight), as_multiplied(linear.bias))


def as_multiplied(weight: Tensor) -> Tensor:
    """In the precision that autocast multiplies in, which it would otherwise convert to at every token."""
    device = weight.device.type
    return weight.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else weight
