"""Checks of values that come from a page, a file or a stranger, and records whose fields check themselves.

    @dataclass(frozen=True, kw_only=True)
    class Walk(Checked):
        what = "a walk"
        steps: Annotated[int, whole_from(1, 100, "10 is the default")] = 10

    Walk.from_json({"steps": 0})   # SettingError: steps must be a whole number from 1 to 100, got 0; …

A check takes a field's name and the value as it came, and gives the value made plain or raises SettingError.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from functools import cache
from numbers import Integral, Real
from typing import Any, ClassVar, Self, get_type_hints

from textgen.errors import SettingError, TextError, out_of_range, shorten

Check = Callable[[str, Any], Any]

MAX_TEXT = 20_000  # characters


def finite(value: Any) -> float | None:
    """A finite float, or None for anything else (NaN, infinities, booleans, text)."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = float(value) if not isinstance(value, Integral) or abs(int(value)) < 2**63 else math.inf
    return number if math.isfinite(number) else None


def whole(value: Any) -> int | None:
    """A whole number, or None; 40.0 counts as 40 since JSON and sliders make no difference."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    number = finite(value)
    return int(number) if number is not None and number.is_integer() else None


def check_whole(name: str, value: Any, low: int, high: int, hint: str) -> int:
    """A whole number in [low, high], or a SettingError that names the setting."""
    number = whole(value)
    if number is None or not low <= number <= high:
        raise out_of_range(name, f"a whole number from {low:,} to {high:,}", value, hint)
    return number


def whole_from(low: int, high: int, hint: str, name: str | None = None) -> Check:
    """The check for a whole number in [low, high]; `name` where the sentence needs more than the field's."""
    return lambda field, value: check_whole(name or field, value, low, high, hint)


def number_in(low: float, high: float, hint: str, *, below: bool = False) -> Check:
    """The check for a finite number in [low, high], or `below` high: in [low, high)."""
    legal = f"in [{low:g}, {high:g}{')' if below else ']'}"

    def check(name: str, value: Any) -> float:
        number = finite(value)
        if number is None or not low <= number <= high or (below and number == high):
            raise out_of_range(name, legal, value, hint)
        return number

    return check


def as_flag(name: str, value: Any) -> bool:
    """True or False, and no number that stands for it."""
    if isinstance(value, bool):
        return value
    raise out_of_range(name, "true or false", value, "false turns it off")


def as_object(name: str, value: Any) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise SettingError(f"{name} must be an object, got {shorten(value)}; write names and values")
    return value


def as_list(name: str, value: Any, low: int, high: int, hint: str = "ask in parts") -> Sequence[Any]:
    """A JSON list of `low` to `high` values."""
    if not isinstance(value, (list, tuple)):
        raise SettingError(f"{name} must be a list, got {shorten(value)}; one value is a list as well", name)
    if not low <= len(value) <= high:
        raise SettingError(
            f"the number of {name} must be from {low:,} to {high:,}, got {len(value):,}; {hint}", name
        )
    return value


def list_of(check: Check, low: int, high: int, each: str | None = None, hint: str = "ask in parts") -> Check:
    """The check for a list of `low` to `high` values, each of which is checked under the name `each`."""
    return lambda name, value: tuple(
        check(each or name, one) for one in as_list(name, value, low, high, hint)
    )


def as_text(name: str, value: Any, most: int = MAX_TEXT) -> str:
    """A text of at most `most` characters. Raises TextError for a longer one."""
    if not isinstance(value, str):
        raise SettingError(f"{name} must be a text, got {shorten(value)}; an empty one is fine", name)
    if len(value) > most:
        raise TextError(f"{name} must be at most {most:,} characters, got {len(value):,}; shorten it", name)
    return value


def is_nested(value: Any, most: int) -> bool:
    """Whether more than `most` lists and objects of a JSON value lie in each other."""
    level = [value]
    for _ in range(most):
        level = [item for one in level for item in inside(one)]
        if not level:
            return False
    return True


def inside(value: Any) -> Iterable[Any]:
    """The lists and objects in a list or an object."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, (dict, list)))


def text_up_to(most: int) -> Check:
    """The check for a text of at most `most` characters."""
    return lambda name, value: as_text(name, value, most)


def one_of(choices: Sequence[str], hint: str) -> Check:
    """The check for one of several words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise out_of_range(name, f"one of {', '.join(choices)}", value, hint)
        return value

    return check


def or_none(check: Check) -> Check:
    """The check for a value that may be None."""
    return lambda name, value: None if value is None else check(name, value)


def known_fields(what: str, data: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raises SettingError for a field that means nothing here; it names the one that may be meant."""
    if unknown := [name for name in data if name not in known]:
        meant = "".join(f", perhaps {name}" for name in get_close_matches(str(unknown[0])[:60], known, 1))
        raise SettingError(
            f"{what} has no {shorten(unknown[0])}{meant}; it has {', '.join(known) or 'nothing to set'}"
        )


class Checked:
    """The base of frozen dataclasses whose fields say how they are checked: `Annotated[type, check]`.

    A field that is such a dataclass itself needs no check. However one is made, every field has passed its
    check; `from_json` also refuses what has no field. In `class Split(Checked, section="split")` a mistake
    is called by its place in the whole: `split.train must be …`.
    """

    what: ClassVar[str]  # what it is called in an error: `a request of the kind text`
    prefix: ClassVar[str] = ""  # of its fields' names in an error: `split.`

    def __init_subclass__(cls, section: str = "") -> None:
        if section:
            cls.what, cls.prefix = section, f"{section}."

    def __post_init__(self) -> None:
        """Check every field, and make it plain."""
        for name, check in checks_of(type(self)).items():
            object.__setattr__(self, name, check(self.prefix + name, getattr(self, name)))

    @classmethod
    def checked(cls, _name: str, value: Any) -> Self:
        """The check of a field that holds such a record: one, or the JSON object of one."""
        return value if isinstance(value, cls) else cls.from_json(value)

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """A record from a JSON object. Raises SettingError."""
        given = as_object(cls.what, data)
        known_fields(cls.what, given, cls.field_names())
        return cls.from_fields(given)

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> Self:
        """A record from values by field; one that has no default and is not there counts as None."""
        asked = (field for field in fields_of(cls) if field.name in values or required(field))
        return cls(**{field.name: values.get(field.name) for field in asked})

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        return tuple(field.name for field in fields_of(cls))

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object, what was left out included."""
        return {name: plain(getattr(self, name)) for name in self.field_names()}


@cache
def checks_of(kind: type[Checked]) -> Mapping[str, Check]:
    """The check of each field of a class."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: check_of(hints[field.name]) for field in fields_of(kind)}


def check_of(hint: Any) -> Check:
    """The check that a field's type names."""
    return hint.checked if isinstance(hint, type) else hint.__metadata__[0]


def fields_of(kind: type[Checked]) -> tuple[Field[Any], ...]:
    return fields(kind)  # type: ignore[arg-type]  # every subclass is a dataclass


def required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def plain(value: Any) -> Any:
    """A checked value as JSON has it."""
    for convert in ("to_json", "to_dict"):
        if hasattr(value, convert):
            return getattr(value, convert)()
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value
