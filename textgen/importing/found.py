"""What an importer finds in a checkpoint, and how it says that there is nothing of ours in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from textgen.errors import ModelError, shorten
from textgen.text.tokenizer import TextTokenizer

MAX_BYTES = 4_000_000_000  # of weights: more are refused before one is read
MAX_ONE_HOT = 20_000  # tokens of a net without an embedding
GATES = {1: "rnn", 3: "gru", 4: "lstm"}  # by how many rows a cell has for each hidden number
NAMED = 5  # names in a sentence


@dataclass(frozen=True, slots=True)
class Found:
    """A net of ours, its weights, and what the checkpoint says of its vocabulary."""

    kind: str  # "a Keras model"
    architecture: str
    sizes: Mapping[str, Any]
    weights: Mapping[str, Tensor]  # as the net's own state dict
    tokens: tuple[str, ...] | None = None  # by id; None where the checkpoint does not name them
    tokenizer: TextTokenizer | None = None  # where it brings one
    notes: tuple[str, ...] = ()
    bos: str | None = None  # the token at which its texts begin
    stops: tuple[str, ...] = ()  # the tokens at which they end
    start: str | None = None  # what stands for an empty context

    @property
    def vocab_size(self) -> int:
        return self.sizes["vocab_size"]


@dataclass(frozen=True, slots=True)
class Cells:
    """A layer of recurrent cells as PyTorch lays them out: G gates, H hidden numbers, I inputs."""

    inputs: Tensor  # (G·H, I)
    recurrent: Tensor  # (G·H, H)
    input_bias: Tensor  # (G·H,)
    recurrent_bias: Tensor  # (G·H,)


def recurrent(
    kind: str, layers: Sequence[Cells], embedding: Tensor | None, head: Tensor, bias: Tensor
) -> Found:
    """A stack of cells between a table of vectors (V, E), None for one-hot tokens, and a head (V, H)."""
    vocab_size, hidden = head.shape
    if embedding is None and vocab_size > MAX_ONE_HOT:
        raise ModelError(
            f"a net without an embedding must have at most {MAX_ONE_HOT:,} tokens, got {vocab_size:,}; its "
            "tokens would be vectors of as many numbers each"
        )
    table = torch.eye(vocab_size) if embedding is None else embedding
    architecture = GATES[len(layers[0].inputs) // hidden]
    sizes = {"vocab_size": vocab_size, "embedding": table.shape[1], "hidden": hidden, "layers": len(layers)}
    weights = {"embedding.weight": table, "head.weight": head, "head.bias": bias}
    for number, cells in enumerate(layers):
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        values = (cells.inputs, cells.recurrent, cells.input_bias, cells.recurrent_bias)
        weights |= {
            f"{architecture}.{name}_l{number}": value for name, value in zip(names, values, strict=True)
        }
    return Found(kind, architecture, sizes, weights)


def refused(path: Path, reason: str, hint: str) -> ModelError:
    """The error for a checkpoint that cannot be imported: what is wrong, and the way out."""
    return ModelError(f"{shorten(path.name)} cannot be imported: {reason}; {hint}")


def listed(names: Sequence[str]) -> str:
    """Some names in a sentence."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(shorten(name) for name in names[:NAMED]) + more


def check_shape(path: Path, name: str, shape: Sequence[int], wanted: Sequence[int]) -> None:
    """Raises ModelError for a tensor of another shape than its neighbours ask for."""
    if tuple(shape) != tuple(wanted):
        got, asked = (" × ".join(map(str, sizes)) or "one number" for sizes in (shape, wanted))
        raise refused(path, f"{shorten(name)} must be {asked}, got {got}", "its layers do not fit each other")
