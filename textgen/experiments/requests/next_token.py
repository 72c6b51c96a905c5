"""The next-token distribution of one source under one to 64 settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from textgen.experiments.panels import MAX_PANELS, distribution
from textgen.experiments.requests.base import Models, as_settings
from textgen.experiments.requests.source import NextTokenSourced
from textgen.records import Distribution
from textgen.settings import DecodeSettings
from textgen.validation import list_of


@dataclass(frozen=True)
class Panels:
    """Distributions of one source, side by side."""

    panels: tuple[Distribution, ...]  # 1 or more

    def to_json(self) -> dict[str, Any]:
        """Tokens in the order of their ids; logits as the model gave them, null = −inf."""
        expectation = self.panels[0].next
        return {
            "labels": list(expectation.labels),
            "logits": finite_or_none(expectation.logits),
            "panels": [
                {**panel.summary.to_dict(), "probabilities": panel.probabilities.tolist()}
                for panel in self.panels
            ],
        }


@dataclass(frozen=True, kw_only=True)
class NextTokenRequest(NextTokenSourced):
    """What comes next, under each of several settings."""

    kind = "distribution"

    panels: Annotated[tuple[DecodeSettings, ...], list_of(as_settings, 1, MAX_PANELS, each="settings")]

    def cost(self) -> int:
        return self.source.cost() + len(self.panels)

    def run(self, registry: Models) -> Panels:
        expectation = self.source.expectation(registry)
        return Panels(tuple(distribution(expectation, settings) for settings in self.panels))


def finite_or_none(values: Iterable[float]) -> list[float | None]:
    """JSON has no infinity and no NaN: null instead."""
    return [float(value) if -float("inf") < value < float("inf") else None for value in values]
