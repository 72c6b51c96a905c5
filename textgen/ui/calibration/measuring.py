"""What a worker does for the Calibration part: score a text at every temperature of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.models.calibration import TEMPERATURES
from textgen.models.registry import Registry
from textgen.ui.calibration.view import Shown, label_of, measured_facts, nats_of
from textgen.ui.sidebar.model_facts import Facts

if TYPE_CHECKING:
    from textgen.models.folder import Model


class Asked(NamedTuple):
    """A text of one's own, and who is to predict it."""

    model: str
    text: str


def measure(registry: Registry, asked: Asked) -> Iterator[dict[str, Any]]:
    """The curve in one message. Raises TextgenError."""
    facts = Facts(registry.info(asked.model))
    shown = measured(registry.get(asked.model), facts, asked.text)
    yield {"curve": shown.to_dict(), "request": request(asked), "done": "measured"}


def measured(model: Model, facts: Facts, text: str) -> Shown:
    """A text, scored. Raises TextgenError."""
    from textgen.api import own_window, perplexity  # torch comes in with the first model

    held = perplexity(model, text, TEMPERATURES)
    curve = Curve(label_of(text, facts.title), facts.unit, held.temperatures, nats_of(held.perplexities))
    unknown, kept = model.tokenizer.encode(text).unknown, model.tokenizer.unknown_id is not None
    return Shown(curve, measured_facts(curve, held.targets, own_window(model), unknown, kept))


def request(asked: Asked) -> dict[str, Any]:
    """What repeats a measurement: `textgen.api.perplexity` takes the same."""
    grid = list(TEMPERATURES)
    return {"kind": "perplexity", **asked._asdict(), "temperatures": grid, "window": None}
