"""The Sweep part of the Experiments tab: models × temperatures × strategies × seeds, measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import gradio as gr

from textgen.errors import TextgenError
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.settings import GUIDE, GUIDE_STRATEGIES, MAX_LENGTH, STRATEGIES, Strategy
from textgen.plots.sweep import COLOURS, DARK
from textgen.plots.theme import THERMAL
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.errors import told
from textgen.ui.shell.events import event_object, serial_of
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.sidebar import NUMBERS
from textgen.ui.sweep.request import (
    MAX_CELLS,
    MAX_SEEDS,
    NO_MODEL,
    SIDEBAR,
    offered,
    read_cell,
    read_sweep,
    read_view,
)
from textgen.ui.sweep.view import difference_view, look, texts_view

EVENTS = ("run", "stop", "look", "texts", "difference", "file")
# What tells most comes first; the page shows these, and the others when asked.
FIRST_METRICS = (
    "coherence",
    "creativity",
    "repetition",
    "distinct_2",
    "novelty",
    "real_words",
    "surprise",
    "entropy",
    "self_bleu",
)
NAMES = [strategy.name for strategy in STRATEGIES]
COMMON = {"strategies": NAMES, "first": 0, "length": 200}
PRESETS: list[dict[str, Any]] = [
    {
        "title": "Full sweep",
        "hint": "20 temperatures, 8 seeds, five strategies",
        "values": {**COMMON, "temperatures": "0.1:2:0.1", "seeds": 8},
    },
    {
        "title": "Quick look",
        "hint": "7 temperatures, 5 seeds, five strategies",
        "values": {**COMMON, "temperatures": "0.2, 0.5, 0.8, 1, 1.2, 1.5, 2", "seeds": 5},
    },
    {
        "title": "The guide's four",
        "hint": "The four combinations that guides to text generation name, and what lies between them",
        "values": {
            **COMMON,
            "temperatures": ", ".join(f"{temperature:g}" for temperature, _ in GUIDE),
            "strategies": [strategy.name for strategy in GUIDE_STRATEGIES],
            "seeds": 5,
        },
    },
]
SOURCE = "() => { window.TemperatureLab?.sweepSource?.(); }"
ENDED = "() => { window.TemperatureLab?.sweepEnded?.(); }"
FAILED = "() => { window.TemperatureLab?.sweepFailed?.(); }"

Clock = Callable[[], float]  # seconds, from any start


class SweepTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, lab: Laboratory, clock: Clock = time.monotonic) -> None:
        self.lab, self.clock = lab, clock
        self.view = LabComponent("sweep", view_config(lab.limits), EVENTS)
        self.answer = LabComponent("sweep_answer", {}, ())

    def connect(self) -> None:
        """Writing waits in a queue; what is asked of its results does not."""
        c = self.lab.controls
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        quiet["trigger_mode"] = "multiple"  # an answer asks the next question before Gradio calls it over
        places = {"concurrency_limit": self.lab.limits.sweeps, "concurrency_id": "sweeps"}
        run = self.view.run(told(self.run), c.settings, self.view, **places, **quiet)
        run.failure(None, None, None, js=ENDED, api_visibility="private")  # also when it is stopped
        self.view.stop(None, None, None, cancels=[run], **quiet)
        for listener, handler in (
            (self.view.look, self.look),
            (self.view.texts, self.texts),
            (self.view.difference, self.difference),
            (self.view.file, self.file),
        ):
            event = listener(answered(handler), None, self.answer, queue=False, **quiet)
            event.failure(None, None, None, js=FAILED, api_visibility="private")
        changes = [event for part in (c.model, c.context) for event in (part.change, part.input)]  # type: ignore[attr-defined]
        gr.on(changes, None, None, None, js=SOURCE, api_visibility="private")

    def run(self, event: gr.EventData, *sidebar: Any) -> Iterator[dict[str, Any]]:
        """Write a sweep. Everything is checked before the first token, so that a refusal costs nothing."""
        from textgen.experiments.sweep.run import plan  # torch comes in with the first model
        from textgen.ui.sweep.run import Sweep

        data = object_of(event)
        settings = read_sweep(data, sidebar)
        todo = plan(settings, self.lab.registry, self.lab.limits.sweep_tokens)
        head = {"leg": serial_of(event, "leg")}
        for message in Sweep(todo, self.lab.registry, self.lab.sweeps, self.clock).messages():
            yield {**head, **message}

    def look(self, data: dict[str, Any]) -> Any:
        """The charts and tables of a sweep, as far as it is."""
        result, cells = self.lab.sweeps.summary(data.get("run"))
        return look(result, cells, read_view(data.get("view"), result.settings))

    def texts(self, data: dict[str, Any]) -> Any:
        """What stands behind a point."""
        result = self.lab.sweeps.get(data.get("run"))
        return texts_view(result, read_cell(data.get("cell"), result.settings))

    def difference(self, data: dict[str, Any]) -> Any:
        """Two temperatures against each other."""
        result = self.lab.sweeps.get(data.get("run"))
        cells = [read_cell(data.get(name), result.settings) for name in ("first", "second")]
        return difference_view(result, *cells)

    def file(self, data: dict[str, Any]) -> Any:
        """A file of a sweep."""
        from textgen.ui.sweep.files import Writer, sweep_file  # torch comes in with the first model

        writer = Writer(self.lab.registry, self.lab.now, self.lab.limits.sweep_tokens)
        held = self.lab.sweeps.summary(data.get("run"))
        return sweep_file(data.get("kind"), held, data.get("charts", {}), writer)


def answered(handler: Callable[[dict[str, Any]], Any]) -> Callable[..., dict[str, Any]]:
    """A handler whose answer, or sentence, carries the page's number of the question."""

    def telling(event: gr.EventData) -> dict[str, Any]:
        try:
            return {"serial": serial_of(event), "answer": handler(object_of(event))}
        except TextgenError as error:
            return {"serial": serial_of(event), "problem": str(error)}

    return telling


def object_of(event: gr.EventData | None) -> dict[str, Any]:
    """What the page sent; a raw POST may come without an event. Raises TextError."""
    return event_object(gr.EventData(None, None) if event is None else event)


def view_config(limits: Limits) -> dict[str, Any]:
    """What the component needs once."""
    return {
        "strategies": [strategy_facts(strategy) for strategy in offered()],
        "sidebar": SIDEBAR,
        "metrics": [asdict(metric) for metric in METRICS],
        "firstMetrics": list(FIRST_METRICS),
        "default": PRESETS[0]["values"],
        "presets": PRESETS,
        "stops": [list(stop) for stop in THERMAL],
        "limits": {
            "tokens": limits.sweep_tokens,
            "sweeps": limits.sweeps,
            "seeds": MAX_SEEDS,
            "cells": MAX_CELLS,
            "length": MAX_LENGTH,
        },
        "colours": dict(zip(COLOURS, DARK, strict=True)),
        "numbers": NUMBERS,
        "noModel": NO_MODEL,
    }


def strategy_facts(strategy: Strategy) -> dict[str, Any]:
    return {"name": strategy.name, "greedy": strategy.greedy}
