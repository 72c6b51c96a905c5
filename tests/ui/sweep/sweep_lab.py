"""The Sweep part without a browser, driven as the page drives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.experiments.sweep.sweeps import ticking
from tests.ui.server.asked import Here, as_work, told
from textgen.models.registry import Registry
from textgen.settings import NAMED
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import server_function, streamed
from textgen.ui.sweep.runs import SweepStore
from textgen.ui.sweep.tab import SweepPart

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def named(*names: str) -> dict[str, Any]:
    """Strategies as a request holds them."""
    return {name: NAMED[name].to_dict() for name in names}


SETTINGS: dict[str, Any] = {
    "models": ["chars"],
    "prompts": ["Tab"],
    "temperatures": "0.5, 1, 3",
    "strategies": named("greedy", "plain", "top-k 40"),
    "seeds": [0, 1, 2],
    "length": 30,
    "judge": "",
}
VIEW = {"lines": "strategy", "model": 0, "prompt": 0, "strategy": 0}
CELL = {"model": 0, "prompt": 0, "strategy": 1, "temperature": 1}


class Visitor:
    """One visitor; the last run's id is kept, as the page keeps it."""

    def __init__(self, registry: Registry, limits: Limits = Limits(), most: int = 32) -> None:
        numbers = count(1)
        self.store = SweepStore(lambda: f"run {next(numbers)}", most)
        self.part = SweepPart(
            Laboratory(
                registry, limits, now=lambda: NOON, clock=ticking(), sweeps=self.store, new_workers=Here
            )
        )
        self.run_id: Any = None

    def messages(self, **settings: Any) -> Iterator[dict[str, Any]]:
        """What the page gets while a sweep is written. Raises TextgenError."""
        for message in told(self.part.run({"request": {"settings": {**SETTINGS, **settings}}})):
            self.run_id = message["run"]
            yield json.loads(json.dumps(message, allow_nan=False))

    def run(self, **settings: Any) -> list[dict[str, Any]]:
        return list(self.messages(**settings))

    def ask(self, name: str, **data: Any) -> dict[str, Any]:
        """The answer of a server function, or a file; a mistake is its `problem`."""
        return answer(self.part, name, {"run": self.run_id, **data})

    def look(self, **view: Any) -> dict[str, Any]:
        return self.ask("look", view={**VIEW, **view})

    def texts(self, **cell: Any) -> dict[str, Any]:
        return self.ask("texts", cell={**CELL, **cell})


def answer(part: SweepPart, name: str, data: Any) -> dict[str, Any]:
    """What the page gets for anything that a client may send."""
    asked = getattr(part, name)
    if name == "file":
        (found,) = told(as_work(streamed(asked)(data)))
    else:
        found = server_function(name, asked)(data)
    return json.loads(json.dumps(found, allow_nan=False))
