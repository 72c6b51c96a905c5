"""Pieces of a Markdown document from texts that may hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")


def heading(text: str) -> str:
    return f"## {text}"


def cell_text(text: str) -> str:
    """A text in one line that stays text: neither Markdown nor HTML."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", " ".join(escaped.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every cell stays text."""
    lines = [head, ["---"] * len(head), *([cell_text(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(text: str, language: str = "text") -> str:
    """A block as it stands, in a fence longer than any that the text holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
