"""Writing for the page: steps, collected in time, packed small.

A message holds the lines that are new.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import numpy as np
import torch

from textgen.decoding import beam, stream
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.reading import Read
from textgen.decoding.scheduler import read_all
from textgen.experiments.texts import picked_step, write
from textgen.history import History
from textgen.nets.base import LanguageModel, State, ids_tensor
from textgen.records import BeamStep, Floats, Step
from textgen.settings import BeamSettings, DecodeSettings
from textgen.text.context import read_context
from textgen.ui.generate.runs import Run, phases

EVERY = 0.05  # seconds between two messages
SHORT = 65_535  # the largest uint16
DEADLINE = 180.0  # seconds that one request may write

Written = tuple[tuple[int, ...], Step | None]  # which texts, and their step; None: nothing yet
Held = tuple[tuple[int, ...], list[Step]]  # which texts, and their steps so far
Clock = Callable[[], float]  # seconds, from any start


@dataclass(frozen=True, slots=True)
class Batch:
    """What some of the texts wrote in one stretch of time."""

    rows: tuple[int, ...]  # (B,) which texts
    steps: tuple[Step, ...]  # (n,) each of B tokens
    seconds: float  # since the run began to write

    def line(self) -> str:
        """One line of JSON: rows, n, seconds, and two arrays as base64 of little-endian numbers.

        `reals` is float32 (n, B, 2): probability under the settings, surprise in bits. `whole` is
        uint16, or uint32 where `wide`, (n, B, 2 + 2A): id, rank, the A likeliest ids, their
        probabilities in 65,535ths.
        """
        counts = whole_numbers(self.steps)
        wide = bool(counts.max() > SHORT)
        fields = {
            "rows": self.rows,
            "n": len(self.steps),
            "at": round(self.seconds, 3),
            "wide": wide,
            "reals": base64_of(real_numbers(self.steps).astype("<f4")),
            "whole": base64_of(counts.astype("<u4" if wide else "<u2")),
        }
        return json.dumps(fields) + "\n"


def real_numbers(steps: Sequence[Step]) -> np.ndarray:
    """(n, B, 2): probability under the settings, surprise in bits."""
    return np.stack([np.column_stack((step.decoded, step.surprisal)) for step in steps])


def whole_numbers(steps: Sequence[Step]) -> np.ndarray:
    """(n, B, 2 + 2A): id, rank, the likeliest ids, their probabilities in 65,535ths."""
    shares = [np.rint(step.top_probabilities * SHORT).astype(np.int64) for step in steps]
    return np.stack(
        [
            np.column_stack((step.ids, step.ranks, step.top_ids, share))
            for step, share in zip(steps, shares, strict=True)
        ]
    )


def base64_of(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def messages(run: Run, clock: Clock) -> Iterator[dict[str, Any]]:
    """`lines`, a batch each; `done`, "" while writing, at last "length" or "deadline"."""
    done, started = "length", clock()
    for batches in collected(steps_of(run), clock):
        yield {"lines": "".join(batch.line() for batch in batches), "done": ""}
        if clock() - started > DEADLINE:
            done = "deadline"
            break
    yield {"lines": "", "done": done}


def collected(steps: Iterator[Written], clock: Clock) -> Iterator[list[Batch]]:
    """Steps as batches, one for each set of texts, every twentieth of a second; the first comes at once.

    None may be ready; it yields all the same, since only there it can be stopped.
    """
    started = due = clock()
    held: list[Held] = []
    for rows, step in steps:
        if step is not None:
            hold(held, rows, step)
        if clock() >= due:
            yield batched(held, clock() - started)
            held, due = [], clock() + EVERY
    yield batched(held, clock() - started)


def hold(held: list[Held], rows: tuple[int, ...], step: Step) -> None:
    """Add a step to those of the same texts, unless one of the texts has taken another one since."""
    for others, steps in reversed(held):
        if others == rows:
            steps.append(step)
            return
        if not set(others).isdisjoint(rows):
            break
    held.append((rows, [step]))


def batched(held: list[Held], seconds: float) -> list[Batch]:
    return [Batch(rows, tuple(steps), seconds) for rows, steps in held]


def steps_of(run: Run) -> Iterator[Written]:
    """Every step of a run, with the texts that take it; tokens chosen by hand come first.

    A text that has ended takes none. Everything is checked before the first step. Raises SettingError
    and TextError.
    """
    prompt = read_context(run.model, run.prompt).ids
    written = [[*text.ids] for text in run.texts]
    for row, text in enumerate(run.texts):
        if text.pick is not None:
            settings, context = text.strategy.settings, (*prompt, *text.ids)
            step = picked_step(run.model, context, settings, text.pick, len(text.ids))
            yield (row,), step
            written[row].append(text.pick)
    going = [row for row, ids in enumerate(written) if len(ids) < run.goal and not run.model.ended(ids)]
    drawn = [row for row in going if not run.texts[row].strategy.beams]
    searched = [row for row in going if run.texts[row].strategy.beams]
    contexts = {row: (*prompt, *written[row]) for row in searched}
    writers = [
        run.model.stepper.pieces(
            search_steps(run, row, contexts[row], run.goal - len(written[row]), len(prompt))
        )
        for row in searched
    ]
    yield from in_turn([stream_steps(run, drawn, written, prompt), *writers])


def stream_steps(
    run: Run, drawn: Sequence[int], written: Sequence[list[int]], prompt: Sequence[int]
) -> Iterator[Written]:
    """Steps of the texts that are drawn token by token, `drawn` among `written`, all in one batch."""
    for places, start, end in phases([len(written[row]) for row in drawn], run.goal):
        rows = tuple(drawn[place] for place in places if not run.model.ended(written[drawn[place]]))
        if not rows:
            continue
        contexts = [(*prompt, *written[row]) for row in rows]
        settings = [run.texts[row].strategy.settings for row in rows]
        for step in write(run.model, contexts, settings, [run.seed] * len(rows), end - start, start):
            going, taken = not_ended(rows, step)
            for row, token in zip(going, taken.ids, strict=True):
                written[row].append(int(token))
            yield going, taken


def not_ended(rows: tuple[int, ...], step: Step) -> tuple[tuple[int, ...], Step]:
    """The texts among `rows` that took a token, and their part of the step."""
    places = np.flatnonzero(step.ids != stream.NO_TOKEN)
    if len(places) == len(rows):
        return rows, step
    return tuple(rows[place] for place in places), stream.part(step, places)


def search_steps(run: Run, row: int, context: tuple[int, ...], length: int, prompt: int) -> Iterator[Written]:
    """Steps of one text that a beam search writes: `length` tokens after a context that begins with so
    many of a prompt.
    """
    model, strategy = run.model, run.texts[row].strategy
    search = strategy.search(length, run.seed, model.stops)
    before = History(context, written=len(context) - prompt)
    read = yield from read_all(model.reader, [context])
    for step in stable_steps(model.writer, before, search, model.by_ids(strategy.settings), read):
        yield (row,), step


def in_turn(writers: Sequence[Iterator[Written]]) -> Iterator[Written]:
    """One step of each, again and again, until all have ended."""
    going = list(writers)
    while going:
        for writer in tuple(going):
            step = next(writer, None)
            if step is None:
                going.remove(writer)
            else:
                yield step


# ---- a beam search as a text that grows by its stable prefix: the tokens on which all hypotheses agree.
# The hypotheses that count are those that go on and those that have ended and may yet be the best, so what
# was written is never taken back.

Ids = tuple[int, ...]


def stable_steps(
    net: LanguageModel,
    context: Sequence[int],
    search: BeamSettings,
    decode: DecodeSettings,
    read: Read | None = None,
) -> Iterator[Step | None]:
    """Every token of the best text found, as soon as it is certain; None after each step of the search.

    The last tokens come together, when the search has ended. `context` (T,), T ≥ 1, may have been `read`.
    """
    written = context.written if isinstance(context, History) else 0
    history = History(context, written=written, stops=search.stops)
    scorer = beam.NetScorer(net, context, read)
    describer = Describer(net, history, scorer.start(), beam.heeded(decode, search))
    for found in stable_prefixes(beam.beam_search(scorer, search, decode, context)):
        yield from describer(found)
        yield None


def stable_prefixes(steps: Iterator[BeamStep]) -> Iterator[Ids]:
    """The ids that each step of a search makes certain; after the last one all of the best text."""
    texts: dict[int, Ids] = {-1: ()}  # by candidate of the step before: what is not certain yet
    stable = 0
    for step in steps:
        grown = {
            place: (*texts[int(parent)], int(token))
            for place, (parent, token, fate) in enumerate(
                zip(step.parents, step.ids, step.fates, strict=True)
            )
            if fate == "kept"
        }
        if step.done:
            yield step.finished[0].ids[stable:] if step.finished else ()
            return
        ended = [found.ids[stable:] for found in step.finished]
        agreed = common_prefix([*grown.values(), *ended])
        texts = {place: ids[len(agreed) :] for place, ids in grown.items()}
        stable += len(agreed)
        yield agreed


def common_prefix(texts: Sequence[Ids]) -> Ids:
    """The ids with which all of the texts begin."""
    return tuple(
        column[0] for column in takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    )


class Describer:
    """What the model thought of the tokens of a text, read once as it grows."""

    def __init__(
        self, net: LanguageModel, history: History, start: tuple[Floats, State], settings: DecodeSettings
    ) -> None:
        """start: the logits (1, V) after the history, and the state."""
        self.net, self.pipeline = net, Pipeline(settings)
        self.history, self.index = history, 0
        (self.logits,), self.state = start  # (V,) after all that was read

    def __call__(self, ids: Sequence[int]) -> Iterator[Step]:
        """The steps that these ids (n,) are, after all before them."""
        if not ids:
            return
        for token, logits in zip(ids, self.read(ids), strict=True):
            staged = self.pipeline(logits, self.history)
            decoded = stream.probability_of(np.array([token]), staged[None])
            yield stream.describe(self.index, np.array([token]), decoded, logits[None])
            self.pipeline.write(self.history, token, staged)
            self.index += 1

    def read(self, ids: Sequence[int]) -> Floats:
        """(n, V): the raw logits from which each of the ids (n,) was taken."""
        with torch.inference_mode():
            logits, self.state = self.net.unroll(ids_tensor(ids), self.state)
        after = logits[0].double().numpy()
        before, self.logits = np.vstack((self.logits[None], after[:-1])), after[-1]
        return before
