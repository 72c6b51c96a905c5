"""Ratings are handed out blind, and agreement is what Krippendorff, Cohen and NLTK say it is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask

from textgen.errors import SettingError, TextError
from textgen.experiments.ratings.agreement import (
    Rating,
    agreement,
    blinded,
    mean_scores,
    weighted_kappa,
)

# Krippendorff 2011, example C: four observers, twelve units, gaps; its unit 12 has a single value.
TABLE = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
PAIRS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=12)


def ratings_of(table: tuple[tuple[int | None, ...], ...]) -> list[Rating]:
    return [
        Rating(f"text {item}", f"rater {rater}", score)
        for rater, row in enumerate(table)
        for item, score in enumerate(row)
        if score is not None
    ]


def test_alpha_is_the_published_one() -> None:
    found = agreement(ratings_of(TABLE))
    assert found.alpha == pytest.approx(0.815, abs=5e-4)
    assert (found.items, found.raters) == (11, 4)


@given(PAIRS)
def test_by_nltk(pairs: list[tuple[int, int]]) -> None:
    """With two raters and no gaps; NLTK's kappa takes its weights from a distance, its alpha as well."""
    first, second = zip(*pairs, strict=True)
    assume(len({*first, *second}) > 1)
    values = [*first, *second]

    def ordinal(a: int, b: int) -> float:
        low, high = sorted((a, b))
        between = sum(values.count(score) for score in range(low, high + 1))
        return (between - (values.count(a) + values.count(b)) / 2) ** 2

    rows = [("one", i, score) for i, score in enumerate(first)]
    rows += [("two", i, score) for i, score in enumerate(second)]
    found = agreement(ratings_of((first, second)))
    assert found.alpha == pytest.approx(AnnotationTask(rows, distance=ordinal).alpha())
    squares = AnnotationTask(rows, distance=lambda a, b: (a - b) ** 2 / 16)
    assert found.kappa == pytest.approx(squares.weighted_kappa(max_distance=1))


def test_kappa_by_hand() -> None:
    """Squared differences 0, 1, 1 against a mean of 12/9 over all nine pairs."""
    assert weighted_kappa([1, 2, 3], [1, 3, 2]) == pytest.approx(1 - (2 / 3) / (12 / 9))
    assert weighted_kappa([1, 5], [1, 5]) == 1
    assert weighted_kappa([1, 5], [5, 1]) == -1
    assert math.isnan(weighted_kappa([2, 2], [2, 2]))
    assert math.isnan(weighted_kappa([], []))


def test_agreement_of_one_rater_says_nothing() -> None:
    found = agreement([Rating("a", "me", 1), Rating("b", "me", 5)])
    assert math.isnan(found.alpha)
    assert math.isnan(found.kappa)
    assert found.items == 0


def test_texts_are_handed_out_blind() -> None:
    texts = {f"T = {t}": f"text at {t}" for t in range(20)}
    blind = blinded(texts, seed=3)
    assert [code for code, _ in blind.sheet] == [f"T{place}" for place in range(1, 21)]
    assert {blind.key[code]: text for code, text in blind.sheet} == texts
    assert [text for _, text in blind.sheet] != list(texts.values())
    assert blinded(texts, seed=3) == blind
    assert blinded(texts, seed=4) != blind


def test_each_text_has_its_mean() -> None:
    ratings = [Rating("T1", "my aunt", 4), Rating("T1", "me", 1), Rating("T2", "me", 5)]
    assert mean_scores(ratings) == {"T1": 2.5, "T2": 5.0}


@pytest.mark.parametrize("score", [0, 6, 1.5, "4", None, True, math.nan])
def test_a_score_is_a_whole_number_from_1_to_5(score: Any) -> None:
    with pytest.raises(SettingError, match="a score must be a whole number from 1 to 5, got"):
        Rating("T1", "me", score)


def test_a_text_rated_twice_by_one_has_no_agreement() -> None:
    with pytest.raises(TextError, match="once, got me twice for T1"):
        agreement([Rating("T1", "me", 3), Rating("T1", "me", 4)])
