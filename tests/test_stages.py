"""What every stage promises, whatever the logits."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.decoding.cases import cases, without_ties
from textgen import stages
from textgen.decoding.pipeline import Pipeline
from textgen.history import History
from textgen.logit_bias import LogitBias
from textgen.records import Floats
from textgen.settings import DecodeSettings

REMOVED = -np.inf
EXACT = 1e-12

TRUNCATIONS: dict[str, Callable[[Floats], Floats]] = {
    "top_k": lambda logits: stages.top_k(logits, 3),
    "top_p": lambda logits: stages.top_p(logits, 0.7),
    "min_p": lambda logits: stages.min_p(logits, 0.2),
    "typical": lambda logits: stages.typical(logits, 0.6),
    "epsilon": lambda logits: stages.epsilon(logits, 0.05),
    "eta": lambda logits: stages.eta(logits, 0.1),
    "top_n_sigma": lambda logits: stages.top_n_sigma(logits, 1.0),
}
STAGES = {
    **TRUNCATIONS,
    "xtc": lambda logits: stages.xtc(logits, 0.1),
    "temperature": lambda logits: stages.temperature(logits, 0.3),
    "greedy": lambda logits: stages.temperature(logits, 0),
    "repetition_penalty": lambda logits: stages.repetition_penalty(logits, 1.3, [0, 0, 1]),
    "no_repeat_ngram": lambda logits: stages.no_repeat_ngram(logits, 2, [0, 1, 0]),
    "presence_penalty": lambda logits: stages.presence_penalty(logits, 1.5, [0, 0, 1]),
    "frequency_penalty": lambda logits: stages.frequency_penalty(logits, 0.7, [0, 0, 1]),
    "min_length": lambda logits: stages.min_length(logits, 2, History([1], stops=[0])),
    "dynamic_temperature": lambda logits: stages.dynamic_temperature(
        logits, 0.6, dynamic_exponent=1.7, temperature=0.8
    ),
    "smoothing": lambda logits: stages.smoothing(logits, 0.4, smoothing_curve=1.8),
    "mirostat": lambda logits: stages.mirostat(logits, 1.1, [0], mirostat_eta=0.1),
    "logit_bias": lambda logits: stages.logit_bias(logits, LogitBias(((0, -np.inf), (1, 2.0)))),
}
each_stage = pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
each_truncation = pytest.mark.parametrize("stage", TRUNCATIONS.values(), ids=TRUNCATIONS)


@st.composite
def logits_vectors(draw: st.DrawFn) -> Floats:
    """2 to 40 logits within ±80, ties likely, some already removed."""
    size = draw(st.integers(2, 40))
    number = st.one_of(st.floats(-80, 80), st.sampled_from([-80.0, 0.0, 1.0, 80.0]))
    logits = draw(arrays(np.float64, size, elements=number))
    gone = draw(arrays(np.bool_, size))
    assume(not gone.all())
    return np.where(gone, REMOVED, logits)


def kept(logits: Floats) -> np.ndarray:
    return np.isfinite(logits)


@each_stage
@given(logits_vectors())
def test_a_stage_leaves_a_distribution_and_its_input_alone(
    stage: Callable[[Floats], Floats], logits: Floats
) -> None:
    before = logits.copy()
    after = stage(logits)
    assert np.array_equal(logits, before)
    assert not np.isnan(after).any()
    assert kept(after).any()
    assert not (kept(after) & ~kept(before)).any(), "a removed token came back"
    assert stages.softmax(after).sum() == pytest.approx(1)


@each_truncation
@given(logits_vectors())
def test_a_truncation_changes_no_logit_that_stays(stage: Callable[[Floats], Floats], logits: Floats) -> None:
    after = stage(logits)
    assert np.array_equal(after[kept(after)], logits[kept(after)])


@pytest.mark.parametrize("name", [name for name in TRUNCATIONS if name != "typical"])
@given(logits_vectors())
def test_what_stays_is_never_less_likely_than_what_goes(name: str, logits: Floats) -> None:
    after = TRUNCATIONS[name](logits)
    gone = kept(logits) & ~kept(after)
    assert not gone.any() or logits[gone].max() <= after[kept(after)].min()


@each_stage
def test_rows_of_a_batch_are_what_they_are_alone(stage: Callable[[Floats], Floats]) -> None:
    rng = np.random.default_rng(0)
    batch = np.where(rng.random((2, 30, 20)) < 0.1, REMOVED, rng.integers(-3, 4, (2, 30, 20)) * 0.7)
    batch[..., 0] = 0.5
    together = stage(batch)
    assert together.shape == batch.shape
    for index in np.ndindex(2, 30):
        assert np.array_equal(together[index], stage(batch[index]))


@each_truncation
def test_the_names_of_the_tokens_do_not_matter(stage: Callable[[Floats], Floats]) -> None:
    rng = np.random.default_rng(1)
    for logits in without_ties(300):
        order = rng.permutation(len(logits))
        assert np.array_equal(stage(logits[order]), stage(logits)[order])


@given(logits_vectors())
def test_temperature_1_is_the_identity(logits: Floats) -> None:
    assert np.array_equal(stages.temperature(logits, 1.0), logits)


@given(logits_vectors(), st.floats(0.01, 50), st.floats(1.01, 4))
def test_higher_temperature_is_never_sharper(logits: Floats, low: float, factor: float) -> None:
    cold, hot = (stages.softmax(stages.temperature(logits, value)) for value in (low, min(low * factor, 100)))
    assert entropy(hot) >= entropy(cold) - EXACT
    assert hot.max() <= cold.max() + EXACT


def entropy(probabilities: Floats) -> float:
    there = probabilities[probabilities > 0]
    return float(-(there * np.log(there)).sum())


def test_ratios_follow_the_law() -> None:
    """ratio(T) = ratio(1)^(1/T): the seed's table for 72.6% and 15%."""
    logits = np.log([0.726, 0.15, 0.124])
    for value, expected in [(1.0, 4.84), (0.5, 23.43), (2.0, 2.2)]:
        probabilities = stages.softmax(stages.temperature(logits, value))
        ratio = probabilities[0] / probabilities[1]
        assert ratio == pytest.approx(expected, abs=0.005)
        assert ratio == pytest.approx((0.726 / 0.15) ** (1 / value))


def test_temperature_0_is_the_first_of_the_best() -> None:
    assert stages.temperature(np.array([1.0, 5.0, 5.0]), 0).tolist() == [REMOVED, 0.0, REMOVED]


@pytest.mark.parametrize("value", [0.01, 100.0])
def test_extreme_temperatures_keep_the_order(value: float) -> None:
    for logits in cases(300):
        after = stages.temperature(logits, value)
        assert np.array_equal(after.argsort(kind="stable"), logits.argsort(kind="stable"))
        assert np.isfinite(stages.softmax(after)).all()


@given(logits_vectors(), st.integers(1, 45))
def test_top_k_keeps_k_and_what_ties_with_the_kth(logits: Floats, k: int) -> None:
    after = stages.top_k(logits, k)
    least = np.sort(after[kept(after)])[0]
    there = int(kept(logits).sum())
    assert kept(after).sum() >= min(k, there)
    assert (after > least).sum() < k


@given(logits_vectors(), st.floats(0.01, 0.999))
def test_the_nucleus_reaches_p_and_no_token_of_it_can_be_spared(logits: Floats, p: float) -> None:
    nucleus = kept(stages.top_p(logits, p))
    inside = stages.softmax(logits)[nucleus]
    assert inside.sum() >= p * (1 - stages.SLACK) - EXACT
    assert inside.sum() - inside.min() <= p + EXACT


TYPED = [40, 30, 20, 10], [25, 25, 25, 25], [50, 20, 15, 10, 5], [35, 35, 12, 9, 9], [70, 10, 8, 7, 3, 2]


def typed_in(percents: Sequence[int]) -> Floats:
    """Their logits as a model or the page holds them: rounded to float32."""
    return np.log(np.array(percents) / 100).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("percents", TYPED)
def test_typed_in_numbers_on_a_bound_stay(percents: list[int]) -> None:
    """Every bound that one of them meets exactly, against whole numbers."""
    logits = typed_in(percents)
    for place, percent in enumerate(percents):
        reached = [other >= percent for other in percents]
        assert kept(stages.min_p(logits, percent / percents[0])).tolist() == reached
        assert kept(stages.epsilon(logits, percent / 100)).tolist() == reached
        assert kept(stages.top_p(logits, sum(percents[: place + 1]) / 100)).sum() == place + 1
        least = min(percents[0], percent)
        assert kept(stages.xtc(logits, percent / 100)).tolist() == [other <= least for other in percents]


@pytest.mark.parametrize("percents", TYPED)
def test_typed_in_numbers_on_the_bounds_of_the_entropy(percents: list[int]) -> None:
    """Typical's mass, eta's bound √ε·e^−H, and n deviations below the top."""
    logits, exact = typed_in(percents), np.log(np.array(percents) / 100)
    nats = -float(np.exp(exact) @ exact)
    order = np.abs(-exact - nats).argsort(kind="stable")
    for place in range(1, len(percents)):
        if percents[order[place]] != percents[order[place - 1]]:  # what ties with the crossing token stays
            mass = sum(percents[token] for token in order[:place]) / 100
            assert set(np.flatnonzero(kept(stages.typical(logits, mass)))) == set(order[:place])
    for percent in percents:
        reached = [other >= percent for other in percents]
        floor = (percent / 100 * math.exp(nats)) ** 2
        if percent / 100 <= floor < 1:
            assert kept(stages.eta(logits, floor)).tolist() == reached
        if exact.std() > 0:
            n = (exact.max() - math.log(percent / 100)) / exact.std()
            assert kept(stages.top_n_sigma(logits, n)).tolist() == reached or n == 0


def test_a_slack_is_no_licence() -> None:
    """What misses a bound by ten times the slack goes."""
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    more = 1 + 10 * stages.SLACK
    assert kept(stages.min_p(logits, 0.5 * more)).sum() == 2
    assert kept(stages.epsilon(logits, 0.2 * more)).sum() == 2
    assert kept(stages.top_p(logits, 0.7 * more)).sum() == 3
    assert kept(stages.typical(logits, 0.3 * more)).sum() == 2


def test_among_equals_the_nucleus_drops_the_lowest_ids() -> None:
    assert kept(stages.top_p(np.zeros(4), 0.6)).tolist() == [False, True, True, True]
    assert kept(stages.top_p(np.array([0.0, 1.0, 0.0, 0.0]), 0.75)).tolist() == [False, True, True, True]
    many = np.tile([0.0, 9.0, 0.0, 9.0], 10)
    assert np.flatnonzero(kept(stages.top_p(many, 0.49))).tolist() == [21, 23, 25, 27, 29, 31, 33, 35, 37, 39]


@given(logits_vectors(), st.floats(0.1, 10), st.floats(0.05, 5))
def test_top_n_sigma_does_not_depend_on_temperature(logits: Floats, n: float, value: float) -> None:
    there = logits[kept(logits)]
    bound = there.max() - n * there.std()
    assume(not np.isclose(there, bound, rtol=0, atol=1e-9).any())  # a token on the very edge
    after = stages.temperature(stages.top_n_sigma(logits, n), value)
    before = stages.top_n_sigma(stages.temperature(logits, value), n)
    assert np.array_equal(kept(after), kept(before))
    assert np.array_equal(kept(after), logits >= bound)


def test_epsilon_and_eta_keep_the_likeliest_of_many() -> None:
    logits = np.linspace(0, 1, 50)
    for stage in (stages.epsilon, stages.eta):
        assert np.flatnonzero(kept(stage(logits, 0.9)))[-1] == 49
    assert np.flatnonzero(kept(stages.epsilon(logits, 0.9))).tolist() == [49]


def test_repetition_penalty_reads_signs() -> None:
    after = stages.repetition_penalty(np.array([2.0, -2.0, 2.0, 0.0]), 2.0, [1, 0, 0, 3])
    assert after.tolist() == [1.0, -4.0, 2.0, 0.0]


def test_no_repeat_ngram_bans_what_would_complete_one() -> None:
    logits = np.zeros(4)
    assert kept(stages.no_repeat_ngram(logits, 3, [0, 1, 2, 0, 1])).tolist() == [True, True, False, True]
    assert kept(stages.no_repeat_ngram(logits, 3, [0, 1])).all()
    assert kept(stages.no_repeat_ngram(logits, 1, [0, 2])).tolist() == [False, True, False, True]


def test_no_repeat_ngram_never_bans_everything() -> None:
    assert kept(stages.no_repeat_ngram(np.zeros(2), 1, [0, 1])).all()
    assert kept(stages.no_repeat_ngram(np.array([0.0, REMOVED]), 1, [0])).tolist() == [True, False]


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 5))
def test_a_history_that_grew_is_one_that_was_read(ids: list[int], size: int) -> None:
    grown = History(ids[:2])
    for token in ids[2:]:
        grown.completions(size)
        grown.append(token)
    assert list(grown) == ids
    assert set(grown.seen.tolist()) == set(ids)
    assert set(grown.completions(size)) == completions_by_hand(ids, size)
    assert set(grown.completions(size + 1)) == completions_by_hand(ids, size + 1)


def completions_by_hand(ids: list[int], size: int) -> set[int]:
    tail = ids[len(ids) - size + 1 :] if len(ids) >= size - 1 else None
    starts = range(len(ids) - size + 1)
    return {ids[i + size - 1] for i in starts if ids[i : i + size - 1] == tail}


def test_xtc_keeps_the_least_likely_of_the_likely() -> None:
    logits = np.log([0.5, 0.3, 0.15, 0.05])
    np.testing.assert_array_equal(kept(stages.xtc(logits, 0.1)), [False, False, True, True])
    np.testing.assert_array_equal(kept(stages.xtc(logits, 0.29)), [False, True, True, True])


@pytest.mark.parametrize("threshold", [0.01, 0.1, 0.5])
def test_xtc_is_what_llama_cpp_does(threshold: float) -> None:
    """Sorted, likeliest first: while the next one is likely too, this one goes."""
    for logits in without_ties(500, seed=5):
        order = (-logits).argsort()
        probabilities = stages.softmax(logits)[order]
        gone = [i for i in range(len(order) - 1) if probabilities[i + 1] >= threshold]
        np.testing.assert_array_equal(
            np.flatnonzero(~kept(stages.xtc(logits, threshold))), np.sort(order[gone])
        )


def of_probabilities(*probabilities: float) -> Floats:
    return np.log(np.array(probabilities))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ([0], [0.000011, 0.249997, 0.249997, 0.249997, 0.249997]),
        ([0, 1, 2], [0.000023, 0.000023, 0.000023, 0.499966, 0.499966]),
        ([0, 1, 2, 0, 0], [0.000000, 0.000023, 0.000023, 0.499977, 0.499977]),
    ],
)
def test_penalties_are_those_of_llama_cpp(text: list[int], expected: list[float]) -> None:
    """Its tests/test-sampling.cpp: presence and frequency 5 on five tokens alike."""
    logits = of_probabilities(0.2, 0.2, 0.2, 0.2, 0.2)
    after = stages.frequency_penalty(stages.presence_penalty(logits, 5.0, text), 5.0, text)
    np.testing.assert_allclose(stages.softmax(after), expected, rtol=0, atol=1e-5)


@given(logits_vectors(), st.floats(-10, 10), st.floats(-10, 10), st.lists(st.integers(0, 1), max_size=9))
def test_penalties_are_openais_formula(
    logits: Floats, presence: float, frequency: float, text: list[int]
) -> None:
    """logit − count·frequency − [count > 0]·presence."""
    after = stages.frequency_penalty(stages.presence_penalty(logits, presence, text), frequency, text)
    for token, logit in enumerate(logits):
        count = text.count(token)
        expected = logit - count * frequency - (count > 0) * presence
        assert after[token] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("value", "expected"), [(1.0, [0.1, 0.2, 0.3, 0.4]), (0.0, [0, 0, 0, 1])])
def test_a_dynamic_temperature_of_no_range_is_none(value: float, expected: list[float]) -> None:
    """llama.cpp's test_temp_ext; T = 0 is greedy, whatever the range."""
    logits = of_probabilities(0.1, 0.2, 0.3, 0.4)
    for spread in (0.0, 0.7) if value == 0 else (0.0,):
        bent = stages.dynamic_temperature(logits, spread, dynamic_exponent=1.0, temperature=value)
        np.testing.assert_allclose(stages.softmax(stages.temperature(bent, value)), expected, atol=1e-12)


@given(logits_vectors(), st.floats(0.05, 3), st.floats(0.01, 4), st.floats(0.1, 4))
def test_dynamic_temperature_is_what_llama_cpp_does(
    logits: Floats, value: float, spread: float, exponent: float
) -> None:
    """Entropy over its highest, mapped to [T − spread, T + spread]; then the division by T itself."""
    bent = stages.dynamic_temperature(logits, spread, dynamic_exponent=exponent, temperature=value)
    p = stages.softmax(logits[kept(logits)])
    assume(len(p) > 1)  # a token alone is left as it is
    share = entropy(p) / math.log(len(p))
    low, high = max(0.0, value - spread), value + spread
    divisor = low + (high - low) * min(share, 1.0) ** exponent
    assume(divisor > 0.011)
    expected = stages.softmax(logits / divisor)
    np.testing.assert_allclose(
        stages.softmax(stages.temperature(bent, value)), expected, rtol=1e-6, atol=1e-9
    )


@given(logits_vectors(), st.floats(0.01, 3), st.floats(1, 3))
def test_smoothing_is_a_polynomial_of_the_distance(logits: Floats, factor: float, curve: float) -> None:
    """−k·f·d² + s·f·d³ + max, as peers write it; what was removed stays so, and no order turns over."""
    after = stages.smoothing(logits, factor, smoothing_curve=curve)
    k, s, top = (3 - curve) / 2, (curve - 1) / 2, logits.max()
    for before, bent in zip(logits, after, strict=True):
        d = before - top
        expected = -k * factor * d**2 + s * factor * d**3 + top if before > REMOVED else REMOVED
        assert bent == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (np.diff(after[np.argsort(logits, kind="stable")]) >= 0).all() or not kept(logits).all()


def test_mirostat_moves_its_limit_as_llama_cpp_does() -> None:
    """Its μ starts at 2τ and goes down by η·(surprise − τ): a loop of a few lines, and ours."""
    rng, text = np.random.default_rng(4), History([3])
    target, eta = 2.0, 0.3
    limit = 2 * target
    for logits in without_ties(300, seed=6):
        probabilities = stages.softmax(logits)
        order = (-probabilities).argsort()
        size = next((i for i, p in enumerate(probabilities[order]) if -math.log2(p) > limit), len(order))
        inside = order[: max(size, 1)]
        after = stages.mirostat(logits, target, text, mirostat_eta=eta)
        assert set(np.flatnonzero(kept(after))) == set(inside)
        shares = probabilities[inside] / probabilities[inside].sum()
        place = int(rng.choice(len(inside), p=shares))
        limit -= eta * (-math.log2(shares[place]) - target)
        text.append(int(inside[place]), -math.log2(shares[place]))


def test_a_token_on_mirostats_limit_stays() -> None:
    logits = typed_in([50, 25, 25])
    assert kept(stages.mirostat(logits, 1.0, (), mirostat_eta=0.1)).all()
    assert kept(stages.mirostat(logits, 0.99, (), mirostat_eta=0.1)).tolist() == [True, False, False]


def test_a_bias_is_added_and_a_ban_removes() -> None:
    logits = np.array([1.0, 2.0, 3.0])
    after = stages.logit_bias(logits, LogitBias(((0, 2.5), (2, -np.inf))))
    assert after.tolist() == [3.5, 2.0, REMOVED]
    everything = LogitBias(((0, -np.inf), (1, 1.0), (2, -np.inf)))
    assert stages.logit_bias(np.array([1.0, REMOVED, 3.0]), everything).tolist() == [1.0, REMOVED, 3.0]


def test_no_end_before_the_least_length() -> None:
    logits = np.array([3.0, 2.0, 1.0])
    stops = (0, 1)
    assert kept(stages.min_length(logits, 2, History([5, 5, 5], stops=stops))).tolist() == [
        False,
        False,
        True,
    ]
    assert kept(stages.min_length(logits, 2, History([5, 5, 5], written=2, stops=stops))).all()
    assert kept(stages.min_length(logits, 2, History([5], stops=(0, 1, 2)))).all(), "one token stays"


def test_the_table_and_the_values_are_the_same_stages() -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(stages.StageValues)}
    assert list(defaults) == list(stages.PARAMETERS)
    for name, one in stages.PARAMETERS.items():
        assert one.name == name
        assert defaults[name] == one.neutral == one.check(name, one.neutral)
        assert type(defaults[name]) is (LogitBias if one.read else int if one.whole else float)


@pytest.mark.parametrize("order", stages.ORDERS.values(), ids=stages.ORDERS)
def test_an_order_names_every_stage_once(order: tuple[str, ...]) -> None:
    assert sorted(order) == sorted(stages.STAGES)


WITH_SLIDER = {name: one for name, one in stages.PARAMETERS.items() if not one.read}


@pytest.mark.parametrize("stage", WITH_SLIDER.values(), ids=WITH_SLIDER)
def test_a_slider_reaches_only_legal_values_and_the_neutral_one(stage: stages.Parameter) -> None:
    low, high, step = stage.slider
    grid = np.linspace(low, high, round((high - low) / step) + 1)
    assert all(map(stage.holds, grid.tolist()))
    assert np.isclose(grid, stage.neutral).any()


@pytest.mark.parametrize("stage", stages.STAGES.values(), ids=stages.STAGES)
def test_what_a_stage_says_of_itself(stage: stages.Stage) -> None:
    """Whether it removes tokens, keeps the likeliest and does the same at every temperature."""
    rng = np.random.default_rng(3)
    removes, keeps_top, linear = False, True, True
    for logits in without_ties(500, seed=3):
        top, value = int(logits.argmax()), some_value(stage, rng)
        pipeline = Pipeline(DecodeSettings.from_dict({stage.name: value}))
        history = History([1, 0, 1, top, 1], stops=[top])
        after = pipeline(logits, history)
        removes |= bool((kept(after) < kept(logits)).any())
        keeps_top &= bool(after[top] == after.max())
        linear &= np.allclose(pipeline(logits / 2, history), after / 2, rtol=1e-9)
    assert (stage.removes, stage.keeps_top, stage.linear) == (removes, keeps_top, linear)


def some_value(stage: stages.Stage, rng: np.random.Generator) -> Any:
    """One that turns the stage on."""
    if stage.read:
        return {"#0": float(rng.uniform(-3, 3)), "#1": None}
    low, high, _ = stage.slider
    values = [value for value in np.linspace(low, high, 11) if value not in (stage.neutral, 0)]
    drawn = float(rng.choice(values))
    return max(1, round(drawn)) if stage.whole else drawn


def test_the_page_gets_what_json_can_hold() -> None:
    config = json.loads(json.dumps(stages.stage_config()))
    assert [stage["name"] for stage in config] == list(stages.STAGES)
    assert config[1] == {
        "name": "top_k",
        "title": "top-k",
        "label": "Top-k (0 = off)",
        "help": "keeps the k likeliest tokens",
        "legal": "a whole number from 0 to 10000000",
        "hint": "0 turns it off",
        "neutral": 0,
        "folded": False,
        "colour": "#1b7f79",
        "removes": True,
        "keeps_top": True,
        "processor": False,
        "reads_history": False,
        "parameters": [],
        "low": 0,
        "high": 200,
        "step": 1,
    }
