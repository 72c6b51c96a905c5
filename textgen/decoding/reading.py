"""Reading contexts: piece by piece, and going on from what was read before.

Work that takes long is an iterator that gives `NOTHING` where others may have their turn, and results.

Whoever types asks for the next token after each key, and each context is the one before and a letter.
The states of the last contexts are kept, so that a key costs its own token (prefix caching, as in vLLM).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from textgen.nets.base import LanguageModel, State
from textgen.records import Floats

PIECE = 64  # tokens that are read at once: some 15 ms of the largest net that is shipped
LANDMARK = 16 * PIECE  # tokens after which a reading that is not over is remembered, too
KEPT = 128  # contexts of a net: some 3 MB for a net of 2 layers of 512


Result = TypeVar("Result")
NOTHING: Any = object()  # a piece of work without a result


def result_of(pieces: Iterator[Result]) -> Generator[Any, None, Result]:
    """The last item of an iterator, for a generator that gives NOTHING wherever that does."""
    result = NOTHING
    for result in pieces:
        if result is NOTHING:
            yield NOTHING
    return result


class Read(NamedTuple):
    """What a net knows after a context."""

    logits: Tensor  # (B, V) float32
    state: State  # of B streams

    def in_double(self) -> tuple[Floats, State]:
        """Logits (B, V) as the stages take them, and the state."""
        return self.logits.double().numpy(), self.state


class Reader:
    """A net that remembers the contexts it has read. Safe to use from many threads.

    A context read on from a shorter one gives what it gives when read at once, to the last bit: `prefill`
    promises it for nets without a limited view; of the others only whole contexts are remembered.
    """

    def __init__(self, net: LanguageModel, kept: int = KEPT) -> None:
        self.net, self.kept = net, kept
        self._known: OrderedDict[bytes, Read] = OrderedDict()  # the context asked for last at the end
        self._guard = threading.Lock()

    def __call__(self, ids: Sequence[int]) -> Read:
        """A context (T,), T ≥ 1 → logits (1, V), state of one stream."""
        *_, read = self.pieces(ids)
        return read

    def pieces(self, ids: Sequence[int]) -> Iterator[Read]:
        """The same for somebody who has other things to do: NOTHING after each piece but the last."""
        text = np.asarray(ids, dtype=np.int32)
        start, read = self._longest(text)
        while read is None or start < len(text):
            end = len(text) if self.net.context is not None else min(len(text), start + PIECE)
            piece = torch.from_numpy(text[None, start:end].astype(np.int64))
            with torch.inference_mode():
                read = Read(*self.net.prefill(piece, read.state if read else None))
            start = end
            if end == len(text) or end % LANDMARK == 0:
                self._keep(text[:end].tobytes(), read)
            if end < len(text):
                yield NOTHING
        yield read

    def _longest(self, text: np.ndarray) -> tuple[int, Read | None]:
        """The longest known context with which a text begins: its length, and what was read."""
        data = text.tobytes()
        with self._guard:
            sizes = sorted({len(known) for known in self._known if len(known) <= len(data)}, reverse=True)
            if self.net.context is not None:
                sizes = [size for size in sizes if size == len(data)]
            for size in sizes:
                read = self._known.get(data[:size])
                if read is not None:
                    self._known.move_to_end(data[:size])
                    return size // text.itemsize, read
        return 0, None

    def _keep(self, key: bytes, read: Read) -> None:
        with self._guard:
            self._known[key] = read
            self._known.move_to_end(key)
            while len(self._known) > self.kept:
                self._known.popitem(last=False)


def pieces_of(net: LanguageModel, contexts: Sequence[Sequence[int]]) -> Iterator[Read]:
    """Contexts (B, T) read side by side, nothing remembered: NOTHING after each piece but the last."""
    ids, read = torch.tensor(contexts, dtype=torch.long), None
    pieces = ids.split(PIECE if net.context is None else ids.shape[1], dim=1)
    for number, piece in enumerate(pieces, 1):
        with torch.inference_mode():
            read = Read(*net.prefill(piece, read.state if read else None))
        yield read if number == len(pieces) else NOTHING
