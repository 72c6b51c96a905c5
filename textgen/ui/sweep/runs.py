"""Sweeps on the server: one while it is written, and those that are held for their texts and files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from textgen.errors import TextError, shorten
from textgen.experiments.sweep.records import Cell, Progress, SweepResult, SweepText
from textgen.experiments.sweep.summary import summarize

if TYPE_CHECKING:
    from textgen.experiments.sweep.run import Plan
    from textgen.ui.server.laboratory import Laboratory

MAX_SWEEPS = 32  # held; the one not asked for longest goes first
MAX_HELD = 8_000_000  # tokens of all of them, some 300 MB
GONE = "run it again: the same settings give the same texts"
EVERY = 0.15  # seconds between two messages: only there a sweep can be stopped
SHOW = 1.0  # seconds between two states of the results
SHARE = 4  # times as long as computing the means takes they stay as they are, so that writing goes on

Held = tuple[SweepResult, tuple[Cell, ...]]  # a sweep and its means
Message = dict[str, Any]


class SweepStore:
    """Results by an id that cannot be guessed. Safe to use from many threads."""

    def __init__(
        self, new_id: Callable[[], str], most: int = MAX_SWEEPS, most_tokens: int = MAX_HELD
    ) -> None:
        self.new_id, self.most, self.most_tokens = new_id, most, most_tokens
        self._results: OrderedDict[str, SweepResult] = OrderedDict()
        self._cells: dict[str, Held] = {}  # beside the state of the run that it was made from
        self._guard = threading.Lock()

    def put(self, result: SweepResult, run: str | None = None) -> str:
        """Keep a result, in place of an earlier state of the same run. Returns the run's id."""
        with self._guard:
            run = run or self.new_id()
            self._results[run] = result
            self._results.move_to_end(run)
            self._make_room()
            return run

    def get(self, run: Any) -> SweepResult:
        """The result of a run. Raises TextError for one that is not held (any more)."""
        with self._guard:
            found = self._results.get(run) if isinstance(run, str) else None
            if found is None:
                raise TextError(f"the server does not hold the sweep {shorten(run)!r} any more; {GONE}")
            self._results.move_to_end(run)
            return found

    def summary(self, run: Any) -> Held:
        """A result with its cells, which are made once a state: they take a while. Raises TextError."""
        result = self.get(run)
        held = self._cells.get(run)
        if held is not None and held[0] is result:
            return held
        made = (result, summarize(result))
        with self._guard:
            if run in self._results:
                self._cells[run] = made
        return made

    def _make_room(self) -> None:
        """Drop what was not asked for longest, never the newest."""
        sizes = {run: sum(len(text.ids) for text in result.texts) for run, result in self._results.items()}
        while len(self._results) > 1 and (
            len(self._results) > self.most or sum(sizes[run] for run in self._results) > self.most_tokens
        ):
            gone, _ = self._results.popitem(last=False)
            self._cells.pop(gone, None)


class Sweep:
    """One run: it keeps what is finished in the store, so that stopping it loses nothing."""

    def __init__(self, todo: Plan, texts: int, lab: Laboratory) -> None:
        self.todo, self.registry, self.store, self.clock = todo, lab.registry, lab.sweeps, lab.clock
        self.most = texts  # that are written
        self.run = self.store.new_id()
        self.texts: list[SweepText] = []
        self.version = 0  # of the results that can be looked at; 0 = none yet
        self.shown = 0  # texts in them
        self.next_show = 0.0

    def messages(self) -> Iterator[Message]:
        """How far it is, some times a second; `version` grows when there are new results to look at."""
        from textgen.experiments.sweep.run import run  # torch comes in with the first model

        step = Progress(0, self.todo.settings.tokens, 0.0)
        yield self.message(step)
        due = self.clock() + EVERY
        for step in run(self.todo, self.registry, self.clock):
            if step.texts:
                self.keep(step)
            if len(self.texts) >= self.most:
                break
            if self.clock() >= due:
                self.show_if_due()
                yield self.message(step)
                due = self.clock() + EVERY
        self.show()
        yield {**self.message(step), "done": "complete"}

    def keep(self, step: Progress) -> None:
        """Put what is finished where it can be asked for."""
        self.texts = [*self.texts, *step.texts][: self.most]
        settings, notes = self.todo.settings, self.todo.notes
        self.store.put(SweepResult(settings, tuple(self.texts), notes, step.seconds), self.run)

    def show_if_due(self) -> None:
        if len(self.texts) > self.shown and self.clock() >= self.next_show:
            self.show()

    def show(self) -> None:
        """Make the means of what is finished."""
        started = self.clock()
        self.store.summary(self.run)
        ended = self.clock()
        self.version, self.shown = self.version + 1, len(self.texts)
        self.next_show = ended + max(SHOW, SHARE * (ended - started))

    def message(self, step: Progress) -> Message:
        return {
            "run": self.run,
            "version": self.version,
            "written": step.done,
            "total": step.total,
            "seconds": round(step.seconds, 3),
            "left": None if step.left is None else round(step.left, 1),
            "texts": len(self.texts),
        }
