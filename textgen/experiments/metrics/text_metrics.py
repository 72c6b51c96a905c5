"""A text in numbers: each metric with its definition, its unit and where it comes from.

Words are those of `ngrams.split_words`, in lower case, signs included, so that models of characters and
of words are measured alike. What cannot be measured (a text of one word has no bigrams) is NaN. Distinct-n
and repetition depend on a text's length: hold only texts of one length against each other.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from textgen.models.ngrams import NoveltyIndex, ngram_keys, numbers, split_words
from textgen.records import Floats, Ints

REPEATED = 4  # words of the n-grams whose repetition counts
NEW = 3  # words of the n-grams whose novelty counts; fewer where the index has no longer ones
NOT_MEASURED = math.nan


def distinct(items: Sequence[Hashable], n: int) -> float:
    """The different n-grams over all n-grams, 0..1 (Li et al. 2016, "A diversity-promoting objective").

    NaN for fewer than n items.
    """
    found = ngrams(items, n)
    return len(set(found)) / len(found) if found else NOT_MEASURED


def repetition(items: Sequence[Hashable], n: int = REPEATED) -> float:
    """The share of n-grams that came before in the text, 0..1: 1 − distinct-n.

    "seq-rep-n" of Welleck et al. 2020, "Neural text generation with unlikelihood training". NaN for
    fewer than n items.
    """
    return 1 - distinct(items, n)


def ngrams(items: Sequence[Hashable], n: int) -> list[tuple[Hashable, ...]]:
    """(N,) items → their N − n + 1 n-grams, in order."""
    return list(zip(*(items[i:] for i in range(n)), strict=False)) if n <= len(items) else []


def longest_loop(ids: Sequence[int]) -> int:
    """The longest block that comes twice with nothing between, in tokens; 0 for none.

    The largest L such that ids[i:i+L] = ids[i+L:i+2L] for some i: "abcabc" has 3, "aaaaa" has 2. A phrase
    of p tokens that comes k times in a row counts p · ⌊k/2⌋. Our own measure; "squares" in the theory of
    words (Lothaire 1983).
    """
    tokens = np.asarray(ids, dtype=np.int64)
    for length in range(len(tokens) // 2, 0, -1):
        same = tokens[:-length] == tokens[length:]
        if np.count_nonzero(same) >= length and longest_run(same) >= length:  # counting alone is cheap
            return length
    return 0


def longest_run(flags: np.ndarray) -> int:
    """(N,) truths → how many stand in a row at most."""
    ends = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def compression_ratio(text: str) -> float:
    """Bytes of the text in UTF-8 over its bytes after zlib at level 9: above 1, higher = more redundant.

    Shaib et al. 2024, "Standardizing the measurement of text diversity", there with gzip. A short text
    pays for zlib's header, so it can be below 1. NaN for an empty text.
    """
    data = text.encode("utf-8", "replace")
    return len(data) / len(zlib.compress(data, 9)) if data else NOT_MEASURED


def novelty(words: Sequence[str], index: NoveltyIndex | None) -> float:
    """The share of word trigrams that the training text does not have, 0..1, one that comes twice twice.

    McCoy et al. 2023, "How much do language models copy from their training data?". The index errs for
    known (`false_positives`), which is made up for. NaN without an index or trigrams.
    """
    if index is None:
        return NOT_MEASURED
    return share_unknown(words, min(NEW, index.longest), index)


def real_words(words: Sequence[str], index: NoveltyIndex | None) -> float:
    """The share of the words with a letter that the training text has, 0..1; NaN where there are none.

    What a model of characters spells right: the oldest check of one (Karpathy 2015, "The unreasonable
    effectiveness of recurrent neural networks"). A word that is right but new counts as none.
    """
    spelled = [word for word in words if any(map(str.isalpha, word))]
    return NOT_MEASURED if index is None else 1 - share_unknown(spelled, 1, index)


def share_unknown(words: Sequence[str], n: int, index: NoveltyIndex) -> float:
    """The share of n-grams that are not in the index, corrected for those it takes for known."""
    keys = ngram_keys(numbers(words), n)
    if not len(keys):
        return NOT_MEASURED
    found = 1 - float(index.filter.contains(keys).mean())
    return min(1.0, found / (1 - index.false_positives))


def coherence_proxy(bits_per_character: float) -> float:
    """2^−bits: the geometric mean of the probability of a character, 0..1. A proxy, not coherence.

    It says how expected each next sign is to a model at T = 1: spelling, grammar and the habits of the
    corpus raise it, and so does saying the same thing over and over. Read it beside repetition; for
    meaning ask people (`ratings`).
    """
    return 2.0**-bits_per_character


def creativity_proxy(new: float, different: float) -> float:
    """Novelty times distinct-2, 0..1: new word trigrams, and not always the same ones. A proxy.

    Random letters are new and different, too, so it says nothing without coherence beside it.
    """
    return new * different


def whole_words(text: str, before: str = "", ended: bool = False) -> list[str]:
    """The words of a continuation that stand in it as a whole: for models that write by the letter.

    The first is left out where it goes on with the last word of `before`, the last one where the
    text was cut in it (`ended` False).
    """
    words = split_words(text)
    first = int(bool(words) and before[-1:].isalnum() and text[:1].isalnum())
    last = len(words) - int(not ended and text[-1:].isalnum())
    return words[first:last]


@dataclass(frozen=True, slots=True)
class Observed:
    """A written text and what the model thought at each of its n tokens."""

    text: str
    words: tuple[str, ...]  # those that count
    ids: tuple[int, ...]  # (n,) tokens, a stop among them
    surprisal: Floats  # (n,) bits: −log2 of the token's probability under the model at T = 1
    entropy: Floats  # (n,) bits: of the distribution that it was picked from, after all stages


@dataclass(frozen=True, slots=True)
class TextMetrics:
    """The metrics of one text; `METRICS` says what each is. NaN = not measured."""

    distinct_1: float
    distinct_2: float
    distinct_3: float
    repetition: float
    longest_loop: float
    novelty: float
    real_words: float
    compression: float
    surprise: float
    surprise_elsewhere: float
    entropy: float
    coherence: float
    creativity: float


def measure(observed: Observed, elsewhere: float, index: NoveltyIndex | None) -> TextMetrics:
    """All metrics of one text.

    `elsewhere` is its bits per character under another model, NaN where none was asked; `index` holds
    what its own model was trained on.
    """
    two, new = distinct(observed.words, 2), novelty(observed.words, index)
    bits = own_bits_per_character(observed) if math.isnan(elsewhere) else elsewhere
    return TextMetrics(
        distinct_1=distinct(observed.words, 1),
        distinct_2=two,
        distinct_3=distinct(observed.words, 3),
        repetition=repetition(observed.words),
        longest_loop=longest_loop(observed.ids),
        novelty=new,
        real_words=real_words(observed.words, index),
        compression=compression_ratio(observed.text),
        surprise=mean(observed.surprisal),
        surprise_elsewhere=elsewhere,
        entropy=mean(observed.entropy),
        coherence=coherence_proxy(bits),
        creativity=creativity_proxy(new, two),
    )


def own_bits_per_character(observed: Observed) -> float:
    """Bits a character under the writing model; NaN for an empty text."""
    size = len(observed.text)
    return float(observed.surprisal.sum()) / size if size else NOT_MEASURED


def mean(values: Floats | Ints) -> float:
    return float(values.mean()) if len(values) else NOT_MEASURED
