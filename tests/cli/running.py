"""How the tests run a command and read what it printed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

COIN = ("--numbers", "heads: 0.75, tails: 0.25")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


def cells(text: str) -> list[list[str]]:
    """A printed table as its cells."""
    return [re.split(r" {3,}", line.strip()) for line in text.splitlines()]


def assert_complaint(result: Result, sentence: str) -> None:
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("textgen: ")
    assert sentence in result.err
    assert result.err.count("\n") == 1
    assert len(result.err) < 400
