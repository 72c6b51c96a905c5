"""Writing for the page: steps, collected in time, packed small.

A message holds all that the run has written so far, as lines that only ever grow; Gradio sends the
new end of a string alone. So nothing is lost when the browser skips a message or was on another tab.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from textgen import api
from textgen.decoding import stream
from textgen.decoding.pipeline import Pipeline
from textgen.nets.base import ids_tensor
from textgen.records import Step
from textgen.ui.runs import Run, Text, phases

EVERY = 0.05  # seconds between two messages
SHORT = 65_535  # the largest uint16
DEADLINE = 180.0  # seconds that one request may write

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
    return np.stack([np.column_stack((step.decoded, step.surprise)) for step in steps])


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


def messages(run: Run, clock: Clock) -> Iterator[dict[str, str]]:
    """`stream`, the lines so far, and `done`: "" while writing, at last "length" or "deadline"."""
    lines, done = "", "length"
    for batch in batches(steps_of(run), clock):
        lines += batch.line()
        yield {"stream": lines, "done": ""}
        if batch.seconds > DEADLINE:
            done = "deadline"
            break
    yield {"stream": lines, "done": done}


def batches(steps: Iterator[tuple[tuple[int, ...], Step]], clock: Clock) -> Iterator[Batch]:
    """Steps of the same texts, collected for a twentieth of a second; the first one comes at once."""
    started = due = clock()
    rows: tuple[int, ...] = ()
    held: list[Step] = []
    for now_rows, step in steps:
        if held and now_rows != rows:
            yield Batch(rows, tuple(held), clock() - started)
            held = []
        rows = now_rows
        held.append(step)
        if clock() >= due:
            yield Batch(rows, tuple(held), clock() - started)
            held, due = [], clock() + EVERY
    if held:
        yield Batch(rows, tuple(held), clock() - started)


def steps_of(run: Run) -> Iterator[tuple[tuple[int, ...], Step]]:
    """Every step of a run, with the texts that take it; a token chosen by hand comes first.

    Everything is checked before the first step. Raises SettingError and TextError.
    """
    prompt = api.read_context(run.model, run.prompt).ids
    written = [list(text.ids) for text in run.texts]
    for row, text in enumerate(run.texts):
        if text.pick is not None:
            yield (row,), chosen(run, text, prompt)
            written[row].append(text.pick)
    for rows, start, end in phases([len(ids) for ids in written], run.goal):
        contexts = [(*prompt, *written[row]) for row in rows]
        settings = [run.texts[row].settings for row in rows]
        for step in api.write(run.model, contexts, settings, [run.seed] * len(rows), end - start, start):
            for row, token in zip(rows, step.ids, strict=True):
                written[row].append(int(token))
            yield rows, step


def chosen(run: Run, text: Text, prompt: Sequence[int]) -> Step:
    """The step that a token chosen by hand is: what the model thought of it."""
    context = (*prompt, *text.ids)
    with torch.inference_mode():
        logits = run.model.net.prefill(ids_tensor(context))[0].double().numpy()
    token = np.array([text.pick])
    decoded = Pipeline(text.settings).probabilities(logits, context)[:, text.pick]
    return stream.describe(len(text.ids), token, decoded, logits)
