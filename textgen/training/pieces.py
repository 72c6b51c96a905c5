"""The pieces of a text as provisional numbers, before the vocabulary is known."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from textgen.text.tokenizer import TextTokenizer

CODE_POINTS = 0x110000


class Pieces(Protocol):
    """Numbers pieces in the order in which they come."""

    unit: ClassVar[str]

    def codes(self, block: str) -> NDArray[np.uint32]:
        """A piece of text → the code of each of its pieces, (n,)."""
        ...

    def code(self, text: str) -> int | None:
        """The code of a piece; None for one that never came."""
        ...

    def text(self, code: int) -> str: ...

    @property
    def limit(self) -> int:
        """All codes are below."""
        ...

    @property
    def different(self) -> int:
        """Distinct pieces so far."""
        ...


class Characters:
    """A character's code is its code point."""

    unit: ClassVar[str] = "character"

    def __init__(self) -> None:
        self._seen = np.zeros(CODE_POINTS, dtype=np.bool_)
        self.limit = CODE_POINTS

    def codes(self, block: str) -> NDArray[np.uint32]:
        codes = np.frombuffer(block.encode("utf-32-le"), dtype="<u4").astype(np.uint32)
        self._seen[codes] = True
        return codes

    def code(self, text: str) -> int | None:
        return ord(text)

    def text(self, code: int) -> str:
        return chr(code)

    @property
    def different(self) -> int:
        return int(self._seen.sum())


class Words:
    """Words, punctuation marks and line breaks, numbered as they come."""

    unit: ClassVar[str] = "word"

    def __init__(self) -> None:
        self._split = TextTokenizer.words(["<unk>"]).split
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []

    def codes(self, block: str) -> NDArray[np.uint32]:
        return np.array([self._number(piece) for piece in self._split(block)], dtype=np.uint32)

    def _number(self, piece: str) -> int:
        code = self._codes.setdefault(piece, len(self._texts))
        if code == len(self._texts):
            self._texts.append(piece)
        return code

    def code(self, text: str) -> int | None:
        return self._codes.get(text)

    def text(self, code: int) -> str:
        return self._texts[code]

    @property
    def limit(self) -> int:
        return len(self._texts)

    @property
    def different(self) -> int:
        return len(self._texts)
