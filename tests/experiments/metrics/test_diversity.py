"""Self-BLEU by hand and by NLTK."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from textgen.experiments.metrics.diversity import self_bleu

WORDS = st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=12)


def test_by_hand() -> None:
    """Against "a b c d e": 4 of 5 words match, 2 of 4 pairs, 1 of 3 trigrams, none of 2 4-grams."""
    first, second = "a b c x e".split(), "a b c d e".split()
    expected = (4 / 5 * 2 / 4 * 1 / 3 * 0.1 / 2) ** 0.25
    assert self_bleu([first, second]) == pytest.approx([expected, expected])


def test_a_short_text_pays_for_it() -> None:
    scores = self_bleu(["a b c d e".split(), "a b c d e f g".split()])
    assert scores[0] == pytest.approx(math.exp(1 - 7 / 5)), "all its n-grams match"
    assert scores[1] == pytest.approx((5 / 7 * 4 / 6 * 3 / 5 * 2 / 4) ** 0.25), "no reward for length"


def test_the_ends_of_the_scale() -> None:
    assert self_bleu([["a", "b", "c", "d"]] * 3) == pytest.approx([1, 1, 1])
    assert self_bleu([["a", "b"], ["c", "d"]]).tolist() == [0, 0]
    assert np.isnan(self_bleu([["a"]])).all()
    assert np.isnan(self_bleu([[], ["a"]])).tolist() == [True, False]


@given(st.lists(WORDS, min_size=2, max_size=5))
def test_by_nltk(texts: list[list[str]]) -> None:
    smooth = SmoothingFunction().method1
    expected = [
        sentence_bleu([*texts[:i], *texts[i + 1 :]], text, smoothing_function=smooth)
        for i, text in enumerate(texts)
    ]
    assert self_bleu(texts) == pytest.approx(expected, abs=1e-12)
