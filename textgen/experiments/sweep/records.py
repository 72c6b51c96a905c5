"""What a sweep hands out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.metrics.text_metrics import TextMetrics
from textgen.experiments.sweep.settings import SweepSettings
from textgen.records import Displayed, Floats
from textgen.settings import DecodeSettings


class TextKey(NamedTuple):
    """Which text of a sweep."""

    model: str
    prompt: str
    strategy: str
    temperature: float  # 0 for all that draws nothing
    seed: int | None  # None for what draws nothing: it is the text of every seed


class CellKey(NamedTuple):
    """Which setting of a sweep."""

    model: str
    prompt: str
    strategy: str
    temperature: float  # of the sweep; greedy has the same text at all of them


@dataclass(frozen=True, slots=True)
class SweepText:
    """One text of a sweep, all that is needed to write it again, and what was measured."""

    key: TextKey
    settings: DecodeSettings
    ids: tuple[int, ...]  # (n,) a stop among them
    text: str  # the continuation alone
    ended: bool  # whether it ended at a stop; else it was cut at the length
    surprisal: Floats  # (n,) bits under the model at T = 1
    entropy: Floats  # (n,) bits, of the distribution that each token was picked from
    words: tuple[str, ...]  # those that count in the metrics
    metrics: TextMetrics


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is, and the texts that it has finished since the last one."""

    done: int  # tokens
    total: int  # tokens
    seconds: float  # since the start
    texts: tuple[SweepText, ...] = ()

    @property
    def left(self) -> float | None:
        """Seconds to go at the speed so far; None before the first token."""
        return self.seconds * (self.total - self.done) / self.done if self.done else None


@dataclass(frozen=True)
class SweepResult(Displayed):
    """A sweep as far as it came."""

    settings: SweepSettings
    texts: tuple[SweepText, ...]
    notes: tuple[str, ...] = ()  # what the reader should know
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        return len(self.texts) == self.settings.texts

    @cached_property
    def by_key(self) -> dict[TextKey, SweepText]:
        return {text.key: text for text in self.texts}

    def find(self, cell: CellKey, seed: int) -> SweepText | None:
        """The text of a cell and a seed; None where it is not written yet."""
        strategies = {strategy.name: strategy for strategy in self.settings.strategies}
        cold = strategies[cell.strategy].greedy or cell.temperature == 0
        key = TextKey(*cell[:3], 0.0, None) if cold else TextKey(*cell, seed)
        return self.by_key.get(key)


@dataclass(frozen=True, slots=True)
class Cell:
    """The texts of one setting, one a seed, and the means of what was measured."""

    key: CellKey
    texts: tuple[SweepText, ...]  # one a seed; a single one where nothing is drawn
    metrics: dict[str, Interval]  # by the names of `METRICS`
