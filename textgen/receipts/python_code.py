"""Settings as Python source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import ORDERS


def settings_code(settings: Mapping[str, Any]) -> str:
    """`DecodeSettings(temperature=0.5, top_k=40)`: what is not neutral."""
    return call("DecodeSettings", settings, DecodeSettings().to_dict())


def beam_code(beam: Mapping[str, Any]) -> str:
    """`BeamSettings(width=3, length=12)`: what is not the default."""
    return call("BeamSettings", beam, BeamSettings().to_dict())


def call(name: str, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    changed = {field: value for field, value in values.items() if value != defaults[field]}
    return f"{name}({', '.join(f'{field}={value_code(field, value)}' for field, value in changed.items())})"


def value_code(field: str, value: Any) -> str:
    """A setting's value; an order that has a name by its name."""
    if field == "order":
        value = {tuple(order): name for name, order in ORDERS.items()}.get(tuple(value), tuple(value))
    return repr(tuple(value) if isinstance(value, list) else value)


def imports(names: Iterable[str], package: str = "textgen") -> str:
    """`from textgen import a, b`, the names in order; "" for none."""
    listed = ", ".join(sorted(set(names)))
    return f"from {package} import {listed}" if listed else ""


def listing(name: str, items: Iterable[str], remarks: Iterable[str] = ()) -> list[str]:
    """`name = [` and the items, a line each, with a remark behind those that have one."""
    behind = [f"  # {remark}" if remark else "" for remark in remarks]
    lines = (f"    {item},{remark}" for item, remark in zip_longest(items, behind, fillvalue=""))
    return [f"{name} = [", *lines, "]"]
