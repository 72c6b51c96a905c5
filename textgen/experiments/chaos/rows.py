"""Temperature chaos: how small changes of T change a text, all randomness equal.

One seed writes the same prompt on at every temperature of a fine grid. Where a text differs from the one
above it, one token was picked instead of another; from there on they read different contexts, and
nothing brings them together again. `flips.flips_above` finds the temperature at which that token flips.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from textgen.decoding.reading import NOTHING
from textgen.decoding.scheduler import read_all
from textgen.decoding.stream import NO_TOKEN, Stream, picks
from textgen.experiments.chaos.settings import BATCH, ChaosSettings, grid
from textgen.models.folder import Model
from textgen.records import Displayed, Ints
from textgen.text.context import read_context

__all__ = ["Chaos", "ChaosSettings", "Progress", "chaos", "divergence", "grid", "writing", "written"]


@dataclass(frozen=True, slots=True)
class Chaos(Displayed):
    """R texts of one seed, one a temperature."""

    model: str
    prompt: str
    settings: ChaosSettings
    ids: Ints  # (R, N) tokens, NO_TOKEN after a text's end
    texts: tuple[str, ...]  # (R,) the continuations
    # (R,) first step at which a row differs from the one above; None: nowhere
    divergences: tuple[int | None, ...]

    def to_json(self) -> dict[str, Any]:
        """The texts, and the first step at which each differs from the one above; null: nowhere."""
        return {
            "divergences": list(self.divergences),
            "texts": list(self.texts),
            "ids": [[int(token) for token in row if token != NO_TOKEN] for row in self.ids],
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the writing is."""

    done: int  # tokens
    total: int
    chaos: Chaos | None = None  # once all is written


def chaos(model: Model, prompt: str, settings: ChaosSettings) -> Chaos:
    """Write the texts. Raises TextError for a prompt that cannot be read."""
    *_, last = writing(model, prompt, settings)
    assert last.chaos is not None
    return last.chaos


def writing(model: Model, prompt: str, settings: ChaosSettings) -> Iterator[Progress]:
    """The same, telling after each token how far it is; the last one holds the texts."""
    return model.stepper.pieces(progress(model, prompt, settings))


def progress(model: Model, prompt: str, settings: ChaosSettings) -> Iterator[Progress]:
    """What `writing` gives; NOTHING while the prompt is read."""
    blocks: list[Ints] = []
    rows, length = len(settings.temperatures), settings.length
    for batch in batches(settings):
        steps: list[Ints] = []
        for ids in columns(model, prompt, settings, batch):
            if ids is NOTHING:
                yield NOTHING
                continue
            steps.append(ids)
            yield Progress(sum(map(len, blocks)) * length + len(batch) * len(steps), rows * length)
        blocks.append(filled(steps, length))
    yield Progress(rows * length, rows * length, assembled(model, prompt, settings, np.concatenate(blocks)))


def assembled(model: Model, prompt: str, settings: ChaosSettings, ids: Ints) -> Chaos:
    """The record of tokens (R, N)."""
    texts = tuple(model.text(row.tolist(), prompt) for row in ids)
    above = [None, *(divergence(first, second) for first, second in pairwise(ids))]
    return Chaos(model.name, prompt, settings, ids, texts, tuple(above))


def batches(settings: ChaosSettings) -> Iterator[Sequence[float]]:
    for start in range(0, len(settings.temperatures), BATCH):
        yield settings.temperatures[start : start + BATCH]


def written(model: Model, prompt: str, settings: ChaosSettings, temperatures: Sequence[float]) -> Ints:
    """(B, N) tokens at some of the temperatures."""
    steps = model.stepper.pieces(columns(model, prompt, settings, temperatures))
    return filled(list(steps), settings.length)


def columns(
    model: Model, prompt: str, settings: ChaosSettings, temperatures: Sequence[float]
) -> Iterator[Ints]:
    """The tokens (B,) of each step; fewer steps than asked for where all texts have ended.

    NOTHING while the prompt is read.
    """
    context = read_context(model, prompt).ids
    decode = model.by_ids(settings.decode)
    streams = [Stream(decode.at(t), settings.seed, context) for t in temperatures]
    read = yield from read_all(model.reader, [context] * len(streams))
    for picked in picks(model.writer, streams, settings.length, model.stops, read):
        yield picked.ids


def filled(steps: Sequence[Ints], length: int) -> Ints:
    """Steps (n,) of tokens (B,) → (B, length), NO_TOKEN after the last one."""
    ids = np.full((len(steps[0]), length), NO_TOKEN)
    ids[:, : len(steps)] = np.stack(steps, axis=1)
    return ids


def divergence(first: Ints, second: Ints) -> int | None:
    """The first step at which two texts (N,) differ; None where they are the same."""
    different = np.flatnonzero(first != second)
    return int(different[0]) if len(different) else None
