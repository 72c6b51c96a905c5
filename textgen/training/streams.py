"""Which tokens a training step reads: a pure function of (seed, step), so that any step can be resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textgen.training.recipe import BatchRecipe


class Chunk(NamedTuple):
    """One step's work."""

    inputs: Tensor  # (B, T) ids
    targets: Tensor  # (B, T) ids, one token further
    fresh: bool  # whether the streams start from the zero state here


@dataclass(frozen=True, slots=True)
class Plan:
    """How a text is cut: `streams` readers, spread evenly, each take `chunks` × `length` tokens a pass."""

    streams: int
    length: int
    chunks: int
    room: int  # how far the first token of a pass may be shifted

    @classmethod
    def of(cls, tokens: int, recipe: BatchRecipe) -> Plan:
        """Cut `tokens` ≥ 2 tokens; a text too short for the recipe gets fewer or shorter streams."""
        last = tokens - 1  # the last token is a target only
        length = min(recipe.length, last)
        streams = max(1, min(recipe.streams, last // length))
        chunks = max(1, (last - length) // (streams * length))
        return cls(streams, length, chunks, max(1, min(length, last - streams * length * chunks)))


class TokenStreams:
    """The steps of a training run over a stream of ids (N,).

    Each pass over the text begins at a random shift, so that the cuts between steps fall elsewhere.
    """

    def __init__(self, ids: NDArray[np.uint16], recipe: BatchRecipe, seed: int) -> None:
        self.ids, self.reset, self.seed = ids, recipe.reset, seed
        self.plan = Plan.of(len(ids), recipe)

    def chunk(self, step: int, rank: int = 0, world: int = 1) -> Chunk:
        """The work of one step, or every `world`-th of its streams, beginning with the `rank`-th."""
        plan = self.plan
        number, position = divmod(step, plan.chunks)
        shift = int(np.random.default_rng((self.seed, 0, number)).integers(plan.room))
        stride = (len(self.ids) - 1 - shift) // plan.streams
        starts = shift + position * plan.length + stride * np.arange(rank, plan.streams, world)
        cut = torch.from_numpy(np.stack([self.ids[s : s + plan.length + 1] for s in starts]).astype(np.int64))
        return Chunk(cut[:, :-1], cut[:, 1:], position == 0 or self.resets(step))

    def resets(self, step: int) -> bool:
        return float(np.random.default_rng((self.seed, 1, step)).random()) < self.reset

    @property
    def tokens_per_step(self) -> int:
        return self.plan.streams * self.plan.length


@dataclass(frozen=True, slots=True)
class StepLoader:
    """The steps from `start` to the end of the run, for one of `world` processes."""

    streams: TokenStreams
    start: int
    steps: int  # of the whole run
    rank: int = 0
    world: int = 1

    def __iter__(self) -> Iterator[Chunk]:
        for step in range(self.start, self.steps):
            yield self.streams.chunk(step, self.rank, self.world)

    def __len__(self) -> int:
        return self.steps
