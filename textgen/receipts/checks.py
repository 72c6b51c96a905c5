"""What a request may hold: it comes from a page, a file or a stranger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from textgen.errors import out_of_range, shorten
from textgen.receipts.records import KINDS, ReceiptError
from textgen.settings import DecodeSettings, check
from textgen.stages import STAGES

MAX_TEXT = 20_000  # characters


def known_fields(request: Mapping[str, Any], known: Sequence[str]) -> None:
    """Raises ReceiptError for a field that means nothing here."""
    if unknown := [name for name in request if name not in ("kind", *known)]:
        raise ReceiptError(
            f"a request of the kind {request.get('kind')} has no {shorten(unknown[0])}; "
            f"it has {', '.join(known)}"
        )


def as_object(name: str, value: Any) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise ReceiptError(f"{name} must be an object, got {shorten(value)}; export the result again")
    return value


def as_list(name: str, value: Any, low: int, high: int) -> Sequence[Any]:
    """A JSON list of so many."""
    if not isinstance(value, (list, tuple)):
        raise ReceiptError(f"{name} must be a list, got {shorten(value)}; export the result again")
    if not low <= len(value) <= high:
        raise ReceiptError(f"{name} must be from {low:,} to {high:,}, got {len(value):,}; export it in parts")
    return value


def as_text(name: str, value: Any, most: int = MAX_TEXT) -> str:
    """A text that is not too long."""
    if not isinstance(value, str):
        raise ReceiptError(f"{name} must be a text, got {shorten(value)}; an empty one is fine")
    if len(value) > most:
        raise ReceiptError(f"{name} must be at most {most:,} characters, got {len(value):,}; shorten it")
    return value


def as_kind(value: Any) -> str:
    """The kind of a result."""
    if not isinstance(value, str) or value not in KINDS:
        raise ReceiptError(
            f"a result's kind must be one of {', '.join(KINDS)}, got {shorten(value)}; export it again"
        )
    return value


def as_settings(value: Any) -> dict[str, Any]:
    """Decoding settings, what was left out included. Raises SettingError."""
    return DecodeSettings.from_dict(as_object("settings", value)).to_dict()


def as_temperatures(value: Any, low: int, high: int) -> list[float]:
    """So many temperatures. Raises SettingError."""
    listed = as_list("temperatures", value, low, high)
    return [float(check("temperature", one, STAGES["temperature"])) for one in listed]


def as_model(value: Any) -> str:
    """A model's name: what it is called here, never where it lies."""
    if not isinstance(value, str):
        raise out_of_range("model", "the name of a model", value, "`python -m textgen models` lists them")
    return value


def check_tokens(tokens: int, most: int) -> None:
    """Raises ReceiptError for more work than is allowed here."""
    if tokens > most:
        raise ReceiptError(
            f"a result must take at most {most:,} tokens to write here, got {tokens:,}; "
            "take fewer or shorter texts (replay has --max-tokens)"
        )


def finite_or_none(values: Iterable[float]) -> list[float | None]:
    """JSON has no infinity and no NaN: null instead."""
    return [float(value) if -float("inf") < value < float("inf") else None for value in values]
