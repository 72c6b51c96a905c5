"""The Model tab: what the sidebar's model is, how it learned, and another model beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textgen.errors import TextError, TextgenError
from textgen.models.log import read_log, temperature_of
from textgen.models.registry import Registry
from textgen.plots.loss import LossCurves, losses
from textgen.plots.theme import THERMAL
from textgen.records import TrainingLog
from textgen.ui.model.card import card
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.model_facts import Facts
from textgen.ui.shell.sidebar import NUMBERS, Controls

MAX_README = 100_000  # characters
NO_MODEL = "Your own numbers are no model: nothing has learned them. Choose a model in the sidebar."
NO_LOG = "This folder has no training_log.csv that can be read: how the model learned is not known."


class ModelTab:
    """Builds the tab's first part and answers its event, which takes what any client may send."""

    def __init__(self, registry: Registry, controls: Controls) -> None:
        self.registry, self.controls = registry, controls
        self.view = LabComponent("model", {"stops": [list(stop) for stop in THERMAL]}, ("look",))

    def connect(self) -> None:
        """The page asks for a model's card when the tab is first seen, and when the choice has changed."""
        c = self.controls
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        self.view.look(self.show, c.model, self.view, trigger_mode="always_last", **quick)
        c.model.change(None, None, None, js="() => TemperatureLab.modelChanged?.()", **quick)

    def show(self, model: Any) -> dict[str, Any]:
        """All that the page needs of a model, once: its slider asks for nothing more."""
        try:
            return model_view(self.registry, model)
        except TextgenError as error:
            return {"model": "", "problem": str(error)}


def model_view(registry: Registry, model: Any) -> dict[str, Any]:
    """The component's value. Raises TextgenError."""
    if model == NUMBERS:
        raise TextError(NO_MODEL)
    facts, folder = Facts(registry.info(model)), registry.folder(model)
    log = read_log(folder / "training_log.csv")
    return {
        "model": facts.name,
        "title": facts.title,
        "line": facts.line,
        "tiles": [tile.to_dict() for tile in card(facts)],
        "readme": readme(folder / "README.md"),
        "history": history(facts, log) if log else None,
        "note": "" if log else NO_LOG,
    }


def readme(path: Path) -> str:
    """The folder's model card, in Markdown; "" for none. The page makes text of it, never HTML."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_README)
    except OSError:
        return ""


def history(facts: Facts, log: TrainingLog) -> dict[str, Any]:
    """The moments of a training: the curves, and what was written at each."""
    kept = kept_at(facts, log)
    target = facts.config.target
    return {
        "figure": losses(LossCurves(log, facts.unit, target, kept)),
        "unit": facts.unit,
        "kept": kept,
        "steps": log.steps.tolist(),
        "tokens": log.tokens.tolist(),
        "train": numbers(log.train),
        "validation": numbers(log.validation),
        "columns": [
            {"title": title_of(name), "temperature": temperature_of(name), "texts": list(texts)}
            for name, texts in zip(log.columns, log.texts, strict=True)
        ],
    }


def kept_at(facts: Facts, log: TrainingLog) -> int | None:
    """The moment whose weights were kept; None where the log does not say."""
    step = facts.config.training.kept_step
    return next((i for i, known in enumerate(log.steps.tolist()) if known == step), None)


def numbers(values: Any) -> list[float | None]:
    """Numbers (N,) as JSON holds them; None for NaN."""
    return [round(value, 4) if value == value else None for value in values.tolist()]


def title_of(column: str) -> str:
    """How a column's texts came about: `T = 0.5`, `Beam search`."""
    temperature = temperature_of(column)
    if temperature is not None:
        return f"T = {temperature:g}"
    width = column.removeprefix("beam").strip("_")
    return f"Beam search, k = {width}" if width.isdecimal() else "Beam search, k = 3"
