"""Chains of stages: their order, and what each of them did."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.decoding.cases import cases
from textgen import stages
from textgen.decoding.pipeline import Pipeline
from textgen.history import History
from textgen.logit_bias import LogitBias
from textgen.records import Floats
from textgen.settings import DecodeSettings
from textgen.stages import TEMPERATURE_LAST

EVERYTHING: dict[str, Any] = {
    "temperature": 0.7,
    "top_k": 20,
    "top_p": 0.9,
    "min_p": 0.05,
    "typical": 0.9,
    "epsilon": 0.01,
    "eta": 0.01,
    "top_n_sigma": 1.5,
    "xtc": 0.3,
    "mirostat": 3.0,
    "dynamic_temperature": 0.3,
    "smoothing": 0.2,
    "smoothing_curve": 1.5,
    "presence_penalty": 0.2,
    "frequency_penalty": 0.1,
    "min_length": 3,
    "logit_bias": {"#1": 0.5, "#0": None},
    "repetition_penalty": 1.2,
    "no_repeat_ngram": 2,
}
HISTORY = History((0, 1, 0, 1, 0), stops=(1,))


def test_neutral_settings_do_nothing() -> None:
    logits = np.array([1.0, 2.0, 3.0])
    pipeline = Pipeline(DecodeSettings())
    assert pipeline.stages == ()
    assert pipeline(logits) is logits
    assert [trace.name for trace in pipeline.trace(logits)] == ["raw"]


@given(st.permutations(TEMPERATURE_LAST))
def test_any_order_is_the_order(order: list[str]) -> None:
    pipeline = Pipeline(DecodeSettings(**EVERYTHING, order=tuple(order)))
    logits = np.linspace(-3, 3, 30)
    expected = logits
    for name in order:
        expected = by_hand(name, expected)
    np.testing.assert_array_equal(pipeline(logits, HISTORY), expected)
    assert [trace.name for trace in pipeline.trace(logits, HISTORY)] == ["raw", *order]


def by_hand(name: str, logits: Floats) -> Floats:
    """One stage of everything, called as its signature says."""
    if name == "dynamic_temperature":
        return stages.dynamic_temperature(logits, 0.3, dynamic_exponent=1.0, temperature=0.7)
    if name == "smoothing":
        return stages.smoothing(logits, 0.2, smoothing_curve=1.5)
    if name == "mirostat":
        return stages.mirostat(logits, 3.0, HISTORY, mirostat_eta=0.1)
    if name == "logit_bias":
        return stages.logit_bias(logits, LogitBias(((1, 0.5), (0, -np.inf))))
    texts = {"repetition_penalty", "no_repeat_ngram", "presence_penalty", "frequency_penalty", "min_length"}
    history = (HISTORY,) if name in texts else ()
    return getattr(stages, name)(logits, EVERYTHING[name], *history)


def test_the_order_changes_the_result() -> None:
    """Heat first makes room in the nucleus; heat last does not."""
    logits = np.log([0.6, 0.3, 0.06, 0.04])
    settings: dict[str, Any] = {"temperature": 2.0, "top_p": 0.85}
    first = Pipeline(DecodeSettings(**settings))(logits)
    last = Pipeline(DecodeSettings(**settings, order=TEMPERATURE_LAST))(logits)
    assert np.isfinite(first).tolist() == [True, True, True, False]
    assert np.isfinite(last).tolist() == [True, True, False, False]


def test_a_trace_accounts_for_every_token() -> None:
    pipeline = Pipeline(DecodeSettings(**EVERYTHING))
    for logits in cases(300, seed=3):
        traces = pipeline.trace(logits, HISTORY)
        for before, after in pairwise(traces):
            assert np.array_equal(after.removed_by_this, before.kept & ~after.kept)
            assert after.removed_mass == pytest.approx(before.probabilities[after.removed_by_this].sum())
            assert after.probabilities.sum() == pytest.approx(1)
            assert (after.probabilities[~after.kept] == 0).all()
        np.testing.assert_array_equal(traces[-1].logits, pipeline(logits, HISTORY))
        np.testing.assert_array_equal(traces[-1].probabilities, pipeline.probabilities(logits, HISTORY))


def test_a_stage_without_effect_says_so() -> None:
    settings = DecodeSettings(temperature=0.5, top_k=3, top_p=0.999, min_p=1e-9)
    traces = Pipeline(settings).trace(np.log([0.5, 0.3, 0.2]))
    changed = {trace.name: trace.changed for trace in traces}
    assert changed == {"raw": False, "temperature": True, "top_k": False, "top_p": False, "min_p": False}


def test_float32_logits_are_decoded_in_float64() -> None:
    logits = np.array([80, -80, 0.1], dtype=np.float32)
    probabilities = Pipeline(DecodeSettings(temperature=0.01)).probabilities(logits)
    assert probabilities.dtype == np.float64
    assert probabilities.tolist() == [1.0, 0.0, 0.0]


def test_rows_with_their_own_texts_are_what_they_are_alone() -> None:
    pipeline = Pipeline(DecodeSettings(**EVERYTHING))
    batch = np.stack([logits[:20] for logits in cases(40, seed=4, smallest=20)])
    rng = np.random.default_rng(0)
    texts = [tuple(rng.integers(4, size=12).tolist()) for _ in batch]
    together = pipeline.each(batch, [History(text) for text in texts])
    for row, logits, text in zip(together, batch, texts, strict=True):
        np.testing.assert_array_equal(row, pipeline(logits, text))
