"""A lesson as data: where it looks, what it asks, and which measure of that answers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from textgen.errors import SettingError, out_of_range, shorten
from textgen.settings import DecodeSettings
from textgen.validation import finite

FOLDER = Path(__file__).parent
ROUTES = "routes.json"
Kind = Literal["choice", "number", "bars"]
# The measures whose value is a share, 0..1.
SHARES = frozenset(
    {"top_before", "top_after", "moved", "first_share", "shift_of_context", "exactly_expected"}
)


@dataclass(frozen=True, slots=True)
class Question:
    """Something to answer before the answer is computed."""

    kind: Kind
    measure: str  # whose value answers
    # of a choice: (lowest, highest) value for which each option is right, in the order shown
    options: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lowest: float = 0.0  # of a number that may be answered
    highest: float = 100.0
    after: DecodeSettings | None = None  # instead of the lesson's own

    def right(self, value: float) -> tuple[str, ...]:
        """The options that a value makes right; a sound question has exactly one."""
        return tuple(name for name, (low, high) in self.options.items() if low <= value <= high)

    def check(self, answer: Any, bars: int) -> str | float | list[float]:
        """An answer as a visitor may give it. Raises SettingError."""
        if self.kind == "choice":
            if not isinstance(answer, str) or answer not in self.options:
                raise out_of_range("the answer", f"one of {', '.join(self.options)}", answer, "choose one")
            return answer
        if self.kind == "number":
            number = finite(answer)
            if number is None or not self.lowest <= number <= self.highest:
                legal = f"a number from {self.lowest:g} to {self.highest:g}"
                raise out_of_range("the answer", legal, answer, "set one")
            return number
        shares = [finite(share) for share in answer] if isinstance(answer, list) else []
        if len(shares) != bars or any(share is None or not 0 <= share <= 1 for share in shares):
            legal = f"{bars} shares from 0 to 1"
            raise out_of_range("the answer", legal, answer, "drag each bar to where you think it goes")
        return [float(share or 0) for share in shares]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing that people get wrong, as a question to be answered by the models."""

    name: str
    minutes: int
    models: tuple[str, ...]  # for which it holds, the first one first; none: it has numbers or a table
    context: str
    numbers: str  # "" for a model
    table: str
    before: DecodeSettings
    after: DecodeSettings
    values: Mapping[str, Any]  # what its measures take besides
    predict: Question
    explain: Question
    visible: tuple[str, float]  # a measure, and what it must reach for the effect to be seen
    facts: Mapping[str, str]  # names in its sentences → measures
    shows: str  # what is drawn at the reveal: panels, texts, tree
    play: Mapping[str, Any]  # the state of the tab that it ends in

    def source(self, model: str) -> dict[str, Any]:
        """Where the distribution comes from, as requests say it. Raises SettingError for another model."""
        if self.numbers:
            return {"numbers": self.numbers, "numbers_kind": "auto"}
        if self.table:
            return {"table": self.table}
        if model not in self.models:
            hint = "choose one of them"
            raise out_of_range("the lesson's model", f"one of {', '.join(self.models)}", model, hint)
        return {"model": model, "context": self.context}


@cache
def lessons() -> Mapping[str, Lesson]:
    """All lessons by name, in the order in which they are taught."""
    order = json.loads((FOLDER / ROUTES).read_text(encoding="utf-8"))["order"]
    return MappingProxyType({name: read(name) for name in order})


def lesson(name: Any) -> Lesson:
    """A lesson by its name. Raises SettingError."""
    if not isinstance(name, str) or name not in lessons():
        raise SettingError(f"there is no lesson {shorten(name)}; there are {', '.join(lessons())}")
    return lessons()[name]


@cache
def routes() -> Mapping[int, tuple[str, ...]]:
    """Minutes → the lessons that fit into them."""
    data = json.loads((FOLDER / ROUTES).read_text(encoding="utf-8"))["routes"]
    return MappingProxyType({int(minutes): tuple(names) for minutes, names in data.items()})


def read(name: str) -> Lesson:
    data = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    measure, least = data["visible"]
    return Lesson(
        name=name,
        minutes=data["minutes"],
        models=tuple(data.get("models", ())),
        context=data.get("context", ""),
        numbers=data.get("numbers", ""),
        table=data.get("table", ""),
        before=DecodeSettings.from_dict(data.get("before", {})),
        after=DecodeSettings.from_dict(data.get("after", {})),
        values=data.get("values", {}),
        predict=question(data["predict"]),
        explain=question(data["explain"]),
        visible=(measure, least),
        facts=data.get("facts", {}),
        shows=data.get("shows", "panels"),
        play=data["play"],
    )


def question(data: Mapping[str, Any]) -> Question:
    options = {
        name: (-math.inf if low is None else low, math.inf if high is None else high)
        for name, (low, high) in data.get("options", {}).items()
    }
    return Question(
        kind=data.get("kind", "choice"),
        measure=data["measure"],
        options=MappingProxyType(options),
        lowest=data.get("lowest", 0.0),
        highest=data.get("highest", 100.0),
        after=DecodeSettings.from_dict(data["after"]) if "after" in data else None,
    )
