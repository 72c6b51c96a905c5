"""A small sweep over tiny models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.conftest import save_tiny_model
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.run import STRATEGIES, Strategy, SweepSettings, collect, plan, run
from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings

PENALTY = Strategy("penalty", DecodeSettings(repetition_penalty=1.5, no_repeat_ngram=3))


def save_models(root: Path) -> Registry:
    """`chars` with an index of what it read, `names`, whose texts end, and `words`."""
    save_tiny_model(root / "chars", "\n 'Tabcdefgh", seed=3)
    NoveltyIndex.build(["a bad cab had a fade", "Tab abed"]).save(root / "chars" / FILE)
    save_tiny_names_model(root / "names")
    save_tiny_words_model(root / "words")
    return Registry(root)


def small(**changes: Any) -> SweepSettings:
    values: dict[str, Any] = {
        "models": ("chars",),
        "temperatures": (0.5, 1, 3),
        "strategies": (*STRATEGIES, PENALTY),
        "seeds": (0, 1, 5),
        "length": 30,
    }
    return SweepSettings(**{**values, **changes})


def swept(registry: Registry, **changes: Any) -> SweepResult:
    settings = small(**changes)
    todo = plan(settings, registry)
    return collect(settings, run(todo, registry, ticking()), todo.notes)


def ticking() -> Callable[[], float]:
    """A clock that is a second later at each look."""
    ticks: Iterator[int] = count()
    return lambda: float(next(ticks))
