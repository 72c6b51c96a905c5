"""A sweep writes what `generate` writes, tells how far it is, can be stopped, and runs anywhere alike."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import textgen
from tests.experiments.sweep.sweeps import save_models, small, swept, ticking
from textgen import generate
from textgen.errors import ModelError, SettingError, TextError
from textgen.experiments.metrics.metrics import entropy_bits
from textgen.experiments.metrics.scoring import bits_per_character
from textgen.experiments.sweep import run as experiments
from textgen.experiments.sweep.jobs import entropy_of, run_job
from textgen.experiments.sweep.records import CellKey, SweepResult
from textgen.experiments.sweep.run import Strategy, collect, even, plan, run, run_parallel
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.stages import softmax

ALL = {"models": ("chars", "names", "words"), "prompts": ("", "a"), "judge": "chars"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return save_models(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture(scope="module")
def everything(registry: Registry) -> SweepResult:
    return swept(registry, **ALL)


def same(first: SweepResult, second: SweepResult) -> bool:
    """Whether two sweeps have the same texts and the same numbers, to the last bit."""
    pairs = zip(first.texts, second.texts, strict=True)
    return all(
        (a.key, a.ids, a.text) == (b.key, b.ids, b.text)
        and np.array_equal(a.surprisal, b.surprisal)
        and np.array_equal(a.entropy, b.entropy)
        and repr(a.metrics) == repr(b.metrics)
        for a, b in pairs
    )


def test_the_library_does_it_in_one_call(registry: Registry, everything: SweepResult) -> None:
    assert same(textgen.sweep(everything.settings, registry), everything)


def test_every_text_is_the_one_that_generate_writes_alone(
    registry: Registry, everything: SweepResult
) -> None:
    assert everything.complete
    for text in everything.texts:
        alone = generate(
            registry.get(text.key.model),
            text.key.prompt,
            settings=text.settings,
            seed=text.key.seed or 0,
            length=30,
        )
        assert (text.ids, text.text) == (alone.ids, alone.text)
        assert np.array_equal(text.surprisal, alone.surprisal)


def test_the_size_of_the_batches_changes_nothing(
    registry: Registry, everything: SweepResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "even", lambda tasks, most=64: even(tasks, 7))
    todo = plan(small(**ALL), registry)
    assert max(len(job.tasks) for job in todo.jobs) == 7
    again = collect(todo.settings, run(todo, registry, ticking()))
    assert same(again, everything)


def test_what_draws_nothing_is_written_once(registry: Registry) -> None:
    result = swept(registry, temperatures=(0, 1))
    greedy = [text for text in result.texts if text.key.seed is None]
    assert sorted(text.key.strategy for text in greedy) == sorted(
        strategy.name for strategy in result.settings.strategies
    )
    cell = CellKey("chars", "", "greedy", 1)
    assert result.find(cell, 0) is result.find(cell, 5) is not None
    assert len({text.text for text in greedy if text.key.strategy != "penalty"}) == 1
    assert len(result.texts) == 6 + 5 * 3


def test_seeds_are_the_same_luck_everywhere(everything: SweepResult) -> None:
    """top-k 40 of 12 characters removes nothing, so its texts are the plain ones."""
    for seed in (0, 1, 5):
        plain, top_k = (
            everything.find(CellKey("chars", "a", name, 3), seed) for name in ("plain", "top-k 40")
        )
        assert plain is not None
        assert top_k is not None
        assert plain.ids == top_k.ids


def test_texts_end_where_the_model_ends_them(everything: SweepResult) -> None:
    names = [text for text in everything.texts if text.key.model == "names"]
    assert {text.ended for text in names} == {True, False}
    for text in names:
        assert text.ended == (text.ids[-1] == 0) == (len(text.ids) < 30 or text.ids[-1] == 0)
        assert len(text.ids) == len(text.surprisal) == len(text.entropy) == len(text.text) + text.ended


def test_entropy_is_that_of_the_distribution_picked_from(everything: SweepResult) -> None:
    logits = np.random.default_rng(0).normal(0, 3, (5, 12))
    logits[:, 3], logits[1, 4:] = -np.inf, -np.inf
    logits[2] = np.where(np.arange(12) == 7, 0, -np.inf)
    assert entropy_of(logits) == pytest.approx([entropy_bits(row) for row in softmax(logits)], abs=1e-12)
    assert entropy_of(logits)[2] == 0
    greedy = next(text for text in everything.texts if text.key.strategy == "greedy")
    assert (greedy.entropy == 0).all()
    assert (greedy.surprisal > 0).all()


def test_metrics_are_there(registry: Registry, everything: SweepResult) -> None:
    text = everything.find(CellKey("chars", "a", "plain", 1), 5)
    assert text is not None
    found = text.metrics
    assert found.surprise == text.surprisal.mean()
    assert 0 <= found.real_words <= 1
    expected = bits_per_character(registry.get("chars"), [("a", text.text)])[0]
    assert found.surprise_elsewhere == pytest.approx(expected, rel=1e-5)
    assert found.surprise == pytest.approx(expected, rel=1e-5), "characters, judged by their own model"
    words = next(text for text in everything.texts if text.key.model == "words")
    assert np.isnan(words.metrics.novelty), "no index"
    assert words.words == tuple(words.text.lower().split()) or len(words.words) >= len(words.text.split())


def test_progress_counts_up_and_texts_come_while_it_runs(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "even", lambda tasks, most=64: even(tasks, 16))
    todo = plan(small(), registry)
    steps = list(run(todo, registry, ticking()))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == steps[0].total == todo.settings.tokens == 46 * 30
    came = [place for place, step in enumerate(steps) if step.texts]
    assert len(came) == len(todo.jobs) == 3
    assert came[0] < len(steps) / 2
    assert steps[0].left == steps[0].seconds * (steps[0].total - steps[0].done) / steps[0].done
    assert steps[-1].left == 0


def test_what_was_finished_when_it_was_stopped_is_kept(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jobs go seed by seed, so the first holds whole seeds."""
    monkeypatch.setattr(experiments, "even", lambda tasks, most=64: even(tasks, 16))
    todo = plan(small(), registry)
    progress = run(todo, registry, ticking())
    result = collect(todo.settings, islice(progress, 40))
    assert not result.complete
    assert len(result.texts) == len(todo.jobs[0].tasks)
    assert {text.key.seed for text in result.texts} == {None, 0}
    assert collect(todo.settings, iter(())).texts == ()


def test_processes_give_identical_numbers(registry: Registry) -> None:
    todo = plan(small(**ALL), registry)
    alone = collect(todo.settings, run_parallel(todo, "sequential", 1, ticking()))
    assert same(alone, collect(todo.settings, run(todo, registry, ticking())))
    processes = collect(todo.settings, run_parallel(todo, "loky", 2, ticking()))
    assert len(todo.jobs) > 2
    assert same(processes, alone)


def test_threads_give_identical_numbers(registry: Registry, everything: SweepResult) -> None:
    todo = plan(small(**ALL), registry)
    assert same(collect(todo.settings, run_parallel(todo, "threading", 3, ticking())), everything)


def test_a_job_is_a_plain_function_call(registry: Registry) -> None:
    todo = plan(small(temperatures=(1,), seeds=(2,)), registry)
    texts = run_job(todo.jobs[0])
    assert [text.key for text in texts] == [task.key for task in todo.jobs[0].tasks]


def test_a_backend_registers_itself(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    fake = ModuleType("ray.util.joblib")
    fake.register_ray = lambda: called.append("ray")  # type: ignore[attr-defined]
    for name in ("ray", "ray.util"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "ray.util.joblib", fake)
    experiments.register("ray")
    assert called == ["ray"]


@pytest.mark.parametrize(
    ("backend", "jobs", "sentence"),
    [
        ("abacus", 2, "the backend 'abacus' is not there: Invalid backend"),
        ("ray", 2, "the backend 'ray' needs ray, which is not installed"),
        ("loky", 0, "jobs must be -1 or at least 1, got 0"),
        ("loky", -2, "jobs must be a whole number from -1"),
    ],
)
def test_a_backend_that_is_not_there(registry: Registry, backend: str, jobs: int, sentence: str) -> None:
    progress = run_parallel(plan(small(), registry), backend, jobs, ticking())
    with pytest.raises(SettingError, match=sentence):
        next(progress)


def test_notes_name_unknown_words_before_anything_is_written(registry: Registry) -> None:
    todo = plan(small(models=("chars", "words"), prompts=("a xylophone",)), registry)
    notes = "\n".join(todo.notes)
    assert "chars, a␣xylophone: Left out, since the model does not know them: x, y, l, o, p, n." in notes
    assert "words comes without ngrams.bin: novelty and real words are not measured." in notes
    assert "words, a␣xylophone: Left out, since the model does not know them: xylophone" in notes


def test_mistakes_end_before_anything_is_written(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model 'gone'; the models are: chars, names, words"):
        plan(small(models=("chars", "gone")), registry)
    with pytest.raises(ModelError, match="there is no model 'gone'"):
        plan(small(judge="gone"), registry)
    with pytest.raises(SettingError, match="at most 1,000 tokens here, got 1,"):
        plan(small(), registry, max_tokens=1000)
    with pytest.raises(TextError, match="at most 20,000 characters"):
        plan(small(prompts=("a" * 20_001,)), registry)


def test_batches_are_of_about_one_size() -> None:
    settings = small(
        seeds=tuple(range(10)), strategies=(Strategy("plain", DecodeSettings()),), temperatures=(1,)
    )
    tasks = experiments.tasks_of(settings, "chars", "")
    assert [len(batch) for batch in even(tasks, 4)] == [3, 3, 4]
    assert [task for batch in even(tasks, 4) for task in batch] == tasks
