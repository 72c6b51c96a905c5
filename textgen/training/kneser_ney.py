"""Interpolated Kneser-Ney n-grams: the counting model that a word-level network has to beat.

Kneser & Ney 1995, "Improved backing-off for m-gram language modeling"; the interpolated form and the
three discounts of the modified one are Chen & Goodman's 1999, "An empirical study of smoothing
techniques for language modeling", eq. 24-26. With c the count of an n-gram, D the discount and h′ the
history h without its oldest token,

    P(w | h) = (c(h w) − D(c(h w))) / Σv c(h v)  +  Σv D(c(h v)) / Σv c(h v) · P(w | h′)

down to the uniform distribution over the vocabulary, so every token has a probability and they sum
to 1. Below the highest order c(g) is the number of different tokens that precede g; of a history that
was never followed by anything, P(w | h) = P(w | h′).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from textgen.errors import TextError, out_of_range
from textgen.records import Floats, Ints
from textgen.validation import check_whole

MAX_ORDER = 20
USUAL_DISCOUNT = 0.5  # where too few n-grams are rare to estimate one, as with characters
UNSEEN = -1


class Score(NamedTuple):
    """How well a model predicts a text."""

    perplexity: float  # exp(nats)
    nats: float  # mean −ln p per target
    targets: int


@dataclass(frozen=True, slots=True)
class Level:
    """The n-grams of one length n; a history is named by its place among those of length n − 1.

    Place −1, the last of each table, is what was never seen.
    """

    keys: Ints  # (G,) history · vocab_size + token, rising
    shares: Floats  # (G + 1,) what the n-gram itself adds to its probability, (c − D(c)) / Σ c, 0..1
    rest: Floats  # (H + 1,) what a history leaves to the next shorter one, 0..1


@dataclass(frozen=True, slots=True)
class KneserNey:
    """A fitted model."""

    levels: tuple[Level, ...]  # of 1-grams first
    vocab_size: int

    @classmethod
    def fit(
        cls, documents: Sequence[NDArray[Any]], order: int, vocab_size: int, modified: bool = False
    ) -> KneserNey:
        """Count the n-grams, n ≤ order, of documents (T,) of ids. No n-gram crosses a document's start.

        `modified` takes three discounts a length, for counts of 1, 2 and 3 or more, instead of one.
        Raises SettingError for an order or ids outside their range, TextError for no ids.
        """
        check_whole("order", order, 1, MAX_ORDER, "4 is usual")
        lengths = count(*joined(documents, vocab_size), order, vocab_size)
        levels, histories = [], 1
        for shorter, longer in zip(lengths, [*lengths[1:], None], strict=True):
            counts = raw_counts(shorter) if longer is None else continuations(shorter, longer)
            levels.append(level(shorter.keys, counts, shorter.keys // vocab_size, histories, modified))
            histories = len(shorter.keys)
        return cls(tuple(levels), vocab_size)

    def probabilities(self, documents: Sequence[NDArray[Any]]) -> Floats:
        """(N,) of the targets: every token but the first of each document, in order, in (0, 1].

        The history is the order − 1 tokens before the target, fewer near the document's start.
        """
        ids, starts = joined(documents, self.vocab_size)
        probabilities = np.full(len(ids), 1 / self.vocab_size)
        history = np.zeros(len(ids), dtype=np.int64)
        for level in self.levels:
            places = find(level.keys, keys_of(history, ids, self.vocab_size))
            probabilities = level.shares[places] + level.rest[history] * probabilities
            history = histories_after(places, starts)
        return probabilities[~starts]

    def perplexity(self, documents: Sequence[NDArray[Any]]) -> Score:
        """The score on all tokens of the documents but the first of each. Raises TextError for none."""
        probabilities = self.probabilities(documents)
        if not len(probabilities):
            raise TextError("there must be at least 2 tokens in a document, got no such; give a longer text")
        nats = float(-np.log(probabilities).mean())
        return Score(math.exp(nats), nats, len(probabilities))


def joined(documents: Sequence[NDArray[Any]], vocab_size: int) -> tuple[Ints, NDArray[np.bool_]]:
    """All ids (N,), and which of them begin a document (N,)."""
    lengths = [len(document) for document in documents]
    if not sum(lengths):
        raise TextError("the documents must have at least one token, got none; give a longer text")
    ids = np.concatenate([np.asarray(document, dtype=np.int64) for document in documents])
    if ids.min() < 0 or ids.max() >= vocab_size:
        wrong = int(ids.max() if ids.max() >= vocab_size else ids.min())
        raise out_of_range("an id", f"in 0..{vocab_size - 1}", wrong, "use one tokenizer for all documents")
    starts = np.zeros(len(ids), dtype=np.bool_)
    starts[np.cumsum([0, *lengths[:-1]])[np.array(lengths) > 0]] = True
    return ids, starts


class Grams(NamedTuple):
    """The n-grams of one length in a text of N tokens."""

    keys: Ints  # (G,) rising
    first: Ints  # (G,) the token with which each first ends
    places: Ints  # (N,) of the n-gram that ends with each token, −1 where a document is too young


def count(ids: Ints, starts: NDArray[np.bool_], order: int, vocab_size: int) -> list[Grams]:
    """The n-grams of every length up to `order`, the shortest first."""
    counted, history = [], np.zeros(len(ids), dtype=np.int64)
    for _ in range(order):
        keys = keys_of(history, ids, vocab_size)
        table, first = np.unique(keys, return_index=True)
        known = table >= 0
        counted.append(Grams(table[known], first[known], find(table[known], keys)))
        history = histories_after(counted[-1].places, starts)
    return counted


def raw_counts(grams: Grams) -> Ints:
    """(G,) how often each n-gram stands in the text."""
    return np.bincount(grams.places[grams.places >= 0], minlength=len(grams.keys))


def continuations(grams: Grams, longer: Grams) -> Ints:
    """(G,) how many different tokens precede each n-gram: it ends as many of the n-grams one longer."""
    return np.bincount(grams.places[longer.first], minlength=len(grams.keys))


def keys_of(history: Ints, ids: Ints, vocab_size: int) -> Ints:
    """(N,) the keys of the n-grams that end with each token; −1 where the history is none."""
    return np.where(history >= 0, history * vocab_size + ids, UNSEEN)


def histories_after(places: Ints, starts: NDArray[np.bool_]) -> Ints:
    """(N,) the history that each token follows: the n-gram that ends before it in its document."""
    return np.where(starts, UNSEEN, np.roll(places, 1))


def find(keys: Ints, wanted: Ints) -> Ints:
    """(N,) where each key stands among the rising ones; −1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), UNSEEN)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, UNSEEN)


def level(keys: Ints, counts: Ints, prefixes: Ints, histories: int, modified: bool) -> Level:
    """Discount the counts (G,) of one length's n-grams, whose histories are `prefixes` (G,)."""
    taken = discounts(counts, modified)[np.minimum(counts, 3)]
    totals = np.bincount(prefixes, counts, histories)
    followed = totals > 0
    rest = np.ones(histories + 1)
    rest[:-1][followed] = np.bincount(prefixes, taken, histories)[followed] / totals[followed]
    shares = np.append((counts - taken) / np.maximum(totals, 1)[prefixes], 0.0)
    return Level(keys, shares, rest)


def discounts(counts: Ints, modified: bool) -> Floats:
    """(4,) what a count of 0, 1, 2 and of 3 or more loses, from how many n-grams have a count of 1 to 4.

    Plain: Y = n₁ / (n₁ + 2 n₂) for each (Ney, Essen & Kneser 1994). Modified: k − (k + 1) Y n₍ₖ₊₁₎ / nₖ.
    """
    n = np.bincount(counts, minlength=5)[:5]
    if not n[1] or not n[2]:
        return np.array([0.0, *[USUAL_DISCOUNT] * 3])
    y = n[1] / (n[1] + 2 * n[2])
    if not modified or not n[3]:
        return np.array([0.0, y, y, y])
    by_count = [k - (k + 1) * y * n[k + 1] / n[k] for k in (1, 2, 3)]
    return np.array([0.0, *np.clip(by_count, 0.0, [1, 2, 3])])
