"""The Calibration part of the Experiments tab: how sure the model is, and whether it should be.

The server keeps nothing: the page holds the curves of a visitor's own texts, and sends them along.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.errors import TextError, out_of_range, shorten
from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.experiments.requests import PerplexityRequest
from textgen.experiments.requests.base import as_model
from textgen.models.calibration import FILE, TEMPERATURES, read_calibration
from textgen.plots.perplexity import SCALES
from textgen.ui.calibration.measuring import Asked, measure
from textgen.ui.calibration.view import Shown, shipped, view
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent, as_object
from textgen.ui.sidebar.model_choice import NUMBERS
from textgen.ui.sidebar.model_facts import facts_of
from textgen.ui.sidebar.sidebar import ignoring
from textgen.validation import finite

MAX_BESIDE = 11  # models beside the chosen one: more lines nobody tells apart
MAX_OWN = 4  # measured texts that are kept
MAX_LISTED = 40  # models that can be put beside each other
MAX_LABEL, MAX_FACTS = 200, 1_000  # characters
MAX_NATS = 700.0  # per token: e^700 is still a number
QUICK = 1_000  # characters of a text that is measured in a moment, here
SCALE_NAMES = {"perplexity": "Perplexity", "bits": "Bits per token", "relative": "Above its minimum"}
OWN_CONTROLS = "use the page's own controls"
NO_MODEL = "Your own numbers are no model: there is no text that they could predict. Choose a model."
IGNORES = ignoring("Calibration measures the model as it learned: only the model counts here.", but=["model"])


def build(lab: Laboratory) -> None:
    """Put the part where Gradio is building."""
    part = Calibration(lab)
    config = view_config(lab.limits.scored_characters)
    streams = {"measure": part.measure}
    LabComponent("calibration", config, answers={"curves": part.curves}, streams=streams)


@dataclass(frozen=True)
class Calibration:
    """Answers the page; every answer takes what any client may send."""

    lab: Laboratory

    def curves(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The curves of the sidebar's model, of models beside it and of texts. Raises TextgenError."""
        model, own = as_model("model", data.get("model")), read_own(data.get("own"))
        names = [name for name in dict.fromkeys((model, *read_names(data.get("models")))) if name != NUMBERS]
        of_models = [shown for name in names if (shown := self.curve_of(name)) is not None]
        return {
            "model": model,
            "models": list(self.listed()),
            "note": self.missing(model, of_models),
            **view([*of_models, *own], read_scale(data.get("scale"))),
        }

    async def measure(self, data: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """One more curve: the sidebar's model on a text of one's own. Raises TextgenError."""
        text = check_text(data.get("text"), self.lab.limits.scored_characters)
        name = data.get("model")
        if name == NUMBERS:
            raise TextError(NO_MODEL)
        self.lab.registry.check(name)
        self.lab.visitors.charge(
            PerplexityRequest(model=name, text=text, temperatures=tuple(TEMPERATURES)).cost()  # type: ignore[arg-type]
        )
        if len(text) <= QUICK:
            return self.lab.workers.here(measure, Asked(name, text))  # type: ignore[arg-type]
        return self.lab.workers.work("scores", measure, Asked(name, text))  # type: ignore[arg-type]

    def curve_of(self, name: Any) -> Shown | None:
        """The curve of a model's folder; None where none can be read. Raises ModelError for no model."""
        folder = self.lab.registry.folder(name)
        facts, curve = facts_of(self.lab.registry, name), read_calibration(folder)
        return shipped(facts, curve) if facts and curve else None

    def missing(self, model: Any, of_models: list[Shown]) -> str:
        """That the chosen model has no curve, and how it gets one; "" where it has."""
        if model == NUMBERS:
            return NO_MODEL
        if any(shown.name == model for shown in of_models):
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


# ---- what the page sends, read as hostile input


def read_scale(value: Any) -> str:
    """One of SCALES; "" = what suits the curves. Raises SettingError."""
    scale = value or ""
    if not isinstance(scale, str) or scale not in ("", *SCALES):
        raise out_of_range("scale", f"one of {', '.join(SCALES)}", scale, OWN_CONTROLS)
    return scale


def read_names(values: Any) -> list[str]:
    """Models' names, each once; the registry judges them. Raises TextError."""
    listed = read_list("models", values, MAX_BESIDE)
    if not all(isinstance(name, str) for name in listed):
        raise TextError(f"models must be names, got {shorten(listed)}; {OWN_CONTROLS}")
    return list(dict.fromkeys(listed))


def read_own(values: Any) -> list[Shown]:
    """The curves of measured texts, as `measure` gave them to the page. Raises TextError."""
    return [read_curve(as_object(value)) for value in read_list("texts", values, MAX_OWN)]


def read_curve(data: Mapping[str, Any]) -> Shown:
    label, unit, facts = (
        read_words(name, data.get(name), most)
        for name, most in (("label", MAX_LABEL), ("unit", MAX_LABEL), ("facts", MAX_FACTS))
    )
    nats = [finite(value) for value in read_list("nats", data.get("nats"), len(TEMPERATURES))]
    if len(nats) != len(TEMPERATURES) or any(value is None or not 0 <= value <= MAX_NATS for value in nats):
        raise TextError(f"a measured text must have {len(TEMPERATURES)} losses above 0; measure it again")
    return Shown(Curve(label, unit, np.array(TEMPERATURES), np.array(nats, dtype=np.float64)), facts)


def read_words(name: str, value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise TextError(
            f"{name} must be a text of at most {most:,} characters, got {shorten(value)}; {OWN_CONTROLS}"
        )
    return value


def read_list(name: str, values: Any, most: int) -> list[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise TextError(f"{name} must be a list of at most {most}, got {shorten(values)}; {OWN_CONTROLS}")
    return values


def check_text(text: Any, most: int) -> str:
    """The text to measure. Raises TextError."""
    if not isinstance(text, str):
        raise TextError(f"the text must be a text, got {shorten(text)}; paste one into the box")
    if not text.strip():
        raise TextError("the text must not be empty; paste some lines that the model has not learned from")
    if len(text) > most:
        raise TextError(f"the text must have at most {most:,} characters, got {len(text):,}; leave some out")
    return text


def view_config(most: int) -> dict[str, Any]:
    """What the component needs once."""
    return {"scales": list(SCALE_NAMES.items()), "beside": MAX_BESIDE, "own": MAX_OWN, "most": most}
