"""How likely a character is by counting: an n-gram model of characters, which a network should beat.

`letters.json` holds how often each character follows each three (two, one, none) in the first 90% of tiny
Shakespeare; `python -m scripts.letter_counts CORPUS` makes it. Witten & Bell 1991, "The zero-frequency
problem": with N(h) the times that a history h came, T(h) the different characters that followed it, and h′
the history without its oldest character,

    P(c | h) = (count(h c) + T(h) · P(c | h′)) / (N(h) + T(h))

down to a uniform distribution over 96 characters. On the last 10% it needs 2.4 bits a character.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("letters.json")
ORDER = 4  # characters of the longest n-grams
UNIFORM = 1 / 96  # of each character: the printable ones and the line break


@dataclass(frozen=True)
class Letters:
    """Counts of characters by what stands before them."""

    counts: Mapping[str, Mapping[str, int]]

    @classmethod
    def fit(cls, text: str, order: int = ORDER) -> Letters:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for length in range(order):
            for place in range(length, len(text)):
                counts[text[place - length : place]][text[place]] += 1
        return cls(counts)

    def probability(self, before: str, character: str, order: int = ORDER) -> float:
        """How likely a character is after a text, 0..1, never 0."""
        p = UNIFORM
        for length in range(min(order, len(before) + 1)):
            followers = self.counts.get(before[len(before) - length :])
            if followers:
                kinds = len(followers)
                p = (followers.get(character, 0) + kinds * p) / (sum(followers.values()) + kinds)
        return p

    def to_json(self) -> dict[str, Any]:
        """Each history with its followers as one text, and their counts."""
        return {
            before: ["".join(followers), list(followers.values())]
            for before, followers in self.counts.items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Letters:
        return cls({before: dict(zip(*pair, strict=True)) for before, pair in data.items()})


@cache
def letters() -> Letters:
    """The counts that come with this project."""
    return Letters.from_json(json.loads(FILE.read_text(encoding="utf-8")))
