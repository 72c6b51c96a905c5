"""Every stage, and chains of them, against Hugging Face transformers' own processors in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel
from transformers.generation import logits_process as theirs

from tests.decoding.cases import cases
from textgen import stages
from textgen.decoding import beam
from textgen.decoding.pipeline import Pipeline
from textgen.records import Floats
from textgen.settings import DecodeSettings
from textgen.stages import TEMPERATURE_FIRST

CASES = 500  # a stage and value
PROBABILITY = 1e-6

PLAIN: dict[str, tuple[Callable[[Any], Any], Callable[..., Floats], list[Any]]] = {
    "temperature": (theirs.TemperatureLogitsWarper, stages.temperature, [0.01, 0.5, 1.0, 2.0, 100.0]),
    "top_k": (theirs.TopKLogitsWarper, stages.top_k, [1, 2, 40, 1000]),
    "top_p": (theirs.TopPLogitsWarper, stages.top_p, [1e-9, 0.1, 0.5, 0.9, 0.95, 0.999]),
    "min_p": (theirs.MinPLogitsWarper, stages.min_p, [1e-9, 0.02, 0.5, 1.0]),
    "typical": (theirs.TypicalLogitsWarper, stages.typical, [1e-9, 0.2, 0.5, 0.9, 0.999]),
    "epsilon": (theirs.EpsilonLogitsWarper, stages.epsilon, [1e-9, 3e-4, 0.1, 0.99]),
    "eta": (theirs.EtaLogitsWarper, stages.eta, [1e-9, 3e-4, 0.1, 0.99]),
}
WITH_HISTORY = {
    "repetition_penalty": (
        theirs.RepetitionPenaltyLogitsProcessor,
        stages.repetition_penalty,
        [0.5, 1.2, 100.0],
    ),
    "no_repeat_ngram": (theirs.NoRepeatNGramLogitsProcessor, stages.no_repeat_ngram, [1, 2, 3, 10]),
}


@pytest.fixture
def stable_sort(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch.sort leaves equal values in any order; ours is ascending and stable. Compare like with like."""
    plain = torch.sort
    monkeypatch.setattr(torch, "sort", lambda *args, **named: plain(*args, stable=True, **named))


def run(processor: Any, logits: Floats, history: tuple[int, ...] = (0,)) -> Floats:
    """One vector through a transformers processor."""
    ids = torch.tensor([history], dtype=torch.long)
    return processor(ids, torch.from_numpy(logits.copy())[None])[0].numpy()


def assert_same(ours: Floats, expected: Floats) -> None:
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(expected), "not the same tokens were kept")
    np.testing.assert_allclose(stages.softmax(ours), stages.softmax(expected), rtol=0, atol=PROBABILITY)


def histories(logits: Floats, seed: int) -> tuple[int, ...]:
    """A text over at most four different tokens, so that n-grams do repeat."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(min(4, len(logits)), size=int(rng.integers(1, 40)))
    return tuple(int(i) for i in ids)


PLAIN_CASES = [(name, value) for name, (_, _, values) in PLAIN.items() for value in values]
HISTORY_CASES = [(name, value) for name, (_, _, values) in WITH_HISTORY.items() for value in values]


@pytest.mark.parametrize(("name", "value"), PLAIN_CASES)
@pytest.mark.usefixtures("stable_sort")
def test_a_stage_keeps_what_transformers_keeps(name: str, value: Any) -> None:
    warper, ours, _ = PLAIN[name]
    for logits in cases(CASES):
        theirs_there = value
        if name == "top_p" and on_the_bound(logits, value):  # ours has a slack there
            theirs_there = value * (1 - stages.SLACK / 2)
        assert_same(ours(logits, value), run(warper(theirs_there), logits))


def on_the_bound(logits: Floats, p: float) -> bool:
    """Whether the nucleus meets p exactly, as of ten equal tokens at 0.9: theirs then goes by rounding."""
    outside = np.sort(stages.softmax(logits)).cumsum()
    return bool((np.abs(outside - (1 - p)) < 1e-12).any())


def test_on_a_bound_ours_is_what_theirs_is_with_slack() -> None:
    for value in (0.1, 0.5, 0.9):
        there = [logits for logits in cases(CASES) if on_the_bound(logits, value)]
        assert 0 < len(there) < CASES / 8
        processor = theirs.TopPLogitsWarper(value * (1 - stages.SLACK / 2))
        for logits in there:
            ours = stages.top_p(logits, value)
            np.testing.assert_array_equal(np.sort(ours), np.sort(run(processor, logits)))


@pytest.mark.parametrize("name", PLAIN)
def test_one_token_stays_whatever_the_stage(name: str) -> None:
    warper, ours, values = PLAIN[name]
    for value in values:
        assert_same(ours(np.array([3.0]), value), run(warper(value), np.array([3.0])))


@pytest.mark.parametrize(("name", "value"), HISTORY_CASES)
def test_a_stage_that_reads_the_text_does_as_transformers(name: str, value: Any) -> None:
    processor, ours, _ = WITH_HISTORY[name]
    for seed, logits in enumerate(cases(CASES)):
        history = histories(logits, seed)
        expected = run(processor(value), logits, history)
        if np.isfinite(expected).any():  # else theirs has no distribution left, and ours bans nothing
            assert_same(ours(logits, value, history), expected)


@pytest.mark.parametrize("value", [0.1, 0.5, 0.9])
def test_under_their_unstable_sort_only_equal_logits_may_swap(value: float) -> None:
    for logits in cases(CASES):
        share = 1 - stages.SLACK / 2 if on_the_bound(logits, value) else 1
        ours, expected = stages.top_p(logits, value), run(theirs.TopPLogitsWarper(value * share), logits)
        np.testing.assert_array_equal(np.sort(ours), np.sort(expected))


@pytest.fixture(scope="module")
def transformers_model() -> GPT2LMHeadModel:
    return GPT2LMHeadModel(GPT2Config(vocab_size=4, n_embd=4, n_layer=1, n_head=1, n_positions=8))


def their_chain(model: GPT2LMHeadModel, settings: DecodeSettings) -> Any:
    """The processors in the order in which transformers itself applies them."""
    config = GenerationConfig(
        do_sample=True,
        temperature=settings.temperature,
        top_k=settings.top_k,
        top_p=settings.top_p,
        min_p=settings.min_p or None,
        typical_p=settings.typical,
        epsilon_cutoff=settings.epsilon,
        eta_cutoff=settings.eta,
        repetition_penalty=settings.repetition_penalty,
        no_repeat_ngram_size=settings.no_repeat_ngram,
    )
    return model._get_logits_processor(config, input_ids_seq_length=1)  # pyright: ignore[reportAttributeAccessIssue]


def random_settings(rng: np.random.Generator) -> DecodeSettings:
    """Each stage on in two cases out of three, so that chains of every length come up."""
    drawn = {
        "temperature": float(rng.choice([0.05, 0.7, 1.5, 3.0])),
        "top_k": int(rng.integers(1, 60)),
        "top_p": float(rng.uniform(0.05, 1)),
        "min_p": float(rng.uniform(0, 0.3)),
        "typical": float(rng.uniform(0.05, 1)),
        "epsilon": float(rng.uniform(0, 0.1)),
        "eta": float(rng.uniform(0, 0.1)),
        "repetition_penalty": float(rng.uniform(0.5, 2)),
        "no_repeat_ngram": int(rng.integers(1, 5)),
    }
    return DecodeSettings(**{name: value for name, value in drawn.items() if rng.random() < 2 / 3})


def bans_everything(settings: DecodeSettings, logits: Floats, history: tuple[int, ...]) -> bool:
    """Whether theirs would be left with no distribution at all; ours then bans nothing."""
    if not settings.no_repeat_ngram:
        return False
    processor = theirs.NoRepeatNGramLogitsProcessor(settings.no_repeat_ngram)
    return not np.isfinite(run(processor, logits, history)).any()


@pytest.mark.usefixtures("stable_sort")
def test_chains_agree_in_their_order(transformers_model: GPT2LMHeadModel) -> None:
    rng = np.random.default_rng(5)
    compared = 0
    for seed, logits in enumerate(cases(1500, seed=6)):
        settings, history = random_settings(rng), histories(logits, seed)
        if bans_everything(settings, logits, history):
            continue
        expected = run(their_chain(transformers_model, settings), logits, history)
        assert_same(Pipeline(settings)(logits, history), expected)
        assert_same(Pipeline(settings).each(logits, [history]), expected)
        compared += 1
    assert compared > 1300


def test_the_version_that_docstrings_cite_is_the_one_compared_with() -> None:
    for module in (stages, beam):
        assert f"transformers {transformers.__version__}" in " ".join((module.__doc__ or "").split())


def test_the_default_order_is_theirs(transformers_model: GPT2LMHeadModel) -> None:
    everything = DecodeSettings(
        temperature=0.5, top_k=3, top_p=0.9, min_p=0.1, typical=0.9, epsilon=0.1, eta=0.1,
        repetition_penalty=1.2, no_repeat_ngram=2,
    )  # fmt: skip
    classes = {type(make(values[0])): name for name, (make, _, values) in {**PLAIN, **WITH_HISTORY}.items()}
    order = [classes[type(processor)] for processor in their_chain(transformers_model, everything)]
    assert order == [
        name for name in TEMPERATURE_FIRST if stages.STAGES[name].hf_class and name in classes.values()
    ]
