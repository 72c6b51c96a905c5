"""The sweeps that the server still holds, so that their texts and files can be asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from textgen.analysis.sweep_records import SweepResult
from textgen.errors import TextError, shorten

MAX_SWEEPS = 32  # held; the one not asked for longest goes first
GONE = "run it again: the same settings give the same texts"


class SweepStore:
    """Results by an id that cannot be guessed. Safe to use from many threads."""

    def __init__(self, new_id: Callable[[], str], most: int = MAX_SWEEPS) -> None:
        self.new_id, self.most = new_id, most
        self._results: OrderedDict[str, SweepResult] = OrderedDict()
        self._guard = threading.Lock()

    def put(self, result: SweepResult, run: str | None = None) -> str:
        """Keep a result, in place of an earlier state of the same run. Returns the run's id."""
        with self._guard:
            run = run or self.new_id()
            self._results[run] = result
            self._results.move_to_end(run)
            while len(self._results) > self.most:
                self._results.popitem(last=False)
            return run

    def get(self, run: Any) -> SweepResult:
        """The result of a run. Raises TextError for one that is not held (any more)."""
        with self._guard:
            found = self._results.get(run) if isinstance(run, str) else None
            if found is None:
                raise TextError(f"the server does not hold the sweep {shorten(run)!r} any more; {GONE}")
            self._results.move_to_end(run)
            return found
