"""JSON that can be read: an object has a line a field, a list of numbers or texts stands in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def as_json(value: Any) -> str:
    """A JSON value as a text; floats are exact, every character is ASCII."""
    return lines(value, "") + "\n"


def lines(value: Any, indent: str) -> str:
    """A value whose first line is already indented."""
    deeper = indent + " "
    if isinstance(value, Mapping) and value:
        fields = (f"{deeper}{one_line(str(name))}: {lines(item, deeper)}" for name, item in value.items())
        return "{\n" + ",\n".join(fields) + f"\n{indent}}}"
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return "[\n" + ",\n".join(deeper + lines(item, deeper) for item in value) + f"\n{indent}]"
    return one_line(value)


def one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)
