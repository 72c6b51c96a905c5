"""A text's word n-grams as 64-bit numbers that are the same on every machine.

Words are read from the lower-cased text, spaces and line breaks left out: letters and digits with inner
apostrophes (`don't`), and every other sign by itself. A word's number is its BLAKE2b digest of 8 bytes,
lowest first; that of an n-gram is mixed from its words' with the finaliser of SplitMix64 (Steele, Lea &
Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from textgen.models.bloom import Keys

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]|_")
LONGEST = 4


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
    found: list[list[Keys]] = [[np.empty(0, dtype=np.uint64)] for _ in range(longest)]
    for text in texts:
        words = numbers(split_words(text))
        for n in range(1, longest + 1):
            found[n - 1].append(np.unique(ngram_keys(words, n)))
    return [np.unique(np.concatenate(keys)) for keys in found]
