"""The text so far, as the stages read it: which ids are in it, what followed what, what was written."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np

from textgen.records import Ints

PRIME = 2**61 - 1
BASE = 1_000_003  # of the numbers of n-grams


class History(Sequence[int]):
    """Ids (T,) that grow by one a step; the indexes are kept up to date, never built anew.

    A plain sequence of ids serves every stage as a text that was read and of which nothing was written, at
    the price of one reading a step.
    """

    def __init__(
        self,
        ids: Iterable[int] = (),
        *,
        written: int = 0,
        stops: Iterable[int] = (),
        picks: int = 0,
        bits: float = 0.0,
    ) -> None:
        self.written = written  # how many of the ids were written, the last ones, not read
        self.stops = tuple(stops)  # the ids that end a text
        self.picks, self.bits = picks, bits  # how many of the written ones have a known surprisal; its sum
        self._ids = array("q", ids)
        self._seen = Counter(self._ids)
        self._seen_array = self._as_array()
        self._size = 0  # of the n-grams indexed below; 0 until somebody asks
        # by a number that stands for the first ids of an n-gram: where such ids end, what has followed them
        self._followers: dict[int, tuple[int, list[int]]] = {}
        self._tail = 0  # the number of the last size − 1 ids, or of all where there are fewer

    @classmethod
    def of(cls, ids: Sequence[int]) -> History:
        """The ids themselves when they already are a History."""
        return ids if isinstance(ids, cls) else cls(ids)

    def append(self, token: int, bits: float | None = None) -> None:
        """Add a token that was written, picked with so many bits of surprisal; None where nobody asks.

        One that could not have been picked, infinitely surprising, counts as no pick: it was chosen by hand.
        """
        self._ids.append(token)
        self.written += 1
        if bits is not None and bits < math.inf:
            self.picks, self.bits = self.picks + 1, self.bits + bits
        self._seen[token] += 1
        if self._seen[token] == 1:
            self._seen_array = self._as_array()
        if self._size:
            self._index(len(self._ids) - 1)

    @property
    def seen(self) -> Ints:
        """(distinct,) the ids in the text, each once."""
        return self._seen_array

    @property
    def counts(self) -> Ints:
        """(distinct,) how often each of `seen` is in the text."""
        return np.fromiter(self._seen.values(), dtype=np.int64, count=len(self._seen))

    def completions(self, size: int) -> Sequence[int]:
        """The ids that would complete an n-gram of `size` tokens already in the text."""
        if size != self._size:
            self._size, self._followers, self._tail = size, {}, 0
            self._first = pow(BASE, size - 2, PRIME) if size > 1 else 0
            for place in range(len(self._ids)):
                self._index(place)
        return self._after(len(self._ids)) if len(self._ids) >= size - 1 else ()

    def _index(self, place: int) -> None:
        """Note that a token follows the tail before it, once that is long enough, and move on.

        The tail's number is a polynomial of its ids (Karp & Rabin 1987), so that moving on costs the same for
        n-grams of any size, and so does keeping them.
        """
        tail, length, token = self._tail, self._size - 1, self._ids[place]
        if place >= length:
            self._after(place).append(token)
            tail -= self._first * (self._ids[place - length] + 1)
        self._tail = (tail * BASE + token + 1) % PRIME if length else 0

    def _after(self, place: int) -> list[int]:
        """What has followed the tail that ends before a place. Other ids with its number are told apart."""
        key, length = self._tail, self._size - 1
        while True:
            known, tokens = self._followers.setdefault(key, (place, []))
            if known == place or self._ids[known - length : known] == self._ids[place - length : place]:
                return tokens
            key += PRIME

    def _as_array(self) -> Ints:
        return np.fromiter(self._seen, dtype=np.int64, count=len(self._seen))

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self._ids)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        return self._ids[index]
