"""Beam search against transformers' own, on randomly initialised networks."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.decoding.transformers_models import FadingMemory, TransformersScorer, tiny_gpt2
from textgen.decoding.beam import beam_search
from textgen.decoding.picking import GumbelNoise
from textgen.records import Hypothesis
from textgen.settings import BeamSettings, DecodeSettings

PROMPT = (3, 1, 4)
CLOSE = 1e-4  # theirs adds float32
STOPS: list[tuple[int, ...]] = [(), (5,), (5, 9, 2)]
SEED, LENGTH = 17, 7
CASES = int(os.environ.get("BEAM_CASES", "36"))
# Their names of our settings.
NAMES = {
    "no_repeat_ngram": "no_repeat_ngram_size",
    "typical": "typical_p",
    "epsilon": "epsilon_cutoff",
    "eta": "eta_cutoff",
}

each_stops = pytest.mark.parametrize("stops", STOPS)


@pytest.fixture(scope="module")
def model() -> FadingMemory:
    return FadingMemory(vocab_size=24, seed=0)


def ours(model: Any, beam: BeamSettings, decode: DecodeSettings) -> tuple[Hypothesis, ...]:
    *_, last = beam_search(TransformersScorer(model, PROMPT), beam, decode, PROMPT)
    return last.finished


def theirs(model: Any, beam: BeamSettings, changes: dict[str, Any]) -> list[tuple[list[int], float]]:
    """The `width` best texts after the prompt, each up to its stop, and their scores."""
    out = model.generate(
        torch.tensor([PROMPT]),
        num_beams=beam.width,
        num_return_sequences=beam.width,
        max_new_tokens=beam.length,
        length_penalty=beam.length_penalty,
        early_stopping=beam.early_stopping,
        eos_token_id=list(beam.stops) or None,
        pad_token_id=0,
        do_sample=beam.sampling,
        return_dict_in_generate=True,
        output_scores=True,
        use_cache=False,
        **{"top_k": 0, **{NAMES.get(name, name): value for name, value in changes.items()}},
    )
    texts = [up_to_stop(row.tolist()[len(PROMPT) :], beam.stops) for row in out.sequences]
    return list(zip(texts, out.sequences_scores.tolist(), strict=True))


def up_to_stop(ids: list[int], stops: tuple[int, ...]) -> list[int]:
    for place, token in enumerate(ids):
        if token in stops:
            return ids[: place + 1]
    return ids


def assert_same(model: Any, beam: BeamSettings, **changes: Any) -> None:
    found = ours(model, beam, DecodeSettings(**changes))
    expected = theirs(model, beam, changes)
    assert [list(h.ids) for h in found] == [ids for ids, _ in expected]
    np.testing.assert_allclose([h.score for h in found], [s for _, s in expected], rtol=0, atol=CLOSE)


@each_stops
@pytest.mark.parametrize("width", range(2, 9))
def test_results_and_scores_agree(width: int, stops: tuple[int, ...]) -> None:
    """Each width sees a third of the settings; any three widths in a row see all."""
    model = FadingMemory(vocab_size=24, seed=width)
    every = list(itertools.product([-1.0, 0.0, 0.5, 1.0, 2.0], [True, False, "never"]))
    for penalty, early in every[width % 3 :: 3] if stops else every[:1]:
        settings = {"length_penalty": penalty, "early_stopping": early, "stops": stops}
        assert_same(model, BeamSettings(width=width, length=LENGTH, **settings))


@each_stops
def test_a_real_architecture_agrees(stops: tuple[int, ...]) -> None:
    assert_same(tiny_gpt2(), BeamSettings(width=4, length=10, length_penalty=0.7, stops=stops))


@each_stops
def test_width_1_agrees_with_their_greedy(model: FadingMemory, stops: tuple[int, ...]) -> None:
    """One beam that stops at its first stop is greedy decoding; theirs then takes that way."""
    beam = BeamSettings(width=1, length=12, early_stopping=True, stops=stops)
    greedy = model.generate(  # pyright: ignore[reportAttributeAccessIssue]
        torch.tensor([PROMPT]),
        max_new_tokens=12,
        eos_token_id=list(stops) or None,
        pad_token_id=0,
        use_cache=False,
    )
    assert list(ours(model, beam, DecodeSettings())[0].ids) == greedy[0].tolist()[len(PROMPT) :]


@each_stops
def test_processors_agree(model: FadingMemory, stops: tuple[int, ...]) -> None:
    for width in (2, 4):
        beam = BeamSettings(width=width, length=12, stops=stops)
        assert_same(model, beam, repetition_penalty=1.5, no_repeat_ngram=2)
        assert_same(model, beam, repetition_penalty=0.7)


def test_what_beam_search_ignores_is_what_theirs_ignores(model: FadingMemory) -> None:
    assert_same(model, BeamSettings(width=3, length=8), temperature=0.3, top_k=2, top_p=0.5, min_p=0.2)


@pytest.fixture
def same_luck(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """torch.multinomial drawing with our noise: the largest of ln p + Gumbel noise, first drawn first.

    To be called before a search, whose first draw is step 0.
    """
    steps = [0]

    def multinomial(probabilities: torch.Tensor, num_samples: int) -> torch.Tensor:
        noise = GumbelNoise(SEED, probabilities.shape[1]).at(steps[0])
        steps[0] += 1
        ranked = probabilities.double().log() + torch.from_numpy(noise.copy())
        return ranked.topk(num_samples).indices

    monkeypatch.setattr(torch, "multinomial", multinomial)
    return lambda: steps.__setitem__(0, 0)


@pytest.mark.parametrize("changes", [
    {}, {"temperature": 1.5}, {"temperature": 0.7, "top_k": 12}, {"top_p": 0.95, "temperature": 2.0},
    {"temperature": 3.0, "min_p": 0.001, "typical": 0.98, "epsilon": 1e-4, "repetition_penalty": 1.2},
])  # fmt: skip
@pytest.mark.parametrize("width", [2, 3, 5])
def test_beam_sampling_agrees_given_the_same_luck(
    model: FadingMemory, same_luck: Callable[[], None], width: int, changes: dict[str, Any]
) -> None:
    same_luck()
    assert_same(model, BeamSettings(width=width, length=LENGTH, sampling=True, seed=SEED), **changes)


def strict(rng: np.random.Generator) -> dict[str, Any]:
    """Truncations so strict that nearly all of them would leave a single token."""
    drawn = {
        "top_k": int(rng.integers(1, 3)),
        "top_p": float(rng.choice([0.01, 0.2, 0.5])),
        "min_p": float(rng.choice([0.2, 0.6, 1.0])),
        "typical": float(rng.choice([0.01, 0.2, 0.5])),
        "epsilon": float(rng.choice([0.1, 0.5])),
        "eta": float(rng.choice([0.1, 0.5])),
    }
    chosen = {name: value for name, value in drawn.items() if rng.random() < 0.4}
    return {"temperature": float(rng.choice([0.5, 1.0, 2.0])), **chosen}


def test_strict_truncation_leaves_drawn_beams_what_theirs_leave(same_luck: Callable[[], None]) -> None:
    """max(2, 1 + stops) tokens; with what was left up to receipts of format 2, many texts differ."""
    rng, different = np.random.default_rng(8), 0
    for case in range(CASES):
        model, changes = FadingMemory(vocab_size=24, seed=case % 20), strict(rng)
        stops = STOPS[case % 3]
        beam = BeamSettings(width=2 + case % 4, length=LENGTH, stops=stops, sampling=True, seed=SEED)
        same_luck()
        expected = theirs(model, beam, changes)
        found = ours(model, beam, DecodeSettings(**changes))
        assert [list(h.ids) for h in found] == [ids for ids, _ in expected][: len(found)], (case, changes)
        before = ours(model, beam, DecodeSettings(**changes, beams_may_collapse=True))
        different += [h.ids for h in before] != [h.ids for h in found]
    assert different > CASES / 5, "the rule decides"
