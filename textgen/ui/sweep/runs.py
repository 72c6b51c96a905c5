"""Sweeps that the page's process holds for their texts and files; workers write them (`writing.py`)."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import IO, Any

from textgen.errors import TextError, shorten
from textgen.experiments.sweep.packed import pack_head, pack_texts, unpack
from textgen.experiments.sweep.records import Cell, Progress, SweepResult
from textgen.experiments.sweep.settings import SweepSettings
from textgen.experiments.sweep.summary import summarize
from textgen.ui.service.store import DAY, Store, StoreAwayError
from textgen.ui.sweep.writing import News

MAX_SWEEPS = 128  # held; the one not asked for longest goes first
MAX_HELD = 16_000_000  # tokens of all of them, some 400 MB in files
IN_MEMORY = 1_000_000  # tokens of those in memory, some 40 MB
KEPT = DAY  # seconds, where several processes share them
MAX_PLACES = 1_000  # of runs in the store
GONE = "run it again: the same settings give the same texts"

Held = tuple[SweepResult, tuple[Cell, ...]]  # a sweep and its means


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
        self.new_id, self.shelf = new_id, Shelf(most, most_tokens, IN_MEMORY)
        self.elsewhere = Elsewhere(store) if store and store.shared else None

    def put(self, result: SweepResult, run: str | None = None) -> str:
        """Keep a result, in place of an earlier state of the same run. Returns the run's id."""
        run = run or self.new_id()
        if self.elsewhere:
            self.elsewhere.put(result, run)
        self.shelf.put(run, result)
        return run

    def get(self, run: Any) -> SweepResult:
        """The result of a run. Raises TextError for one that is not held (any more)."""
        found = self._held(run) if isinstance(run, str) else None
        if found is None:
            raise TextError(f"the server does not hold the sweep {shorten(run)!r} any more; {GONE}")
        return found

    def _held(self, run: str) -> SweepResult | None:
        """A result that is here, or that another process has put where all see it."""
        here = self.shelf.get(run)
        if self.elsewhere is None:
            return here
        try:
            found = self.elsewhere.newer(run, here)
        except StoreAwayError:
            if here is None:
                raise
            return here
        if found is not here and found is not None:
            self.shelf.put(run, found)
        return found

    def summary(self, run: Any) -> Held:
        """A result with its cells, which are made once a state: they take a while. Raises TextError."""
        result = self.get(run)
        cells = self.shelf.cells(run, result)
        if cells is None:
            cells = summarize(result)
            self.shelf.put_cells(run, result, cells)
        return result, cells


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


class Run:
    """A sweep that a worker writes: what is finished lies in the store, so that stopping it loses nothing."""

    def __init__(self, settings: SweepSettings, store: SweepStore) -> None:
        self.store, self.run = store, store.new_id()
        self.result = SweepResult(settings, ())
        self.version = 0  # of the means that can be looked at; 0 = none yet

    def take(self, news: News) -> dict[str, Any]:
        """Keep what is new → how far it is, for the page; `version` grows with what there is to look at."""
        step, result = news.step, self.result
        notes = result.notes or news.notes
        self.result = SweepResult(result.settings, (*result.texts, *step.texts), notes, step.seconds)
        if step.texts:
            self.store.put(self.result, self.run)
        if news.means:
            cells = tuple(means.cell(self.result) for means in news.means)
            self.store.shelf.put_cells(self.run, self.result, cells)
            self.version += 1
        return {**self.message(step), **({"done": "complete"} if news.complete else {})}

    def message(self, step: Progress) -> dict[str, Any]:
        return {
            "run": self.run,
            "version": self.version,
            "written": step.done,
            "total": step.total,
            "seconds": round(step.seconds, 3),
            "left": None if step.left is None else round(step.left, 1),
            "texts": len(self.result.texts),
        }


# ---- where this process keeps them: those asked for last in memory, others in files without a name


@dataclass(slots=True)
class Entry:
    """A sweep, in memory or in a file that ends with this process; where it is in both they are equal."""

    tokens: int
    result: SweepResult | None
    cells: tuple[Cell, ...] | None = None  # None: nobody has made them yet
    file: IO[bytes] | None = None

    def lay_down(self) -> None:
        """Out of memory, into the file."""
        if self.result and not self.file:
            self.file = TemporaryFile()  # noqa: SIM115  # closed with the entry
            pickle.dump((replace(self.result), self.cells), self.file, pickle.HIGHEST_PROTOCOL)
        self.result = self.cells = None

    def take_up(self) -> SweepResult:
        """Back into memory."""
        if not self.result:
            assert self.file
            self.file.seek(0)
            self.result, self.cells = pickle.load(self.file)
        assert self.result
        return self.result


class Shelf:
    """Sweeps by their runs. Safe to use from many threads."""

    def __init__(self, most: int, most_tokens: int, in_memory: int) -> None:
        """most, most_tokens: of all sweeps; in_memory: tokens of those in memory. The newest stays always."""
        self.most, self.most_tokens, self.in_memory = most, most_tokens, in_memory
        self._entries: OrderedDict[str, Entry] = OrderedDict()  # the one not asked for longest first
        self._guard = threading.Lock()

    def put(self, run: str, result: SweepResult) -> None:
        """Keep a sweep, in place of an earlier state of it."""
        with self._guard:
            self._entries[run] = Entry(sum(len(text.ids) for text in result.texts), result)
            self._entries.move_to_end(run)
            self._make_room()

    def get(self, run: str) -> SweepResult | None:
        """The sweep of a run, if it is still held."""
        with self._guard:
            if run not in self._entries:
                return None
            self._entries.move_to_end(run)
            result = self._entries[run].take_up()
            self._make_room()
            return result

    def cells(self, run: str, of: SweepResult) -> tuple[Cell, ...] | None:
        """The means of a state of a sweep, if they were put in."""
        with self._guard:
            entry = self._entries.get(run)
            return entry.cells if entry and entry.result is of else None

    def put_cells(self, run: str, of: SweepResult, cells: tuple[Cell, ...]) -> None:
        """Keep the means of a state of a sweep, unless there is another one by now."""
        with self._guard:
            entry = self._entries.get(run)
            if entry and entry.result is of:
                entry.cells, entry.file = cells, None

    def loaded(self) -> int:
        """Tokens of the sweeps in memory."""
        return sum(entry.tokens for entry in self._entries.values() if entry.result)

    def _make_room(self) -> None:
        """Drop, or lay down, what was not asked for longest."""
        while len(self._entries) > self.most or self._too_many():
            self._entries.popitem(last=False)
        for entry in self._older():
            if self.loaded() > self.in_memory:
                entry.lay_down()

    def _too_many(self) -> bool:
        tokens = sum(entry.tokens for entry in self._entries.values())
        return len(self._entries) > 1 and tokens > self.most_tokens

    def _older(self) -> Iterator[Entry]:
        """All but the newest, the one not asked for longest first."""
        yield from [*self._entries.values()][:-1]
