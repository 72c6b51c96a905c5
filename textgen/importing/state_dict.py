"""A PyTorch state dict of an embedding, a stack of LSTM, GRU or RNN cells and a linear layer, by its names.

The names are those of tutorials: `embedding.weight`, `lstm.weight_ih_l0` …, `fc.weight`, `fc.bias`. Without
an embedding tokens are one-hot, as in char-rnn's PyTorch versions; without an output matrix the embedding is
both (tied).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from textgen.importing.found import GATES, Cells, Found, check_shape, listed, recurrent, refused
from textgen.nets.base import MAX_SIZE

KIND = "a PyTorch state dict"
PREFIX = re.compile(r"^(?:module\.|_orig_mod\.|model\.|net\.|network\.)+")
CELLS = re.compile(r"(?:(.+)\.)?((?:weight|bias)_(?:ih|hh|hr))_l(\d{1,4})(_reverse)?")
EMBEDDING = re.compile(r"(?:embeddings?|embed|emb|encoder|(?:word|char|token)_embeddings?|wte)\.weight")
HEAD = re.compile(r"(?:fc|fc_out|linear|head|lm_head|decoder|out|output|dense|hidden2out|h2o)\.(weight|bias)")
EXPECTED = "it must have an embedding, one stack of LSTM, GRU or RNN cells and a linear layer"


@dataclass(frozen=True, slots=True)
class Sorted:
    """The tensors of a state dict by their part."""

    cells: Mapping[tuple[int, str], Tensor]  # by layer and kind: (0, "weight_ih")
    embedding: Tensor | None  # (V, E)
    head: Mapping[str, Tensor]  # "weight" (V, H), "bias" (V,)


def from_state(path: Path, tensors: Mapping[str, Tensor]) -> Found:
    """The net whose weights these are. Raises ModelError, with the names, for any other."""
    parts = sort(path, {PREFIX.sub("", name): tensor for name, tensor in tensors.items()})
    layers = layers_of(path, parts)
    hidden, inputs = layers[0].recurrent.shape[1], layers[0].inputs.shape[1]
    tied = parts.embedding if parts.embedding is not None and parts.embedding.shape[1] == hidden else None
    head = parts.head.get("weight", tied)
    if head is None:
        raise refused(path, "it has no output layer, such as fc.weight", EXPECTED)
    check_shape(path, "the output layer", head.shape, (head.shape[0], hidden))
    bias = parts.head.get("bias", torch.zeros(len(head)))
    check_shape(path, "the output layer's bias", bias.shape, (len(head),))
    wanted = (len(head), inputs)
    if parts.embedding is None:
        check_shape(path, "the first layer, without an embedding before it,", wanted, (len(head), len(head)))
    else:
        check_shape(path, "the embedding", parts.embedding.shape, wanted)
    found = recurrent(KIND, layers, parts.embedding, head, bias)
    return replace(found, notes=notes(found, parts))


def notes(found: Found, parts: Sorted) -> tuple[str, ...]:
    """What a state dict does not say, and what was taken for it."""
    lines = []
    if parts.embedding is None:
        lines.append("it has no embedding: tokens are one-hot")
    if found.architecture == "rnn":
        lines.append("a state dict does not name the RNN's nonlinearity: tanh, PyTorch's usual one")
    return tuple(lines)


def sort(path: Path, tensors: Mapping[str, Tensor]) -> Sorted:
    """Raises ModelError for what no net of ours has."""
    cells, embedding, head, rest = (
        dict[str, dict[tuple[int, str], Tensor]](),
        None,
        dict[str, Tensor](),
        list[str](),
    )
    for name, tensor in tensors.items():
        if (match := CELLS.fullmatch(name)) and match[2] != "weight_hr" and not match[4]:
            cells.setdefault(match[1] or "", {})[int(match[3]), match[2]] = tensor.float()
        elif EMBEDDING.fullmatch(name) and embedding is None:
            embedding = tensor.float()
        elif (match := HEAD.fullmatch(name)) and match[1] not in head:
            head[match[1]] = tensor.float()
        else:
            rest.append(name)
    if rest:
        raise refused(path, f"it has weights that none of our nets has, {listed(rest)}", EXPECTED)
    if len(cells) != 1:
        stacks = f"{len(cells)} of them, {listed(list(cells))}," if cells else "none"
        raise refused(path, f"it must have one stack of recurrent cells, got {stacks}", EXPECTED)
    return Sorted(next(iter(cells.values())), embedding, head)


def layers_of(path: Path, parts: Sorted) -> list[Cells]:
    """The stack, layer by layer, biases that it does without as zeros. Raises ModelError."""
    count = 1 + max(number for number, _ in parts.cells)
    missing = [
        f"weight_{kind}_l{i}"
        for i in range(count)
        for kind in ("ih", "hh")
        if (i, f"weight_{kind}") not in parts.cells
    ]
    if missing:
        raise refused(path, f"it lacks {listed(missing)}", "save the whole state dict")
    layers = [layer_of(path, parts, number) for number in range(count)]
    hidden = layers[0].recurrent.shape[1]
    for number, layer in enumerate(layers[1:], 1):
        check_shape(path, f"weight_ih_l{number}", layer.inputs.shape, (len(layers[0].inputs), hidden))
        check_shape(path, f"weight_hh_l{number}", layer.recurrent.shape, layers[0].recurrent.shape)
    return layers


def layer_of(path: Path, parts: Sorted, number: int) -> Cells:
    inputs, inner = parts.cells[number, "weight_ih"], parts.cells[number, "weight_hh"]
    if inner.dim() != 2 or inputs.dim() != 2 or not 1 <= inner.shape[1] <= MAX_SIZE:
        raise refused(path, f"the cells of layer {number} are no matrices", EXPECTED)
    gates, rest = divmod(len(inner), inner.shape[1])
    if gates not in GATES or rest:
        reason = f"weight_hh_l{number} must have 1, 3 or 4 times as many rows as columns"
        raise refused(path, f"{reason}, got {len(inner):,} and {inner.shape[1]:,}", EXPECTED)
    check_shape(path, f"weight_ih_l{number}", inputs.shape, (len(inner), inputs.shape[1]))
    biases = [parts.cells.get((number, f"bias_{kind}"), torch.zeros(len(inner))) for kind in ("ih", "hh")]
    for bias in biases:
        check_shape(path, f"a bias of layer {number}", bias.shape, (len(inner),))
    return Cells(inputs, inner, *biases)
