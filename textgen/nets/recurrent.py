"""Embedding → stacked recurrent cells → linear: what char-rnn's three cells share.

`unroll` is PyTorch's own layer, for training and scoring. Reading a context and stepping go through
weights prepared once (`fast_recurrent.py`), since PyTorch's layers called with length 1 prepare
theirs anew at each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from textgen.nets.base import NO_DROPOUT, Dropout, NetSizes, Size, Switch
from textgen.nets.embedding_net import EmbeddingNet
from textgen.nets.fast_recurrent import Cell, FastRecurrent, Layer, StepState


class RecurrentState(NamedTuple):
    """What `unroll` carries; `step` takes it too."""

    parts: tuple[Tensor, ...]  # each (layers, B, H): the hidden outputs; of an LSTM also the cells


class RecurrentNet(EmbeddingNet):
    """A stack of one kind of cell over token embeddings."""

    kind: ClassVar[type[nn.RNNBase]]  # PyTorch's layer
    stack_name: ClassVar[str]  # under which its weights are stored
    cell: ClassVar[Cell]  # the same cell, a token at a time

    dropout_places = ("embedding", "between", "output", "weights")

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """Of a recurrent net."""

        embedding: Size
        hidden: Size  # of each layer
        layers: Size = 2
        tied: Switch = False  # whether the embedding table scores as well

    def __init__(self, sizes: Sizes, dropout: Dropout = NO_DROPOUT) -> None:
        super().__init__()
        self.vocab_size, self.layers, self.dropout = sizes.vocab_size, sizes.layers, dropout
        self.embedding = nn.Embedding(sizes.vocab_size, sizes.embedding)
        between = dropout.between if sizes.layers > 1 else 0.0
        shape = sizes.embedding, sizes.hidden, sizes.layers
        stack = self.kind(*shape, batch_first=True, dropout=between)  # type: ignore[call-arg]
        self.add_module(self.stack_name, stack)
        self.make_head(sizes.hidden, sizes.tied)

    @property
    def stack(self) -> nn.RNNBase:
        return getattr(self, self.stack_name)

    def unroll(
        self, ids: Tensor, state: RecurrentState | StepState | None = None
    ) -> tuple[Tensor, RecurrentState]:
        embedded = F.dropout(self.embedding(ids), self.dropout.embedding, self.training)
        output, carried = self._recur(embedded, as_tensors(state))
        return self.score(F.dropout(output, self.dropout.output, self.training)), carried

    def _recur(self, inputs: Tensor, state: RecurrentState | None) -> tuple[Tensor, RecurrentState]:
        """inputs (B, T, E) → outputs (B, T, H), state. PyTorch takes a lone part bare."""
        parts = state.parts if state else ()
        carried = parts[0] if len(parts) == 1 else parts or None
        weights = {}
        if self.training and self.dropout.weights:
            weights = {
                name: F.dropout(weight, self.dropout.weights)
                for name, weight in self.stack.named_parameters()
                if name.startswith("weight_hh")
            }
        output, end = functional_call(self.stack, weights, (inputs, carried))
        return output, RecurrentState(end if isinstance(end, tuple) else (end,))

    def prefill(
        self, ids: Tensor, state: RecurrentState | StepState | None = None
    ) -> tuple[Tensor, StepState]:
        """Read a context by the products that `step` uses: a text read again goes on as if never left."""
        logits, after = self.fast.read(ids.cpu().numpy(), self._as_arrays(state) if state else None)
        return torch.from_numpy(logits), after

    def step(self, ids: Tensor, state: RecurrentState | StepState) -> tuple[Tensor, StepState]:
        logits, after = self.fast.step(ids.cpu().numpy(), self._as_arrays(state))
        return torch.from_numpy(logits), after

    def _as_arrays(self, state: RecurrentState | StepState) -> StepState:
        """A state as `step` carries it."""
        if isinstance(state, StepState):
            return state
        arrays = [part.detach().cpu().numpy() for part in state.parts]
        return self.fast.enter(list(zip(*arrays, strict=True)))

    def select(self, state: RecurrentState | StepState, rows: Tensor) -> RecurrentState | StepState:
        if isinstance(state, RecurrentState):
            return RecurrentState(tuple(part[:, rows] for part in state.parts))
        return state.select(rows.cpu().numpy())

    @torch.no_grad()
    def _copy_weights(self) -> FastRecurrent:
        weights = dict(self.stack.named_parameters())
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        layers = [Layer(*(weights[f"{kind}_l{i}"] for kind in kinds)) for i in range(self.layers)]
        return FastRecurrent(self.cell, self.embedding.weight, layers, self.output_maps())


def as_tensors(state: RecurrentState | StepState | None) -> RecurrentState | None:
    """A state as `unroll` takes it."""
    if not isinstance(state, StepState):
        return state
    parts = zip(*state.layers, strict=True)  # layers of parts → parts of layers
    return RecurrentState(tuple(torch.from_numpy(np.stack(part)) for part in parts))
