"""Logits to try everything on: random ones of every scale, and those that break naive code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from textgen.records import Floats

Maker = Callable[[np.random.Generator, int], Floats]


def some_removed(rng: np.random.Generator, size: int) -> Floats:
    """As an earlier stage may leave them: −inf already there, at least one token not."""
    logits = rng.normal(0, 3, size)
    logits[rng.random(size) < 0.5] = -np.inf
    logits[rng.integers(size)] = 0.5
    return logits


def one_giant(rng: np.random.Generator, size: int) -> Floats:
    logits = rng.normal(0, 1, size)
    logits[rng.integers(size)] = 80.0
    return logits


MAKERS: dict[str, Maker] = {
    "flat": lambda rng, size: rng.normal(0, 0.1, size),
    "like a model's": lambda rng, size: rng.normal(-4, 3, size),
    "peaked": lambda rng, size: rng.normal(0, 20, size),
    "from -80 to 80": lambda rng, size: rng.uniform(-80, 80, size),
    "nothing but -80 and 80": lambda rng, size: rng.choice([-80.0, 80.0], size),
    "many ties": lambda rng, size: rng.integers(-2, 3, size).astype(np.float64),
    "all equal": lambda rng, size: np.full(size, rng.normal()),
    "some removed": some_removed,
    "one giant": one_giant,
    "negative": lambda rng, size: -np.exp(rng.normal(0, 2, size)),
}


def cases(count: int, seed: int = 0, smallest: int = 2) -> Iterator[Floats]:
    """`count` logits vectors over 2 to 200 tokens, every kind in turn."""
    rng = np.random.default_rng(seed)
    makers = list(MAKERS.values())
    for index in range(count):
        yield makers[index % len(makers)](rng, int(rng.integers(smallest, 201)))


def without_ties(count: int, seed: int = 0) -> Iterator[Floats]:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield rng.normal(0, rng.choice([0.5, 3.0, 20.0]), int(rng.integers(2, 201)))
