"""The texts of one model and prompt: written together, then measured.

A job is plain data and `run_job` a plain function, so that any core or machine can do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from textgen import stages
from textgen.decoding.beam import best_text
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.stream import NO_TOKEN, Picked, Stream, picks
from textgen.experiments.metrics.metrics import entropy_bits
from textgen.experiments.metrics.scoring import bits_per_character
from textgen.experiments.metrics.text_metrics import NOT_MEASURED, Observed, measure, split_words, whole_words
from textgen.experiments.sweep.records import SweepText, TextKey
from textgen.history import History
from textgen.models import folder as checkpoint
from textgen.models.folder import Model
from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.nets.base import ids_tensor
from textgen.nets.packed import in_one_thread
from textgen.records import Floats, Ints
from textgen.settings import DecodeSettings, Strategy
from textgen.stages import softmax
from textgen.text.context import read_context


class Place(NamedTuple):
    """Where a model is."""

    name: str
    folder: str


class Task(NamedTuple):
    """One text to write."""

    key: TextKey
    strategy: Strategy

    @property
    def settings(self) -> DecodeSettings:
        """Its strategy's at its temperature."""
        return self.strategy.at(self.key.temperature)


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


def run_job(job: Job) -> list[SweepText]:
    """Write and measure the texts of a job, models read from their folders."""
    batch = batch_of(load(job.model), job)
    for _ in batch.steps():
        pass
    return batch.texts(load)


def load(place: Place) -> Model:
    return checkpoint.load(Path(place.folder))


def batch_of(model: Model, job: Job) -> Batch:
    """The writer that a job needs."""
    return Searches(model, job) if job.tasks[0].strategy.beams else Batch(model, job)


class Batch:
    """The texts of a job while they are written."""

    def __init__(self, model: Model, job: Job) -> None:
        self.model, self.job = model, job
        self.ids: list[np.ndarray] = []  # each (B,)
        self.surprisal: list[Floats] = []  # each (B,) bits
        self.entropy: list[Floats] = []  # each (B,) bits

    def steps(self) -> Iterator[int]:
        """Write; after each step, how many tokens there are in each text."""
        context = read_context(self.model, self.job.prompt).ids
        by_ids = self.model.by_ids
        streams = [Stream(by_ids(task.settings), task.key.seed or 0, context) for task in self.job.tasks]
        for picked in picks(self.model.writer, streams, self.job.length, self.model.stops):
            self.ids.append(picked.ids)
            self.surprisal.append(surprisal_of(picked))
            self.entropy.append(entropy_of(picked.staged))
            yield picked.index + 1

    def texts(self, get: Callable[[Place], Model]) -> list[SweepText]:
        """What was written, measured. Raises ModelError for a judge or an index that cannot be read."""
        index = index_of(self.job.model)
        ids, surprisal, entropy = map(np.array, (self.ids, self.surprisal, self.entropy))  # each (T, B)
        observed = []
        for row in range(len(self.job.tasks)):
            n = int((ids[:, row] != NO_TOKEN).sum())
            observed.append(self.observed(ids[:n, row], surprisal[:n, row], entropy[:n, row]))
        bits = self.judged([text.text for text in observed], get)
        return [
            self.finished(task, text, elsewhere, index)
            for task, text, elsewhere in zip(self.job.tasks, observed, bits, strict=True)
        ]

    def observed(self, ids: np.ndarray, surprisal: Floats, entropy: Floats) -> Observed:
        tokens = tuple(ids.tolist())
        text, prompt = self.model.text(tokens, self.job.prompt), self.job.prompt
        may_be_cut = self.model.tokenizer.level != "word"
        words = whole_words(text, prompt, self.model.ended(tokens)) if may_be_cut else split_words(text)
        return Observed(text, tuple(words), tokens, surprisal, entropy)

    def judged(self, texts: Sequence[str], get: Callable[[Place], Model]) -> Floats:
        """(B,) bits per character under the judge; NaN without one."""
        if self.job.judge is None:
            return np.full(len(texts), NOT_MEASURED)
        judge, pairs = get(self.job.judge), [(self.job.prompt, text) for text in texts]
        # in as many threads as processes of joblib have, so that numbers are the same to the last bit
        return in_one_thread(lambda: bits_per_character(judge, pairs))

    def finished(self, task: Task, text: Observed, elsewhere: float, index: NoveltyIndex | None) -> SweepText:
        return SweepText(
            key=task.key,
            settings=task.settings,
            ids=text.ids,
            text=text.text,
            ended=self.model.ended(text.ids),
            surprisal=text.surprisal,
            entropy=text.entropy,
            words=text.words,
            metrics=measure(text, float(elsewhere), index),
        )


class Searches(Batch):
    """The same for texts that are beam searches."""

    def steps(self) -> Iterator[int]:
        """Search, one text after the other; yields the length that all would have by now in step."""
        context, found = read_context(self.model, self.job.prompt).ids, []
        for number, task in enumerate(self.job.tasks, 1):
            found.append(search(self.model, context, task, self.job.length))
            yield number * self.job.length // len(self.job.tasks)
        columns = zip(*(filled(text, self.job.length) for text in found), strict=True)
        self.ids, self.surprisal, self.entropy = (list(np.stack(column, axis=1)) for column in columns)


def index_of(place: Place) -> NoveltyIndex | None:
    """What a model was trained on; None where its folder does not say."""
    path = Path(place.folder) / FILE
    return NoveltyIndex.load(path) if path.is_file() else None


def surprisal_of(picked: Picked) -> Floats:
    """(B,) bits of each pick under the model at T = 1; of no meaning where a text has ended."""
    learned = stages.softmax(picked.logits)[np.arange(len(picked.ids)), picked.ids]
    return -np.log2(np.maximum(learned, np.finfo(np.float64).tiny))


def entropy_of(logits: Floats) -> Floats:
    """(B, V) → (B,) bits: ln Σ w − Σ w·ln w / Σ w over the weights w = e^(logit − highest)."""
    shifted = logits - stages.highest(logits)
    weights = np.exp(shifted)
    totals = np.add.reduce(weights, axis=-1)
    return (np.log(totals) - np.vecdot(weights, np.where(weights > 0, shifted, 0.0)) / totals) / np.log(2)


# ---- texts that a beam search writes


class Searched(NamedTuple):
    """A text that a search found."""

    ids: Ints  # (n,)
    surprisal: Floats  # (n,) bits under the model at T = 1
    entropy: Floats  # (n,) bits, of the distribution under the settings that each token came from


def search(model: Model, context: tuple[int, ...], task: Task, length: int) -> Searched:
    """The text of a task, as `api.beam_search` finds it with its settings and seed. `context` (T,), T ≥ 1."""
    beam = task.strategy.search(length, task.key.seed or 0, model.stops)
    settings = model.by_ids(task.settings)
    best = best_text(model.writer, context, beam, settings)
    ids = np.array(best.ids, dtype=np.int64)
    return Searched(ids, best.surprisal, entropies(model, context, best.ids, settings))


def entropies(
    model: Model, context: tuple[int, ...], ids: tuple[int, ...], settings: DecodeSettings
) -> Floats:
    """(n,) bits of the distributions that the tokens ids (n,) stand in, after all stages."""
    read, first = (*context, *ids[:-1]), len(context) - 1
    with torch.inference_mode():
        logits = model.writer.unroll(ids_tensor(read))[0][0, first : first + len(ids)].double().numpy()
    pipeline, history, found = Pipeline(settings), History(context, stops=model.stops), []
    for token, row in zip(ids, logits, strict=True):
        staged = pipeline(row, history)
        found.append(entropy_bits(softmax(staged)))
        pipeline.write(history, token, staged)
    return np.array(found)


def filled(text: Searched, length: int) -> Searched:
    """A text's columns (length,), NO_TOKEN after its end."""
    missing = length - len(text.ids)
    return Searched(
        np.pad(text.ids, (0, missing), constant_values=NO_TOKEN),
        np.pad(text.surprisal, (0, missing)),
        np.pad(text.entropy, (0, missing)),
    )
