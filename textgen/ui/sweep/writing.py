"""What a worker does for the Sweep part: write a sweep, and tell the page how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.requests import SweepRequest
from textgen.experiments.sweep.records import Cell, CellKey, Progress, SweepResult, SweepText, TextKey
from textgen.experiments.sweep.summary import summarize
from textgen.models.registry import Registry

EVERY = 0.15  # seconds between two pieces of news
SHOW = 1.0  # seconds between two states of the means
SHARE = 4  # times as long as computing the means takes they stay as they are, so that writing goes on


class Asked(NamedTuple):
    """A sweep to be written."""

    request: SweepRequest
    max_tokens: int
    clock: Callable[[], float] = time.monotonic  # seconds, from any start


class Means(NamedTuple):
    """A cell without its texts, which the page has."""

    key: CellKey
    texts: tuple[TextKey, ...]
    metrics: dict[str, Interval]

    def cell(self, of: SweepResult) -> Cell:
        """The cell, with its texts out of a result."""
        return Cell(self.key, tuple(of.by_key[key] for key in self.texts), self.metrics)


@dataclass(frozen=True, slots=True)
class News:
    """How far a sweep is, and what there is since the last time."""

    step: Progress  # with the texts that were finished
    notes: tuple[str, ...] = ()  # what the reader should know
    means: tuple[Means, ...] = ()  # of all texts so far; () while those before do
    complete: bool = False


def write(registry: Registry, asked: Asked) -> Iterator[News | None]:
    """News some times a second; None in between: it can be stopped at every step. Raises TextgenError.

    Everything is checked before the first token.
    """
    from textgen.experiments.sweep.run import plan, run  # torch comes in with the first model

    todo = plan(asked.request.settings, registry, asked.max_tokens)
    sweep, step = Sweep(asked), Progress(0, todo.settings.tokens, 0.0)
    yield News(step, todo.notes)
    for step in run(todo, registry, asked.clock):
        yield sweep.news(step)
        if not sweep.wanted:
            break
    yield News(replace(step, texts=()), means=sweep.means(), complete=True)


class Sweep:
    """A sweep that is written."""

    def __init__(self, asked: Asked) -> None:
        self.settings, self.clock = asked.request.settings, asked.clock
        self.wanted = asked.request.texts or 0  # texts that are still to be written
        self.texts: list[SweepText] = []
        self.shown = 0  # texts that the last means were made of
        self.next_news, self.next_show = self.clock() + EVERY, 0.0

    def news(self, step: Progress) -> News | None:
        """What a step brings: finished texts at once, all else when it is time."""
        texts = step.texts[: self.wanted]
        self.texts += texts
        self.wanted -= len(texts)
        if not texts and self.clock() < self.next_news:
            return None
        means = self.means() if self.shown < len(self.texts) and self.clock() >= self.next_show else ()
        self.next_news = self.clock() + EVERY
        return News(replace(step, texts=texts), means=means)

    def means(self) -> tuple[Means, ...]:
        """The means of what is finished."""
        started = self.clock()
        cells = summarize(SweepResult(self.settings, tuple(self.texts)))
        self.shown, ended = len(self.texts), self.clock()
        self.next_show = ended + max(SHOW, SHARE * (ended - started))
        return tuple(Means(cell.key, tuple(text.key for text in cell.texts), cell.metrics) for cell in cells)
