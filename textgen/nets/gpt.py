"""microgpt's transformer: the whole of GPT in 4,192 parameters, or wider and deeper.

x = norm(token + position); in each layer x += W_o·attention(norm(x)), x += W_2·relu(W_1·norm(x));
logits = W·x. norm(x) = x / √(mean(x²) + 1e-5); no biases, no learned norms, no norm before the logits.

It sees its last `block` tokens, at positions counted from the first that it sees. Up to `block` tokens
a step adds its keys and values to those before; from then on every token's position changes at each
step, and the whole window is read anew (as nanoGPT's crop does).

Source: Karpathy's microgpt. There weights start as normal numbers of std 0.08 at width 16; here at any
width C of std 0.08·√(16 / C) = 0.32 / √C, so that every product starts at the same scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from textgen.errors import out_of_range
from textgen.nets.base import NO_DROPOUT, Dropout, LanguageModel, NetSizes, Size
from textgen.nets.packed import Packed, own_copy

# Tokens of windows that are read at once; a text longer than the block is one window per token.
PIECE = 32768

Product = Callable[[Tensor], Tensor]  # (…, in) → (…, out)


class Layer(NamedTuple):
    """The four products of a layer, width C."""

    qkv: Product  # C → 3·C: queries, keys, values, each heads × C / heads
    out: Product  # C → C
    up: Product  # C → 4·C
    down: Product  # 4·C → C


class Cache(NamedTuple):
    """What a layer keeps of n tokens."""

    keys: Tensor  # (B, heads, n, C / heads)
    values: Tensor  # (B, heads, n, C / heads)


class Weights(NamedTuple):
    """All that reading needs: the parameters to learn, or a copy laid out for stepping."""

    tokens: Tensor  # (V, C)
    positions: Tensor  # (block, C)
    layers: tuple[Layer, ...]
    head: Product  # C → V
    dropout: float


class GPTState(NamedTuple):
    """The last n < block ids, and a cache per layer: of the n ids, or empty once a block was full."""

    ids: Tensor  # (B, n)
    caches: tuple[Cache, ...]


class GPT(LanguageModel):
    """The `output` rate of dropout applies after each attention and each MLP."""

    dropout_places = ("output",)

    @dataclass(frozen=True)
    class Sizes(NetSizes):
        """Of microgpt, unless given. Raises SettingError for a width that heads do not divide."""

        block: Size = 16
        layers: Size = 1
        width: Size = 16
        heads: Size = 4

        def __post_init__(self) -> None:
            super().__post_init__()
            if self.width % self.heads:
                raise out_of_range(
                    "sizes.width",
                    f"a multiple of heads, {self.heads}",
                    self.width,
                    "64 with 4 heads is usual",
                )

    def __init__(self, sizes: Sizes, dropout: Dropout = NO_DROPOUT) -> None:
        super().__init__()
        vocab_size, width = sizes.vocab_size, sizes.width
        self.vocab_size, self.heads, self.rate = vocab_size, sizes.heads, dropout.output
        self.block = self.context = sizes.block
        self.tokens, self.positions = nn.Embedding(vocab_size, width), nn.Embedding(self.block, width)
        self.layers = nn.ModuleList(make_layer(width) for _ in range(sizes.layers))
        self.head = nn.Linear(width, vocab_size, bias=False)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.32 / width**0.5)

    def unroll(self, ids: Tensor, state: GPTState | None = None) -> tuple[Tensor, GPTState]:
        text = ids if state is None else torch.cat((state.ids, ids), dim=1)
        weights = self._weights(same, same, self.rate if self.training else 0.0)
        outputs, caches = self._read(weights, text[:, : self.block])
        if text.shape[1] > self.block:
            outputs = torch.cat((outputs, self._read_windows(weights, text[:, 1:])), dim=1)
        return self.head(outputs[:, -ids.shape[1] :]), self._keep(text, caches)

    def last_logits(self, ids: Tensor) -> Tensor:
        return self.unroll(ids[:, -self.block :])[0][:, -1]

    def _read_windows(self, weights: Weights, text: Tensor) -> Tensor:
        """Text (B, L) → the last output of each of its full windows, (B, L − block + 1, C)."""
        windows = text.unfold(1, self.block, 1)  # (B, L − block + 1, block), a view
        pieces = windows.reshape(-1, self.block).split(max(1, PIECE // self.block))
        outputs = torch.cat([self._read(weights, piece)[0][:, -1] for piece in pieces])
        return outputs.view(*windows.shape[:2], -1)

    def _read(
        self, weights: Weights, ids: Tensor, past: tuple[Cache, ...] | None = None
    ) -> tuple[Tensor, tuple[Cache, ...]]:
        """ids (B, T) from the start, or (B, 1) after a past → outputs (B, T, C), caches of all."""
        start = past[0].keys.shape[2] if past else 0
        x = norm(F.embedding(ids, weights.tokens) + weights.positions[start : start + ids.shape[1]])
        caches = []
        for number, layer in enumerate(weights.layers):
            attended, cache = self._attend(layer, norm(x), past[number] if past else None)
            x = x + F.dropout(attended, weights.dropout)
            x = x + F.dropout(layer.down(F.relu(layer.up(norm(x)))), weights.dropout)
            caches.append(cache)
        return x, tuple(caches)

    def _attend(self, layer: Layer, x: Tensor, past: Cache | None) -> tuple[Tensor, Cache]:
        """x (B, T, C) → what each token reads from itself and those before it (B, T, C), cache."""
        batch, count, width = x.shape
        qkv = layer.qkv(x).view(batch, count, 3, self.heads, width // self.heads)
        queries, keys, values = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, C / heads)
        if past:
            keys, values = torch.cat((past.keys, keys), dim=2), torch.cat((past.values, values), dim=2)
        attended = attend_alone(queries, keys, values) if count == 1 else attend(queries, keys, values)
        return layer.out(attended.transpose(1, 2).reshape(batch, count, width)), Cache(keys, values)

    def _keep(self, text: Tensor, caches: tuple[Cache, ...]) -> GPTState:
        """The state after a text (B, L): with its caches, as long as the next token's position is L."""
        if text.shape[1] < self.block:
            return GPTState(text, caches)
        empty = tuple(Cache(cache.keys[:, :, :0], cache.values[:, :, :0]) for cache in caches)
        return GPTState(text[:, text.shape[1] + 1 - self.block :], empty)

    @torch.no_grad()
    def prefill(self, ids: Tensor, state: GPTState | None = None) -> tuple[Tensor, GPTState]:
        """Read the last block by the products that `step` uses."""
        text = (ids if state is None else torch.cat((state.ids, ids), dim=1))[:, -self.block :].cpu()
        outputs, caches = self._read(self.fast, text)
        return self.fast.head(outputs[:, -1]), self._keep(text, caches)

    @torch.no_grad()
    def step(self, ids: Tensor, state: GPTState) -> tuple[Tensor, GPTState]:
        text = torch.cat((state.ids.cpu(), ids.cpu()[:, None]), dim=1)
        if state.caches[0].keys.shape[2] < state.ids.shape[1]:
            return self.prefill(text)
        past = tuple(Cache(cache.keys.cpu(), cache.values.cpu()) for cache in state.caches)
        outputs, caches = self._read(self.fast, text[:, -1:], past)
        return self.fast.head(outputs[:, -1]), self._keep(text, caches)

    def select(self, state: GPTState, rows: Tensor) -> GPTState:
        caches = tuple(Cache(cache.keys[rows], cache.values[rows]) for cache in state.caches)
        return GPTState(state.ids[rows], caches)

    def _copy_weights(self) -> Weights:
        return self._weights(own_copy, pack, 0.0)

    def _weights(
        self, table: Callable[[Tensor], Tensor], product: Callable[[Any], Product], dropout: float
    ) -> Weights:
        """The parameters, each table and each linear map taken by the function for its kind."""
        layers = tuple(Layer(*(product(linear) for linear in layer.children())) for layer in self.layers)
        tables = table(self.tokens.weight), table(self.positions.weight)
        return Weights(*tables, layers, product(self.head), dropout)


def make_layer(width: int) -> nn.ModuleDict:
    """The parameters of a layer, in `Layer`'s order."""
    sizes = {"qkv": (width, 3 * width), "out": (width, width), "up": (width, 4 * width)}
    sizes["down"] = (4 * width, width)
    return nn.ModuleDict({name: nn.Linear(*size, bias=False) for name, size in sizes.items()})


def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """softmax(q·k / √d) v with everything (B, heads, T, d), each token over itself and those before it."""
    return F.scaled_dot_product_attention(queries, keys, values, is_causal=True)


def attend_alone(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """One token over all n keys: query (B, heads, 1, d) → (B, heads, 1, d).

    By hand, since PyTorch's own rounds differently for streams that lie elsewhere in memory.
    """
    scores = query @ keys.transpose(2, 3) / query.shape[-1] ** 0.5
    return scores.softmax(dim=-1) @ values


def norm(x: Tensor) -> Tensor:
    return F.rms_norm(x, x.shape[-1:], eps=1e-5)


def same(weights: Any) -> Any:
    """As they are: to learn, and to read many tokens at once."""
    return weights


def pack(linear: nn.Linear) -> Product:
    """A copy of a linear map, for a few rows at a time."""
    product = Packed(linear.weight, linear.weight.new_zeros(linear.out_features))
    return lambda x: torch.from_numpy(product(x.reshape(-1, x.shape[-1]).numpy())).view(*x.shape[:-1], -1)
