"""The word model of Van Casteren's report: two LSTMs, with attention between them, token by token.

    first LSTM:   h, c of `layers` layers of two cells each, a token further
    attention:    query W_q·(h of the last layer), keys W_k·x and values W_v·x of the last `window`
                  embeddings x, the current one among them; per head softmax(q·k / √width) v
    second LSTM:  starts from all of h, c, reads what was attended to → h₂, c₂; logits from h₂
    next state:   h ← (h + h₂) / 2, c ← (c + c₂) / 2

H is the width of a cell of the first LSTM, which has L layers of two; S = 2·L·H that of the second.
`Loop` is one token for training and scoring, `FastAttention` the same by prepared products.

Where the report's listings do otherwise than its text says, this follows the text:
- Its attention is called with one token at a time. A softmax over one score is 1 whatever the query,
  so W_q and W_k have no influence and never learn. Here there are `window` keys (its max_len of 20).
- `hidden.reshape(1, -1, L·D·H)` of an (L·D, B, H) tensor mixes the streams of a batch: texts beside
  each other read each other's state. Here the streams are the first dimension throughout.
- Its W_q takes layers·directions·embedding inputs but is given directions·hidden: it runs only where
  the two happen to be equal. Here W_q has the inputs that it is given.
- Its keys have a bias, which adds the same to each score and so nothing to the softmax. Left out here.
- It says that the second direction lets later tokens influence earlier ones. Run a token at a time it
  cannot: both directions read the same single token, so a layer is two cells side by side, each with
  weights and a state of its own. That is kept, and called what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from textgen.nets.base import NO_DROPOUT, Dropout, NetSizes, Size, Switch
from textgen.nets.embedding_net import EmbeddingNet, Linear
from textgen.nets.fast_recurrent import Layer
from textgen.nets.lstm import LSTMCell
from textgen.nets.packed import Array, Packed


class Carried(NamedTuple):
    """What goes from LSTM to LSTM: the cells in order of layers, the two of a layer side by side."""

    hidden: Tensor  # (B, 2·L, H)
    cell: Tensor  # (B, 2·L, H)


class AttentionState(NamedTuple):
    """What a text leaves behind. Keys and values are computed from the ids, by the weights as they are."""

    ids: Tensor  # (B, n): the last n < window tokens
    carried: Carried


class AttentionLSTM(EmbeddingNet):
    """Gates in PyTorch's order i, f, g, o; one bias per gate."""

    dropout_places = ("embedding", "between", "output", "weights")

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """H = hidden, L = layers; the second LSTM is 2·L·H wide."""

        embedding: Size = 128
        hidden: Size = 128  # of each of the two cells of a layer
        layers: Size = 2
        heads: Size = 1
        width: Size = 64  # of a head
        window: Size = 20  # tokens attended to
        tied: Switch = True  # whether the embedding table scores as well

    def __init__(self, sizes: Sizes, dropout: Dropout = NO_DROPOUT) -> None:
        super().__init__()
        self.vocab_size, self.hidden, self.layers = sizes.vocab_size, sizes.hidden, sizes.layers
        self.heads, self.window, self.dropout = sizes.heads, sizes.window, dropout
        embedding, hidden, layers = sizes.embedding, sizes.hidden, sizes.layers
        both, attended, second = 2 * hidden, sizes.heads * sizes.width, 2 * layers * hidden
        self.embedding = nn.Embedding(sizes.vocab_size, embedding)
        inputs = [embedding] + [both] * (layers - 1)
        self.first_inputs = nn.ModuleList(nn.Linear(size, 4 * both) for size in inputs)
        self.first_recurrent = nn.Parameter(torch.empty(2 * layers, hidden, 4 * hidden))
        self.query = nn.Linear(both, attended)
        self.key = nn.Linear(embedding, attended, bias=False)
        self.value = nn.Linear(embedding, attended)
        self.second_input = nn.Linear(attended, 4 * second)
        self.second_recurrent = nn.Linear(second, 4 * second, bias=False)
        self.make_head(second, sizes.tied)
        self._initialise()

    def _initialise(self) -> None:
        """The cells' weights as PyTorch's LSTM has them: uniform, up to 1 / √(width of the cell)."""
        first, second = self.hidden**-0.5, (2 * self.layers * self.hidden) ** -0.5
        for parameter in (*self.first_inputs.parameters(), self.first_recurrent):
            nn.init.uniform_(parameter, -first, first)
        for parameter in (*self.second_input.parameters(), *self.second_recurrent.parameters()):
            nn.init.uniform_(parameter, -second, second)

    def unroll(self, ids: Tensor, state: AttentionState | None = None) -> tuple[Tensor, AttentionState]:
        state = state or self.start(ids)
        text = torch.cat((state.ids, ids), dim=1)
        embedded = F.dropout(self.embedding(text), self.dropout.embedding, self.training)
        outputs, carried = self._recur(embedded, state.ids.shape[1], state.carried)
        logits = self.score(F.dropout(outputs, self.dropout.output, self.training))
        return logits, AttentionState(self._recent(text, self.window - 1), carried)

    def start(self, ids: Tensor) -> AttentionState:
        """The state before any token of ids (B, T)."""
        zeros = self.first_recurrent.new_zeros(len(ids), 2 * self.layers, self.hidden)
        return AttentionState(ids[:, :0], Carried(zeros, zeros))

    @staticmethod
    def _recent(text: Tensor, count: int) -> Tensor:
        """The last so many columns, or all if there are fewer."""
        return text[:, max(0, text.shape[1] - count) :]

    def _recur(self, embedded: Tensor, read: int, carried: Carried) -> tuple[Tensor, Carried]:
        """embedded (B, N, E), of which `read` were read before → outputs (B, N − read, S), carried.

        All that needs no state is computed for all tokens at once.
        """
        loop = self._loop()
        keys, values = (self._split(rows) for rows in (self.key(embedded), self.value(embedded)))
        outputs = []
        for end, sums in enumerate(self.first_inputs[0](embedded[:, read:]).unbind(1), read + 1):
            seen = slice(max(0, end - self.window), end)
            carried = loop.run_first(sums, carried)
            attended = attend(loop.ask(carried), keys[:, :, seen], values[:, :, seen])
            output, carried = loop.run_second(attended, carried)
            outputs.append(output)
        return torch.stack(outputs, dim=1), carried

    def _split(self, rows: Tensor) -> Tensor:
        """(B, N, heads·width) → (B, heads, N, width)."""
        return rows.unflatten(2, (self.heads, -1)).transpose(1, 2)

    def _loop(self) -> Loop:
        """With DropConnect's masks on the recurrent weights, the same for all tokens."""
        rate = self.dropout.weights
        recurrent = F.dropout(self.first_recurrent, rate, self.training)
        second = F.dropout(self.second_recurrent.weight, rate, self.training)
        both = torch.cat((self.second_input.weight, second), dim=1)
        return Loop(
            as_multiplied(recurrent),
            [ready(as_linear(layer)) for layer in list(self.first_inputs)[1:]],
            ready(as_linear(self.query)),
            ready(Linear(both, self.second_input.bias)),
            self.dropout.between if self.training else 0.0,
        )

    @torch.no_grad()
    def prefill(self, ids: Tensor, state: AttentionState | None = None) -> tuple[Tensor, AttentionState]:
        """Read a context by the products that `step` uses: a text read again goes on as if never left."""
        ids = ids.cpu()
        outputs, state = self._advance(ids[:, 0], state or self.start(ids))
        for column in ids[:, 1:].T:
            outputs, state = self._advance(column, state)
        return torch.from_numpy(self.fast.score(outputs)), state

    @torch.no_grad()
    def step(self, ids: Tensor, state: AttentionState) -> tuple[Tensor, AttentionState]:
        outputs, state = self._advance(ids.cpu(), state)
        return torch.from_numpy(self.fast.score(outputs)), state

    def _advance(self, ids: Tensor, state: AttentionState) -> tuple[Array, AttentionState]:
        """One token further: ids (B,), state → outputs (B, S), state."""
        text = torch.cat((state.ids.cpu(), ids[:, None]), dim=1)
        hidden, cell = (part.detach().cpu().numpy() for part in state.carried)
        outputs, *after = self.fast.step(text.numpy(), hidden, cell)
        carried = Carried(*(torch.from_numpy(part) for part in after))
        return outputs, AttentionState(self._recent(text, self.window - 1), carried)

    def select(self, state: AttentionState, rows: Tensor) -> AttentionState:
        return AttentionState(state.ids[rows], Carried(*(part[rows] for part in state.carried)))

    @torch.no_grad()
    def _copy_weights(self) -> FastAttention:
        zeros = torch.zeros_like(self.second_input.bias)
        weights = self.second_input.weight, self.second_recurrent.weight, self.second_input.bias, zeros
        parts = Parts(
            embedding=self.embedding.weight,
            inputs=[as_linear(layer) for layer in self.first_inputs],
            recurrent=self.first_recurrent,
            query=as_linear(self.query),
            key=as_linear(self.key),
            value=as_linear(self.value),
            second=Layer(*weights),
            outputs=self.output_maps(),
            heads=self.heads,
        )
        return FastAttention(parts)


def as_linear(module: nn.Module) -> Linear:
    """The weights of an nn.Linear; zeros for a bias that it does not have."""
    assert isinstance(module, nn.Linear)
    bias = module.weight.new_zeros(module.out_features) if module.bias is None else module.bias
    return Linear(module.weight, bias)


class Loop(NamedTuple):
    """One token through both LSTMs, with weights prepared once for all tokens."""

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
    """A copy of a net's weights, laid out for reading and stepping a token at a time.

    What depends on a token alone (its input product in the first layer, its key, its value) is a table
    with a row per token. A stream's numbers are the same to the last bit whatever streams are beside it.
    """

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
