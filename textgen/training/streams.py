"""The batches of training. What a step reads is a pure function of (seed, step), so any step can resume."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from textgen.errors import TextError
from textgen.training.corpus import Part
from textgen.training.recipe import BatchRecipe, Recipe

NO_TARGET = -100  # what cross-entropy leaves out


class Chunk(NamedTuple):
    """One step's work."""

    inputs: Tensor  # (B, T) ids
    targets: Tensor  # (B, T) ids, one token further; (B,) where only the token after the last counts
    fresh: bool  # whether the streams start from the zero state here


class Batches(Protocol):
    """The steps of a training run."""

    tokens_per_step: int  # predicted

    def chunk(self, step: int, rank: int = 0, world: int = 1) -> Chunk:
        """The work of one step, or every `world`-th of its rows, beginning with the `rank`-th."""
        ...


def make_batches(part: Part, recipe: Recipe, bos: int | None) -> Batches:
    """The steps that a recipe asks for. Raises TextError for a text too short for its windows."""
    if recipe.batches.kind == "lines":
        return Lines(part.documents(bos), recipe.batches, recipe.seed)
    if recipe.batches.kind == "windows":
        return Windows(part.ids, recipe.batches, recipe.seed)
    return TokenStreams(part.ids, recipe.batches, recipe.seed)


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
        self.tokens_per_step = self.plan.streams * self.plan.length

    def chunk(self, step: int, rank: int = 0, world: int = 1) -> Chunk:
        plan = self.plan
        number, position = divmod(step, plan.chunks)
        shift = int(np.random.default_rng((self.seed, 0, number)).integers(plan.room))
        stride = (len(self.ids) - 1 - shift) // plan.streams
        starts = shift + position * plan.length + stride * np.arange(rank, plan.streams, world)
        cut = torch.from_numpy(np.stack([self.ids[s : s + plan.length + 1] for s in starts]).astype(np.int64))
        return Chunk(cut[:, :-1], cut[:, 1:], position == 0 or self.resets(step))

    def resets(self, step: int) -> bool:
        return float(np.random.default_rng((self.seed, 1, step)).random()) < self.reset


class Shuffled:
    """Numbers below `count`, `size` at a time; each pass in another order that the seed decides."""

    def __init__(self, count: int, size: int, seed: int) -> None:
        self.count, self.size, self.seed = count, min(size, count), seed
        self._order: tuple[int, NDArray[np.int64]] | None = None

    def rows(self, step: int) -> NDArray[np.int64]:
        """(size,) the numbers of one step; what does not fill a step at the end of a pass is left out."""
        number, position = divmod(step, self.count // self.size)
        if self._order is None or self._order[0] != number:
            self._order = number, np.random.default_rng((self.seed, 0, number)).permutation(self.count)
        return self._order[1][position * self.size : (position + 1) * self.size]


class Windows:
    """Windows of a stream of ids (N,) in random order, and the token after each."""

    def __init__(self, ids: NDArray[np.uint16], recipe: BatchRecipe, seed: int) -> None:
        if len(ids) <= recipe.length:
            raise TextError(
                f"a text to learn from must have more than {recipe.length} tokens, as many as a window, "
                f"got {len(ids)}; give a longer one or a shorter batches.length"
            )
        self.ids, self.recipe = ids, recipe
        self.shuffled = Shuffled((len(ids) - recipe.length - 1) // recipe.stride + 1, recipe.streams, seed)
        self.tokens_per_step = self.shuffled.size

    def chunk(self, step: int, rank: int = 0, world: int = 1) -> Chunk:
        starts = self.shuffled.rows(step)[rank::world] * self.recipe.stride
        places = starts[:, None] + np.arange(self.recipe.length + 1)
        cut = torch.from_numpy(self.ids[places].astype(np.int64))
        return Chunk(cut[:, :-1], cut[:, -1], True)


class Lines:
    """Whole documents in random order, each from BOS to BOS; shorter ones are filled up."""

    def __init__(self, documents: Sequence[NDArray[np.uint16]], recipe: BatchRecipe, seed: int) -> None:
        self.documents, self.length = documents, recipe.length
        self.shuffled = Shuffled(len(documents), recipe.streams, seed)
        mean = np.mean([min(len(document) - 1, recipe.length) for document in documents])
        self.tokens_per_step = round(self.shuffled.size * float(mean))

    def chunk(self, step: int, rank: int = 0, world: int = 1) -> Chunk:
        chosen = [self.documents[row][: self.length + 1] for row in self.shuffled.rows(step)[rank::world]]
        width = max(map(len, chosen))
        filled = torch.full((len(chosen), width), NO_TARGET)
        for row, document in zip(filled, chosen, strict=True):
            row[: len(document)] = torch.from_numpy(document.astype(np.int64))
        return Chunk(filled[:, :-1].clamp(min=0), filled[:, 1:], True)


@dataclass(frozen=True, slots=True)
class StepLoader:
    """The steps from `start` to the end of the run, for one of `world` processes."""

    batches: Batches
    start: int
    steps: int  # of the whole run
    rank: int = 0
    world: int = 1

    def __iter__(self) -> Iterator[Chunk]:
        for step in range(self.start, self.steps):
            yield self.batches.chunk(step, self.rank, self.world)

    def __len__(self) -> int:
        return self.steps
