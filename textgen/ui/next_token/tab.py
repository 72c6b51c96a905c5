"""The Next token tab: a context's distribution, side by side at several temperatures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.plots import next_token as bars
from textgen.plots.theme import THERMAL
from textgen.records import NextToken
from textgen.settings import DecodeSettings, check_seed, check_whole
from textgen.stages import ORDERS
from textgen.text.tokenizer import visible
from textgen.ui.generate.runs import checked_pick
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.errors import told_in_view
from textgen.ui.shell.events import event_field
from textgen.ui.shell.sidebar import NUMBERS, Controls, settings_from
from textgen.ui.shell.source import expectation, named

EVENTS = ("append", "sample", "back", "temperature", "reorder")
MAX_PANEL_TEMPERATURE = 100
# What the component changed in the browser's store goes back to the sidebar without the server.
STORED_TEMPERATURE = "() => TemperatureLab.settings.temperature"
STORED_ORDER = "() => [TemperatureLab.settings.order.join(), TemperatureLab.orderName()]"
NAMED_ORDER = "(name) => (TemperatureLab.orders[name] ?? TemperatureLab.settings.order).join()"


class NextTokenTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, registry: Registry, controls: Controls, new_seed: Callable[[], int]) -> None:
        self.registry, self.controls, self.new_seed = registry, controls, new_seed
        self.view = LabComponent("next_token", view_config(), EVENTS)

    def connect(self) -> None:
        """Wire the sidebar and the component's own events."""
        c = self.controls
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        # A Textbox's `input` fires on key presses alone: not on paste, deletion or a phone's keyboard.
        gr.on(
            [c.context.change, c.numbers.change, c.kind.input, c.model.input],
            self.show,
            c.source,
            self.view,
            trigger_mode="always_last",
            **quick,
        )
        self.view.append(told_in_view(self.append, 2), c.source, [c.context, self.view], **quick)
        self.view.back(told_in_view(self.back, 2), c.source, [c.context, self.view], **quick)
        self.view.temperature(None, None, c.stages["temperature"], js=STORED_TEMPERATURE, **quick)
        self.view.reorder(None, None, [c.order, c.order_choice], js=STORED_ORDER, **quick)
        c.order_choice.input(None, c.order_choice, c.order, js=NAMED_ORDER, **quick)
        drawing = [*c.source, c.seed, c.lock, *c.settings]
        self.view.sample(told_in_view(self.sample, 3), drawing, [c.context, c.seed, self.view], **quick)

    def show(self, model: Any, context: Any, numbers: Any, kind: Any) -> dict[str, Any]:
        """The view of the source as it stands; while somebody types, a mistake is only a sentence."""
        try:
            return self.seen((model, context, numbers, kind))
        except TextgenError as error:
            return {"problem": str(error)}

    def append(self, model: Any, context: Any, numbers: Any, kind: Any, event: gr.EventData) -> Any:
        """A token picked by hand joins the context."""
        loaded = self.registry.get(str(model))
        token = checked_pick(event_field(event, "id"), loaded, "pick a bar")
        longer = loaded.tokenizer.extended(str(context), [token])
        return longer, self.show(model, longer, numbers, kind)

    def back(self, model: Any, context: Any, numbers: Any, kind: Any) -> Any:
        """The last token leaves the context."""
        shorter = self.registry.get(str(model)).tokenizer.without_last(str(context))
        return shorter, self.show(model, shorter, numbers, kind)

    def sample(self, event: gr.EventData, *values: Any) -> Any:
        """One token is drawn under the live settings; the n-th draw in a row has the luck of step n.

        So with the seed kept, drawing one after another writes what Generate would write.
        """
        model, context, numbers, kind, seed, locked, *stages = values
        settings = settings_from(stages)
        seed = check_seed(seed) if locked else self.new_seed()
        step = check_whole("step", event_field(event, "step"), 0, 2**31, "draw again from the page")
        token = pick_one(expectation(self.registry, (model, context, numbers, kind)), settings, seed, step)
        if model != NUMBERS:
            context = self.registry.get(str(model)).tokenizer.extended(str(context), [token])
        view = self.seen((model, context, numbers, kind))
        return context, seed, {**view, "sampled": step + 1, "picked": token}

    def seen(self, source: tuple[Any, Any, Any, Any]) -> dict[str, Any]:
        """The component's value for a source. Raises TextgenError."""
        view = view_value(expectation(self.registry, source), source[1])
        return {**packed(view), "source": named(source)}


def pick_one(expectation: NextToken, settings: DecodeSettings, seed: int, step: int) -> int:
    """One token under settings, with the noise of (seed, step)."""
    from textgen.decoding.picking import GumbelNoise, pick
    from textgen.decoding.pipeline import Pipeline

    logits = Pipeline(settings)(expectation.logits.astype("float64"), expectation.context.ids)
    return int(pick(logits, GumbelNoise(seed, len(expectation.labels)).at(step)))


def view_value(expectation: NextToken, context: Any) -> dict[str, Any]:
    """What the component draws: logits as base64 of little-endian float32 (V,), the rest as text."""
    numbers = not expectation.model
    return {
        "numbers": numbers,
        "model": expectation.model,
        "logits": base64.b64encode(expectation.logits.astype("<f4").tobytes()).decode("ascii"),
        "labels": list(expectation.labels),
        "vocabulary": hashlib.sha256("\0".join(expectation.labels).encode()).hexdigest()[:16],
        "pieces": [[visible(piece), known] for piece, known in expectation.context.pieces],
        "unseen": expectation.context.unseen,
        "history": list(expectation.context.ids),
        "context": "" if numbers else str(context),
        "note": expectation.note,
        "sampled": 0,
    }


def packed(view: dict[str, Any]) -> dict[str, Any]:
    """A view with its labels as one JSON text: Gradio's page copies a list entry by entry, each time."""
    return {**view, "labels": json.dumps(view["labels"])}


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "settings": DecodeSettings().to_dict(),
        "orders": {name: list(order) for name, order in ORDERS.items()},
        "figure": bars.skeleton(),
        "rows": bars.ROWS,
        "rowHeight": bars.ROW_HEIGHT,
        "textAt": bars.TEXT_AT,
        "max": MAX_PANEL_TEMPERATURE,
    }
