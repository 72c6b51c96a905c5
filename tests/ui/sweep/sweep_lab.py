"""The Sweep tab without a browser, driven as the page drives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import gradio as gr

from tests.experiments.sweep.sweeps import ticking
from textgen.models.registry import Registry
from textgen.ui.shell.errors import told
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.sidebar import build_controls
from textgen.ui.sweep.store import SweepStore
from textgen.ui.sweep.tab import SweepTab, answered

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FORM: dict[str, Any] = {
    "models": ["chars"],
    "prompts": ["Tab"],
    "temperatures": "0.5, 1, 3",
    "strategies": ["greedy", "plain", "top-k 40"],
    "seeds": 3,
    "first": 0,
    "length": 30,
    "judge": "",
}
VIEW = {"lines": "strategy", "model": 0, "prompt": 0, "strategy": 0}
CELL = {"model": 0, "prompt": 0, "strategy": 1, "temperature": 1}


class Visitor:
    """One visitor; the last run's id is kept, as the page keeps it."""

    def __init__(self, registry: Registry, limits: Limits = Limits(), most: int = 32) -> None:
        numbers = count(1)
        with gr.Blocks():
            self.store = SweepStore(lambda: f"run {next(numbers)}", most)
            controls = build_controls(registry)
            lab = Laboratory(registry, controls, lambda: 7, limits, self.store, lambda: NOON)
            self.tab = SweepTab(lab, ticking())
        self.stages = {name: part.value for name, part in controls.stages.items()}  # type: ignore[attr-defined]
        self.order: Any = controls.order.value
        self.run_id: Any = None

    def messages(self, **form: Any) -> Iterator[dict[str, Any]]:
        event = gr.EventData(None, {**FORM, "leg": 5, **form})
        for message in told(self.tab.run)(event, *self.stages.values(), self.order):
            self.run_id = message["run"]
            yield json.loads(json.dumps(message, allow_nan=False))

    def run(self, **form: Any) -> list[dict[str, Any]]:
        return list(self.messages(**form))

    def ask(self, name: str, **data: Any) -> dict[str, Any]:
        event = gr.EventData(None, {"run": self.run_id, "serial": 3, **data})
        found = answered(getattr(self.tab, name))(event)
        return json.loads(json.dumps(found, allow_nan=False))

    def look(self, **view: Any) -> dict[str, Any]:
        return self.ask("look", view={**VIEW, **view})["answer"]

    def texts(self, **cell: Any) -> dict[str, Any]:
        return self.ask("texts", cell={**CELL, **cell})["answer"]
