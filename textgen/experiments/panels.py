"""One expectation seen side by side: under settings, at several temperatures, and drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.decoding.pipeline import Pipeline
from textgen.experiments.draws import counts as draws
from textgen.experiments.metrics.metrics import summarize
from textgen.history import History
from textgen.records import Distribution, Draws, Floats, NextToken
from textgen.settings import DecodeSettings, check_whole

MAX_PANELS = 64  # side by side


def distribution(expectation: NextToken, settings: DecodeSettings) -> Distribution:
    """One expectation after all stages; penalties look at the ids of its context."""
    trace = pipeline_for(expectation, settings).trace(expectation.logits, context_of(expectation))
    probabilities = trace[-1].probabilities
    return Distribution(expectation, settings.to_dict(), trace, probabilities, summarize(probabilities))


def pipeline_for(expectation: NextToken, settings: DecodeSettings) -> Pipeline:
    """The stages for one expectation. Raises SettingError for a token that it has not."""
    return Pipeline(settings.for_tokens(expectation.labels, expectation.texts))


def context_of(expectation: NextToken) -> History:
    """What the stages read before the next token: a text of which nothing is written yet."""
    return History(expectation.context.ids, stops=expectation.stops)


def side_by_side(
    expectation: NextToken, temperatures: Sequence[float], settings: DecodeSettings
) -> tuple[Distribution, ...]:
    """One expectation at several temperatures, all other settings alike. Raises SettingError."""
    check_whole("the number of temperatures", len(temperatures), 1, MAX_PANELS, "leave some out")
    return tuple(distribution(expectation, settings.at(temperature)) for temperature in temperatures)


def draw_side_by_side(
    panels: Sequence[Distribution], n: int, seed: int, before: Draws | None = None
) -> Draws:
    """Draw `n` tokens from each panel, or `n` more than `before`. Raises SettingError."""
    truth: Floats = np.stack([panel.probabilities for panel in panels])
    temperatures = [panel.settings["temperature"] for panel in panels]
    return draws.draw(truth, temperatures, n, seed, before, panels[0].next.labels)


def draw_up_to(panels: Sequence[Distribution], n: int, seed: int, before: Draws | None = None) -> Draws:
    """Draw until each panel has `n` in all, which may be more than are drawn in one go.

    Goes on from `before` where that has no more. Raises SettingError.
    """
    record = before if before and before.n <= n else None
    while record is None or record.n < n:
        more = min(n - (record.n if record else 0), draws.MAX_DRAWS)
        record = draw_side_by_side(panels, more, seed, record)
    return record
