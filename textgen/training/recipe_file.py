"""Recipes as TOML: the bundled ones by name, or any file, with single values replaced."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from textgen.errors import SettingError, TextgenError, shorten
from textgen.training.recipe import Recipe

BUNDLED = Path(__file__).resolve().parent / "recipes"
T = TypeVar("T")


def bundled() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(path.stem for path in BUNDLED.glob("*.toml"))


def read_recipe(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A bundled recipe by name or any TOML file, with values replaced by `section.key=value`.

    Raises TextgenError for an unknown or unreadable recipe, SettingError for a wrong value.
    """
    path = find(recipe)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TextgenError(f"{path} cannot be read as a recipe ({error}); it must be a TOML file") from error
    values.setdefault("name", path.stem)
    return make_recipe(values, overrides)


def make_recipe(values: dict[str, Any], overrides: Sequence[str] = ()) -> Recipe:
    """A recipe from plain values, some of them replaced. Raises SettingError for a wrong one."""
    for override in overrides:
        put(values, override)
    return from_values(Recipe, values, "")


def find(recipe: str | Path) -> Path:
    """Where a recipe is."""
    if str(recipe) in bundled():
        return BUNDLED / f"{recipe}.toml"
    path = Path(recipe)
    if path.suffix == ".toml" and path.is_file():
        return path
    known = ", ".join(bundled())
    raise TextgenError(f"there is no recipe {shorten(str(recipe))!r}; give a .toml file or one of: {known}")


def put(values: dict[str, Any], override: str) -> None:
    """Write `section.key=value` into nested values; the value is read as TOML, else as text."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise SettingError(f"{shorten(override)} is not an override; write section.key=value")
    *sections, last = key.strip().split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise SettingError(f"{shorten(override)}: {section} is a value, not a section")
    values[last] = toml_value(text.strip())


def toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def from_values(kind: type[T], values: Mapping[str, Any], section: str) -> T:
    """A section of a recipe from plain values; a key we do not know is refused, not ignored."""
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    if unknown := [key for key in values if key not in known]:
        raise SettingError(f"unknown recipe value {shorten(section + unknown[0])}; known: {', '.join(known)}")
    hints = get_type_hints(kind)
    return kind(**{key: convert(hints[key], value, section + key) for key, value in values.items()})


def convert(kind: Any, value: Any, name: str) -> Any:
    """A value in the type that its field declares, or the sentence that says what was expected."""
    if is_dataclass(kind) and isinstance(kind, type):
        return from_values(kind, expect(dict, value, name), f"{name}.")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (int, float, str, bool):
        return expect(kind, value, name)
    return expect(dict, value, name) if str(kind).startswith("dict") else expect(list, value, name)


def expect(kind: type, value: Any, name: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SettingError(
            f"{name} must be of type {kind.__name__}, got {shorten(value)}; see the bundled recipes"
        )
    return value
