"""Results as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textgen.stages import STAGES


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Rows, the names of the columns first; null is an empty cell, a half of a character its code."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode("utf-8", "backslashreplace").decode()


def described(settings: Mapping[str, Any]) -> str:
    """`T=0.5 top_k=40`: temperature and what else is on, in the order in which it applies."""
    on = [name for name in settings["order"] if name != "temperature"]
    stages = [f"{name}={settings[name]:g}" for name in on if settings[name] != STAGES[name].neutral]
    return " ".join([f"T={settings['temperature']:g}", *stages])
