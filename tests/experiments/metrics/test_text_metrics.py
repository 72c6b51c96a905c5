"""Every metric of a text by hand, and by NLTK where it has it."""

from __future__ import annotations

import math
import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.util import ngrams as nltk_ngrams

from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.metrics.text_metrics import (
    Observed,
    compression_ratio,
    distinct,
    longest_loop,
    measure,
    novelty,
    real_words,
    repetition,
    whole_words,
)
from textgen.models.ngrams import NoveltyIndex

CAT = "the cat sat on the mat the cat sat on".split()
INDEX = NoveltyIndex.build(["The cat sat on the mat. Isn't it?"])


def test_distinct_by_hand() -> None:
    assert distinct(CAT, 1) == 5 / 10
    assert distinct(CAT, 2) == 6 / 9
    assert distinct(CAT, 3) == 6 / 8
    assert math.isnan(distinct(CAT, 11))


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.integers(1, 4))
def test_distinct_by_nltk(items: list[str], n: int) -> None:
    found = list(nltk_ngrams(items, n))
    assert distinct(items, n) == (
        len(set(found)) / len(found) if found else pytest.approx(math.nan, nan_ok=True)
    )


def test_repetition_by_hand() -> None:
    """Of the seven 4-grams only "the cat sat on" comes again."""
    assert repetition(CAT) == pytest.approx(1 / 7)
    assert repetition("a b c d e".split()) == 0
    assert repetition(["la"] * 13) == pytest.approx(9 / 10)
    assert math.isnan(repetition(["la"] * 3))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("abcabc", 3),
        ("aaaaa", 2),
        ("xabababy", 2),
        ("abcdabc", 0),
        ("aab", 1),
        ("a", 0),
        ("", 0),
        ("abab" * 3, 6),
    ],
)
def test_longest_loop_by_hand(text: str, length: int) -> None:
    assert longest_loop([ord(char) for char in text]) == length


@given(st.text("ab", max_size=24))
def test_longest_loop_by_trying_all(text: str) -> None:
    blocks = [
        size
        for size in range(1, len(text) // 2 + 1)
        for start in range(len(text) - 2 * size + 1)
        if text[start : start + size] == text[start + size : start + 2 * size]
    ]
    assert longest_loop([ord(char) for char in text]) == max(blocks, default=0)


def test_compression() -> None:
    assert compression_ratio("ab" * 100) == 200 / len(zlib.compress(b"ab" * 100, 9)) > 10
    assert compression_ratio("é") < 1
    assert math.isnan(compression_ratio(""))
    letters = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=2000))
    assert 1 < compression_ratio(letters) < 8 / math.log2(26) + 0.01, "no code beats the entropy"


def test_novelty_by_hand() -> None:
    """Of four trigrams two are new: "on a mat", "sat on a"."""
    words = "the cat sat on a mat".split()
    assert novelty(words, INDEX) == pytest.approx(2 / 4, rel=0.05)
    assert novelty("the cat sat on the mat .".split(), INDEX) == 0
    assert math.isnan(novelty(["the", "cat"], INDEX))
    assert math.isnan(novelty(words, None))


def test_real_words_by_hand() -> None:
    """Signs and numbers are no words; "isn't" is one, "caz" is not."""
    assert real_words(["the", "caz", ".", "7", "isn't"], INDEX) == pytest.approx(2 / 3, rel=0.05)
    assert math.isnan(real_words([".", "7"], INDEX))
    assert math.isnan(real_words(["the"], None))


def test_only_whole_words_count() -> None:
    assert whole_words("ead the do", "is d") == ["the"]
    assert whole_words("ead the do", "is d", ended=True) == ["the", "do"]
    assert whole_words(" the do.", "is d") == ["the", "do", "."]
    assert whole_words("ead", "is d") == []
    assert whole_words("", "is d") == []


def observed() -> Observed:
    return Observed(
        text="the cat sat on a mat",
        words=tuple("the cat sat on a mat".split()),
        ids=(1, 2, 1, 2, 3),
        surprisal=np.array([4.0, 4.0, 4.0, 4.0, 4.0]),
        entropy=np.array([1.0, 2.0, 3.0, 4.0, 5.0]),
    )


def test_all_at_once() -> None:
    found = measure(observed(), math.nan, INDEX)
    assert (found.distinct_1, found.distinct_2, found.distinct_3, found.repetition) == (1, 1, 1, 0)
    assert (found.longest_loop, found.surprise, found.entropy) == (2, 4, 3)
    assert math.isnan(found.surprise_elsewhere)
    assert found.coherence == 2 ** -(20 / 20), "20 bits over 20 characters"
    assert found.creativity == found.novelty == pytest.approx(0.5, rel=0.05)


def test_another_model_judges_coherence() -> None:
    found = measure(observed(), 3.0, INDEX)
    assert (found.surprise_elsewhere, found.coherence) == (3.0, 1 / 8)


def test_nothing_is_measured_of_nothing() -> None:
    empty = Observed("", (), (), np.empty(0), np.empty(0))
    found = measure(empty, math.nan, INDEX)
    assert found.longest_loop == 0
    assert all(math.isnan(getattr(found, name)) for name in found.__slots__ if name != "longest_loop")


def test_every_metric_is_described() -> None:
    assert {metric.name for metric in METRICS} == {
        *measure(observed(), math.nan, None).__slots__,
        "self_bleu",
    }
    assert all(metric.definition and metric.source for metric in METRICS)
