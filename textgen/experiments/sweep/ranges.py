"""Temperatures as people write them: `0.2, 0.5, 1` or `0.1:2:0.1`."""

from __future__ import annotations

import re
from typing import Any

from textgen.errors import SettingError, shorten
from textgen.experiments.sweep.settings import MAX_VALUES

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
BETWEEN = re.compile(r"[\s,;]+")
MAX_WRITTEN = 10_000  # characters


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
            raise SettingError(f"a sweep takes at most {MAX_VALUES:,} temperatures; take a larger step")
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
    if not (0 < step < float("inf") and 0 <= (end - start) / step < MAX_VALUES):
        raise bad_range(text)
    return tuple(round(start + i * step, 9) for i in range(int((end - start) / step + 1e-6) + 1))


def bad_range(text: str) -> SettingError:
    return SettingError(
        f"a range of temperatures must be FROM:TO:STEP with at most {MAX_VALUES:,} steps, "
        f"got {shorten(text)}; 0.1:2:0.1 is the default"
    )
