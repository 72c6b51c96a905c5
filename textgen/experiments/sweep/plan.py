"""A sweep as a list of independent jobs, checked against the models that there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from textgen.experiments.sweep.records import TextKey
from textgen.experiments.sweep.settings import MAX_TOKENS, Strategy, SweepSettings, check_size
from textgen.models.folder import Model
from textgen.models.ngrams import FILE
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.text.context import read_context
from textgen.text.tokenizer import visible

BATCH = 64  # texts that step together: more are no faster a text, and up to so many take one thread


SEARCHES = 8  # beam searches of one job, one after the other


class Place(NamedTuple):
    """Where a model is."""

    name: str
    folder: str


class Task(NamedTuple):
    """One text to write."""

    key: TextKey
    settings: DecodeSettings
    beams: int = 0  # hypotheses of its search; 0 = written token by token


@dataclass(frozen=True, slots=True)
class Job:
    """Texts of one model and prompt that are written together: all of them searched, or none."""

    model: Place
    judge: Place | None
    prompt: str
    tasks: tuple[Task, ...]
    length: int

    @property
    def tokens(self) -> int:
        return len(self.tasks) * self.length


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
    settings = strategy.at(temperature)
    luck = None if settings.temperature == 0 else seed
    return Task(TextKey(*of, strategy.name, settings.temperature, luck), settings, strategy.beams)


def batches(tasks: Sequence[Task]) -> list[tuple[Task, ...]]:
    """Those that step together, then those that are searched, in fewer at a time."""
    drawn = [task for task in tasks if not task.beams]
    searched = [task for task in tasks if task.beams]
    return [*even(drawn), *even(searched, SEARCHES)]


def even(tasks: Sequence[Task], most: int = BATCH) -> list[tuple[Task, ...]]:
    """In batches of about the same size, none above `most`."""
    parts = -(-len(tasks) // most)
    ends = [len(tasks) * number // parts for number in range(parts + 1)] if parts else []
    return [tuple(tasks[start:end]) for start, end in pairwise(ends)]
