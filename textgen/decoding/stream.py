"""Writing: B streams of one model step together, each with its own settings and seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from textgen.decoding.picking import CommonNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.reading import NOTHING, Read, pieces_of, result_of
from textgen.history import History
from textgen.nets.base import LanguageModel, State
from textgen.records import Floats, Ints, Step
from textgen.settings import DecodeSettings
from textgen.stages import softmax

ALTERNATIVES = 5
NO_TOKEN = -1
# Below so many numbers sorting them all is the cheapest way to the first few.
SORT_ALL = 1024


@dataclass(frozen=True, slots=True)
class Stream:
    """One text being written."""

    settings: DecodeSettings
    seed: int
    context: tuple[int, ...]  # (T,) ids read before the first new token, T ≥ 1
    start: int = 0  # number of the first step: how many tokens of the context this seed already wrote


@dataclass(frozen=True, slots=True)
class Picked:
    """What one step of B streams picked, and from what."""

    index: int  # the step's number, from 0 at the first generated token
    ids: Ints  # (B,) NO_TOKEN for a stream that has ended
    logits: Floats  # (B, V) raw, as the model gave them
    staged: Floats  # (B, V) after each stream's stages; removed = −inf


class StageGroup:
    """The streams of a batch whose stages one call applies: alike but for their temperatures."""

    def __init__(
        self, rows: Sequence[int], settings: Sequence[DecodeSettings], contexts: Sequence[Sequence[int]]
    ) -> None:
        """rows: numbers of streams in the batch; settings and contexts: those of the whole batch."""
        self.pipeline = pipeline_of([settings[row] for row in rows])
        self.rows = rows[0] if len(rows) == 1 else np.array(rows)
        read = [contexts[row] for row in rows] if self.pipeline.reads_history else []
        self.histories = tuple(History.of(context) for context in read)

    def __call__(self, logits: Floats) -> Floats:
        """Raw logits of the batch (B, V) → those of these rows after all stages."""
        return self.pipeline.each(logits[self.rows], self.histories)

    def note(self, ids: Ints, staged: Floats) -> None:
        """Add what was picked to the texts, if any stage reads them: ids (B,) from logits (B, V)."""
        if len(self.histories) == 1:
            row = int(np.ravel(self.rows)[0])
            self.pipeline.write(self.histories[0], int(ids[row]), staged[row])
        elif self.histories:
            picked = zip(self.histories, ids[self.rows].tolist(), staged[self.rows], strict=True)
            for history, token, logits in picked:
                self.pipeline.write(history, token, logits)


def read_by_stages(net: LanguageModel, stream: Stream, stops: frozenset[int]) -> Sequence[int]:
    """The context of a stream: as one that grows if any stage looks at the text, with what those ask of it.

    That is how many of its tokens were written, what ends a text, and for some how surprising they were.
    """
    *_, context = reading_by_stages(net, stream, stops)
    return context


def reading_by_stages(net: LanguageModel, stream: Stream, stops: frozenset[int]) -> Iterator[Sequence[int]]:
    """The same for somebody who has other things to do: NOTHING after each piece but the last."""
    begun, pipeline = max(1, len(stream.context) - stream.start), Pipeline(stream.settings)
    if not pipeline.reads_history:
        yield stream.context
    elif not pipeline.reads_surprisal or begun == len(stream.context):
        yield History(stream.context, written=stream.start, stops=stops)
    else:
        context, written = stream.context[:begun], stream.context[begun:]
        history = History(context, stops=stops)
        tokens = iter(written)
        for logits in read_again(net, context, written[:-1]):
            if logits is not NOTHING:
                lived(pipeline, history, [next(tokens)], [logits])
            yield NOTHING
        yield history


def lived(pipeline: Pipeline, history: History, ids: Sequence[int], logits: Sequence[Floats]) -> History:
    """A text with n more tokens, each written by the stages from its raw logits (V,)."""
    for token, raw in zip(ids, logits, strict=True):
        pipeline.write(history, token, pipeline.each(raw, [history]))
    return history


def read_again(net: LanguageModel, context: Sequence[int], ids: Sequence[int]) -> Iterator[Floats]:
    """Raw logits (V,) after a context, then after each token that the net wrote, read as it wrote them.

    NOTHING while the context is read.
    """
    logits, state = (yield from result_of(pieces_of(net, [context]))).in_double()
    yield logits[0]
    for token in ids:
        logits, state = advance(net, np.array([token]), state)
        yield logits[0]


def pipeline_of(settings: Sequence[DecodeSettings]) -> Pipeline:
    """The stages of B rows whose settings differ in nothing but temperatures above 0."""
    temperatures = {chosen.temperature for chosen in settings}
    if len(temperatures) == 1:
        return Pipeline(settings[0])
    return Pipeline(settings[0], np.array([[chosen.temperature] for chosen in settings]))


def shared_stages(settings: DecodeSettings) -> DecodeSettings:
    """What settings have in common that puts them into one group: all but a temperature above 0."""
    return settings if settings.temperature == 0 else settings.at(1.0)


def stage_groups(settings: Sequence[DecodeSettings], contexts: Sequence[Sequence[int]]) -> list[StageGroup]:
    """Sort B streams into groups of the same stages; a context that is a History grows as they write."""
    groups: dict[DecodeSettings, list[int]] = {}
    for row, chosen in enumerate(settings):
        groups.setdefault(shared_stages(chosen), []).append(row)
    return [StageGroup(rows, settings, contexts) for rows in groups.values()]


class BatchStages:
    """The stages of B streams, each under its own settings."""

    def __init__(self, settings: Sequence[DecodeSettings], contexts: Sequence[Sequence[int]]) -> None:
        """contexts: one a stream; one that is a History grows as the stream writes."""
        self.groups = stage_groups(settings, contexts)
        self.plain = all(not group.pipeline.stages for group in self.groups)

    def __call__(self, logits: Floats) -> Floats:
        """Raw logits (B, V) → (B, V) after each stream's stages."""
        if self.plain:
            return logits
        if len(self.groups) == 1:
            return self.groups[0](logits).reshape(logits.shape)
        staged = np.empty_like(logits)
        for group in self.groups:
            staged[group.rows] = group(logits)
        return staged

    def note(self, ids: Ints, staged: Floats) -> None:
        """Add what was picked to the texts: ids (B,) from logits (B, V)."""
        for group in self.groups:
            group.note(ids, staged)


class Writer:
    """B streams between two steps."""

    def __init__(self, net: LanguageModel, streams: Sequence[Stream], stops: frozenset[int]) -> None:
        self.noise = CommonNoise([(s.seed, s.start) for s in streams], net.vocab_size)
        contexts = [read_by_stages(net, stream, stops) for stream in streams]
        self.stages = BatchStages([stream.settings for stream in streams], contexts)
        self.stops = np.array(sorted(stops), dtype=np.int64)
        self.ended = np.zeros(len(streams), dtype=np.bool_)

    def take_step(self, index: int, logits: Floats) -> Picked:
        """Pick one token for every stream that has not ended; raw logits (B, V)."""
        staged = self.stages(logits)
        ids = pick(staged, self.noise.at(index))
        self.stages.note(ids, staged)
        if len(self.stops):
            ids = np.where(self.ended, NO_TOKEN, ids)
            self.ended |= np.isin(ids, self.stops)
        return Picked(index, ids, logits, staged)


def generate(
    net: LanguageModel, streams: Sequence[Stream], length: int, stops: frozenset[int] = frozenset()
) -> Iterator[Step]:
    """Yield one Step for each of `length` tokens, all streams in one batch.

    The contexts must be of one length T ≥ 1. A stream that picked an id of `stops` has ended: its
    later ids are `NO_TOKEN`. The iterator ends early when every stream has ended.
    """
    return map(step_of, picks(net, streams, length, stops))


def picks(
    net: LanguageModel,
    streams: Sequence[Stream],
    length: int,
    stops: frozenset[int] = frozenset(),
    known: Read | None = None,
) -> Iterator[Picked]:
    """What `generate` describes, for those who look at something else of it.

    `known`: the contexts of all streams, if they have been read.
    """
    writer = Writer(net, streams, stops)
    logits, state = known.in_double() if known else read(net, [s.context for s in streams])
    for index in range(length):
        picked = writer.take_step(index, logits)
        yield picked
        if writer.ended.all() or index == length - 1:
            return
        logits, state = advance(net, np.maximum(picked.ids, 0), state)


def read(net: LanguageModel, contexts: Sequence[Sequence[int]]) -> tuple[Floats, State]:
    """Prefill equal-length contexts; equal ones are read once. → logits (B, V), state of B streams."""
    distinct, rows = distinct_rows(contexts)
    with torch.inference_mode():
        logits, state = net.prefill(torch.tensor(distinct, dtype=torch.long))
        return logits[rows].double().numpy(), net.select(state, rows)


def distinct_rows(contexts: Sequence[Sequence[int]]) -> tuple[list[tuple[int, ...]], torch.Tensor]:
    """B contexts → those that differ, and which of them each is, (B,)."""
    numbers: dict[tuple[int, ...], int] = {}
    rows = [numbers.setdefault(tuple(context), len(numbers)) for context in contexts]
    return list(numbers), torch.tensor(rows)


def advance(net: LanguageModel, ids: Ints, state: State) -> tuple[Floats, State]:
    """One token further: ids (B,), state → logits (B, V) float64, state."""
    with torch.inference_mode():
        logits, state = net.step(torch.from_numpy(ids), state)
        return logits.numpy().astype(np.float64), state


def step_of(picked: Picked) -> Step:
    """A step as the model as learned sees it; a stream that has ended: id −1, p = 1."""
    decoded = probability_of(picked.ids, picked.staged)
    ended = picked.ids == NO_TOKEN
    if ended.any():
        decoded = np.where(ended, 1.0, decoded)
    return describe(picked.index, picked.ids, decoded, picked.logits)


def describe(index: int, ids: Ints, decoded: Floats, logits: Floats) -> Step:
    """What the model as learned thought of each pick: probability, rank, likeliest alternatives.

    ids (B,), their probabilities under the settings (B,), raw logits (B, V).
    """
    learned = softmax(logits)
    rows = np.arange(len(ids))[:, None]
    picked = learned[rows, np.maximum(ids, 0)[:, None]]  # (B, 1)
    best = likeliest(learned, ALTERNATIVES)
    return Step(
        index=index,
        ids=ids,
        probabilities=picked[:, 0],
        decoded=decoded,
        ranks=np.add.reduce(learned > picked, axis=1) + 1,
        top_ids=best,
        top_probabilities=learned[rows, best],
    )


def part(step: Step, rows: Ints | slice) -> Step:
    """Some streams of a step: B' rows of its B."""
    return Step(
        index=step.index,
        ids=step.ids[rows],
        probabilities=step.probabilities[rows],
        decoded=step.decoded[rows],
        ranks=step.ranks[rows],
        top_ids=step.top_ids[rows],
        top_probabilities=step.top_probabilities[rows],
    )


def likeliest(values: Floats, n: int) -> Ints:
    """(B, V) → (B, n) ids of the largest values, largest first, the lowest id first on ties."""
    if values.shape[-1] <= SORT_ALL:
        return (-values).argsort(axis=1, kind="stable")[:, :n]
    rest, best = values.copy(), []
    for _ in range(min(n, values.shape[-1])):
        best.append(rest.argmax(axis=1))
        rest[np.arange(len(rest)), best[-1]] = -np.inf
    return np.stack(best, axis=1)


def probability_of(ids: Ints, logits: Floats) -> Floats:
    """ids (B,), logits (B, V) → the probability of each row's id, (B,)."""
    return softmax(logits)[np.arange(len(ids)), ids]
