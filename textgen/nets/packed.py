"""Matrix products for a few rows at a time, as fast as the weights can be read from memory.

oneDNN lays the weights out once, so that one row costs little more than reading them and four rows
cost no more than one. Each row's result is the same to the last bit whatever rows are beside it,
which a BLAS does not promise: a text comes out the same written alone or in a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

Array = NDArray[np.float32]
Result = TypeVar("Result")

# Up to so many rows one thread is as fast as several on an idle machine and much faster on a busy
# one, where each product would wait for a thread that is not running.
ONE_THREAD_ROWS = 64
# oneDNN chooses the layout for this number of rows; the layout for 1 is slow for all others.
LAYOUT_ROWS = 4
# Beyond so many inputs oneDNN adds up the products of a lone row in another order than those of several.
LONE_ROW_INPUTS = 1024


class Packed:
    """A linear map: rows (N, in) → rows · weightᵀ + bias, (N, out); weight (out, in), bias (out,).

    A copy of the weights on the CPU, in float32: later changes of the originals do not reach it.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._product = packed_product(own_copy(weight), own_copy(bias))

    def __call__(self, rows: Array) -> Array:
        if len(rows) > ONE_THREAD_ROWS:
            return self._product(torch.from_numpy(rows)).numpy()
        return in_one_thread(lambda: self._product(torch.from_numpy(rows)).numpy())


def in_one_thread(work: Callable[[], Result]) -> Result:
    """What `work` returns when PyTorch uses one thread: PyTorch's own products may differ with their number.

    That number belongs to the calling thread, so others keep theirs; only a thread that makes its very
    first product at this moment starts with one.
    """
    threads = torch.get_num_threads()
    if threads == 1:
        return work()
    torch.set_num_threads(1)
    try:
        return work()
    finally:
        torch.set_num_threads(threads)


def own_copy(weights: Tensor) -> Tensor:
    return weights.detach().to("cpu", torch.float32, copy=True).contiguous()


def packed_product(weight: Tensor, bias: Tensor) -> Callable[[Tensor], Tensor]:
    """oneDNN's product over weights it has laid out, or PyTorch's own where oneDNN is not built in."""
    if not has_onednn():
        return lambda rows: F.linear(rows, weight, bias)
    laid_out = torch.ops.mkldnn._reorder_linear_weight(weight, LAYOUT_ROWS)
    linear = torch.ops.mkldnn._linear_pointwise.default

    def product(rows: Tensor) -> Tensor:
        return linear(rows, laid_out, bias, "none", [], "")

    if weight.shape[1] <= LONE_ROW_INPUTS:
        return product
    return lambda rows: product(rows.repeat(LAYOUT_ROWS, 1))[:1] if len(rows) == 1 else product(rows)


def has_onednn() -> bool:
    """Whether this PyTorch has the prepacked products that `torch.compile` uses on CPUs."""
    names = ("_reorder_linear_weight", "_linear_pointwise")
    return torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in names)
