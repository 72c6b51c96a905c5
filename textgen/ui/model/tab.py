"""The Model tab: what the sidebar's model is, how it learned, and another model beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.errors import ModelError, TextError
from textgen.models.log import FILE, read_log, temperature_of
from textgen.models.reading import read_start
from textgen.models.registry import Registry
from textgen.plots.loss import LossCurves, losses
from textgen.records import TrainingLog
from textgen.ui.model.card import card
from textgen.ui.model.compare import MAX_LENGTH, MIN_LENGTH, Comparison, messages
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.model_choice import NUMBERS
from textgen.ui.sidebar.model_facts import Facts
from textgen.units import bits_per_character

if TYPE_CHECKING:
    from textgen.models.folder import Model

LENGTH = 300  # characters of each text at first
MAX_README = 100_000  # bytes
NO_MODEL = "Your own numbers are no model: nothing has learned them. Choose a model in the sidebar."
NO_LOG = "This folder has no training_log.csv that can be read: how the model learned is not known."
NOT_COMPARED = "Your own numbers cannot be compared: choose a model in the sidebar."
NO_OTHER = (
    "There is no second model yet: train one, or copy its folder beside this one, and load the page anew."
)
IGNORES: Mapping[str, str] = {}  # of the sidebar: the comparison heeds all of it


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    room = Room(lab)
    answers = {"facts": room.facts, "expect": room.expect}
    LabComponent("model", config(), answers=answers, streams={"write": room.write})


def config() -> dict[str, Any]:
    """What the page needs to know once."""
    return {
        "length": LENGTH,
        "minLength": MIN_LENGTH,
        "maxLength": MAX_LENGTH,
        "notCompared": NOT_COMPARED,
        "noOther": NO_OTHER,
    }


class Room:
    """What the page asks of the server; each request is what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab

    def facts(self, data: dict[str, Any]) -> dict[str, Any]:
        """All that the page needs of a model, once: its slider asks for nothing more."""
        return model_view(self.lab.registry, data.get("model"))

    def expect(self, data: dict[str, Any]) -> dict[str, Any]:
        """What a model expects after a context. `known`: the vocabulary whose labels the page has."""
        name = compared(data.get("model"))
        asked = {"model": name, "context": data.get("context"), "known": data.get("known")}
        return {**NextTokenTab(self.lab).look(asked), "unit": Facts(self.lab.registry.info(name)).unit}

    def write(self, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The texts of `model` and of the one `beside` it; without a seed a new one is taken."""
        models = self.model(data.get("model")), self.model(data.get("beside"))
        comparison = Comparison.from_json(models, self.lab.seed(data.get("seed")), data)
        self.lab.visitors.charge(comparison.cost)
        yield from messages(comparison, self.lab.clock)

    def model(self, name: Any) -> Model:
        return self.lab.registry.get(compared(name))


def compared(name: Any) -> Any:
    """A model that can be compared. Raises TextError for typed-in numbers; the registry judges the rest."""
    if name == NUMBERS:
        raise TextError(NOT_COMPARED)
    return name


def model_view(registry: Registry, model: Any) -> dict[str, Any]:
    """A model's card, README and history. Raises TextgenError."""
    if model == NUMBERS:
        raise TextError(NO_MODEL)
    facts, folder = Facts(registry.info(model)), registry.folder(model)
    log = read_log(folder / FILE)
    return {
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
        return read_start(path, MAX_README)
    except ModelError:
        return ""


def history(facts: Facts, log: TrainingLog) -> dict[str, Any]:
    """The moments of a training: the curves, and what was written at each."""
    kept = kept_at(facts, log)
    target = facts.config.target
    return {
        "figure": losses(LossCurves(log, facts.unit, target, kept, facts.characters)),
        "unit": facts.unit,
        "kept": kept,
        "bits": bits_per_character(1, facts.characters) if facts.characters else None,
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
