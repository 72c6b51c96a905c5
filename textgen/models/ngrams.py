"""ngrams.bin: which word n-grams a model has learned from, so that the new ones in a text can be counted.

Only whether an n-gram occurs is stored, in a Bloom filter. The file: eight letters, the length of the
header, the header in JSON, the filter's bits, the CRC-32 of all that; both numbers in 4 bytes, lowest first.

Words are read from the lower-cased text, spaces and line breaks left out: letters and digits with inner
apostrophes (`don't`), and every other sign by itself. A word's number is its BLAKE2b digest of 8 bytes,
lowest first, the same on every machine; that of an n-gram is mixed from its words' with the finaliser of
SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from textgen.errors import ModelError, out_of_range, shorten
from textgen.models.reading import parse_object, read_bytes
from textgen.validation import check_whole, finite, whole

Keys = NDArray[np.uint64]

FILE = "ngrams.bin"  # in a model folder
MAGIC, FORMAT = b"TLNGRAMS", 1
FALSE_POSITIVES = 0.01  # where the file may be as large as that takes
MAX_BYTES = 1_000_000  # of a file as models have it
HEADER_BYTES = 1_000  # at most
LARGEST_FILE = 100_000_000  # bytes that are read at all
LEAST_BITS = 3  # an n-gram: with fewer, a quarter of all strange ones would pass for known
PROBES = 25_000  # of each length
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_")
LONGEST = 4
MAX_HASHES = 32
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)


class Novelty(NamedTuple):
    """How many of a text's n-grams the training text does not have."""

    ngrams: int  # of the text; one that comes twice counts twice
    share: float  # found to be new, 0..1: never more than are; 0 where there are no n-grams
    estimate: float  # the share made up for new ones that passed for known, 0..1


@dataclass(frozen=True, slots=True)
class NoveltyIndex:
    """The n-grams of a training text, n = 1 … longest."""

    filter: BloomFilter
    distinct: tuple[int, ...]  # (longest,) how many different n-grams of each length the text has
    false_positives: float  # measured share of strange n-grams that pass for known, 0..1

    @classmethod
    def build(cls, texts: Iterable[str], max_bytes: int = MAX_BYTES, seed: int = 0) -> NoveltyIndex:
        """Index some texts for a file of at most `max_bytes`. No n-gram crosses from one to the next.

        Of texts too large for that the longest n-grams are left out. The seed draws the made-up
        n-grams on which the error is measured. Raises SettingError for a size outside its range.
        """
        check_whole("max_bytes", max_bytes, 2 * HEADER_BYTES, LARGEST_FILE, f"{MAX_BYTES:,} is usual")
        room = max_bytes - HEADER_BYTES
        ngrams = distinct_ngrams(texts)
        while needed(ngrams) > room and len(ngrams) > 1:
            ngrams.pop()
        if needed(ngrams) > room:
            least = needed(ngrams) + HEADER_BYTES
            raise out_of_range(
                "max_bytes", f"at least {least:,} for this text", max_bytes, "index less of it"
            )
        bloom = BloomFilter.of(np.concatenate(ngrams), FALSE_POSITIVES, room)
        return cls(bloom, tuple(map(len, ngrams)), measured(bloom, ngrams, seed))

    @property
    def longest(self) -> int:
        """Words of the longest n-grams there are."""
        return len(self.distinct)

    def contains(self, ngram: str) -> bool:
        """Whether the training text has this sequence of words; a "no" is certain, a "yes" may be wrong.

        Raises SettingError unless it is one of 1 … longest words.
        """
        words = split_words(ngram)
        n = self.checked_length(f"the number of words in {shorten(ngram)!r}", len(words))
        return bool(self.filter.contains(ngram_keys(numbers(words), n))[0])

    def novelty(self, text: str, n: int) -> Novelty:
        """How many of a text's n-grams the training text does not have. Raises SettingError for n > longest.

        Of a true share s, s · (1 − false positives) is found on average; the estimate divides by that.
        """
        keys = ngram_keys(numbers(split_words(text)), self.checked_length("n", n))
        share = float(1 - self.filter.contains(keys).mean()) if len(keys) else 0.0
        return Novelty(len(keys), share, min(1.0, share / (1 - self.false_positives)))

    def checked_length(self, name: str, n: int) -> int:
        return check_whole(name, n, 1, self.longest, "longer n-grams are not in the index")

    def save(self, path: Path) -> None:
        """Write the file. Raises OSError."""
        header = json.dumps(self.header()).encode()
        data = MAGIC + number_bytes(len(header)) + header + self.filter.bits.tobytes()
        path.write_bytes(data + number_bytes(zlib.crc32(data)))

    def header(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "words": WORD.pattern,
            "hashes": self.filter.hashes,
            "distinct": self.distinct,
            "false_positives": self.false_positives,
        }

    @classmethod
    def load(cls, path: Path) -> NoveltyIndex:
        """Read a file. Raises ModelError, with what is wrong and the way out, for one that is not ours."""
        data = read_bytes(path, LARGEST_FILE)
        try:
            return cls(*parsed(data))
        except ValueError as error:
            raise ModelError(
                f"{path} is not a usable index of n-grams ({error}); train or copy the model again"
            ) from error


def split_words(text: str) -> list[str]:
    """The words and signs of a text, in lower case."""
    return WORD.findall(text.lower())


def numbers(words: Sequence[str]) -> Keys:
    """(N,) the number of each word."""
    of_word = {word: number(word) for word in set(words)}
    return np.array([of_word[word] for word in words], dtype=np.uint64)


def number(word: str) -> int:
    digest = blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def ngram_keys(words: Keys, n: int) -> Keys:
    """(N,) the numbers of a text's words → (N − n + 1,) those of its n-grams, in order."""
    count = max(len(words) - n + 1, 0)
    keys = np.full(count, n, dtype=np.uint64)
    for i in range(n):
        keys = mixed(keys ^ words[i : i + count])
    return keys


def mixed(keys: Keys) -> Keys:
    """(N,) each number scattered over all 64 bits, one to one."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def distinct_ngrams(texts: Iterable[str], longest: int = LONGEST) -> list[Keys]:
    """(G,) the different n-grams of all texts for n = 1 … longest; none crosses from one text to the next."""
    seen: list[list[Keys]] = [[np.empty(0, dtype=np.uint64)] for _ in range(longest)]
    for text in texts:
        words = numbers(split_words(text))
        for n in range(1, longest + 1):
            seen[n - 1].append(np.unique(ngram_keys(words, n)))
    return [np.unique(np.concatenate(keys)) for keys in seen]


@dataclass(frozen=True, slots=True)
class BloomFilter:
    """A set of 64-bit keys in few bits: some of its answers "yes" are wrong, none of its answers "no" is.

    Bloom 1970, "Space/time trade-offs in hash coding with allowable errors". Of m bits with n keys and k
    hashes, a strange key finds all its bits set with probability (1 − e^(−kn/m))^k; k = m/n · ln 2 makes
    that smallest, 0.6185^(m/n). The k positions come from two halves of the key, first + i · second
    modulo m (Kirsch & Mitzenmacher 2006, "Less hashing, same performance").
    """

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
        contained = np.ones(len(keys), dtype=np.bool_)
        for places in positions(keys, self.hashes, 8 * len(self.bits)):
            contained &= (
                self.bits[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)
            ) & 1 == 1
        return contained


def bytes_for(n: int, false_positives: float) -> int:
    """The bytes in which n keys err with that probability: n · −ln p / (ln 2)² bits."""
    return math.ceil(n * -math.log(false_positives) / math.log(2) ** 2 / 8)


def positions(keys: Keys, hashes: int, size: int) -> Iterator[Keys]:
    """(n,) bits of `size` for each hash. No product leaves 64 bits, so all machines agree."""
    first, second = keys & LOW, (keys >> HALF) | np.uint64(1)
    for i in range(hashes):
        yield (first + np.uint64(i) * second) % np.uint64(size)


def needed(ngrams: list[Keys]) -> int:
    """The fewest bytes in which a filter is of use."""
    return sum(map(len, ngrams)) * LEAST_BITS // 8


def measured(bloom: BloomFilter, known: list[Keys], seed: int) -> float:
    """The share of n-grams of made-up words, none of them in the text, that the filter takes for known."""
    words = np.random.default_rng(seed).integers(0, 2**64, PROBES, dtype=np.uint64)
    strange = [np.setdiff1d(ngram_keys(words, n), keys) for n, keys in enumerate(known, 1)]
    return float(bloom.contains(np.concatenate(strange)).mean())


def number_bytes(number: int) -> bytes:
    return number.to_bytes(4, "little")


def parsed(data: bytes) -> tuple[BloomFilter, tuple[int, ...], float]:
    """The values of a file. Raises ValueError for any that cannot be."""
    start = len(MAGIC) + 4
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("it does not begin as one")
    if number_bytes(zlib.crc32(data[:-4])) != data[-4:]:
        raise ValueError("it is damaged or not all there")
    end = start + int.from_bytes(data[len(MAGIC) : start], "little")
    header, bits = parse_object(data[start:end]), np.frombuffer(data[end:-4], dtype=np.uint8)
    if (header.get("format"), header.get("words")) != (FORMAT, WORD.pattern):
        raise ValueError(f"its header is not of format {FORMAT}")
    if not len(bits):
        raise ValueError("it has no bits")
    return BloomFilter(bits, checked_hashes(header)), checked_distinct(header), checked_error(header)


def checked_hashes(header: dict[str, Any]) -> int:
    hashes = whole(header.get("hashes"))
    if hashes is None or not 1 <= hashes <= MAX_HASHES:
        raise ValueError(f"hashes must be from 1 to {MAX_HASHES}")
    return hashes


def checked_distinct(header: dict[str, Any]) -> tuple[int, ...]:
    distinct = header.get("distinct")
    if not isinstance(distinct, list) or not 1 <= len(distinct) <= LONGEST or None in map(whole, distinct):
        raise ValueError(f"distinct must be 1 to {LONGEST} whole numbers")
    return tuple(distinct)


def checked_error(header: dict[str, Any]) -> float:
    error = finite(header.get("false_positives"))
    if error is None or not 0 <= error < 1:
        raise ValueError("false_positives must be in [0, 1)")
    return error
