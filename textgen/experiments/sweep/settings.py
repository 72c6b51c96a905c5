"""What a sweep goes through: models × prompts × strategies × temperatures × seeds; also as written text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.settings import (
    MAX_BEAM_LENGTH,
    STRATEGIES,
    Strategy,
    check_seed,
    check_whole,
    known_settings,
)
from textgen.stages import STAGES
from textgen.text.files import plain_lines
from textgen.validation import MAX_TEXT

MAX_TOKENS = 1_000_000  # of one sweep, where nobody says otherwise
MAX_LENGTH = 5_000  # tokens of a text
MAX_VALUES = 1_000  # of one kind
BATCH = 64  # texts that step together: more are no faster a text, and up to so many take one thread

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
BETWEEN = re.compile(r"[\s,;]+")
MAX_WRITTEN = 10_000  # characters


TEMPERATURES = tuple(step / 10 for step in range(1, 21))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """A sweep. Raises SettingError for an empty list, a value twice or one outside its range.

    The same seed is the same noise at all temperatures and strategies (common random numbers), so that two
    texts of one seed differ by their settings alone.
    """

    models: tuple[str, ...]
    prompts: tuple[str, ...] = ("",)
    temperatures: tuple[float, ...] = TEMPERATURES
    strategies: tuple[Strategy, ...] = field(default=STRATEGIES)
    seeds: tuple[int, ...] = tuple(range(8))
    length: int = 200  # tokens of a text at most
    judge: str = ""  # another model that scores the texts; "" for none

    def __post_init__(self) -> None:
        """Check every field, and make it plain."""
        checked = {
            "models": check_list("models", self.models, as_text),
            "prompts": check_list("prompts", self.prompts, as_prompt),
            "temperatures": check_list("temperatures", self.temperatures, as_temperature),
            "strategies": check_list("strategies", self.strategies, as_strategy),
            "seeds": check_list("seeds", self.seeds, check_seed),
            "length": check_length(self.length),
            "judge": as_text(self.judge),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        check_names([strategy.name for strategy in self.strategies])
        if any(strategy.beams for strategy in self.strategies):
            check_whole("length", self.length, 1, MAX_BEAM_LENGTH, "a beam search goes no further")

    @property
    def texts(self) -> int:
        """How many texts are written: what draws nothing, once for all seeds."""
        return len(self.models) * len(self.prompts) * sum(map(self.texts_of, self.strategies))

    def texts_of(self, strategy: Strategy) -> int:
        """How many texts of one model and prompt a strategy writes."""
        cold = sum(temperature == 0 for temperature in self.temperatures)
        return 1 if strategy.greedy else cold + (len(self.temperatures) - cold) * len(self.seeds)

    @property
    def tokens(self) -> int:
        """How many tokens are written at most."""
        return self.texts * self.length

    @property
    def cost(self) -> int:
        """How many tokens are read and written at most, a token a character of a prompt: that is read once
        a batch, twice a search, and with its text by the judge.
        """
        texts = [(self.texts_of(strategy), strategy.beams) for strategy in self.strategies]
        drawn = sum(count for count, beams in texts if not beams)
        searched = sum(count for count, beams in texts if beams)
        judged = drawn + searched if self.judge else 0
        readings = -(-drawn // BATCH) + 2 * searched + judged
        written = sum(count * max(beams, 1) for count, beams in texts) + judged
        prompts = sum(max(1, len(prompt)) for prompt in self.prompts)
        return len(self.models) * (readings * prompts + len(self.prompts) * written * self.length)

    def to_dict(self) -> dict[str, Any]:
        return {
            "models": list(self.models),
            "prompts": list(self.prompts),
            "temperatures": list(self.temperatures),
            "strategies": {strategy.name: strategy.to_dict() for strategy in self.strategies},
            "seeds": list(self.seeds),
            "length": self.length,
            "judge": self.judge,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SweepSettings:
        """Settings from a JSON object, in which temperatures may be a text such as `0.1:2:0.1`.

        Raises SettingError, also for a name that we do not know.
        """
        known = known_settings(cls, values)
        if isinstance(written := known.get("temperatures"), str):
            known["temperatures"] = temperatures_in(written)
        if isinstance(strategies := known.get("strategies"), Mapping):
            known["strategies"] = [Strategy.from_dict(name, of) for name, of in strategies.items()]
        if "models" not in known:
            raise SettingError("a sweep must name its models, got none; put them under models")
        return cls(**known)


def check_size(settings: SweepSettings, limit: int = MAX_TOKENS) -> None:
    """Raises SettingError for a sweep that takes more tokens than `limit`."""
    if settings.cost > limit:
        raise SettingError(
            f"a sweep must take at most {limit:,} tokens here, got {settings.cost:,} "
            f"({settings.texts:,} texts of {settings.length:,}, and their prompts); take fewer temperatures, "
            "strategies, seeds or models, or shorter texts"
        )


def check_list(name: str, values: Any, as_checked: Callable[[Any], Any]) -> tuple[Any, ...]:
    """1 to 1000 values, each checked and there once. Raises SettingError."""
    if not isinstance(values, (list, tuple, range)):
        raise out_of_range(name, "a list", values, "one value is a list as well")
    if not 1 <= len(values) <= MAX_VALUES:
        hint = "take fewer" if values else "name one at least"
        raise SettingError(f"a sweep takes 1 to {MAX_VALUES:,} {name}, got {len(values):,}; {hint}")
    checked = tuple(map(as_checked, values))
    check_different(name, checked)
    return checked


def check_different(name: str, values: Sequence[Any]) -> None:
    """Raises SettingError that names the first value that is there twice."""
    for place, value in enumerate(values):
        if value in values[:place]:
            shown = value.name if isinstance(value, Strategy) else value
            raise SettingError(
                f"{name} must be different from each other, got {shorten(shown)!r} twice; leave one out"
            )


def check_names(names: Sequence[str]) -> None:
    check_different("names of strategies", names)


def as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise out_of_range("models, prompts and judge", "texts", value, "write them in quotes")
    return value


def as_prompt(value: Any) -> str:
    """A text with line breaks as models know them. Raises TextError for half a sign, which JSON may hold."""
    text = as_text(value)
    if len(text) > MAX_TEXT:
        raise TextError(f"a prompt must be at most {MAX_TEXT:,} characters, got {len(text):,}; keep its end")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise TextError(
            f"a prompt must be a text that can be written down, got {shorten(text)}; delete that sign"
        )
    return plain_lines(text)


def check_length(value: Any) -> int:
    """How many tokens a text has at most. Raises SettingError."""
    return check_whole("length", value, 1, MAX_LENGTH, "200 is the default")


def as_temperature(value: Any) -> float:
    return float(STAGES["temperature"].check("temperature", value))


def as_strategy(value: Any) -> Strategy:
    if not isinstance(value, Strategy):
        raise out_of_range("a strategy", "a Strategy", value, "Strategy(name, DecodeSettings(…)) makes one")
    return value


# ---- temperatures as text: `0.2, 0.5, 1` or `0.1:2:0.1`


def temperatures_in(text: Any) -> tuple[float, ...]:
    """Numbers and ranges, with commas, semicolons or spaces between them. Raises SettingError."""
    if not isinstance(text, str) or not text.strip(" \n\t,;") or len(text) > MAX_WRITTEN:
        got = "nothing" if text in ("", None) else shorten(text)
        raise SettingError(
            f"temperatures must be numbers such as 0.2, 0.5, 1 or a range such as 0.1:2:0.1, got {got}"
        )
    found: list[float] = []
    for part in filter(None, BETWEEN.split(text)):
        found += in_range(part) if ":" in part else [number_of(part)]
        if len(found) > MAX_VALUES:
            raise too_many(text)
    return tuple(found)


def number_of(text: str) -> float:
    """One number. Raises SettingError."""
    if not NUMBER.fullmatch(text):
        raise SettingError(
            f"a temperature must be a number, got {shorten(text)}; write 0.5, or a range such as 0.1:2:0.1"
        )
    return float(text)


def in_range(text: str) -> tuple[float, ...]:
    """`FROM:TO:STEP` → the numbers, with both its ends. Raises SettingError."""
    parts = text.split(":")
    if len(parts) != 3 or not all(NUMBER.fullmatch(part) for part in parts):
        raise bad_range(text)
    start, end, step = map(float, parts)
    if not (0 < step < float("inf") and (steps := (end - start) / step) >= 0):
        raise bad_range(text)
    if steps >= MAX_VALUES:
        raise too_many(text)
    return tuple(round(start + i * step, 9) for i in range(int(steps + 1e-6) + 1))


def bad_range(text: str) -> SettingError:
    return SettingError(
        f"a range of temperatures must be FROM:TO:STEP, got {shorten(text)}; 0.1:2:0.1 is the default"
    )


def too_many(text: str) -> SettingError:
    return SettingError(
        f"a sweep takes at most {MAX_VALUES:,} temperatures, got {shorten(text)}; take a larger step"
    )
