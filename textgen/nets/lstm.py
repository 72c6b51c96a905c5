"""Embedding → stacked LSTM → linear: Karpathy's char-rnn and the word model of the same shape.

`unroll` is PyTorch's own LSTM, for training and scoring. Reading a context and stepping go through
weights prepared once (`fast_lstm.py`), since `nn.LSTM` called with length 1 prepares them anew at
each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from textgen.nets.base import LanguageModel
from textgen.nets.fast_lstm import FastLSTM, Layer, StepState


@dataclass(frozen=True, slots=True)
class Dropout:
    """Probabilities (0..1) of leaving out, in training alone."""

    embedding: float = 0.0
    between: float = 0.0  # between layers
    output: float = 0.0
    weights: float = 0.0  # of the hidden-to-hidden weights: DropConnect (Merity et al. 2017)


class LSTMState(NamedTuple):
    """What `unroll` carries; `step` takes it too."""

    hidden: Tensor  # (layers, B, H)
    cell: Tensor  # (layers, B, H)


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

    def unroll(self, ids: Tensor, state: LSTMState | StepState | None = None) -> tuple[Tensor, LSTMState]:
        embedded = F.dropout(self.embedding(ids), self.dropout.embedding, self.training)
        output, carried = self._recur(embedded, as_tensors(state))
        logits = self.head(F.dropout(output, self.dropout.output, self.training))
        return logits, LSTMState(*carried)

    def _recur(self, inputs: Tensor, state: LSTMState | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        carried = tuple(state) if state is not None else None
        if not (self.training and self.dropout.weights):
            return self.lstm(inputs, carried)
        thinned = {
            name: F.dropout(weight, self.dropout.weights) if name.startswith("weight_hh") else weight
            for name, weight in self.lstm.named_parameters()
        }
        return functional_call(self.lstm, thinned, (inputs, carried))

    def prefill(self, ids: Tensor) -> tuple[Tensor, StepState]:
        """Read a context by the products that `step` uses: a text read again goes on as if never left."""
        logits, state = self.fast.read(ids.cpu().numpy())
        return torch.from_numpy(logits), state

    def step(self, ids: Tensor, state: LSTMState | StepState) -> tuple[Tensor, StepState]:
        fast = self.fast
        if isinstance(state, LSTMState):
            state = fast.enter(state.hidden.detach().cpu().numpy(), state.cell.detach().cpu().numpy())
        logits, state = fast.step(ids.cpu().numpy(), state)
        return torch.from_numpy(logits), state

    def select(self, state: LSTMState | StepState, rows: Tensor) -> LSTMState | StepState:
        if isinstance(state, LSTMState):
            return LSTMState(state.hidden[:, rows], state.cell[:, rows])
        return state.select(rows.cpu().numpy())

    @property
    def fast(self) -> FastLSTM:
        fast = self._fast
        if fast is None:
            fast = self._fast = self._copy_weights()
        return fast

    def prepare(self) -> None:
        self._fast = self._copy_weights()

    @torch.no_grad()
    def _copy_weights(self) -> FastLSTM:
        weights = dict(self.lstm.named_parameters())
        layers = [
            Layer(
                weights[f"weight_ih_l{i}"],
                weights[f"weight_hh_l{i}"],
                weights[f"bias_ih_l{i}"] + weights[f"bias_hh_l{i}"],
            )
            for i in range(self.layers)
        ]
        return FastLSTM(self.embedding.weight, layers, self.head.weight, self.head.bias)


def as_tensors(state: LSTMState | StepState | None) -> LSTMState | None:
    """A state as `nn.LSTM` takes it."""
    if not isinstance(state, StepState):
        return state
    return LSTMState(
        torch.from_numpy(np.stack(state.hidden)),
        torch.from_numpy(np.stack(state.cell)),
    )
