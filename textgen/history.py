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
        self._tail: tuple[int, ...] = ()  # the last size − 1 ids, or all of fewer

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
            self._index(token)

    @property
    def seen(self) -> Ints:
        """(distinct,) the ids in the text, each once."""
        return self._seen_array

    def completions(self, size: int) -> Sequence[int]:
        """The ids that would complete an n-gram of `size` tokens already in the text."""
        if size != self._size:
            self._size, self._followers, self._tail = size, {}, ()
            for token in self._ids:
                self._index(token)
        return self._followers.get(self._tail, ())

    def _index(self, token: int) -> None:
        """Note what follows the tail, once it is long enough, and move on."""
        tail, long_enough = self._tail, self._size - 1
        if len(tail) == long_enough:
            self._followers.setdefault(tail, []).append(token)
            tail = tail[1:]
        self._tail = (*tail, token) if long_enough else ()

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
