"""States of several batches as one, where they are alike: so texts join others between two steps."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import torch

from textgen.nets.base import State


def alike(state: State) -> Hashable:
    """Equal for two states of one net, as `prefill` and `step` give them, that `joined` can make into one.

    Those are nested tuples of arrays (B, …), the streams first; anything else is like nothing but itself.
    """
    if isinstance(state, tuple):
        return type(state), tuple(alike(part) for part in state)
    if isinstance(state, torch.Tensor | np.ndarray):
        return type(state), tuple(state.shape[1:])
    return id(state)


def joined(states: Sequence[State]) -> State:
    """States that are alike, of B₁, B₂, … streams → one of B₁ + B₂ + … streams, in their order."""
    first = states[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(list(states))
    if isinstance(first, np.ndarray):
        return np.concatenate(states)
    parts: list[Any] = [joined(part) for part in zip(*states, strict=True)]
    return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
