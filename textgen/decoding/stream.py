"""Writing: B streams of one model step together, each with its own settings and seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.stages import softmax
from textgen.nets.base import LanguageModel
from textgen.records import Floats, Ints, Step
from textgen.settings import DecodeSettings

ALTERNATIVES = 5
NO_TOKEN = -1


@dataclass(frozen=True, slots=True)
class Stream:
    """One text being written."""

    settings: DecodeSettings
    seed: int
    context: tuple[int, ...]  # (T,) ids read before the first new token, T ≥ 1
    start: int = 0  # number of the first step: how many tokens of the context this seed already wrote


@dataclass(slots=True)
class Writer:
    """The state of one stream between two steps."""

    stream: Stream
    noise: GumbelNoise
    pipeline: Pipeline = field(init=False)
    history: list[int] = field(init=False)
    ended: bool = False

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(self.stream.settings)
        self.history = list(self.stream.context)

    def pick(self, logits: Floats, step: int) -> tuple[int, float]:
        """Raw logits (V,) → the token of this step and its probability under the settings."""
        staged = self.pipeline(logits, self.history)
        token = int(pick(staged, self.noise.at(self.stream.start + step)))
        self.history.append(token)
        return token, float(softmax(staged)[token])


def generate(
    net: LanguageModel, streams: Sequence[Stream], length: int, stops: frozenset[int] = frozenset()
) -> Iterator[Step]:
    """Yield one Step for each of `length` tokens, all streams in one batch.

    The contexts must be of one length T ≥ 1. A stream that picked an id of `stops` has ended: its
    later ids are `NO_TOKEN`. The iterator ends early when every stream has ended.
    """
    shared: dict[int, GumbelNoise] = {}
    writers = [Writer(s, shared.setdefault(s.seed, GumbelNoise(s.seed, net.vocab_size))) for s in streams]
    logits, state = read(net, [s.context for s in streams])
    for index in range(length):
        step = take_step(index, logits, writers, stops)
        yield step
        if all(writer.ended for writer in writers):
            return
        with torch.inference_mode():
            out, state = net.step(torch.from_numpy(np.maximum(step.ids, 0)), state)
        logits = out.double().numpy()


def read(net: LanguageModel, contexts: Sequence[Sequence[int]]) -> tuple[Floats, object]:
    """Prefill equal-length contexts; equal ones are read once. → logits (B, V), state of B streams."""
    distinct = list(dict.fromkeys(map(tuple, contexts)))
    rows = torch.tensor([distinct.index(tuple(context)) for context in contexts])
    with torch.inference_mode():
        logits, state = net.prefill(torch.tensor(distinct, dtype=torch.long))
        return logits[rows].double().numpy(), net.select(state, rows)


def take_step(index: int, logits: Floats, writers: Sequence[Writer], stops: frozenset[int]) -> Step:
    """Pick one token for every stream that has not ended; logits (B, V)."""
    ids = np.full(len(writers), NO_TOKEN, dtype=np.int64)
    decoded = np.ones(len(writers))
    for row, writer in enumerate(writers):
        if not writer.ended:
            ids[row], decoded[row] = writer.pick(logits[row], index)
            writer.ended = int(ids[row]) in stops
    return describe(index, ids, decoded, logits)


def describe(index: int, ids: Ints, decoded: Floats, logits: Floats) -> Step:
    """What the model as learned thought of each pick: probability, rank, likeliest alternatives."""
    learned = softmax(logits)
    picked = np.take_along_axis(learned, np.maximum(ids, 0)[:, None], axis=1)
    best = np.argsort(-learned, axis=1, kind="stable")[:, :ALTERNATIVES]
    return Step(
        index=index,
        ids=ids,
        probabilities=picked[:, 0],
        decoded=decoded,
        ranks=(learned > picked).sum(axis=1) + 1,
        top_ids=best,
        top_probabilities=np.take_along_axis(learned, best, axis=1),
    )
