"""Draws of the next token at several temperatures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from textgen.experiments.draws.counts import MAX_TOTAL
from textgen.experiments.panels import MAX_PANELS, draw_up_to, side_by_side
from textgen.experiments.requests.base import DRAWS, Models, Seed, Settings, temperatures_from
from textgen.experiments.requests.next_token import finite_or_none
from textgen.experiments.requests.source import NextTokenSourced
from textgen.records import Distribution, Draws, NextToken
from textgen.settings import DecodeSettings
from textgen.validation import whole_from


@dataclass(frozen=True)
class Drawn:
    """Counts of draws, and the scores that they come from."""

    draws: Draws
    expectation: NextToken

    def to_json(self) -> dict[str, Any]:
        """Tokens in the order of their ids, one row a temperature."""
        draws = self.draws
        return {
            "labels": list(draws.labels),
            "n": draws.n,
            "counts": draws.counts.tolist(),
            "checkpoints": draws.checkpoints.tolist(),
            "distances": draws.distances.tolist(),
            "probabilities": draws.probabilities.tolist(),
            "logits": finite_or_none(self.expectation.logits),
        }


@dataclass(frozen=True, kw_only=True)
class DrawsRequest(NextTokenSourced):
    """`n` draws at each temperature, all other settings alike: the same counts however they are reached."""

    kind = "draws"

    settings: Settings = DecodeSettings()  # noqa: RUF009 (frozen)  # their temperature gives way to:
    temperatures: Annotated[tuple[float, ...], temperatures_from(1, MAX_PANELS)]
    seed: Seed
    n: Annotated[int, whole_from(1, MAX_TOTAL, "that many are kept at most", name="draws in total")]

    def cost(self) -> int:
        return self.source.cost() + len(self.temperatures) * (1 + self.n // DRAWS)

    def panels(self, registry: Models) -> tuple[Distribution, ...]:
        """The distribution at each temperature."""
        return side_by_side(self.source.expectation(registry), self.temperatures, self.settings)

    def run(self, registry: Models) -> Drawn:
        panels = self.panels(registry)
        expectation = panels[0].next
        return Drawn(replace(draw_up_to(panels, self.n, self.seed), note=expectation.note), expectation)
