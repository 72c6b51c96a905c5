"""Another model beside the sidebar's: the same context, both distributions and both texts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from textgen.errors import TextError, TextgenError
from textgen.models.registry import Registry
from textgen.plots import next_token as bars
from textgen.plots.theme import THERMAL
from textgen.settings import DecodeSettings, check_seed
from textgen.ui.model.duel import MAX_LENGTH, MIN_LENGTH, Clock, Duel, checked_length, leg, recorded_duel
from textgen.ui.next_token.tab import view_value
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_field, event_object, serial_of
from textgen.ui.shell.model_facts import Facts
from textgen.ui.shell.sidebar import NUMBERS, Controls, settings_from

EVENTS = ("look", "write", "go_on")
LENGTH = 300  # characters
NO_MODEL = "Your own numbers cannot be compared: choose a model in the sidebar."
NO_OTHER = (
    "There is no second model yet: train one, or copy its folder beside this one, and load the page anew."
)


class CompareCard:
    """Builds the card and answers its events; every handler takes what any client may send."""

    def __init__(
        self,
        registry: Registry,
        controls: Controls,
        new_seed: Callable[[], int],
        clock: Clock = time.monotonic,
    ) -> None:
        self.registry, self.controls, self.new_seed, self.clock = registry, controls, new_seed, clock
        self.view = LabComponent("compare", view_config(), EVENTS)

    def connect(self) -> None:
        """Wire the card's events; the page itself notices when the sidebar changes."""
        c = self.controls
        quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        # The page asks for the next leg before Gradio has closed the last one: by default it would not hear.
        quick = {**quiet, "trigger_mode": "multiple"}
        asked = [c.model, c.context, c.seed, c.lock, *c.settings]
        events = [
            self.view.look(self.look, [c.model, c.context], self.view, **quick),
            self.view.write(self.write, asked, [c.seed, self.view], **quick),
            self.view.go_on(self.go_on, None, self.view, **quick),
        ]
        for event in events:
            event.failure(None, None, None, js="() => TemperatureLab.compareFailed?.()", **quiet)
        c.context.change(None, None, None, js="() => TemperatureLab.compareChanged?.()", **quiet)

    def look(self, event: gr.EventData, model: Any, context: Any) -> dict[str, Any]:
        """Both distributions as they stand; while somebody types, a mistake is only a sentence."""
        try:
            return {"serial": serial_of(event), "sides": self.sides(event, model, context)}
        except TextgenError as error:
            return {"serial": serial_of(event), "note": str(error)}

    def sides(self, event: gr.EventData, model: Any, context: Any) -> list[dict[str, Any]]:
        known = event_object(event).get("known")
        names = (model_name(model), event_field(event, "b"))
        return [self.side(name, context, known if isinstance(known, list) else []) for name in names]

    def side(self, name: Any, context: Any, known: Sequence[Any]) -> dict[str, Any]:
        """One model: its facts, what it expects, and its tokens' names as JSON unless the page has them."""
        from textgen.api import predict

        facts = Facts(self.registry.info(name))
        value = view_value(predict(self.registry.get(name), context), context)
        labels = "" if value["vocabulary"] in known else json.dumps(value["labels"])
        return {**value, "labels": labels, "title": facts.title, "line": facts.line, "unit": facts.unit}

    def write(
        self, event: gr.EventData, model: Any, context: Any, seed: Any, locked: Any, *values: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Both texts from their start; the seed in use goes to the sidebar."""
        try:
            names = (model_name(model), event_field(event, "b"))
            seed = check_seed(seed) if locked else self.new_seed()
            models = (self.registry.get(names[0]), self.registry.get(names[1]))
            length = checked_length(event_field(event, "length"))
            duel = Duel(models, context, settings_from(values), seed, length)
            return seed, self.written(event, duel)
        except TextgenError as error:
            return gr.skip(), {"serial": serial_of(event), "problem": str(error)}

    def go_on(self, event: gr.EventData) -> dict[str, Any]:
        """The next leg of both texts."""
        try:
            duel = recorded_duel(self.registry, event_field(event, "head"), event_field(event, "ids"))
            return self.written(event, duel)
        except TextgenError as error:
            return {"serial": serial_of(event), "problem": str(error)}

    def written(self, event: gr.EventData, duel: Duel) -> dict[str, Any]:
        return {"serial": serial_of(event), "texts": leg(duel, self.clock), "head": duel.head()}


def model_name(model: Any) -> Any:
    """The sidebar's model. Raises TextError for typed-in numbers; the registry judges the rest."""
    if model == NUMBERS:
        raise TextError(NO_MODEL)
    return model


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "settings": DecodeSettings().to_dict(),
        "figure": bars.skeleton(),
        "rows": bars.ROWS,
        "rowHeight": bars.ROW_HEIGHT,
        "textAt": bars.TEXT_AT,
        "length": LENGTH,
        "minLength": MIN_LENGTH,
        "maxLength": MAX_LENGTH,
        "numbers": NUMBERS,
        "noModel": NO_MODEL,
        "noOther": NO_OTHER,
    }
