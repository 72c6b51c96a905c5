"""Where a command writes, and where a new seed comes from."""

from __future__ import annotations

import io
import json
import math
import secrets
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TextIO


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams of a command and its source of seeds."""

    out: TextIO  # results alone, so that they can be piped
    err: TextIO  # remarks and complaints
    fresh_seed: Callable[[], int]

    @classmethod
    def of_process(cls) -> Console:
        """The terminal; what its encoding lacks is written as a question mark."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return cls(sys.stdout, sys.stderr, lambda: secrets.randbelow(2**31))

    def say(self, text: str = "") -> None:
        """One line, or several, of the result."""
        self.out.write(plain(text) + "\n")

    def stream(self, text: str) -> None:
        """A piece of the result, seen at once."""
        self.out.write(plain(text))
        self.out.flush()

    def remark(self, text: str) -> None:
        """One line beside the result; nothing for an empty text."""
        if text:
            self.err.write(plain(text) + "\n")
            self.err.flush()

    def renew(self, text: str) -> None:
        """A line beside the result that takes the place of the one before, on a terminal."""
        if self.err.isatty():
            self.err.write(f"\r\x1b[K{plain(text)}")
            self.err.flush()

    def complain(self, text: str) -> None:
        """What went wrong, on one line."""
        self.remark("textgen: " + " ".join(text.split()))

    def json_line(self, value: Any) -> None:
        """The same on one line, seen at once: one of many."""
        self.out.write(json.dumps(finite(value), allow_nan=False) + "\n")
        self.out.flush()

    def json(self, value: Any) -> None:
        """The result for another program."""
        self.out.write(json.dumps(finite(value), ensure_ascii=True, allow_nan=False, indent=2) + "\n")


def finite(value: Any) -> Any:
    """The same with null for infinities and for what is no number, which JSON does not know."""
    if isinstance(value, Mapping):
        return {name: finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain(text: str) -> str:
    """A text without characters that command a terminal; line breaks and tabs stay."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char) != "Cc" else "\N{REPLACEMENT CHARACTER}"
        for char in text
    )
