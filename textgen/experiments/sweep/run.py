"""Sweeps: what temperature does to texts, measured over seeds.

    result = sweep(SweepSettings(models=("shakespeare-char-lstm",)))
    cells = summarize(result)

`sweep` is `plan`, `run` and `collect` in one. A plan is a list of independent jobs, checked against the
models that there are. `run` writes them in this process and tells of every step; `run_parallel` gives them
to joblib. Either can be stopped at any time by asking for no more: what was finished is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from textgen.errors import SettingError
from textgen.experiments.sweep.jobs import Job, Place, Task, batch_of, run_job
from textgen.experiments.sweep.records import Progress, SweepResult, TextKey
from textgen.experiments.sweep.settings import BATCH, MAX_TOKENS, SweepSettings, check_size
from textgen.experiments.sweep.summary import paired_difference, summarize
from textgen.models.folder import Model
from textgen.models.ngrams import FILE
from textgen.models.registry import Registry, default_root
from textgen.settings import STRATEGIES, Strategy, check_whole
from textgen.text.context import read_context
from textgen.text.tokenizer import visible

__all__ = [
    "STRATEGIES",
    "Strategy",
    "SweepSettings",
    "collect",
    "paired_difference",
    "plan",
    "run",
    "run_parallel",
    "summarize",
    "sweep",
]

Clock = Callable[[], float]

SEARCHES = 8  # beam searches of one job, one after the other
MAX_JOBS = 4096
# Backends of others that joblib does not know by itself: module and function that register them.
REGISTRARS = {"ray": ("ray.util.joblib", "register_ray")}


def sweep(
    settings: SweepSettings, registry: Registry | None = None, max_tokens: int = MAX_TOKENS
) -> SweepResult:
    """Write and measure all texts of a sweep in this process.

    The registry is that of `$TEXTGEN_MODELS`, else of the shipped models. Raises SettingError, ModelError
    and TextError, all before the first token.
    """
    known = registry or Registry(default_root())
    todo = plan(settings, known, max_tokens)
    return collect(settings, run(todo, known), todo.notes)


# ---- the plan


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep that was checked against the models that there are."""

    settings: SweepSettings
    jobs: tuple[Job, ...]
    notes: tuple[str, ...]  # what the reader should know, prompts with unknown words above all


def plan(settings: SweepSettings, registry: Registry, max_tokens: int = MAX_TOKENS) -> Plan:
    """What there is to do. Everything is checked here, before the first token.

    Raises SettingError for more than `max_tokens`, ModelError for a model that is not there, TextError
    for a prompt that is too long.
    """
    check_size(settings, max_tokens)
    judge = Place(settings.judge, str(registry.folder(settings.judge))) if settings.judge else None
    notes, jobs = [], []
    for name in settings.models:
        place = Place(name, str(registry.folder(name)))
        for strategy in settings.strategies:
            registry.get(name).by_ids(strategy.settings)
        notes += notes_of(registry.get(name), place, settings.prompts)
        for prompt in settings.prompts:
            tasks = tasks_of(settings, name, prompt)
            jobs += [Job(place, judge, prompt, batch, settings.length) for batch in batches(tasks)]
    return Plan(settings, tuple(jobs), tuple(notes))


def notes_of(model: Model, place: Place, prompts: Sequence[str]) -> Iterator[str]:
    """What the reader should know about a model and what it makes of the prompts."""
    if not (Path(place.folder) / FILE).is_file():
        yield f"{place.name} comes without {FILE}: novelty and real words are not measured."
    for prompt in prompts:
        if note := read_context(model, prompt).note:
            yield f"{place.name}, {visible(prompt)}: {note}" if prompt else f"{place.name}: {note}"


def tasks_of(settings: SweepSettings, model: str, prompt: str) -> list[Task]:
    """The texts of one model and prompt, each once; seed by seed, so that a sweep that is stopped has
    whole seeds.
    """
    tasks: dict[TextKey, Task] = {}
    for seed in settings.seeds:
        for temperature in settings.temperatures:
            for strategy in settings.strategies:
                task = task_of(strategy, temperature, seed, (model, prompt))
                tasks.setdefault(task.key, task)
    return list(tasks.values())


def task_of(strategy: Strategy, temperature: float, seed: int, of: tuple[str, str]) -> Task:
    """A text; one that draws nothing belongs to all seeds, a greedy one to all temperatures as well."""
    drawn = temperature != 0 and not strategy.greedy
    return Task(TextKey(*of, strategy.name, *((temperature, seed) if drawn else (0.0, None))), strategy)


def batches(tasks: Sequence[Task]) -> list[tuple[Task, ...]]:
    """Sampled batches, then beam batches, which are smaller."""
    drawn = [task for task in tasks if not task.strategy.beams]
    searched = [task for task in tasks if task.strategy.beams]
    return [*even(drawn), *even(searched, SEARCHES)]


def even(tasks: Sequence[Task], most: int = BATCH) -> list[tuple[Task, ...]]:
    """In batches of about the same size, none above `most`."""
    parts = -(-len(tasks) // most)
    ends = [len(tasks) * number // parts for number in range(parts + 1)] if parts else []
    return [tuple(tasks[start:end]) for start, end in pairwise(ends)]


# ---- writing it


def run(todo: Plan, registry: Registry, clock: Clock = time.perf_counter) -> Iterator[Progress]:
    """Write a sweep in this process: one Progress a step, with the texts of a job at its end.

    Each text is, bit for bit, what `api.generate` writes for its settings and seed.
    """
    started, done = clock(), 0
    total = todo.settings.tokens

    def get(place: Place) -> Any:
        return registry.get(place.name)

    for job in todo.jobs:
        batch = batch_of(get(job.model), job)
        for step in batch.steps():
            yield Progress(done + step * len(job.tasks), total, clock() - started)
        done += job.tokens  # texts may have ended sooner
        yield Progress(done, total, clock() - started, tuple(batch.texts(get)))


def run_parallel(
    todo: Plan, backend: str = "loky", jobs: int = -1, clock: Clock = time.perf_counter
) -> Iterator[Progress]:
    """The same by joblib: one Progress a job, in the order of the plan.

    `backend` is loky (processes), threading, sequential or any name registered with joblib, such as dask or
    ray; `jobs` is how many run at once, −1 for as many as there are cores. Raises SettingError, before any
    work, for a backend that is not there.
    """
    check_whole("jobs", jobs, -1, MAX_JOBS, "-1 takes all cores")
    started, parallel = clock(), parallel_of(backend, jobs)
    import joblib

    results = parallel(joblib.delayed(run_job)(job) for job in todo.jobs)
    done = accumulate(job.tokens for job in todo.jobs)
    for tokens, texts in zip(done, results, strict=True):
        yield Progress(tokens, todo.settings.tokens, clock() - started, tuple(texts))


def parallel_of(backend: str, jobs: int) -> Any:
    """joblib's `Parallel`; results come one by one where the backend can, else all in the end."""
    import joblib

    if jobs == 0:
        raise SettingError("jobs must be -1 or at least 1, got 0; 1 runs one at a time")
    register(backend)
    try:
        with joblib.parallel_config(backend, n_jobs=jobs):
            with suppress(ValueError):  # a backend without generators
                return joblib.Parallel(return_as="generator")
            return joblib.Parallel()
    except (ValueError, ImportError) as error:
        raise SettingError(f"the backend {backend!r} is not there: {error}; loky is the default") from error


def register(backend: str) -> None:
    """Let a backend's own package tell joblib about it. Raises SettingError where it is not installed."""
    if backend not in REGISTRARS:
        return
    module, function = REGISTRARS[backend]
    try:
        getattr(import_module(module), function)()
    except ModuleNotFoundError as error:
        raise SettingError(
            f"the backend {backend!r} needs {error.name}, which is not installed; loky needs nothing else"
        ) from error


def collect(
    settings: SweepSettings, progress: Iterable[Progress], notes: tuple[str, ...] = ()
) -> SweepResult:
    """All that a sweep finished, as far as it came."""
    steps = list(progress)
    texts = tuple(text for step in steps for text in step.texts)
    return SweepResult(settings, texts, notes, steps[-1].seconds if steps else 0.0)
