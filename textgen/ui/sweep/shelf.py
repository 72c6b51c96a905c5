"""Where a process keeps sweeps: those asked for last in memory, others in files without a name."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from tempfile import TemporaryFile
from typing import IO

from textgen.experiments.sweep.records import Cell, SweepResult

Held = tuple[SweepResult, tuple[Cell, ...]]  # a sweep and its means


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
