"""Spelling suggestions: which known words are spelled like an unknown one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise, takewhile

CLOSE = 30  # words that share most letter pairs, which are then compared in full
LIKE = 0.65  # less is another word
BEGINNING = 4  # letters
LONGEST = 40  # letters; what is longer has no neighbours


class Neighbours:
    """Words, found by their pairs of neighbouring letters, whatever their case."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self.by_pair: defaultdict[str, list[int]] = defaultdict(list)
        for i, word in enumerate(self.words):
            for pair in pairs(word):
                self.by_pair[pair].append(i)

    def of(self, piece: str, n: int) -> tuple[str, ...]:
        """Up to n words like a piece, likest first; the same one in other case is likest of all."""
        if len(piece) > LONGEST:
            return ()
        likeness = {word: alike(word.lower(), piece.lower()) for word in self.sharing(piece)}
        likest = sorted(likeness, key=lambda word: -likeness[word])
        return tuple(word for word in likest[:n] if likeness[word] >= LIKE)

    def sharing(self, piece: str) -> list[str]:
        """The words with most letter pairs in common, as a share of both (Dice's coefficient)."""
        wanted = pairs(piece)
        common = Counter(i for pair in wanted for i in self.by_pair.get(pair, ()))
        shares = {i: 2 * count / (len(wanted) + len(self.words[i]) + 1) for i, count in common.items()}
        return [self.words[i] for i in sorted(shares, key=lambda i: -shares[i])[:CLOSE]]


def alike(word: str, piece: str) -> float:
    """difflib's ratio, 0..1, raised for a common beginning as in Winkler 1990: a tenth of the way to 1
    for each of its first 4 letters.
    """
    ratio = SequenceMatcher(a=word, b=piece).ratio()
    same = (a == b for a, b in zip(word[:BEGINNING], piece, strict=False))
    return ratio + 0.1 * (1 - ratio) * sum(takewhile(bool, same))


def pairs(word: str) -> set[str]:
    """The pairs of neighbouring letters of a word, its edges among them: cat → ^c ca at t$."""
    return {a + b for a, b in pairwise(f"^{word.lower()}$")}
