"""The kinds of mistake that end with a sentence for the user instead of a traceback."""

from __future__ import annotations

from typing import Any

from textgen.graphemes import clip


class TextgenError(Exception):
    """A mistake that the user can mend; its text says what, the range, the value and the way out.

    `setting` is the name of what the sentence is about, where that is one thing alone.
    """

    def __init__(self, sentence: str = "", setting: str = "") -> None:
        super().__init__(sentence)
        self.setting = setting


class SettingError(TextgenError, ValueError):
    """A setting outside its legal range."""


class ModelError(TextgenError):
    """A model folder that is missing, damaged or not one of ours."""


class TextError(TextgenError, ValueError):
    """A context, prompt or corpus that cannot be used."""


def out_of_range(name: str, legal: str, value: Any, hint: str) -> SettingError:
    """`top_p must be in (0, 1], got 1.2; 1 turns it off`: the one form of every range error."""
    return SettingError(f"{name} must be {legal}, got {shorten(value) or 'nothing'}; {hint}", name)


def shorten(value: Any, limit: int = 60) -> str:
    """`repr(value)` cut to `limit` characters, so that hostile input cannot flood a message."""
    try:
        text = value if isinstance(value, str) and value.isprintable() else repr(value)
    except ValueError:  # Python writes out no whole number of more than 4,300 digits
        text = "a number of thousands of digits"
    return clip(text, limit)
