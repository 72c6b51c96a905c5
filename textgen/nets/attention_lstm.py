"""The word model of Van Casteren's report: two LSTMs, with attention between them, token by token.

    first LSTM:   h, c of `layers` layers of two cells each, a token further
    attention:    query W_q·(h of the last layer), keys W_k·x and values W_v·x of the last `window`
                  embeddings x, the current one among them; per head softmax(q·k / √width) v
    second LSTM:  starts from all of h, c, reads what was attended to → h₂, c₂; logits from h₂
    next state:   h ← (h + h₂) / 2, c ← (c + c₂) / 2

What is mended, since the report's listings do otherwise than its text says:
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

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from textgen.nets.attention_loop import Carried, Loop, as_multiplied, attend, ready
from textgen.nets.embedding_net import EmbeddingNet, Linear
from textgen.nets.fast_attention import FastAttention, Parts
from textgen.nets.fast_recurrent import Layer
from textgen.nets.packed import Array
from textgen.nets.recurrent import NO_DROPOUT, Dropout


class AttentionState(NamedTuple):
    """What a text leaves behind. Keys and values are made anew from the ids, by the weights of the day."""

    ids: Tensor  # (B, n): the last n < window tokens
    carried: Carried


class AttentionLSTM(EmbeddingNet):
    """Gates in PyTorch's order i, f, g, o; one bias per gate."""

    def __init__(  # noqa: PLR0913
        self,
        vocab_size: int,
        embedding: int = 128,
        hidden: int = 128,
        layers: int = 2,
        heads: int = 1,
        width: int = 64,
        window: int = 20,
        dropout: Dropout = NO_DROPOUT,
        tied: bool = True,
    ) -> None:
        super().__init__()
        self.vocab_size, self.hidden, self.layers, self.dropout = vocab_size, hidden, layers, dropout
        self.heads, self.window = heads, window
        both, attended, second = 2 * hidden, heads * width, 2 * layers * hidden
        self.embedding = nn.Embedding(vocab_size, embedding)
        sizes = [embedding] + [both] * (layers - 1)
        self.first_inputs = nn.ModuleList(nn.Linear(size, 4 * both) for size in sizes)
        self.first_recurrent = nn.Parameter(torch.empty(2 * layers, hidden, 4 * hidden))
        self.query = nn.Linear(both, attended)
        self.key = nn.Linear(embedding, attended, bias=False)
        self.value = nn.Linear(embedding, attended)
        self.second_input = nn.Linear(attended, 4 * second)
        self.second_recurrent = nn.Linear(second, 4 * second, bias=False)
        self.make_head(second, tied)
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

        All that needs no state is made for all tokens at once.
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
    def prefill(self, ids: Tensor) -> tuple[Tensor, AttentionState]:
        """Read a context by the products that `step` uses: a text read again goes on as if never left."""
        ids = ids.cpu()
        outputs, state = self._advance(ids[:, 0], self.start(ids))
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
