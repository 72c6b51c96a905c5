"""Which known words are spelled like an unknown one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise

CLOSE = 50  # words that share most letter pairs, which are then compared in full
LIKE = 0.6  # difflib's own mark: less is another word
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
        """Up to n words like a piece: the same one in other case first, then by difflib's ratio."""
        if len(piece) > LONGEST:
            return ()
        matcher = SequenceMatcher(b=piece.lower())
        ratios = {word: ratio(matcher, word) for word in self.sharing(piece)}
        likest = sorted((word for word in ratios if ratios[word] >= LIKE), key=lambda word: -ratios[word])
        return tuple(likest[:n])

    def sharing(self, piece: str) -> list[str]:
        """The words with most letter pairs in common, as a share of both (Dice's coefficient)."""
        wanted = pairs(piece)
        common = Counter(i for pair in wanted for i in self.by_pair.get(pair, ()))
        shares = {i: 2 * count / (len(wanted) + len(self.words[i]) + 1) for i, count in common.items()}
        return [self.words[i] for i in sorted(shares, key=lambda i: -shares[i])[:CLOSE]]


def ratio(matcher: SequenceMatcher[str], word: str) -> float:
    matcher.set_seq1(word.lower())
    return matcher.ratio()


def pairs(word: str) -> set[str]:
    """The pairs of neighbouring letters of a word, its edges among them: cat → ^c ca at t$."""
    return {a + b for a, b in pairwise(f"^{word.lower()}$")}
