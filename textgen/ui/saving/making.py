"""What a worker does for a Save menu: run a request of the page again and write it down as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from textgen import receipts
from textgen.experiments.requests import Request
from textgen.models.registry import Registry


class Wanted(NamedTuple):
    """A file that somebody wants."""

    request: Request
    format: str
    now: datetime
    max_tokens: int


def make(registry: Registry, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """`name` and `content` of the file, in one message. Raises TextgenError."""
    built = receipts.build(wanted.request, registry, wanted.now, max_tokens=wanted.max_tokens)
    contents = {"csv": lambda: built.csv, "json": built.numbers_text, "receipt": built.receipt_text}
    ending = "receipt.json" if wanted.format == "receipt" else wanted.format
    content = contents[wanted.format]()
    yield {"name": f"{built.name}.{ending}", "content": content, "done": "made"}
