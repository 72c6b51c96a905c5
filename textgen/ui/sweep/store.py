"""The sweeps that the server still holds, so that their texts and files can be asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from textgen.errors import TextError, shorten
from textgen.experiments.sweep.records import Cell, SweepResult
from textgen.experiments.sweep.summary import summarize

MAX_SWEEPS = 32  # held; the one not asked for longest goes first
MAX_HELD = 8_000_000  # tokens of all of them, some 300 MB
GONE = "run it again: the same settings give the same texts"

Held = tuple[SweepResult, tuple[Cell, ...]]  # a sweep and its means


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
