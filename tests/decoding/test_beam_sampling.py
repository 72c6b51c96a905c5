"""Beam sampling: draws without replacement, seeded, from the accumulated distribution."""

from __future__ import annotations

import numpy as np
from scipy import stats

from tests.decoding.test_beam import random_table, search
from textgen.decoding.beam import beam_search
from textgen.decoding.table_model import TableModel
from textgen.records import Floats
from textgen.settings import BeamSettings, DecodeSettings


def test_sampling_at_temperature_0_takes_the_best() -> None:
    model = random_table(tokens=5, depth=2, seed=3)
    plain = search(model, width=3, length=4)
    drawn = search(model, DecodeSettings(temperature=0), width=3, length=4, sampling=True)
    assert plain[-1].finished == drawn[-1].finished


def test_sampling_repeats_with_its_seed_and_differs_without() -> None:
    model = random_table(tokens=9, depth=2, seed=4)
    texts = [
        tuple(h.ids for h in search(model, width=3, length=5, sampling=True, seed=seed)[-1].finished)
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_draws_are_without_replacement_and_follow_the_distribution() -> None:
    """First drawn: p. The pair drawn: p_i · p_j / (1 − p_i), as of balls taken from an urn."""
    p = np.array([0.4, 0.3, 0.2, 0.1])
    model = TableModel(tuple("abcd"), {(): np.log(p)})
    seeds = range(8000)
    pairs = np.zeros((4, 4))
    for seed in seeds:
        first = next(beam_search(model, BeamSettings(width=2, length=2, sampling=True, seed=seed)))
        assert len(set(first.ids.tolist())) == 4, "nothing is drawn twice"
        pairs[first.ids[0], first.ids[1]] += 1
    expected = urn(p) * len(seeds)
    off = ~np.eye(4, dtype=bool)
    assert pairs.diagonal().sum() == 0
    assert fit(pairs[off], expected[off]) > 1e-4
    assert fit(pairs.sum(axis=1), p * len(seeds)) > 1e-4
    assert fit(pairs.sum(axis=1), np.roll(p, 1) * len(seeds)) < 1e-4, "the test can fail"


def urn(p: Floats) -> Floats:
    """(V, V) probability that i is drawn first and j second."""
    return p[:, None] * p / (1 - p[:, None])


def fit(observed: Floats, expected: Floats) -> float:
    _, p_value = stats.chisquare(observed, expected)
    return float(p_value)
