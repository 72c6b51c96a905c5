"""Sweeps on the server: one while it is written, and those that are held for their texts and files."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textgen.errors import TextError, shorten
from textgen.experiments.sweep.packed import pack_head, pack_texts, unpack
from textgen.experiments.sweep.records import Cell, Progress, SweepResult, SweepText
from textgen.experiments.sweep.summary import summarize
from textgen.ui.server.store import DAY, Store, StoreAwayError

if TYPE_CHECKING:
    from textgen.experiments.sweep.run import Plan
    from textgen.ui.server.laboratory import Laboratory

MAX_SWEEPS = 32  # held; the one not asked for longest goes first
MAX_HELD = 8_000_000  # tokens of all of them, some 300 MB
KEPT = DAY  # seconds, where several processes share them
MAX_PLACES = 1_000  # of runs in the store
GONE = "run it again: the same settings give the same texts"
EVERY = 0.15  # seconds between two messages: only there a sweep can be stopped
SHOW = 1.0  # seconds between two states of the results
SHARE = 4  # times as long as computing the means takes they stay as they are, so that writing goes on

Held = tuple[SweepResult, tuple[Cell, ...]]  # a sweep and its means
Message = dict[str, Any]


class SweepStore:
    """Results by an id that cannot be guessed. Safe to use from many threads.

    Where several processes serve one page, `store` is what they share: each result is there as well.
    """

    def __init__(
        self,
        new_id: Callable[[], str],
        most: int = MAX_SWEEPS,
        most_tokens: int = MAX_HELD,
        store: Store | None = None,
    ) -> None:
        self.new_id, self.most, self.most_tokens = new_id, most, most_tokens
        self.elsewhere = Elsewhere(store) if store and store.shared else None
        self._results: OrderedDict[str, SweepResult] = OrderedDict()
        self._cells: dict[str, Held] = {}  # beside the state of the run that it was made from
        self._guard = threading.Lock()

    def put(self, result: SweepResult, run: str | None = None) -> str:
        """Keep a result, in place of an earlier state of the same run. Returns the run's id."""
        run = run or self.new_id()
        if self.elsewhere:
            self.elsewhere.put(result, run)
        self._hold(result, run)
        return run

    def get(self, run: Any) -> SweepResult:
        """The result of a run. Raises TextError for one that is not held (any more)."""
        found = self._held(run) if isinstance(run, str) else None
        if found is None:
            raise TextError(f"the server does not hold the sweep {shorten(run)!r} any more; {GONE}")
        return found

    def _held(self, run: str) -> SweepResult | None:
        """A result that is here, or that another process has put where all see it."""
        with self._guard:
            here = self._results.get(run)
            if here is not None:
                self._results.move_to_end(run)
        if self.elsewhere is None:
            return here
        try:
            found = self.elsewhere.newer(run, here)
        except StoreAwayError:
            if here is None:
                raise
            return here
        if found is not here and found is not None:
            self._hold(found, run)
        return found

    def _hold(self, result: SweepResult, run: str) -> None:
        with self._guard:
            self._results[run] = result
            self._results.move_to_end(run)
            self._make_room()

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


class Elsewhere:
    """Results in a store that several processes share. One of them writes a run, all may read it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._guard = threading.Lock()

    def put(self, result: SweepResult, run: str) -> None:
        """Put in what is new of a run. While the store is away, it waits for the next time."""
        place = self._place(run)
        with suppress(StoreAwayError):
            if not place.items:
                place.items = self.store.append(key(run), pack_head(result), KEPT)
            if new := result.texts[place.texts :]:
                place.items = self.store.append(key(run), pack_texts(new, result.seconds), KEPT)
                place.texts = len(result.texts)

    def newer(self, run: str, here: SweepResult | None) -> SweepResult | None:
        """The result of a run, with what another process has written since. Raises StoreAwayError."""
        if here is not None and here.complete:
            return here
        place = self._place(run)
        items = self.store.items(key(run), place.items if here else 0)
        with suppress(ValueError):  # the store has dropped the beginning
            if items and (found := unpack(items, here)):
                place.items, place.texts = (place.items if here else 0) + len(items), len(found.texts)
                return found
        return here

    def _place(self, run: str) -> Place:
        with self._guard:
            place = self._places.setdefault(run, Place())
            self._places.move_to_end(run)
            while len(self._places) > MAX_PLACES:
                self._places.popitem(last=False)
            return place


@dataclass
class Place:
    """How much of a run is both here and in the store."""

    items: int = 0
    texts: int = 0


def key(run: str) -> str:
    return f"sweep/{run}"


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
