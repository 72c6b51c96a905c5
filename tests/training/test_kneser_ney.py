"""Kneser-Ney n-grams against a calculation by hand and the formula written out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import SettingError, TextError
from textgen.records import Floats, Ints
from textgen.training.kneser_ney import KneserNey

A, B, C, D = range(4)
texts = st.lists(st.lists(st.integers(0, 4), max_size=40), min_size=1, max_size=3).filter(any)


def arrays(documents: Sequence[Sequence[int]]) -> list[Ints]:
    return [np.array(document, dtype=np.int64) for document in documents]


def after(model: KneserNey, history: Sequence[int]) -> Floats:
    """(V,) the distribution after a history, one document a token."""
    documents = arrays([[*history, token] for token in range(model.vocab_size)])
    return model.probabilities(documents)[len(history) - 1 :: len(history)]


class WrittenOut:
    """The formula of the docstring, token by token, on dictionaries."""

    def __init__(self, documents: Sequence[Sequence[int]], order: int, vocab_size: int) -> None:
        self.order, self.vocab_size = order, vocab_size
        grams = {n: Counter(ngrams(documents, n)) for n in range(1, order + 1)}
        self.counts = {n: Counter(gram[1:] for gram in grams[n + 1]) for n in range(1, order)}
        self.counts[order] = grams[order]

    def discount(self, n: int) -> float:
        of_count = Counter(self.counts[n].values())
        return of_count[1] / (of_count[1] + 2 * of_count[2]) if of_count[1] and of_count[2] else 0.5

    def p(self, token: int, history: tuple[int, ...]) -> float:
        n = len(history) + 1
        shorter = self.p(token, history[1:]) if history else 1 / self.vocab_size
        followed = [c for gram, c in self.counts[n].items() if gram[:-1] == history]
        if not followed:
            return shorter
        count, discount = self.counts[n][(*history, token)], self.discount(n)
        return max(count - discount, 0) / sum(followed) + discount * len(followed) / sum(followed) * shorter

    def all(self, documents: Sequence[Sequence[int]]) -> list[float]:
        return [
            self.p(document[i], tuple(document[max(0, i - self.order + 1) : i]))
            for document in documents
            for i in range(1, len(document))
        ]


def ngrams(documents: Sequence[Sequence[int]], n: int) -> Iterator[tuple[int, ...]]:
    return (tuple(text[i : i + n]) for text in documents for i in range(len(text) - n + 1))


def test_by_hand() -> None:
    """a b a b a c: of three bigrams one comes once, two come twice, so D = 1 / (1 + 2·2) = 0.2."""
    model = KneserNey.fit(arrays([[A, B, A, B, A, C]]), order=2, vocab_size=4)
    after_any = [1 / 6 + 1 / 8] * 3 + [1 / 8]  # each of a, b, c follows one token: (1 − ½)/3 + ½·¼; d none
    share = [0.0, 1.8 / 3, 0.8 / 3, 0.0]
    assert after(model, [A]) == pytest.approx(
        [s + 0.4 / 3 * p for s, p in zip(share, after_any, strict=True)]
    )
    assert after(model, [C]) == pytest.approx(after_any)  # c was never followed


def test_modified_discounts_by_hand() -> None:
    """Counts 1, 1, 1, 1, 2, 2, 3, 4: Y = ½, so 1 − 2·½·2/4 = ½, 2 − 3·½·1/2 = 1¼, 3 − 4·½·1/1 = 1."""
    tokens = [token for token, n in enumerate([1, 1, 1, 1, 2, 2, 3, 4]) for _ in range(n)]
    model = KneserNey.fit(arrays([tokens]), order=1, vocab_size=8, modified=True)
    rest = (4 * 0.5 + 2 * 1.25 + 2 * 1.0) / 15 / 8
    kept = np.array([0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 2.0, 3.0])
    assert after(model, [0]) == pytest.approx(kept / 15 + rest)


@given(texts, texts, st.integers(1, 4))
def test_formula_written_out(learned: list[list[int]], scored: list[list[int]], order: int) -> None:
    model = KneserNey.fit(arrays(learned), order, vocab_size=6)
    expected = WrittenOut(learned, order, vocab_size=6).all(scored)
    assert model.probabilities(arrays(scored)) == pytest.approx(expected)


@given(texts, st.lists(st.integers(0, 5), min_size=1, max_size=4), st.booleans())
def test_a_distribution_after_every_history(
    learned: list[list[int]], history: list[int], modified: bool
) -> None:
    probabilities = after(KneserNey.fit(arrays(learned), 3, vocab_size=6, modified=modified), history)
    assert (probabilities > 0).all()
    assert probabilities.sum() == pytest.approx(1)


def markov_text(length: int, seed: int) -> Ints:
    """The next token is mostly the sum of the last two, modulo 7."""
    rng, text = np.random.default_rng(seed), [1, 2]
    while len(text) < length:
        text.append((text[-1] + text[-2]) % 7 if rng.random() < 0.8 else int(rng.integers(7)))
    return np.array(text)


def test_order_that_sees_the_rule_is_best() -> None:
    learned, scored = [markov_text(20_000, 0)], [markov_text(5_000, 1)]
    nats = [KneserNey.fit(learned, order, 7).perplexity(scored).nats for order in (1, 2, 3)]
    right = 0.8 + 0.2 / 7
    truth = -right * math.log(right) - 6 * 0.2 / 7 * math.log(0.2 / 7)
    assert nats[0] == pytest.approx(math.log(7), abs=0.02)
    assert nats[1] > 1.9
    assert nats[2] == pytest.approx(truth, abs=0.03)


def test_all_but_each_first_token_is_scored() -> None:
    model = KneserNey.fit(arrays([[A, B, C, D]]), order=3, vocab_size=4)
    one, other = [A, B, C], [B, C, D, A]
    score = model.perplexity(arrays([one, [], [A], other]))
    both = np.concatenate([model.probabilities(arrays([one])), model.probabilities(arrays([other]))])
    assert score.targets == len(both) == 5
    assert score.nats == pytest.approx(-np.log(both).mean())
    assert score.perplexity == pytest.approx(math.exp(score.nats))


def test_two_byte_ids_do_not_overflow() -> None:
    text = np.array([65_000, 64_000, 65_000, 64_001], dtype=np.uint16)
    model = KneserNey.fit([text], order=3, vocab_size=65_001)
    assert model.probabilities([text]) == pytest.approx(
        KneserNey.fit([text.astype(np.int64)], 3, 65_001).probabilities([text.astype(np.int64)])
    )
    assert model.probabilities([text])[0] > 1000 / 65_001


def test_mistakes_end_with_a_sentence() -> None:
    with pytest.raises(SettingError, match=r"an id must be in 0\.\.3, got 4"):
        KneserNey.fit(arrays([[0, 4]]), 2, vocab_size=4)
    with pytest.raises(SettingError, match="order must be"):
        KneserNey.fit(arrays([[0, 1]]), 0, vocab_size=4)
    with pytest.raises(TextError, match="got none"):
        KneserNey.fit([], 2, vocab_size=4)
    with pytest.raises(TextError, match="at least 2 tokens"):
        KneserNey.fit(arrays([[0, 1]]), 2, vocab_size=4).perplexity(arrays([[0], [1]]))
