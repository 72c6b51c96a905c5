"""Options of `sweep` → its settings."""

from __future__ import annotations

import argparse
from typing import Any

from textgen.cli.options import default_model
from textgen.cli.parser import as_number
from textgen.errors import SettingError, shorten
from textgen.experiments.sweep.ranges import in_range
from textgen.experiments.sweep.settings import (
    GUIDE_BEAMS,
    MAX_VALUES,
    STRATEGIES,
    TEMPERATURES,
    Strategy,
    SweepSettings,
)
from textgen.models.registry import Registry
from textgen.settings import check_seed, check_whole


def sweep_of(args: argparse.Namespace, registry: Registry) -> SweepSettings:
    """The sweep asked for. Raises SettingError and ModelError."""
    return SweepSettings(
        models=tuple(args.model or [default_model(registry)]),
        prompts=tuple(args.prompt or [args.text]),
        temperatures=temperatures_of(args.temperature),
        strategies=tuple(map(strategy_of, args.strategy)) or STRATEGIES,
        seeds=seeds_of(args.seeds, args.seed),
        length=args.length,
        judge=args.judge,
    )


def seeds_of(number: Any, first: Any) -> tuple[int, ...]:
    """That many seeds in a row."""
    start, n = check_seed(first), check_whole("seeds", number, 1, MAX_VALUES, "8 is the default")
    return tuple(range(start, start + n))


def temperatures_of(texts: list[str] | None) -> tuple[Any, ...]:
    """`0.7`, or `0.1:2:0.1` for a range with both its ends; a text that is neither stays one."""
    if not texts:
        return TEMPERATURES
    return tuple(
        value for text in texts for value in ([*in_range(text)] if ":" in text else [as_number(text)])
    )


def strategy_of(text: str) -> Strategy:
    """The name of a known strategy, or `NAME: top_k=40, beams=3`. Raises SettingError."""
    known = {strategy.name: strategy for strategy in (*STRATEGIES, GUIDE_BEAMS)}
    if text in known:
        return known[text]
    name, colon, stages = text.partition(":")
    if not colon:
        raise SettingError(
            f"a strategy must be one of {', '.join(map(repr, known))} or one of your own like "
            f"'mine: top_k=40, typical=0.9', got {shorten(text)!r}; leave it out for the first five"
        )
    pairs = [stage.partition("=") for stage in stages.split(",") if stage.strip()]
    values = {stage.strip().replace("-", "_"): as_number(value.strip()) for stage, _, value in pairs}
    return Strategy.from_dict(name.strip(), values)
