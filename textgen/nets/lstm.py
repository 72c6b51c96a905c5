"""Embedding → stacked LSTM → linear: Karpathy's char-rnn and the word model of the same shape.

Stepping is written for the time it takes to read the weights once: the first layer's input
product (and its bias) is a table with a row per token, every other layer is one matrix product
over [input; hidden], and activations are columns, so that a few streams share one reading.
`nn.LSTM` called with length 1 would prepare its weights anew at each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from textgen.nets.base import LanguageModel


@dataclass(frozen=True, slots=True)
class Dropout:
    """Probabilities (0..1) of leaving out, in training alone."""

    embedding: float = 0.0
    between: float = 0.0  # between layers
    output: float = 0.0
    weights: float = 0.0  # of the hidden-to-hidden weights: DropConnect (Merity et al. 2017)


class LSTMState(NamedTuple):
    """Hidden and cell columns, one tensor a layer."""

    hidden: tuple[Tensor, ...]  # each (H, B)
    cell: tuple[Tensor, ...]  # each (H, B)


class LSTM(LanguageModel):
    """A stacked LSTM over token embeddings.

    Formula (Hochreiter & Schmidhuber 1997 with forget gate, PyTorch's gate order i, f, g, o):
    c' = σ(f)·c + σ(i)·tanh(g), h' = σ(o)·tanh(c').
    """

    def __init__(
        self,
        vocab_size: int,
        embedding: int,
        hidden: int,
        layers: int = 2,
        dropout: Dropout = Dropout(),
    ) -> None:
        super().__init__()
        self.vocab_size, self.layers, self.dropout = vocab_size, layers, dropout
        self.embedding = nn.Embedding(vocab_size, embedding)
        between = dropout.between if layers > 1 else 0.0
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True, dropout=between)
        self.head = nn.Linear(hidden, vocab_size)
        self._fast: FastWeights | None = None

    def unroll(self, ids: Tensor, state: LSTMState | None = None) -> tuple[Tensor, LSTMState]:
        embedded = F.dropout(self.embedding(ids), self.dropout.embedding, self.training)
        output, (hidden, cell) = self._recur(embedded, state)
        logits = self.head(F.dropout(output, self.dropout.output, self.training))
        return logits, LSTMState(tuple(hidden.transpose(1, 2)), tuple(cell.transpose(1, 2)))

    def _recur(self, inputs: Tensor, state: LSTMState | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        carried = None
        if state is not None:
            rows = [torch.stack(columns).transpose(1, 2).contiguous() for columns in state]
            carried = (rows[0], rows[1])
        if not (self.training and self.dropout.weights):
            return self.lstm(inputs, carried)
        thinned = {
            name: F.dropout(weight, self.dropout.weights) if name.startswith("weight_hh") else weight
            for name, weight in self.lstm.named_parameters()
        }
        return functional_call(self.lstm, thinned, (inputs, carried))

    def step(self, ids: Tensor, state: LSTMState) -> tuple[Tensor, LSTMState]:
        fast = self._fast or self.prepare()
        gates = fast.table[ids].T + fast.first @ state.hidden[0]
        hidden, cell = cell_update(gates, state.cell[0])
        hiddens, cells = [hidden], [cell]
        for layer, (weight, bias) in enumerate(fast.others, start=1):
            inputs = torch.cat((hidden, state.hidden[layer]))
            hidden, cell = cell_update(weight @ inputs + bias, state.cell[layer])
            hiddens.append(hidden)
            cells.append(cell)
        logits = (self.head.weight @ hidden).T + self.head.bias
        return logits, LSTMState(tuple(hiddens), tuple(cells))

    def select(self, state: LSTMState, rows: Tensor) -> LSTMState:
        return LSTMState(*(tuple(column[:, rows] for column in part) for part in state))

    @torch.no_grad()
    def prepare(self) -> FastWeights:
        self._fast = FastWeights.of(self)
        return self._fast


class FastWeights(NamedTuple):
    """The weights as `step` reads them."""

    table: Tensor  # (V, 4H) first layer: input product and both biases, per token
    first: Tensor  # (4H, H) first layer: hidden-to-hidden
    others: tuple[tuple[Tensor, Tensor], ...]  # per further layer: (4H, 2H) over [input; hidden], (4H, 1)

    @classmethod
    def of(cls, net: LSTM) -> FastWeights:
        weights = dict(net.lstm.named_parameters())
        bias = [weights[f"bias_ih_l{i}"] + weights[f"bias_hh_l{i}"] for i in range(net.layers)]
        table = net.embedding.weight @ weights["weight_ih_l0"].T + bias[0]
        others = tuple(
            (torch.cat((weights[f"weight_ih_l{i}"], weights[f"weight_hh_l{i}"]), dim=1), bias[i][:, None])
            for i in range(1, net.layers)
        )
        return cls(table, weights["weight_hh_l0"].detach(), others)


def cell_update(gates: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    """gates (4H, B), cell (H, B) → hidden (H, B), cell (H, B)."""
    i, f, g, o = gates.chunk(4)
    cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell), cell
