"""A language model typed in as a table of conditional probabilities, for the blackboard.

    : A 0.5, B 0.4, C 0.1
    A: A 0.1, B 0.6, C 0.3
    A B: A 0.2, B 0.5, C 0.3

Each line says what may follow a text that ends with the tokens before its colon. The longest such
line holds; the one with nothing there is the start, and holds wherever no other does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from textgen.errors import TextError, shorten
from textgen.records import Floats, Ints
from textgen.text.numbers import log_shares, read_number, share_note
from textgen.text.tokenizer import visible

MAX_TEXT = 20_000  # characters
MAX_LINES, MAX_TOKENS, MAX_LABEL = 500, 200, 60

# `A 0,5, B 0,4`: digits, a comma, and digits that end the entry. `A 0, 5 0.4` has another entry there.
DECIMAL_COMMA = re.compile(r"(?<=[\s=])([+-]?[0-9]+),([0-9]+\s*%?\s*(?:[,;]|$))")

Prefix = tuple[str, ...]

# Width 2 keeps A and B, then A B and B A, then B A C and A B B: what looked worse at first wins.
FIGURE_12 = """\
: A 0.5, B 0.4, C 0.1
A: A 0.1, B 0.6, C 0.3
B: A 0.7, B 0.1, C 0.2
C: A 0.4, B 0.3, C 0.3
A B: A 0.2, B 0.5, C 0.3
B A: A 0.1, B 0.3, C 0.6
"""


@dataclass(frozen=True, slots=True)
class TableModel:
    """Conditional probabilities; a `Scorer` whose state is the texts themselves."""

    labels: tuple[str, ...]  # (V,) visible token labels, in the order of their first probability
    lines: Mapping[tuple[int, ...], Floats]  # (V,) natural-log probabilities after a text with this end
    notes: tuple[str, ...] = ()  # what the reader should know: lines that do not sum to 1
    longest: int = field(init=False)  # tokens before the colon of the longest line

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest", max(map(len, self.lines)))

    @property
    def vocab_size(self) -> int:
        return len(self.labels)

    def after(self, ids: Iterable[int]) -> Floats:
        """(V,) natural-log probabilities of the token after these ids."""
        text = tuple(ids)
        ends = (text[len(text) - size :] for size in range(min(self.longest, len(text)), -1, -1))
        return next(self.lines[end] for end in ends if end in self.lines)

    def start(self) -> tuple[Floats, tuple[tuple[int, ...], ...]]:
        return self.after(())[None], ((),)

    def extend(
        self, state: tuple[tuple[int, ...], ...], rows: Ints, ids: Ints
    ) -> tuple[Floats, tuple[tuple[int, ...], ...]]:
        texts = tuple((*state[row], int(token)) for row, token in zip(rows, ids, strict=True))
        return np.stack([self.after(text) for text in texts]), texts


def parse_table(text: str) -> TableModel:
    """A table as in the head of this file → a model. Raises TextError with the line and what is wrong."""
    typed: dict[Prefix, dict[str, float]] = {}
    for number, line in numbered_lines(text):
        prefix, shares = read_line(number, line)
        if prefix in typed:
            raise TextError(f"line {number}: {name(prefix)} has two lines; put all that may follow into one")
        typed[prefix] = shares
    if () not in typed:
        raise TextError("the table has no start; begin with a line like `: A 0.5, B 0.4, C 0.1`")
    tokens = tuple(dict.fromkeys(token for shares in typed.values() for token in shares))
    check_tokens(tokens, typed)
    return make_model(tokens, typed)


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not empty, counted from 1."""
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        size = f"{len(text):,} characters" if isinstance(text, str) else shorten(text)
        raise TextError(f"a table must be a text of at most {MAX_TEXT:,} characters, got {size}; shorten it")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise TextError(f"a table must have at most {MAX_LINES} lines, got {len(lines):,}; shorten it")
    return lines


def read_line(number: int, line: str) -> tuple[Prefix, dict[str, float]]:
    """`A B: A 0.2, B 0.8` → the tokens before the colon, and a share for each token after it."""
    before, colon, after = line.partition(":")
    if not colon:
        raise TextError(
            f"line {number}: {shorten(line.strip())!r} has no colon; write like `A: A 0.1, B 0.9`"
        )
    shares: dict[str, float] = {}
    for entry in filter(str.strip, re.split("[,;]", DECIMAL_COMMA.sub(r"\1.\2", after))):
        token, share = read_entry(number, entry.strip())
        if token in shares:
            raise TextError(f"line {number}: {shorten(token)!r} has two numbers; keep one")
        shares[token] = share
    if not any(shares.values()):
        raise TextError(f"line {number}: no token has a probability above 0; write like `A: A 0.1, B 0.9`")
    return tuple(before.split()), shares


def read_entry(number: int, entry: str) -> tuple[str, float]:
    """`A 0.2`, `A 20%` or `A = 0.2` → the token and its share."""
    found = re.fullmatch(r"(\S+?)\s*(?:\s|=)\s*(\S+)", entry)
    share = read_share(found[2]) if found and len(found[1]) <= MAX_LABEL else None
    if not found or share is None:
        raise TextError(f"line {number}: {shorten(entry)!r} is not a token and a number; write like `A 0.2`")
    if share < 0:
        raise TextError(
            f"line {number}: a probability must be 0 or more, got {shorten(entry)!r}; "
            "leave out what cannot follow"
        )
    return found[1], share


def read_share(typed: str) -> float | None:
    """A number or a percentage, or None for what is neither."""
    try:
        share = read_number(typed.removesuffix("%"), typed)
    except TextError:
        return None
    return share / 100 if typed.endswith("%") else share


def check_tokens(tokens: tuple[str, ...], typed: Mapping[Prefix, object]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise TextError(f"a table must have at most {MAX_TOKENS} tokens, got {len(tokens)}; use fewer")
    for prefix in typed:
        for token in prefix:
            if token not in tokens:
                raise TextError(
                    f"{shorten(token)!r} stands before a colon, but no line gives it a probability; "
                    "add it to a line or take it away"
                )


def make_model(tokens: tuple[str, ...], typed: Mapping[Prefix, Mapping[str, float]]) -> TableModel:
    ids = {token: i for i, token in enumerate(tokens)}
    lines, notes = {}, []
    for prefix, shares in typed.items():
        row = np.array([shares.get(token, 0.0) for token in tokens])
        lines[tuple(ids[token] for token in prefix)] = log_shares(row)
        if note := share_note(row):
            notes.append(f"{name(prefix)}: {note}")
    return TableModel(tuple(map(visible, tokens)), lines, tuple(notes))


def name(prefix: Prefix) -> str:
    """A line by what stands before its colon."""
    return shorten(" ".join(prefix)) if prefix else "the start"
