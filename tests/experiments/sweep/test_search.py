"""Beam searches in a sweep: the texts that `beam_search` finds, measured like all others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.experiments.sweep.sweeps import save_models, small, ticking
from textgen import BeamSettings, DecodeSettings, Registry, api
from textgen.errors import SettingError
from textgen.experiments.metrics.metrics import entropy_bits
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.run import Strategy, SweepSettings, collect, plan, run, run_parallel
from textgen.settings import GUIDE_STRATEGIES

BEAMS = Strategy("beams", DecodeSettings(top_p=0.9, repetition_penalty=1.3), beams=3)
PLAIN = Strategy("plain", DecodeSettings())


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return save_models(tmp_path_factory.mktemp("searches"))


@pytest.fixture(scope="module")
def result(registry: Registry) -> SweepResult:
    settings = small(
        models=("chars", "names"), strategies=(PLAIN, BEAMS), temperatures=(0, 1.2), prompts=("a",)
    )
    todo = plan(settings, registry)
    return collect(settings, run(todo, registry, ticking()), todo.notes)


def test_the_text_is_the_best_that_the_search_finds(registry: Registry, result: SweepResult) -> None:
    assert result.complete
    searched = [text for text in result.texts if text.key.strategy == "beams"]
    assert {text.key.temperature for text in searched} == {0, 1.2}
    for text in searched:
        beam = BeamSettings(width=3, length=30, sampling=True, seed=text.key.seed or 0)
        model = registry.get(text.key.model)
        *_, last = api.beam_search(model, text.key.prompt, beam, BEAMS.at(text.key.temperature))
        best = last.finished[0]
        assert text.ids == best.ids
        assert text.ended == best.stopped
        assert text.surprisal == pytest.approx(-np.array(best.logprobs) / np.log(2))
    assert {text.ended for text in searched} == {True, False}


def test_entropy_is_that_of_the_distribution_a_token_came_from(
    registry: Registry, result: SweepResult
) -> None:
    text = next(t for t in result.texts if t.key[:2] == ("chars", "a") and t.key.strategy == "beams")
    model = registry.get("chars")
    for i in (0, 1, 7):
        context = "a" + model.text(text.ids[:i], "a")
        distribution = api.next_token(model, context, text.settings)
        assert text.entropy[i] == pytest.approx(entropy_bits(distribution.probabilities), abs=1e-5)


def test_joblib_writes_the_same(registry: Registry, result: SweepResult) -> None:
    todo = plan(result.settings, registry)
    again = collect(result.settings, run_parallel(todo, "sequential", 1, ticking()))
    assert [(t.key, t.ids) for t in again.texts] == [(t.key, t.ids) for t in result.texts]
    for first, second in zip(again.texts, result.texts, strict=True):
        assert np.array_equal(first.surprisal, second.surprisal)
        assert np.array_equal(first.entropy, second.entropy)


def test_progress_counts_every_text(registry: Registry) -> None:
    settings = small(strategies=(BEAMS,), temperatures=(0.5, 1), seeds=range(6), length=10)
    steps = list(run(plan(settings, registry), registry, ticking()))
    assert steps[-1].done == steps[-1].total == 12 * 10
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_settings_survive_json() -> None:
    settings = small(strategies=GUIDE_STRATEGIES)
    assert SweepSettings.from_dict(settings.to_dict()) == settings
    assert settings.to_dict()["strategies"]["top-p 0.95 + beam 3"]["beams"] == 3


@pytest.mark.parametrize("beams", [-1, 65, 1.5, True, "3", None])
def test_a_width_that_cannot_be(beams: object) -> None:
    with pytest.raises(SettingError, match="beams must be"):
        Strategy("mine", DecodeSettings(), beams)  # type: ignore[arg-type]


def test_a_search_has_its_own_longest_text() -> None:
    with pytest.raises(SettingError, match="from 1 to 1,000, got 1001; a beam search"):
        small(strategies=(BEAMS,), length=1001)
    assert small(strategies=(PLAIN,), length=1001).length == 1001


def test_the_page_and_a_file_may_hold_nonsense() -> None:
    with pytest.raises(SettingError, match="an object of settings"):
        SweepSettings.from_dict({"models": ["chars"], "strategies": {"mine": 3}})


def test_a_text_of_one_token_is_measured(registry: Registry) -> None:
    settings = small(models=("names",), strategies=(BEAMS,), temperatures=(1,), length=1)
    result = collect(settings, run(plan(settings, registry), registry, ticking()))
    assert all(len(text.ids) == 1 for text in result.texts)
