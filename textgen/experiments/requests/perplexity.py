"""How well a model predicts a typed-in text at each temperature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from textgen.errors import SettingError
from textgen.experiments.metrics.perplexity_curve import MAX_SCORED, MAX_WINDOW
from textgen.experiments.requests.base import SCORES, ModelName, Request, reading, temperatures_from
from textgen.experiments.requests.next_token import finite_or_none
from textgen.validation import or_none, text_up_to, whole_from

if TYPE_CHECKING:
    from textgen.experiments.metrics.scoring import HeldOut
    from textgen.models.folder import Model
    from textgen.models.registry import Registry

MAX_TEMPERATURES = 200


@dataclass(frozen=True)
class ScoredText:
    """The perplexity of a text, and the ids that were scored."""

    held_out: HeldOut
    documents: tuple[tuple[int, ...], ...]  # one for each that begins and ends at BOS

    def to_json(self) -> dict[str, Any]:
        """One perplexity a temperature, null = beyond all numbers; the ids that were scored."""
        return {
            "perplexities": finite_or_none(self.held_out.perplexities),
            "best": self.held_out.best,
            "targets": self.held_out.targets,
            "documents": [list(ids) for ids in self.documents],
        }


@dataclass(frozen=True, kw_only=True)
class PerplexityRequest(Request):
    """A text, read in windows from a zero state; None takes the window of the model's own losses."""

    kind = "perplexity"

    model: ModelName
    text: Annotated[str, text_up_to(MAX_SCORED)]
    temperatures: Annotated[tuple[float, ...], temperatures_from(1, MAX_TEMPERATURES)]
    window: Annotated[int | None, or_none(whole_from(1, MAX_WINDOW, "leave it out for the model's own"))] = (
        None
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 in self.temperatures:
            raise SettingError(
                "perplexity takes temperatures above 0, got 0: a single wrong token is infinite there"
            )

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def cost(self) -> int:
        return reading(self.text) * (1 + len(self.temperatures) // SCORES)

    def resolved(self, registry: Registry) -> Self:
        """The window is named."""
        if self.window is not None:
            return self
        from textgen.experiments.metrics.scoring import own_window

        return replace(self, window=own_window(registry.get(self.model)))

    def measured(self, model: Model) -> HeldOut:
        """The perplexities under a model. Raises TextError for a text with fewer than 2 known tokens."""
        from textgen.experiments.metrics.scoring import held_out_perplexity, own_window, scored_documents

        window = own_window(model) if self.window is None else self.window
        return held_out_perplexity(model, scored_documents(model, self.text), self.temperatures, window)

    def run(self, registry: Registry) -> ScoredText:
        from textgen.experiments.metrics.scoring import scored_documents

        model = registry.get(self.model)
        documents = (tuple(ids.tolist()) for ids in scored_documents(model, self.text))
        return ScoredText(self.measured(model), tuple(documents))
