"""The text so far: n-grams of any size are found, and cost little to keep."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import pytest

from textgen import history
from textgen.history import History


def found_by_looking(ids: Sequence[int], size: int) -> list[int]:
    """What followed the last size − 1 ids, wherever they are in a text."""
    length = size - 1
    if len(ids) < length:
        return []
    tail = ids[len(ids) - length :]
    return [
        ids[end] for end in range(length, len(ids)) if list(ids[end - length : end]) == list(tail)[:length]
    ]


@pytest.mark.parametrize("prime", [history.PRIME, 7])
def test_what_would_repeat_an_n_gram_is_found_also_where_numbers_meet(
    prime: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PRIME", prime)
    chance = random.Random(5)
    for _ in range(100):
        size, text = chance.randint(1, 6), History()
        for _ in range(chance.randint(0, 40)):
            text.append(chance.randint(0, 2))
            if chance.random() < 0.7:
                assert list(text.completions(size)) == found_by_looking([*text], size)


def test_large_n_grams_of_a_long_text_take_no_more_memory_than_small_ones() -> None:
    chance = random.Random(5)
    text = History(chance.choices(range(65), k=20_000))
    tracemalloc.start()
    text.completions(1_000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 10_000_000  # 155 MB, were each n-gram kept
