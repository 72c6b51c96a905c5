"""Typed-in numbers instead of a model: `0.73, 0.15, 0.12` or `a: 2.0, b: 1.0`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textgen.errors import TextError, shorten
from textgen.records import Encoded, NextToken
from textgen.text.tokenizer import visible

KINDS = ("auto", "probabilities", "logits")

MIN_TOKENS, MAX_TOKENS = 2, 200
MAX_TEXT = 20_000  # characters
MAX_LABEL = 60  # characters
MAX_NUMBER = 1e6  # in magnitude: float32 still tells logits of this size apart
SUM_SLACK = 1.001  # typed probabilities are rounded: their sum may be a little over 1

SEPARATORS = re.compile(r"[,;\r\n]")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(?:inf|infinity|∞|nan)", re.IGNORECASE)
COMMA_INSIDE = re.compile(r"([0-9]),([0-9]+\s*%?\s*(?:[;\r\n]|$))")
DECIMAL_COMMA = re.compile(r"(?:.*[:=])?\s*[+-]?[0-9]+,[0-9]+\s*%?\s*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One typed-in token."""

    label: str | None  # as typed; None without one
    value: float  # the number, a percentage already divided by 100
    percent: bool


def parse_numbers(text: str, kind: str = "auto") -> NextToken:
    """Typed-in probabilities or logits → the distribution they describe, 2 to 200 tokens.

    Entries end at a comma, semicolon or line end; `label: number` and `label = number` name a token,
    else tokens are 1, 2, 3 … Numbers may be percentages; logits may be −inf. `auto` takes numbers
    ≥ 0 with a sum up to 1.001, or any percentage, as probabilities and all others as logits.
    Probabilities that do not sum to 1 are shares of their sum, and `note` says so.
    Raises TextError with a sentence for anything else.
    """
    entries = read_entries(checked_text(text))
    labels = label_entries(entries)
    values = np.array([entry.value for entry in entries], dtype=np.float64)
    note, logits = "", values
    if settle_kind(kind, entries) == "probabilities":
        note, logits = share_note(values), log_shares(values)
    elif not np.isfinite(values).any():
        raise TextError("at least one logit must be above -inf, got none; -inf removes a token")
    return NextToken(
        labels=tuple(visible(label) for label in labels),
        texts=tuple(labels),
        logits=logits.astype(np.float32),
        context=Encoded(ids=(), pieces=(), unknown=()),
        model="",
        note=note,
    )


def checked_text(text: str) -> str:
    """The text, its decimal commas as points. Raises TextError for one that is too long."""
    if not isinstance(text, str):
        raise TextError(f"the numbers must be a text, got {shorten(text)}; write them like 0.73, 0.15, 0.12")
    if len(text) > MAX_TEXT:
        raise TextError(
            f"typed-in numbers must be at most {MAX_TEXT:,} characters, got {len(text):,}; "
            f"up to {MAX_TOKENS} tokens fit"
        )
    lines = [line for line in re.split(r"[;\r\n]", text) if line.strip()]
    # "0,73; 0,15" would otherwise be read as the four numbers 0, 73, 0, 15
    named = len(lines) > 1 and all(":" in line or "=" in line for line in lines)
    if (";" in text or named) and all(map(DECIMAL_COMMA.fullmatch, lines)):
        return COMMA_INSIDE.sub(r"\1.\2", text)
    return text


def read_entries(text: str) -> list[Entry]:
    """The entries of a text, 2 to 200. Raises TextError."""
    fields = [field.strip() for field in SEPARATORS.split(text) if field.strip()]
    if not MIN_TOKENS <= len(fields) <= MAX_TOKENS:
        raise TextError(
            f"the number of tokens must be from {MIN_TOKENS} to {MAX_TOKENS}, got {len(fields)}; "
            "write one number a token, like 0.73, 0.15, 0.12"
        )
    return [read_entry(field) for field in fields]


def read_entry(field: str) -> Entry:
    """`label: number`, `label = number` or `number`; the last colon or equals sign divides."""
    at = max(field.rfind(":"), field.rfind("="))
    label = field[:at].strip() if at >= 0 else None
    if label is not None and not 1 <= len(label) <= MAX_LABEL:
        raise TextError(f"a label must have 1 to {MAX_LABEL} characters, got {shorten(label)!r}; shorten it")
    number = field[at + 1 :].strip().replace("\N{MINUS SIGN}", "-")
    percent = number.endswith("%")
    value = read_number(number.removesuffix("%").strip(), field)
    return Entry(label, value / 100 if percent else value, percent)


def read_number(number: str, field: str) -> float:
    """A finite float up to 10^6 in magnitude, or −inf. Raises TextError that quotes the entry."""
    if not (NUMBER.fullmatch(number) or NOT_FINITE.fullmatch(number)):
        raise TextError(f"{shorten(field)!r} is not a number; write 0.73 or label: 0.73 for each token")
    value = float(number.replace("∞", "inf"))
    removed = value == -math.inf and NOT_FINITE.fullmatch(number)
    if not (removed or abs(value) <= MAX_NUMBER):
        raise TextError(
            f"numbers must be from -{MAX_NUMBER:,.0f} to {MAX_NUMBER:,.0f}, got {shorten(field)!r}; "
            "only a logit may be -inf"
        )
    return value


def label_entries(entries: Sequence[Entry]) -> list[str]:
    """The labels as typed, or 1, 2, 3 … where there are none. Raises TextError for doubles and mixtures."""
    labels = [entry.label for entry in entries if entry.label is not None]
    if not labels:
        return [str(number) for number in range(1, len(entries) + 1)]
    if len(labels) < len(entries):
        raise TextError(
            f"either all numbers or none must have a label, got {len(labels)} of {len(entries)}; "
            "a comma starts the next number, decimals need a point"
        )
    seen: set[str] = set()
    for label in labels:
        if visible(label) in seen:
            raise TextError(f"each label must be there once, got {shorten(label)!r} twice; rename one")
        seen.add(visible(label))
    return labels


def settle_kind(kind: str, entries: Sequence[Entry]) -> str:
    """What the numbers are, with `auto` decided by the numbers themselves. Raises TextError."""
    if kind not in KINDS:
        raise TextError(
            f"kind must be one of {', '.join(KINDS)}, got {shorten(kind)}; auto decides by the numbers"
        )
    if kind != "auto":
        return kind
    values = [entry.value for entry in entries]
    shares = min(values) >= 0 and math.fsum(values) <= SUM_SLACK
    return "probabilities" if shares or any(entry.percent for entry in entries) else "logits"


def share_note(values: np.ndarray) -> str:
    """What to say about probabilities (V,) that do not sum to 1."""
    total = math.fsum(values)
    if abs(total - 1) <= 1e-6:
        return ""
    return f"The numbers sum to {total:.6g}, not 1: they are used as shares of that sum."


def log_shares(values: np.ndarray) -> np.ndarray:
    """Shares (V,) ≥ 0 → natural logs of probabilities (V,), −inf for 0. Raises TextError."""
    if values.min() < 0:
        raise TextError(f"probabilities must be 0 or more, got {values.min():g}; logits may be negative")
    if values.max() == 0:
        raise TextError(
            "at least one probability must be above 0, got none; as logits, zeros are all equally likely"
        )
    with np.errstate(divide="ignore"):
        return np.log(values) - math.log(math.fsum(values))
