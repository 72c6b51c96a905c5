"""The Calibration part of the Experiments tab: how sure the model is, and whether it should be.

The server keeps a visitor's measured texts as curves alone; the page holds the texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from textgen.errors import TextError, TextgenError
from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.models.calibration import FILE, TEMPERATURES, read_calibration
from textgen.plots.theme import THERMAL
from textgen.ui.calibration.request import MAX_BESIDE, MAX_OWN, Request, check_text, read_request
from textgen.ui.calibration.view import Shown, label_of, measured_facts, nats_of, shipped, view
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_field, serial_of
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.model_facts import Facts, facts_of
from textgen.ui.shell.sidebar import NUMBERS

if TYPE_CHECKING:
    from textgen.models.folder import Model

EVENTS = ("look", "measure")
GRID = TEMPERATURES
AT_ONCE = 2  # texts that are measured at the same time; further ones wait
MAX_LISTED = 40  # models that can be put beside each other
SCALE_NAMES = {"perplexity": "Perplexity", "bits": "Bits per token", "relative": "Above its minimum"}
NO_MODEL = "Your own numbers are no model: there is no text that they could predict. Choose a model."
GONE = "The server does not hold the measured texts any more: press Measure again."


@dataclass(frozen=True, eq=False)
class Session:
    """One visitor's measured texts. Compared by identity, since arrays have no hash."""

    own: tuple[Shown, ...] = ()

    def with_text(self, curve: Curve, facts: str) -> Session:
        """One more; of more than a few the oldest goes."""
        number = 1 + max((shown.own or 0 for shown in self.own), default=0)
        return Session((*self.own, Shown(curve, facts, own=number))[-MAX_OWN:])


class CalibrationTab:
    """Builds the part and answers its events; every handler takes what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.most = lab.limits.scored_characters
        self.session = gr.State(None)
        self.view = LabComponent("calibration", view_config(self.most), EVENTS)

    def connect(self) -> None:
        """Wire the component's events; the page itself notices when the sidebar's model changes."""
        model = self.lab.controls.model
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        # The page asks again before Gradio has closed the last answer: by default it would not hear.
        asked: dict[str, Any] = {"inputs": [self.session, model], "trigger_mode": "multiple", **quiet}
        look = self.view.look(self.look, outputs=self.view, queue=False, **asked)
        measure = self.view.measure(
            self.measure, outputs=[self.session, self.view], concurrency_limit=AT_ONCE, **asked
        )
        for event in (look, measure):
            event.failure(None, None, None, js="() => TemperatureLab.calibrationFailed?.()", **quiet)
        changed = "() => TemperatureLab.calibrationChanged?.()"
        model.change(None, None, None, js=changed, queue=False, **quiet)

    def look(self, event: gr.EventData, session: Any, model: Any) -> dict[str, Any]:
        """The curves asked for; a mistake is a sentence."""
        try:
            return self.shown(read_request(event), own_of(session), model)
        except TextgenError as error:
            return {"serial": serial_of(event), "problem": str(error)}

    def measure(self, event: gr.EventData, session: Any, model: Any) -> Any:
        """One more curve: the sidebar's model on a text of one's own."""
        try:
            text = check_text(event_field(event, "text"), self.most)
            if model == NUMBERS:
                raise TextError(NO_MODEL)
            facts = Facts(self.lab.registry.info(model))
            after = measured(own_of(session), self.lab.registry.get(model), facts, text)
        except TextgenError as error:
            return gr.skip(), {"serial": serial_of(event), "problem": str(error)}
        newest = after.own[-1]
        return after, {"serial": serial_of(event), "measured": newest.own, "request": request(model, text)}

    def shown(self, asked: Request, session: Session, model: Any) -> dict[str, Any]:
        """The component's value."""
        kept = [shown for shown in session.own if shown.own in asked.own]
        names = [name for name in dict.fromkeys((model, *asked.models)) if name != NUMBERS]
        found = [shown for name in names if (shown := self.curve_of(name)) is not None]
        notes = [self.missing(model, found), GONE if len(kept) < len(asked.own) else ""]
        return {
            "serial": asked.serial,
            "model": model,
            "models": list(self.listed()),
            "note": " ".join(filter(None, notes)),
            "own": [shown.own for shown in kept],
            **view([*found, *kept], asked.scale),
        }

    def curve_of(self, name: Any) -> Shown | None:
        """The curve of a model's folder; None where there is none. Raises ModelError for no model."""
        facts = Facts(self.lab.registry.info(name))
        found = read_calibration(self.lab.registry.folder(name))
        return shipped(facts, found) if found else None

    def missing(self, model: Any, found: list[Shown]) -> str:
        """That the chosen model has no curve, and how it gets one; "" where it has."""
        if model == NUMBERS:
            return NO_MODEL
        if any(shown.name == model for shown in found):
            return ""
        return (
            f"This model's folder has no {FILE} that can be read. It is made by: python -m textgen evaluate "
            f"{model} --corpus TEXT --temperatures 0.5:2:0.05 --out {FILE}. A text of your own can be "
            "measured below."
        )

    def listed(self) -> Iterator[dict[str, str]]:
        """The models that have a curve."""
        for name in self.lab.registry.names()[:MAX_LISTED]:
            facts = facts_of(self.lab.registry, name)
            if facts and read_calibration(self.lab.registry.folder(name)):
                yield {"name": name, "title": facts.title}


def own_of(session: Any) -> Session:
    return session if isinstance(session, Session) else Session()


def measured(session: Session, model: Model, facts: Facts, text: str) -> Session:
    """The session with one more text, scored at every temperature of the grid. Raises TextgenError."""
    from textgen.api import own_window, perplexity  # torch comes in with the first model

    held = perplexity(model, text, GRID)
    curve = Curve(label_of(text, facts.title), facts.unit, held.temperatures, nats_of(held.perplexities))
    unknown, kept = model.tokenizer.encode(text).unknown, model.tokenizer.unknown_id is not None
    told = measured_facts(curve, held.targets, own_window(model), unknown, kept)
    return session.with_text(curve, told)


def request(model: Any, text: str) -> dict[str, Any]:
    """What repeats a measurement: `textgen.api.perplexity` takes the same."""
    return {"kind": "perplexity", "model": model, "text": text, "temperatures": list(GRID), "window": None}


def view_config(most: int) -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "scales": [[name, title] for name, title in SCALE_NAMES.items()],
        "beside": MAX_BESIDE,
        "own": MAX_OWN,
        "most": most,
        "numbers": NUMBERS,
    }
