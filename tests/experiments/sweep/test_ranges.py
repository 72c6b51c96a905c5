"""Temperatures as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from textgen.errors import SettingError
from textgen.experiments.sweep.ranges import temperatures_in
from textgen.experiments.sweep.settings import TEMPERATURES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", (0.5,)),
        ("0.2, 0.5;1 \n 2", (0.2, 0.5, 1, 2)),
        ("0.1:2:0.1", TEMPERATURES),
        ("0, 0.5:1:0.25, 3", (0, 0.5, 0.75, 1, 3)),
        (".5 1. 1e-1", (0.5, 1, 0.1)),
        ("1:1:0.1", (1,)),
        ("0.3:0.7:0.2", (0.3, 0.5, 0.7)),  # (0.7 − 0.3) / 0.2 is a little below 2
    ],
)
def test_numbers_and_ranges(text: str, expected: tuple[float, ...]) -> None:
    assert temperatures_in(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "got nothing"),
        (" ,; ", "temperatures must be numbers such as 0.2"),
        (None, "got nothing"),
        (0.5, "got 0.5"),
        ("0.5 " * 5000, "temperatures must be numbers such as 0.2"),
        ("warm", "a temperature must be a number, got warm"),
        ("1_0", "got 1_0"),
        ("٣", "got ٣"),
        ("inf", "got inf"),
        ("0x1", "got 0x1"),
        ("1:2", "FROM:TO:STEP"),
        ("1:2:0", "FROM:TO:STEP"),
        ("2:1:0.1", "FROM:TO:STEP"),
        ("0:1:1e-9", "FROM:TO:STEP"),
        ("0:1:1e-999", "FROM:TO:STEP"),
        ("1e999:1e999:1", "FROM:TO:STEP"),
        ("0:nan:1", "FROM:TO:STEP"),
        ("0:1:0.002, 1.1:2:0.001", "at most 1,000 temperatures"),
    ],
)
def test_what_is_none(text: Any, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        temperatures_in(text)
    assert sentence in str(refused.value)
