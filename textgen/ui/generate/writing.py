"""Writing for the page: steps, collected in time, packed small.

A message holds the newest lines of all that the run has written, many messages' worth, so nothing is
lost when the browser skips some; Gradio sends the new end of a growing text alone. `cut` says how much
went before them: a page that was away for longer sees the gap, and asks to go on from what it has.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.decoding import stream
from textgen.experiments.texts import picked_step, write
from textgen.records import Step
from textgen.text.context import read_context
from textgen.ui.generate.runs import Run, phases
from textgen.ui.generate.stable_prefix import stable_steps

EVERY = 0.05  # seconds between two messages
WINDOW = 256_000  # characters, some 6,000 tokens: the page copies a message several times over
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
    """`stream`, the newest lines; `cut`, the characters before them; `done`, "" while writing, at last
    "length" or "deadline".
    """
    lines, cut, done, started = "", 0, "length", clock()
    for batches in collected(steps_of(run), clock):
        lines += "".join(batch.line() for batch in batches)
        if len(lines) > WINDOW:
            old = lines.index("\n", len(lines) - WINDOW // 2) + 1
            lines, cut = lines[old:], cut + old
        yield {"stream": lines, "cut": cut, "done": ""}
        if clock() - started > DEADLINE:
            done = "deadline"
            break
    yield {"stream": lines, "cut": cut, "done": done}


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
    writers = [search_steps(run, row, contexts[row], run.goal - len(written[row])) for row in searched]
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


def search_steps(run: Run, row: int, context: tuple[int, ...], length: int) -> Iterator[Written]:
    """Steps of one text that a beam search writes: `length` tokens after a context."""
    model, strategy = run.model, run.texts[row].strategy
    search = strategy.search(length, run.seed, model.stops)
    for step in stable_steps(model.writer, context, search, strategy.settings):
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
