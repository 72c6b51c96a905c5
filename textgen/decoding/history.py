"""The text so far, as the stages read it: which ids are in it, and what followed what."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np

from textgen.records import Ints


class History(Sequence[int]):
    """Ids (T,) that grow by one a step; both indexes are kept up to date, never built anew.

    A plain sequence of ids serves every stage just as well, at the price of one reading a step.
    """

    def __init__(self, ids: Iterable[int] = ()) -> None:
        self._ids = array("q", ids)
        self._seen = dict.fromkeys(self._ids)
        self._seen_array = self._as_array()
        self._size = 0  # of the n-grams indexed below; 0 until somebody asks
        self._followers: dict[tuple[int, ...], list[int]] = {}

    @classmethod
    def of(cls, ids: Sequence[int]) -> History:
        """The ids themselves when they already are a History."""
        return ids if isinstance(ids, cls) else cls(ids)

    def append(self, token: int) -> None:
        self._ids.append(token)
        if token not in self._seen:
            self._seen[token] = None
            self._seen_array = self._as_array()
        if self._size:
            self._index_ngram(len(self._ids))

    @property
    def seen(self) -> Ints:
        """(distinct,) the ids in the text, each once."""
        return self._seen_array

    def completions(self, size: int) -> Sequence[int]:
        """The ids that would complete an n-gram of `size` tokens already in the text."""
        if size != self._size:
            self._size, self._followers = size, {}
            for end in range(size, len(self._ids) + 1):
                self._index_ngram(end)
        return self._followers.get(tuple(self._ids[max(len(self._ids) - size + 1, 0) :]), ())

    def _index_ngram(self, end: int) -> None:
        """Note the n-gram whose last token is the one before `end`, if there is one."""
        if end >= self._size:
            *start, last = self._ids[end - self._size : end]
            self._followers.setdefault(tuple(start), []).append(last)

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
