"""An ordered chain of stages made from settings, and what each of them did."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from textgen.decoding.ranked import MOST, RANKED, Ranked
from textgen.history import History
from textgen.records import Floats, StageTrace
from textgen.settings import DecodeSettings
from textgen.stages import STAGES, Stage, log_softmax, softmax, with_least

Bound = Callable[[Floats, Sequence[int]], Floats]  # a stage with its value


class Pipeline:
    """The stages that are on, in their order: a pure function from logits to logits.

    `temperatures` (B, 1), all above 0, stand for the settings' own: each of B rows has one. Every truncation
    keeps `least` tokens, if there are so many.
    """

    def __init__(self, settings: DecodeSettings, temperatures: Floats | None = None, least: int = 1) -> None:
        self.settings = settings
        values: dict[str, Any] = {name: getattr(settings, name) for name in settings.active()}
        if temperatures is not None:
            values["temperature"] = temperatures
        self.stages: tuple[tuple[str, Bound], ...] = tuple(
            (name, bound(STAGES[name], values[name], extra(STAGES[name], settings, temperatures), least))
            for name in settings.order
            if name in values
        )
        self.rules = {
            name: make_rule(name, getattr(settings, name))
            for name, _ in self.stages
            if name in RANKED and least == 1
        }
        # whether any of them looks at the text so far, and at how surprising its picks were
        self.reads_history = any(STAGES[name].reads_history for name, _ in self.stages)
        self.reads_surprisal = any(STAGES[name].reads_surprisal for name, _ in self.stages)

    def __call__(self, logits: Floats, history: Sequence[int] = ()) -> Floats:
        """logits (…, V) float64, `history` the ids so far → logits (…, V); removed = −inf."""
        for _, stage in self.stages:
            logits = stage(logits, history)
        return logits

    def each(self, logits: Floats, histories: Sequence[Sequence[int]]) -> Floats:
        """One text a row: logits (B, V) or, for one text, (V,) → the same shape.

        `histories` holds the ids of each, and may be empty when no active stage reads them.
        """
        if logits.ndim == 1:
            history = histories[0] if histories else ()
            return self._sorted_once(logits, history) if len(self.rules) > 2 else self(logits, history)
        for name, stage in self.stages:
            if STAGES[name].reads_history:
                rows = zip(logits, histories, strict=True)
                logits = np.stack([stage(row, history) for row, history in rows])
            else:
                logits = stage(logits, ())
        return logits

    def _sorted_once(self, logits: Floats, history: Sequence[int]) -> Floats:
        """What `self(logits, history)` is, for one text (V,) and several truncations: sort, then search."""
        ranked: Ranked | None = None
        for name, stage in self.stages:
            rule = self.rules.get(name)
            if rule is None and ranked is not None:
                logits, ranked = ranked.unsorted(), None
            if rule is not None and ranked is None and name != "temperature" and few(logits):
                ranked = Ranked(logits)
            if rule is not None and ranked is not None:
                rule(ranked)
            else:
                logits = stage(logits, history)
        return logits if ranked is None else ranked.unsorted()

    def write(self, history: History, token: int, staged: Floats) -> None:
        """Add a token that was picked from staged logits (V,) to a text, as these stages will read it."""
        history.append(token, bits_of(token, staged) if self.reads_surprisal else None)

    def probabilities(self, logits: Any, history: Sequence[int] = ()) -> Floats:
        """Raw logits (…, V) of any float type → probabilities (…, V) after all stages."""
        return softmax(self(np.asarray(logits, dtype=np.float64), history))

    def trace(self, logits: Any, history: Sequence[int] = ()) -> tuple[StageTrace, ...]:
        """The distribution as the model gave it and after each active stage; logits (V,)."""
        current = np.asarray(logits, dtype=np.float64)
        traces = [first_trace(current)]
        for name, stage in self.stages:
            current = stage(current, history)
            traces.append(next_trace(name, current, traces[-1]))
        return tuple(traces)


def extra(stage: Stage, settings: DecodeSettings, temperatures: Floats | None) -> dict[str, Any]:
    """What a stage gets by name: its further parameters, and the temperature where it asks for that."""
    given = {parameter.name: getattr(settings, parameter.name) for parameter in stage.parameters}
    if stage.reads_temperature:
        given["temperature"] = settings.temperature if temperatures is None else temperatures
    return given


def bound(stage: Stage, value: Any, named: Mapping[str, Any], least: int) -> Bound:
    """A stage with its values; one that truncates keeps `least` tokens."""
    apply = partial(stage.apply, **named) if named else stage.apply
    if least > 1 and stage.takes_least:
        apply = partial(apply, least=least)
    elif least > 1 and stage.removes and stage.keeps_top and not stage.processor:
        apply = keeping(apply, least)
    if stage.reads_history:
        return lambda logits, history: apply(logits, value, history)
    return lambda logits, _history: apply(logits, value)


def bits_of(token: int, staged: Floats) -> float:
    """The surprisal of a token under logits (V,) after all stages: −log2 p."""
    return float(-log_softmax(staged)[token] / math.log(2))


def keeping(apply: Callable[..., Floats], least: int) -> Callable[..., Floats]:
    """A truncation that keeps the `least` likeliest tokens in any case."""
    return lambda logits, *values: with_least(logits, apply(logits, *values), least)


def make_rule(name: str, value: Any) -> Callable[[Ranked], None]:
    """The same for sorted logits."""
    rule = RANKED[name]
    return lambda ranked: rule(ranked, value)


def few(logits: Floats) -> bool:
    """Whether so few tokens are left that sorting them pays."""
    return len(logits) <= MOST or int(np.count_nonzero(logits > -np.inf)) <= MOST


def first_trace(logits: Floats) -> StageTrace:
    kept = np.isfinite(logits)
    nothing = np.zeros_like(kept)
    return StageTrace("raw", logits, softmax(logits), kept, nothing, 0.0, changed=False)


def next_trace(name: str, logits: Floats, before: StageTrace) -> StageTrace:
    kept = np.isfinite(logits)
    removed = before.kept & ~kept
    probabilities = softmax(logits)
    mass = float(before.probabilities[removed].sum())
    changed = bool(removed.any()) or not np.allclose(probabilities, before.probabilities, rtol=0, atol=1e-12)
    return StageTrace(name, logits, probabilities, kept, removed, mass, changed)
