"""A picture of temperature chaos in words and on lines, on pictures made by hand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_models import load_tiny_names, load_tiny_words
from textgen.errors import SettingError
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos, divergence, grid, writing
from textgen.experiments.chaos.summary import sentences, summarize
from textgen.experiments.chaos.text import END, Cut, cut, pieces
from textgen.models.folder import Model

E = -1  # no token


def by_hand(rows: list[list[int]], temperatures: tuple[float, ...] | None = None) -> Chaos:
    ids = np.array(rows)
    settings = ChaosSettings(temperatures or grid(0.1, len(rows) / 10, len(rows)), length=len(rows[0]))
    above = [None, *(divergence(a, b) for a, b in pairwise(ids))]
    return Chaos("by hand", "", settings, ids, ("",) * len(rows), tuple(above))


PICTURE = by_hand([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 5, 4], [1, 6, E, E], [1, 6, E, E]])


def test_a_picture_in_numbers() -> None:
    found = summarize(PICTURE)
    assert (found.rows, found.differing, found.alike) == (5, 2, (0, 2))
    assert found.shared == 2  # of 4, 4, 2, 1 and the 2 of a text that has ended
    assert found.earliest == 4
    assert found.narrowest == pytest.approx(0.1)


def test_the_narrowest_step_is_one_that_changed_a_text() -> None:
    rows = by_hand([[1, 2], [1, 2], [1, 3], [4, 3]], (0.1, 0.11, 0.2, 0.5))
    assert summarize(rows).narrowest == pytest.approx(0.09)


def test_a_picture_in_words() -> None:
    assert sentences(PICTURE) == (
        "2 of 5 rows differ from the one above; half of all rows share 2 tokens with it, or more.",
        "A step of 0.1 in temperature is enough for another text; the earliest difference is at token 2, "
        "from T = 0.4 to 0.5.",
        "The longest unchanged range is T = 0.1 to 0.3.",
        "This is one seed and 4 tokens: another seed differs elsewhere, and rows that are alike here may "
        "differ later.",
    )


def test_where_nothing_parts_no_step_is_told() -> None:
    told = sentences(by_hand([[1, 2], [1, 2]]))
    assert told[0].startswith("0 of 1 row differs from the one above")
    assert len(told) == 2


def test_texts_are_cut_where_they_part(tmp_path: Path) -> None:
    """Of words the space before one that differs is shared; the pieces make up the text."""
    words = load_tiny_words(tmp_path)
    made = chaos(words, "said", ChaosSettings(grid(0.05, 3, 24), length=12))
    for row in range(24):
        found, tokens = cut(words, made, row), pieces(words, made, row)
        assert "".join(tokens).replace("⏎", "\n") == made.texts[row]
        if (at := made.divergences[row]) is not None:
            assert found.shared.rstrip(" ") == "".join(tokens[:at]).rstrip(" ")
            assert found.token == tokens[at].strip(" ")
            assert found.shared + found.token + found.rest == "".join(tokens)
    assert any(found.shared.endswith(" ") for found in (cut(words, made, row) for row in range(24)))


def test_the_ends_of_texts_are_seen(tmp_path: Path) -> None:
    names = load_tiny_names(tmp_path)
    made = chaos(names, "a", ChaosSettings(grid(0.3, 1.8, 31), length=6, seed=11))
    for row, ids in enumerate(made.ids.tolist()):
        assert len(pieces(names, made, row)) == sum(token >= 0 for token in ids)
        assert (pieces(names, made, row)[-1] == END) == (names.bos in ids)
    assert len({END in cut(names, made, row).rest + cut(names, made, row).token for row in range(31)}) == 2


def test_a_space_that_differs_is_seen(tiny: Model) -> None:
    letters = [tiny.tokenizer.pieces.index(piece) for piece in "a b\n"]
    a, space, b, line_break = letters
    made = by_hand([[a, b, b], [a, space, b], [line_break, b, b]])
    assert cut(tiny, made, 0) == Cut("", "", "abb")
    assert cut(tiny, made, 1) == Cut("a", "␣", "b")
    assert cut(tiny, made, 2) == Cut("", "⏎", "bb")


def test_progress_is_told_and_ends_with_the_texts(tiny: Model) -> None:
    settings = ChaosSettings(grid(0.5, 1, 70), length=3)
    steps = list(writing(tiny, "a", settings))
    assert [step.done for step in steps] == [64, 128, 192, 198, 204, 210, 210]
    assert {step.total for step in steps} == {210}
    assert [step.chaos is not None for step in steps] == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("low", "high", "rows", "sentence"),
    [
        (1.0, 0.5, 3, "the first temperature must be below the last, got 1 and 0.5"),
        (0.5, 0.5, 3, "must be below the last"),
        (0.5, 0.50000001, 41, "must lie at least 1e-09 apart, got 41 from 0.5 to 0.50000001"),
        ("a", 1, 3, "temperature must be 0 or in"),
        (float("nan"), 1, 3, "temperature must be 0 or in"),
        (0, 1, 501, "rows must be a whole number from 2 to 500, got 501"),
    ],
)
def test_no_grid(low: float, high: float, rows: int, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        grid(low, high, rows)
