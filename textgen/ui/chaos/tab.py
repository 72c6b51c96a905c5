"""The Chaos part of the Experiments tab: how small changes of T change a text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from textgen.errors import TextgenError
from textgen.plots.theme import THERMAL
from textgen.settings import check_seed
from textgen.stages import STAGES
from textgen.ui.chaos.request import (
    Form,
    Source,
    as_prompt,
    model_name,
    read_form,
    read_source,
)
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_object, serial_of
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.sidebar import settings_from

EVENTS = ("write", "stop", "magnify")
FIRST = Form(low=0.5, high=1.5, rows=41, length=120)
EVERY = 0.1  # seconds between two answers while texts are written
MIRROR = "(...values) => { window.TemperatureLab?.chaosSidebar?.(...values); }"
ENDED = "() => { window.TemperatureLab?.chaosEnded?.(); }"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one picture is made of."""

    source: Source
    form: Form
    fresh: bool  # whether its seed is to be shown in the sidebar


class ChaosTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, lab: Laboratory, clock: Callable[[], float] = time.monotonic) -> None:
        self.lab, self.clock, self.limit = lab, clock, lab.limits.chaos_tokens
        self.view = LabComponent("chaos", view_config(self.limit), EVENTS)

    def connect(self) -> None:
        """Wire the component's events, and what of the sidebar a picture depends on."""
        c = self.lab.controls
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        queued: dict[str, Any] = {**quiet, "concurrency_limit": None, "trigger_mode": "multiple"}
        asked = [c.model, c.context, c.seed, c.lock, *c.settings]
        write = self.view.write(self.write, asked, [c.seed, self.view], **queued)
        magnify = self.view.magnify(self.magnify, None, self.view, **queued)
        self.view.stop(None, None, None, cancels=[write], **quiet)
        for event in (write, magnify):  # Gradio calls an event that was stopped a failure, too
            event.failure(None, None, None, js=ENDED, api_visibility="private")
        source = [c.model, c.context, c.seed, c.lock]
        changes = [part.change for part in source]  # type: ignore[attr-defined]
        gr.on(changes, None, source, None, js=MIRROR, api_visibility="private")

    def write(self, event: gr.EventData, *sidebar: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
        """How far the writing is, and at last the picture; or a sentence."""
        head = {"serial": serial_of(event), "event": "write"}
        try:
            asked = self.asked(event_object(event), *sidebar)
            seed = asked.source.seed if asked.fresh else gr.skip()
            for value in self.progress(asked):
                yield seed, {**head, **value}
        except TextgenError as error:
            yield gr.skip(), {**head, "problem": str(error)}

    def asked(
        self, data: dict[str, Any], model: Any, context: Any, seed: Any, locked: Any, *values: Any
    ) -> Asked:
        """The sidebar's source, or that of the picture that is zoomed. Raises TextgenError."""
        form = read_form(data, self.limit)
        if data.get("record") is not None:
            return Asked(read_source(data["record"]), form, fresh=False)
        chosen = check_seed(seed) if locked else self.lab.new_seed()
        source = Source(model_name(model), as_prompt(context), chosen, settings_from(values))
        return Asked(source, form, fresh=not locked)

    def progress(self, asked: Asked) -> Iterator[dict[str, Any]]:
        """The share that is written, several times a second; it can be stopped only there."""
        from textgen.experiments.chaos.rows import (  # torch comes in with the first model
            ChaosSettings,
            grid,
            writing,
        )
        from textgen.text.context import read_context
        from textgen.ui.chaos.view import picture

        source, form = asked.source, asked.form
        model = self.lab.registry.get(source.model)
        temperatures = grid(form.low, form.high, form.rows)
        settings = ChaosSettings(temperatures, source.seed, form.length, source.settings)
        note, due = read_context(model, source.prompt).note, self.clock()
        for step in writing(model, source.prompt, settings):
            if step.chaos is not None:
                yield {"picture": json.dumps({**picture(model, step.chaos), "note": note})}
            elif self.clock() >= due:
                yield {"done": step.done / step.total}
                due = self.clock() + EVERY

    def magnify(self, event: gr.EventData) -> dict[str, Any]:
        """What happens between two temperatures of a picture; or a sentence."""
        head = {"serial": serial_of(event), "event": "magnify"}
        try:
            return {**head, "magnified": json.dumps(self.between(event_object(event)))}
        except TextgenError as error:
            return {**head, "problem": str(error)}

    def between(self, data: dict[str, Any]) -> dict[str, Any]:
        """The magnifier's view. Raises TextgenError."""
        from textgen.experiments.chaos.rows import ChaosSettings, chaos
        from textgen.ui.chaos.magnifier import magnified

        source, form = read_source(data.get("record")), read_form({**data, "rows": 2}, self.limit)
        settings = ChaosSettings((form.low, form.high), source.seed, form.length, source.settings)
        model = self.lab.registry.get(source.model)
        return magnified(model, chaos(model, source.prompt, settings))


def view_config(limit: int) -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "form": {"low": FIRST.low, "high": FIRST.high, "rows": FIRST.rows, "length": FIRST.length},
        "limit": limit,
        "neutral": {name: stage.neutral for name, stage in STAGES.items()},
    }
