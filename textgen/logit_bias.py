"""Numbers to add to the logits of some tokens, as people name tokens: by their text or by their id.

    LogitBias.read("logit_bias", {"e": -2, "#17": None})    # from JSON; null bans a token
    LogitBias.read("logit_bias", "e: -2, #17: ban")         # as typed on the page or in a terminal

Settings know no vocabulary, so a token stays a text in them until `resolved` finds its id in a model's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from textgen.errors import SettingError, out_of_range, shorten
from textgen.records import Floats, Ints
from textgen.validation import finite

MOST = 100.0  # that can be added or taken off
MAX_TOKENS = 300  # OpenAI's limit
MAX_TYPED = 20_000  # characters
HINT = "write e: -2, o: ban, or an id as #17"
ID = re.compile(r"#(\d{1,8})")
# A token in quotes, as it is, or a single sign of any kind; a colon; a number or `ban`; a separator.
ENTRY = re.compile(
    r"""\s*(?:("(?:[^"\\]|\\.)*")|([^\s:,;"][^:,;\n]*?|[^\s]))\s*:\s*([^\s,;]+)\s*(?:[,;\n]|$)\s*""",
    re.DOTALL,
)
# What a label shows of a token that cannot be seen.
VISIBLE = {" ": "␣", "\n": "⏎", "\t": "⇥"}

Token = str | int  # a text or a label, or an id
Entry = tuple[Token, float]


@dataclass(frozen=True)
class LogitBias:
    """What is added to the logits of some tokens, each named once; −∞ bans one."""

    entries: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries)

    @classmethod
    def read(cls, name: str, value: Any) -> LogitBias:
        """From a JSON object, a text or nothing. Raises SettingError."""
        if isinstance(value, LogitBias):
            return value
        pairs = tuple(entry(name, token, number) for token, number in pairs_of(name, value))
        return cls(each_once(name, pairs))

    def to_json(self) -> dict[str, float | None]:
        """`{"e": -2.0, "#17": null}`; null is banned."""
        return {shown(token): number if number > -np.inf else None for token, number in self.entries}

    def __str__(self) -> str:
        """As it may be typed: `e: -2, #17: ban`."""
        return ", ".join(
            f"{quoted(token)}: {'ban' if number == -np.inf else format(number, 'g')}"
            for token, number in self.entries
        )

    def resolved(self, labels: Sequence[str], texts: Sequence[str] = ()) -> LogitBias:
        """The same by ids: labels and texts (V,) are those of a vocabulary. Raises SettingError."""
        if not self.entries:
            return self
        known = {label: token for token, label in enumerate(labels)}
        known |= {text: token for token, text in enumerate(texts) if text}
        by_id = [(id_of(token, known, len(labels)), number) for token, number in self.entries]
        return LogitBias(each_once("logit_bias", by_id))

    @cached_property
    def _arrays(self) -> tuple[Ints, Floats]:
        if words := [token for token, _ in self.entries if isinstance(token, str)]:
            raise out_of_range("logit_bias", "by ids where there is no vocabulary", words[0], HINT)
        ids, numbers = zip(*self.entries, strict=True) if self.entries else ((), ())
        return np.array(ids, dtype=np.int64), np.array(numbers, dtype=np.float64)

    def sequences(self) -> str:
        """As Python source in the form of transformers' `sequence_bias`: `{(17,): -2.0}`."""
        ids, numbers = (values.tolist() for values in self.by_id())
        named = (f"({token},): {number!r}" for token, number in zip(ids, numbers, strict=True))
        return f"{{{', '.join(named)}}}".replace("-inf", 'float("-inf")')

    def by_id(self) -> tuple[Ints, Floats]:
        """(n,) ids and (n,) what is added. Raises SettingError where a token is named by its text."""
        return self._arrays


NO_BIAS = LogitBias()


def pairs_of(name: str, value: Any) -> list[tuple[Any, Any]]:
    """Tokens and numbers as they came, at most `MAX_TOKENS`."""
    if isinstance(value, str):
        value = typed(name, value)
    if not isinstance(value, Mapping | None):
        raise out_of_range(name, "an object of tokens and numbers", value, HINT)
    if value and len(value) > MAX_TOKENS:
        raise out_of_range(name, f"of {MAX_TOKENS} tokens at most", len(value), "leave some out")
    return list(value.items()) if value else []


def typed(name: str, text: str) -> Any:
    """`e: -2, ␣: ban` or a JSON object → what it says, by token."""
    if len(text) > MAX_TYPED:
        raise out_of_range(name, f"at most {MAX_TYPED:,} characters", len(text), HINT)
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise out_of_range(name, "tokens and numbers", text, HINT) from None
    entries = list(entries_of(name, text.strip()))
    if len({token for token, _ in entries}) < len(entries):
        raise out_of_range(f"tokens of {name}", "named once each", text, HINT)
    return dict(entries)


def entries_of(name: str, text: str) -> Iterator[tuple[str, float | str | None]]:
    """Each token of a typed text with its number; None bans it."""
    place = 0
    while place < len(text):
        match = ENTRY.match(text, place)
        if match is None:
            raise out_of_range(name, "tokens and numbers", text[place:], HINT)
        in_quotes, plain, number = match.groups()
        yield unquoted(name, in_quotes) if in_quotes else plain, number_of(number)
        place = match.end()


def unquoted(name: str, text: str) -> str:
    try:
        return json.loads(text)
    except ValueError:
        raise out_of_range(name, "tokens and numbers", text, HINT) from None


def number_of(text: str) -> float | str | None:
    """A typed number, `ban` as None, anything else as it is."""
    if text.lower() in ("ban", "-inf"):
        return None
    try:
        return float(text.replace("−", "-"))
    except ValueError:
        return text


def entry(name: str, token: Any, number: Any) -> Entry:
    """One token and what is added to its logit. Raises SettingError."""
    found = ID.fullmatch(token) if isinstance(token, str) else None
    if isinstance(token, bool) or (not (isinstance(token, str) and token) and not isinstance(token, int)):
        raise out_of_range(f"a token of {name}", "a text or an id", token, HINT)
    added = -np.inf if number is None else finite(number)
    if added is None or (number is not None and abs(added) > MOST):
        raise out_of_range(
            f"what {name} adds to {shown(token)}",
            f"from {-MOST:g} to {MOST:g}, or null",
            number,
            "null bans it",
        )
    if isinstance(token, int) and not 0 <= token < 10**8:
        raise out_of_range(f"an id in {name}", "a whole number from 0", token, HINT)
    return int(found[1]) if found else token, float(added)


def each_once(name: str, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries. Raises SettingError for a token that is named twice."""
    tokens = [token for token, _ in entries]
    if twice := [shown(token) for token in tokens if tokens.count(token) > 1]:
        raise out_of_range(f"tokens of {name}", "named once each", twice[0], HINT)
    return tuple(entries)


def id_of(token: Token, known: Mapping[str, int], size: int) -> int:
    """The id of a token of a vocabulary. Raises SettingError for what is none."""
    if isinstance(token, int):
        if token >= size:
            raise out_of_range(
                "an id in logit_bias", f"below {size:,}", token, "the model has no more tokens"
            )
        return token
    found = known.get(token, known.get("".join(VISIBLE.get(char, char) for char in token)))
    if found is None:
        raise SettingError(
            f"logit_bias must name tokens of the model, got {shorten(token)!r}, which is none; "
            "name a single token as its bar does, or an id as #17"
        )
    return found


def shown(token: Token) -> str:
    """A token as JSON names it: an id with a #."""
    return f"#{token}" if isinstance(token, int) else token


def quoted(token: Token) -> str:
    """A token as it is typed, in quotes where it would be read as something else."""
    text = shown(token)
    plain = text == text.strip() and not re.search(r'[:,;"\n]', text)
    return text if plain else json.dumps(text, ensure_ascii=False)
