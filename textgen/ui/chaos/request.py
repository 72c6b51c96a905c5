"""What the page asks of the Chaos tab, read as hostile input.

The server keeps nothing between two requests: the page sends back what a picture was made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.experiments.sweep.settings import MAX_LENGTH
from textgen.settings import DecodeSettings, check, check_seed, check_whole
from textgen.stages import STAGES
from textgen.ui.shell.sidebar import NUMBERS

MAX_ROWS = 500
NO_MODEL = (
    "Chaos needs a model: typed-in numbers say nothing about the token after the next one; "
    "choose a model in the sidebar"
)
OWN = "use the page's own controls"


@dataclass(frozen=True, slots=True)
class Source:
    """What all texts of a picture have in common."""

    model: str
    prompt: str
    seed: int
    settings: DecodeSettings  # its temperature gives way to the rows'


@dataclass(frozen=True, slots=True)
class Form:
    """A grid of temperatures, and the length of its texts."""

    low: float
    high: float
    rows: int
    length: int  # tokens


def read_form(data: Mapping[str, Any], limit: int) -> Form:
    """The grid asked for, of at most `limit` tokens. Raises SettingError."""
    low, high = read_pair(data)
    rows = check_whole("rows", said(data.get("rows")), 2, MAX_ROWS, "a finer look needs a narrower range")
    length = read_length(data)
    if rows * length > limit:
        raise SettingError(
            f"a picture must be at most {limit:,} tokens on this server, got {rows:,} rows × {length:,} "
            f"tokens = {rows * length:,}; take fewer rows or shorter texts"
        )
    return Form(low, high, rows, length)


def read_pair(data: Mapping[str, Any]) -> tuple[float, float]:
    """Two temperatures, the lower one first. Raises SettingError."""
    low, high = (temperature(title, data.get(name)) for title, name in (("from T", "low"), ("to T", "high")))
    if low >= high:
        raise SettingError(f"from T must be below to T, got {low:g} and {high:g}; swap or change them")
    return low, high


def temperature(name: str, value: Any) -> float:
    return float(check(name, said(value), STAGES["temperature"]))


def read_length(data: Mapping[str, Any]) -> int:
    """Tokens of a text. Raises SettingError."""
    return check_whole("length", said(data.get("length")), 1, MAX_LENGTH, "120 is the default")


def read_source(record: Any) -> Source:
    """What a picture was made of, as the page sends it back. Raises TextgenError."""
    if not isinstance(record, dict):
        raise TextError(f"a picture's record must be an object, got {shorten(record)}; {OWN}")
    settings = DecodeSettings.from_dict(record.get("settings", {}))
    return Source(
        model_name(record.get("model")),
        as_prompt(record.get("prompt")),
        check_seed(record.get("seed")),
        settings,
    )


def model_name(name: Any) -> str:
    """Raises TextError for typed-in numbers."""
    if name == NUMBERS:
        raise TextError(NO_MODEL)
    return str(name)


def as_prompt(value: Any) -> str:
    if not isinstance(value, str):
        raise out_of_range("the context", "a text", value, "an empty one is fine")
    return value


def said(value: Any) -> Any:
    """A field that was left empty has a name in the error."""
    return "nothing" if value is None or value == "" else value
