"""New n-grams are found, known ones never taken for new, and the errors are as rare as stated."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen.errors import SettingError
from textgen.models.ngrams import (
    BloomFilter,
    NoveltyIndex,
    bytes_for,
    ngram_keys,
    number,
    numbers,
    split_words,
)

TEXT = "The king is dead; long live the king! 'Tis so, isn't it? The king is long dead."
KING = "a0c66bd15af968a9"  # BLAKE2b of its four letters, 8 bytes
THE_KING = 1191463056787318193
FILTER = (7, 90, 1038609799)  # hashes, bytes, CRC-32


def rows_of(text: str, n: int) -> list[tuple[str, ...]]:
    words = split_words(text)
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def made_up(words: int, kinds: int, seed: int, letter: str = "w") -> str:
    return " ".join(f"{letter}{i}" for i in random.Random(seed).choices(range(kinds), k=words))


@pytest.fixture(scope="module")
def text() -> str:
    return made_up(20_000, 3_000, seed=0)


@pytest.fixture(scope="module")
def index(text: str) -> NoveltyIndex:
    return NoveltyIndex.build([text])


def test_words_are_what_the_docstring_says() -> None:
    assert split_words("Don't STOP\n-- a_b,  3x…") == [
        "don't",
        "stop",
        "-",
        "-",
        "a",
        "_",
        "b",
        ",",
        "3x",
        "…",
    ]


@settings(max_examples=40)
@given(st.lists(st.text(max_size=60), max_size=4), st.integers(1, 4))
def test_nothing_of_the_text_is_new(texts: list[str], n: int) -> None:
    index = NoveltyIndex.build(texts)
    for text in texts:
        assert index.novelty(text, n) == (len(rows_of(text, n)), 0, 0)
        assert all(index.contains(" ".join(row)) for row in rows_of(text, n))


def test_what_is_new_is_counted() -> None:
    index = NoveltyIndex.build([TEXT])
    assert index.novelty("the KING is\ndead", 4) == (1, 0, 0)
    assert index.novelty("the king is alive, the king is alive", 1).share == pytest.approx(2 / 9)
    ngrams, share, estimate = index.novelty("the king is so", 2)
    assert (ngrams, share) == (3, pytest.approx(1 / 3))
    assert share <= estimate <= share / 0.97
    assert not index.contains("king the")
    assert index.novelty("", 1) == (0, 0, 0)


def test_no_ngram_crosses_from_one_text_to_the_next() -> None:
    index = NoveltyIndex.build(["one two", "three four"])
    assert index.contains("three four")
    assert not index.contains("two three")
    assert index.distinct == (4, 2, 0, 0)


@pytest.mark.parametrize("max_bytes", [1_000_000, 40_000])
def test_errors_are_as_rare_as_stated(text: str, max_bytes: int) -> None:
    """On n-grams of the text's own words that it does not have; σ of the share is below 0.3%."""
    index = NoveltyIndex.build([text], max_bytes)
    strangers = made_up(30_000, 3_000, seed=1)
    known = {n: set(rows_of(text, n)) for n in (2, 3, 4)}
    for n in (2, 3, 4):
        new = np.array([row not in known[n] for row in rows_of(strangers, n)])
        taken = index.filter.contains(ngram_keys(numbers(split_words(strangers)), n)[new])
        assert taken.mean() == pytest.approx(index.false_positives, abs=0.015)
        truth = float(new.mean())
        assert index.novelty(strangers, n).estimate == pytest.approx(truth, abs=0.015)
        assert index.novelty(strangers, n).share <= truth


def test_errors_follow_the_formula(text: str) -> None:
    for max_bytes in (1_000_000, 60_000, 40_000, 30_000):
        index = NoveltyIndex.build([text], max_bytes)
        load = index.filter.hashes * sum(index.distinct) / (8 * len(index.filter.bits))
        expected = (1 - np.exp(-load)) ** index.filter.hashes
        assert index.false_positives == pytest.approx(expected, rel=0.05)


def test_a_small_text_takes_what_one_percent_needs(index: NoveltyIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "ngrams.bin")
    assert index.false_positives == pytest.approx(0.01, abs=0.002)
    size = (tmp_path / "ngrams.bin").stat().st_size
    assert bytes_for(sum(index.distinct), 0.01) < size < bytes_for(sum(index.distinct), 0.01) + 1_000


@settings(max_examples=20)
@given(st.integers(2_000, 60_000))
def test_file_is_no_larger_than_asked_for(max_bytes: int) -> None:
    text = made_up(3_000, 400, seed=2)
    index = NoveltyIndex.build([text], max_bytes)
    assert len(json.dumps(index.header())) + 16 + len(index.filter.bits) <= max_bytes
    assert index.false_positives < 0.3


def test_longest_ngrams_give_way_in_a_small_file(text: str) -> None:
    index = NoveltyIndex.build([text], 12_000)
    assert index.longest == 2
    with pytest.raises(SettingError, match=r"n must be a whole number from 1 to 2, got 3; longer"):
        index.novelty(text, 3)
    with pytest.raises(SettingError, match=r"max_bytes must be at least .* for this text, got 2000"):
        NoveltyIndex.build([text], 2_000)


def test_numbers_are_the_same_everywhere() -> None:
    """Files made on one machine are read on another: these must never change."""
    assert number("king") == int.from_bytes(bytes.fromhex(KING), "little")
    assert ngram_keys(numbers(["the", "king"]), 2).tolist() == [THE_KING]
    index = NoveltyIndex.build([TEXT])
    assert (index.filter.hashes, len(index.filter.bits), zlib.crc32(index.filter.bits.tobytes())) == FILTER


def test_filter_of_nothing_holds_nothing() -> None:
    strange = np.arange(100, dtype=np.uint64)
    assert not BloomFilter.of(strange[:0], 0.01, 100).contains(strange).any()
    assert NoveltyIndex.build([]).novelty("all of this", 2) == (2, 1, 1)


def test_torch_is_not_needed() -> None:
    code = "import sys, textgen.models.ngrams; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"


def test_mistakes_end_with_a_sentence(index: NoveltyIndex) -> None:
    with pytest.raises(SettingError, match="the number of words in 'a b c d e' must be"):
        index.contains("a b c d e")
    with pytest.raises(SettingError, match="n must be"):
        index.novelty("a", 0)
