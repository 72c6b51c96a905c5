"""The parts of a transformer's layer, without biases and without learned norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from textgen.nets.packed import Packed

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
