"""A sweep while it is written: which messages the page gets, and when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textgen.experiments.sweep import run as experiments
from textgen.experiments.sweep.records import Progress, SweepResult, SweepText
from textgen.experiments.sweep.run import Plan
from textgen.ui.shell.laboratory import Laboratory

EVERY = 0.15  # seconds between two messages: only there a sweep can be stopped
SHOW = 1.0  # seconds between two states of the results
SHARE = 4  # times as long as making the means takes they stay as they are, so that writing goes on

Message = dict[str, Any]


class Sweep:
    """One run: it keeps what is finished in the store, so that stopping it loses nothing."""

    def __init__(self, todo: Plan, lab: Laboratory) -> None:
        self.todo, self.registry, self.store, self.clock = todo, lab.registry, lab.sweeps, lab.clock
        self.run = self.store.new_id()
        self.texts: list[SweepText] = []
        self.version = 0  # of the results that can be looked at; 0 = none yet
        self.shown = 0  # texts in them
        self.next_show = 0.0

    def messages(self) -> Iterator[Message]:
        """How far it is, some times a second; `version` grows when there are new results to look at."""
        step = Progress(0, self.todo.settings.tokens, 0.0)
        yield self.message(step)
        due = self.clock() + EVERY
        for step in experiments.run(self.todo, self.registry, self.clock):
            if step.texts:
                self.keep(step)
            if self.clock() >= due:
                self.show_if_due()
                yield self.message(step)
                due = self.clock() + EVERY
        self.show()
        yield {**self.message(step), "done": "complete"}

    def keep(self, step: Progress) -> None:
        """Put what is finished where it can be asked for."""
        self.texts += step.texts
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
