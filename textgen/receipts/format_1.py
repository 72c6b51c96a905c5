"""Receipts of format 1: draws depended on the calls in which they were made, and named each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Annotated, Any

import numpy as np

from textgen.experiments.draws.counts import (
    MAX_DRAWS,
    MAX_TOTAL,
    checkpoints_between,
    joined,
    normalized,
    nothing_drawn,
)
from textgen.experiments.panels import MAX_PANELS, side_by_side
from textgen.experiments.requests import Request
from textgen.experiments.requests.base import DRAWS, Seed, Settings, temperatures_from
from textgen.experiments.requests.draws import Drawn
from textgen.experiments.requests.source import NextTokenSourced
from textgen.models.registry import Registry
from textgen.records import Distribution, Draws, Floats, Ints
from textgen.settings import DecodeSettings
from textgen.validation import as_list, check_whole

MAX_CALLS = 20_000  # additions to one record


def as_calls(name: str, values: Any) -> tuple[tuple[int, int], ...]:
    """`[n]` or `[[n, how often in a row]]` → the latter. Raises SettingError."""
    calls = tuple(as_call(value) for value in as_list(name, values, 1, MAX_CALLS))
    check_whole("the number of calls", sum(times for _, times in calls), 1, MAX_CALLS, "draw more at once")
    check_whole("draws in total", sum(n * times for n, times in calls), 1, MAX_TOTAL, "draw fewer")
    return calls


def as_call(value: Any) -> tuple[int, int]:
    """How many draws, and how often in a row."""
    n, times = (
        as_list("the numbers of a call", value, 2, 2) if isinstance(value, (list, tuple)) else (value, 1)
    )
    draws = check_whole("draws", n, 1, MAX_DRAWS, "more can be added to them")
    return draws, check_whole("how often", times, 1, MAX_CALLS, "1 draws them once")


@dataclass(frozen=True, kw_only=True)
class DrawsInCalls(NextTokenSourced):
    """Draws as receipts of format 1 ask for them."""

    kind = "draws"

    settings: Settings = DecodeSettings()  # noqa: RUF009  # frozen
    temperatures: Annotated[tuple[float, ...], temperatures_from(1, MAX_PANELS)]
    seed: Seed
    calls: Annotated[tuple[tuple[int, int], ...], as_calls]

    def cost(self) -> int:
        """Each call costs a token, however little it draws."""
        calls = sum(times * (1 + n // DRAWS) for n, times in self.calls)
        return self.source.cost() + len(self.temperatures) * calls

    def run(self, registry: Registry) -> Drawn:
        panels = side_by_side(self.source.expectation(registry), self.temperatures, self.settings)
        return Drawn(draw_in_calls(panels, self.each_call(), self.seed), panels[0].next)

    def each_call(self) -> Iterator[int]:
        """How many draws each call made."""
        return chain.from_iterable(repeat(n, times) for n, times in self.calls)


REQUESTS: Mapping[str, type[Request]] = {"draws": DrawsInCalls}


def draw_in_calls(panels: Sequence[Distribution], calls: Iterator[int], seed: int) -> Draws:
    """The draws of each call from a generator of (seed, draws before it), one multinomial a checkpoint."""
    truth = normalized(np.stack([panel.probabilities for panel in panels]))
    temperatures = tuple(float(panel.settings["temperature"]) for panel in panels)
    draws = nothing_drawn(truth, temperatures, seed, panels[0].next.labels)
    for n in calls:
        marks = checkpoints_between(draws.n, draws.n + n)
        chunks = np.diff(marks, prepend=draws.n)
        counts = np.stack([call_counts(row, chunks, [seed, draws.n]) for row in truth]).cumsum(axis=1)
        draws = joined(draws, marks, counts + draws.counts[:, None])
    return draws


def call_counts(truth: Floats, chunks: Ints, seed: list[int]) -> Ints:
    """truth (V,), draws between checkpoints (M,) → counts (M, V), drawn over the support alone."""
    support = np.flatnonzero(truth)
    counts = np.zeros((len(chunks), len(truth)), dtype=np.int64)
    counts[:, support] = np.random.default_rng(seed).multinomial(chunks, truth[support])
    return counts
