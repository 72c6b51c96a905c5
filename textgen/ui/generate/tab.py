"""The Generate tab: up to four texts written side by side, from one prompt with one seed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import gradio as gr
import numpy as np

from textgen import __version__
from textgen.errors import TextError
from textgen.models.registry import Registry
from textgen.plots.surprise import surprise
from textgen.plots.theme import THERMAL
from textgen.settings import DecodeSettings, check_seed
from textgen.stages import STAGES
from textgen.ui.generate.guide import GUIDE
from textgen.ui.generate.runs import (
    MAX_LENGTH,
    MAX_PANES,
    MAX_WIDTH,
    STRATEGIES,
    Run,
    new_run,
    recorded_run,
    recorded_text,
)
from textgen.ui.generate.vocabulary import ends, vocabulary, vocabulary_key
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.errors import told
from textgen.ui.shell.events import event_field, event_object, serial_of
from textgen.ui.shell.sidebar import NUMBERS, Controls, settings_from

EVENTS = ("write", "go_on", "stop", "seeded", "open")
FIRST_TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
FIRST_LENGTH = 400  # tokens
NO_MODEL = (
    "Generate needs a model: typed-in numbers say nothing about the token after the next one; "
    "choose a model in the sidebar"
)
# It may run before the scripts are there.
MIRROR = """(model, context, seed, locked) => {
  const lab = (window.TemperatureLab ??= {});
  lab.source = { model, context: context ?? "", seed, locked };
  lab.onSource?.();
}"""
SEED = "() => TemperatureLab.memory.generate.run.head.seed"
ENDED = "() => { window.TemperatureLab?.writingEnded?.(); }"


@dataclass(frozen=True, slots=True)
class Clocks:
    """What time it is."""

    seconds: Callable[[], float] = time.monotonic  # from any start
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class GenerateTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(
        self, registry: Registry, controls: Controls, new_seed: Callable[[], int], clocks: Clocks = Clocks()
    ) -> None:
        self.registry, self.controls, self.new_seed, self.clocks = registry, controls, new_seed, clocks
        self.view = LabComponent("generate", {"json": json.dumps(view_config())}, EVENTS)

    def connect(self, page: gr.Blocks, tabs: gr.Tabs, next_token: NextTokenTab) -> None:
        """Wire the component's events, and the sidebar to the browser's copy of it."""
        c = self.controls
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        writing: dict[str, Any] = {**quiet, "concurrency_limit": None, "trigger_mode": "multiple"}
        asked = [c.model, c.context, c.seed, c.lock, *c.settings]
        write = self.view.write(told(self.write), asked, self.view, **writing)
        self.view.seeded(None, None, c.seed, js=SEED, show_progress="hidden", api_visibility="private")
        go_on = self.view.go_on(told(self.go_on), None, self.view, **writing)
        self.view.stop(None, None, None, cancels=[write, go_on], **quiet)
        for event in (write, go_on):  # Gradio calls an event that was stopped a failure, too
            event.failure(None, None, None, js=ENDED, api_visibility="private")
        place = [c.model, c.context, c.stages["temperature"], next_token.view, tabs]
        self.view.open(told(self.open_in(next_token)), None, place, **writing)
        source = [c.model, c.context, c.seed, c.lock]
        changes = [event for part in source for event in (part.change, part.input)]  # type: ignore[attr-defined]
        gr.on([page.load, *changes], None, source, None, js=MIRROR, api_visibility="private")

    def write(
        self, event: gr.EventData, model: Any, context: Any, seed: Any, locked: Any, *values: Any
    ) -> Iterator[dict[str, Any]]:
        """Begin anew; the seed in use is in the head."""
        chosen = check_seed(seed) if locked else self.new_seed()
        run = new_run(self.model(model), context, chosen, settings_from(values), event_object(event))
        yield from self.answer(event, run)

    def go_on(self, event: gr.EventData) -> Iterator[dict[str, Any]]:
        """Continue, or take another way at a token: the page sends the run's record back."""
        record = event_object(event)
        yield from self.answer(event, recorded_run(self.model(record.get("model")), record))

    def answer(self, event: gr.EventData, run: Run) -> Iterator[dict[str, Any]]:
        """The values of one leg of a run: what it is, and all that it has written so far."""
        from textgen.ui.generate.writing import messages  # torch comes in with the first model

        head = {"leg": serial_of(event, "leg"), **self.head(run, event_field(event, "vocabulary"))}
        for message in messages(run, self.clocks.seconds):
            yield {**head, **message}

    def head(self, run: Run, known: Any) -> dict[str, str]:
        """What a text needs to be repeated, and the tokens' names unless the page has them.

        As JSON texts: Gradio's page copies objects, entry by entry, at every message.
        """
        key = vocabulary_key(run.model)
        facts = {**self.facts(run), **ends(run.model, run.prompt), "vocabulary": key}
        return {
            "head": json.dumps(facts),
            "tokens": "" if known == key else json.dumps(vocabulary(run.model)),
        }

    def facts(self, run: Run) -> dict[str, Any]:
        """How a run came about."""
        from textgen.api import read_context

        return {
            "model": run.model.name,
            "weights_sha256": self.weights(run.model.name),
            "version": __version__,
            "time": self.clocks.now().isoformat(timespec="seconds"),
            "prompt": run.prompt,
            "note": read_context(run.model, run.prompt).note,
            "seed": run.seed,
            "goal": run.goal,
            "settings": [text.settings.to_dict() for text in run.texts],
        }

    def weights(self, name: str) -> str:
        """The checksum of a model's weights."""
        from textgen.models.folder import weights_sha256

        return weights_sha256(self.registry.folder(name))

    def model(self, name: Any) -> Any:
        """A model by its name. Raises TextError for typed-in numbers, ModelError for no model."""
        if name == NUMBERS:
            raise TextError(NO_MODEL)
        return self.registry.get(str(name))

    def open_in(self, next_token: NextTokenTab) -> Callable[..., Any]:
        """The handler that shows a place of a text in the Next token tab."""

        def opened(event: gr.EventData) -> list[Any]:
            from textgen.api import read_context

            name = event_field(event, "model")
            model = self.model(name)
            text = recorded_text(event_object(event), model)
            read_context(model, event_field(event, "prompt"))
            context = model.tokenizer.extended(event_field(event, "prompt"), text.ids)
            read_context(model, context)
            view = next_token.show(name, context, "", "auto")
            return [name, context, slider_value(text.settings), view, gr.update(selected="next")]

        return opened


def slider_value(settings: DecodeSettings) -> Any:
    """A temperature for the sidebar's slider, where it reaches."""
    return settings.temperature if settings.temperature <= 3 else gr.skip()


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "temperatures": list(FIRST_TEMPERATURES),
        "length": FIRST_LENGTH,
        "maxLength": MAX_LENGTH,
        "maxPanes": MAX_PANES,
        "maxWidth": MAX_WIDTH,
        "strategies": STRATEGIES,
        "guide": [asdict(entry) for entry in GUIDE],
        "surprise": surprise((), np.zeros(0)),
        "neutral": {name: stage.neutral for name, stage in STAGES.items()},
        "settings": DecodeSettings().to_dict(),
        "numbers": NUMBERS,
        "noModel": NO_MODEL,
    }
