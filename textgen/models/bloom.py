"""A Bloom filter over 64-bit keys: a set in few bits that never denies what it holds.

Bloom 1970, "Space/time trade-offs in hash coding with allowable errors". Of m bits with n keys and k
hashes, a strange key finds all its bits set with probability (1 − e^(−kn/m))^k; k = m/n · ln 2 makes that
smallest, 0.6185^(m/n). The k positions come from two halves of the key, first + i · second modulo m
(Kirsch & Mitzenmacher 2006, "Less hashing, same performance").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

MAX_HASHES = 32
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class BloomFilter:
    """Some of its answers "yes" are wrong; none of its answers "no" is."""

    bits: NDArray[np.uint8]  # (m / 8,) the lowest bit of a byte is the first
    hashes: int  # k

    @classmethod
    def of(cls, keys: Keys, false_positives: float, max_bytes: int) -> BloomFilter:
        """A filter of distinct, evenly spread keys (n,), as large as the share of errors (0..1) needs.

        Where that is more than `max_bytes`, it takes these and errs more often.
        """
        n = max(len(keys), 1)
        size = min(max(bytes_for(n, false_positives), 1), max_bytes)
        hashes = min(max(round(8 * size / n * math.log(2)), 1), MAX_HASHES)
        flags = np.zeros(8 * size, dtype=np.bool_)
        for places in positions(keys, hashes, 8 * size):
            flags[places] = True
        return cls(np.packbits(flags, bitorder="little"), hashes)

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """(n,) keys → (n,) whether each may be in the set; False means that it is not."""
        found = np.ones(len(keys), dtype=np.bool_)
        for places in positions(keys, self.hashes, 8 * len(self.bits)):
            found &= (self.bits[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)) & 1 == 1
        return found


def bytes_for(n: int, false_positives: float) -> int:
    """The bytes in which n keys err with that probability: n · −ln p / (ln 2)² bits."""
    return math.ceil(n * -math.log(false_positives) / math.log(2) ** 2 / 8)


def positions(keys: Keys, hashes: int, size: int) -> Iterator[Keys]:
    """(n,) bits of `size` for each hash. No product leaves 64 bits, so all machines agree."""
    first, second = keys & LOW, (keys >> HALF) | np.uint64(1)
    for i in range(hashes):
        yield (first + np.uint64(i) * second) % np.uint64(size)
