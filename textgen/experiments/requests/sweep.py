"""A sweep over models, prompts, strategies, temperatures and seeds; also one that was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from textgen.experiments.requests.base import Request
from textgen.experiments.sweep.export import as_json
from textgen.experiments.sweep.records import Cell, SweepResult, SweepText
from textgen.experiments.sweep.settings import SweepSettings
from textgen.settings import check_whole
from textgen.validation import as_object

if TYPE_CHECKING:
    from textgen.models.registry import Registry


@dataclass(frozen=True)
class Swept:
    """The texts of a sweep and what was measured of them."""

    result: SweepResult
    cells: tuple[Cell, ...]

    def to_json(self) -> dict[str, Any]:
        """What `sweep.export.as_json` gives, without what the request says."""
        whole = as_json(self.result, self.cells)
        return {name: whole[name] for name in ("complete", "cells", "texts")}


def as_sweep(name: str, value: Any) -> SweepSettings:
    return value if isinstance(value, SweepSettings) else SweepSettings.from_dict(as_object(name, value))


def as_given(_name: str, value: Any) -> Any:
    """`SweepRequest` itself knows how many there can be."""
    return value


@dataclass(frozen=True, kw_only=True)
class SweepRequest(Request):
    """The first `texts` texts of a sweep, in the order in which it writes them."""

    kind = "sweep"

    settings: Annotated[SweepSettings, as_sweep]
    texts: Annotated[int | None, as_given] = None  # None: all of them

    def __post_init__(self) -> None:
        super().__post_init__()
        whole = self.settings.texts
        texts = whole if self.texts is None else self.texts
        done = check_whole("finished texts", texts, 1, whole, "a sweep of none has no receipt")
        object.__setattr__(self, "texts", done)

    def models(self) -> tuple[str, ...]:
        """All that write, and the judge."""
        judge = [self.settings.judge] if self.settings.judge else []
        return tuple(dict.fromkeys([*self.settings.models, *judge]))

    def cost(self) -> int:
        return self.settings.cost

    def run(self, registry: Registry) -> Swept:
        from textgen.experiments.sweep import run as sweeps  # torch comes in with the first model

        todo = sweeps.plan(self.settings, registry, self.cost())
        texts: list[SweepText] = []
        for step in sweeps.run(todo, registry):
            texts += step.texts
            if len(texts) >= (self.texts or 0):
                break
        result = SweepResult(self.settings, tuple(texts[: self.texts]), todo.notes)
        return Swept(result, sweeps.summarize(result))
