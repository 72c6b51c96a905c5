"""Sorting once and searching keeps exactly what the stages keep one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.decoding.cases import cases
from tests.test_stages import TYPED, typed_in
from textgen import stages
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.ranked import MOST, RANKED, Ranked
from textgen.settings import DecodeSettings
from textgen.stages import ORDERS, STAGES

VALUES: dict[str, list[Any]] = {
    "temperature": [0, 0.01, 0.7, 1.0, 100.0],
    "top_k": [1, 3, 40, 1000],
    "top_p": [1e-9, 0.3, 0.5, 0.9, 0.999],
    "min_p": [1e-9, 0.02, 0.5, 1.0],
    "typical": [1e-9, 0.2, 0.5, 0.95],
    "epsilon": [1e-9, 3e-4, 0.1, 0.99],
    "eta": [1e-9, 3e-4, 0.1, 0.99],
    "top_n_sigma": [0.1, 1.0, 3.0],
}


def random_chain(rng: np.random.Generator) -> DecodeSettings:
    """Some stages, in any order."""
    settings: dict[str, Any] = {
        name: values[rng.integers(len(values))] for name, values in VALUES.items() if rng.random() < 0.6
    }
    if rng.random() < 0.5:
        settings |= {"repetition_penalty": rng.uniform(0.5, 2), "no_repeat_ngram": rng.integers(1, 4)}
    return DecodeSettings(**settings, order=tuple(rng.permutation(list(STAGES)).tolist()))


def test_every_truncation_is_there() -> None:
    assert set(RANKED) == set(VALUES)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in VALUES for value in VALUES[name]])
def test_one_stage(name: str, value: Any) -> None:
    for logits in cases(500, seed=2, smallest=1):
        ranked = Ranked(logits)
        RANKED[name](ranked, value)
        np.testing.assert_array_equal(ranked.unsorted(), getattr(stages, name)(logits, value))


def test_bounds_have_the_same_slack() -> None:
    for percents in TYPED:
        logits = typed_in(percents)
        for percent in (*percents, *np.cumsum(percents)[:-1].tolist()):
            for name in ("top_p", "min_p", "typical", "epsilon", "eta"):
                ranked = Ranked(logits)
                RANKED[name](ranked, percent / 100)
                np.testing.assert_array_equal(ranked.unsorted(), getattr(stages, name)(logits, percent / 100))


def test_chains_in_any_order() -> None:
    rng = np.random.default_rng(7)
    for logits in cases(4000, seed=8):
        pipeline = Pipeline(random_chain(rng))
        history = tuple(rng.integers(min(4, len(logits)), size=12).tolist())
        before = logits.copy()
        np.testing.assert_array_equal(pipeline.each(logits, [history]), pipeline(logits, history))
        np.testing.assert_array_equal(logits, before)


def test_large_vocabularies_are_sorted_when_few_are_left() -> None:
    rng = np.random.default_rng(9)
    for order in ORDERS.values():
        for top_k in (0, 50, MOST + 1):
            settings = DecodeSettings(
                temperature=1.5, top_k=top_k, top_p=0.8, min_p=0.01, typical=0.9, order=order
            )
            pipeline = Pipeline(settings)
            for _ in range(20):
                logits = rng.normal(0, 2, 5000)
                np.testing.assert_array_equal(pipeline.each(logits, []), pipeline(logits))
