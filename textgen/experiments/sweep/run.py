"""Sweeps: what temperature does to texts, measured over seeds.

    result = sweep(SweepSettings(models=("shakespeare-char-lstm",)))
    cells = summarize(result)

`sweep` is `plan`, `run` and `collect` in one. `run` writes in this process and tells of every step;
`run_parallel` gives the same jobs to joblib. Either can be stopped at any time by asking for no more: what
was finished is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import accumulate
from typing import Any

from textgen.errors import SettingError
from textgen.experiments.sweep.jobs import batch_of, run_job
from textgen.experiments.sweep.plan import Place, Plan, plan
from textgen.experiments.sweep.records import Progress, SweepResult
from textgen.experiments.sweep.settings import MAX_TOKENS, STRATEGIES, Strategy, SweepSettings
from textgen.experiments.sweep.summary import paired_difference, summarize
from textgen.models.registry import Registry, default_root
from textgen.settings import check_whole

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
