"""A run for a program that watches it: what it is told as the run goes, how it ends it early, how long a run
would take.

Events are JSON objects, in this order; losses are nats per token, `bits` turns them into bits per character:

    text      level, tokens, validation, vocabulary, parameters, steps, bits, changes, unknown
    baseline  order, nats                                what n-grams reach on the same text
    step      step, tokens, loss, left                   about once a second; `left` in seconds
    row       step, tokens, train, validation, by_heart, temperatures, samples    every `log.every` steps
    ending    why: "asked" or "time"
    measuring step                                       of the weights that are kept
    done      step
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from textgen.errors import TextgenError
from textgen.models.evaluation import windows_loss
from textgen.nets.base import LanguageModel
from textgen.training.callbacks import Clock, MeasureInputs, draft_model, learns_by_heart, training_module
from textgen.training.job import Job, bos_of
from textgen.training.kneser_ney import KneserNey
from textgen.training.sampling import write_samples

PAUSE = 1.0  # seconds between two events of steps
ORDERS = {"char": 5, "word": 4, "subword": 4}  # of n-grams: longer ones predict hardly better
WARM = 3  # steps, the first of which are slow
MINUTE = 60.0


def tell_text(job: Job, net: LanguageModel, measured: MeasureInputs) -> None:
    """Tell how a text was read, and what learns from it."""
    text, recipe = job.text, job.recipe
    job.tell(
        "text",
        level=recipe.level,
        tokens=len(text.train.ids),
        validation=len(text.validation.ids),
        vocabulary=text.tokenizer.vocab_size,
        parameters=sum(parameter.numel() for parameter in net.parameters()),
        steps=recipe.schedule.steps,
        bits=1 / math.log(2) / measured.characters,
        changes=list(text.changes),
        unknown=text.unknown_share(),
    )


def tell_baseline(job: Job) -> None:
    """Tell what n-grams reach, as soon as they are counted: the run need not wait for that."""
    if job.options.tell:
        threading.Thread(target=count_baseline, args=(job,), daemon=True).start()


def count_baseline(job: Job) -> None:
    order, tokenizer = ORDERS[job.recipe.level], job.text.tokenizer
    bos = bos_of(job.recipe, tokenizer)
    try:
        grams = KneserNey.fit(job.text.train.documents(bos), order, tokenizer.vocab_size, modified=True)
        job.tell("baseline", order=order, nats=grams.perplexity(job.text.validation.documents(bos)).nats)
    except TextgenError:  # a text too short for them is one without a baseline
        return


class Tell(Callback):
    """Tells of steps and rows; must come after what measures."""

    def __init__(self, job: Job, measured: MeasureInputs) -> None:
        self.job, self.measured, self.clock = job, measured, job.options.clock
        self._rows = 0
        self._losses: list[Tensor] = []  # since the last event
        self._began = self._told = 0.0
        self._first = 0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        rows = training_module(pl_module).rows
        self._rows = 0 if len(rows) == 1 else len(rows)  # those of an earlier run were told
        self._tell_row(pl_module)
        self._began = self._told = self.clock()
        self._first = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._losses.append(outputs["loss"].detach())
        now = self.clock()
        if now - self._told >= PAUSE:
            self._told = now
            a_step = (now - self._began) / (trainer.global_step - self._first)
            self._tell_step(trainer, a_step)
        self._tell_row(pl_module)

    def _tell_step(self, trainer: Trainer, a_step: float) -> None:
        loss = float(torch.stack(self._losses).mean())
        self._losses.clear()
        self.job.tell(
            "step",
            step=trainer.global_step,
            tokens=trainer.global_step * self.measured.tokens_per_step,
            loss=loss,
            left=a_step * (trainer.max_steps - trainer.global_step),
        )

    def _tell_row(self, module: LightningModule) -> None:
        rows = training_module(module).rows
        if len(rows) == self._rows:
            return
        self._rows, row = len(rows), rows[-1]
        self.job.tell(
            "row",
            step=row.step,
            tokens=row.tokens,
            train=row.train_loss,
            validation=row.validation_loss,
            by_heart=learns_by_heart(rows),
            temperatures=list(self.measured.recipe.log.temperatures),
            samples=list(row.samples),
        )


class EndEarly(Callback):
    """Ends a run when its time is up, or a file appears; must come before what measures the last step."""

    def __init__(self, job: Job) -> None:
        self.job, self.clock, self.file = job, job.options.clock, job.options.end_file
        self.most = MINUTE * job.options.minutes if job.options.minutes else None
        self._began = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._began = self.clock()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if why := self._why():
            trainer.should_stop = True
            self.job.report(f"the run ends early ({why}); the best so far is kept")
            self.job.tell("ending", why=why)

    def _why(self) -> str:
        if self.file is not None and self.file.exists():
            return "asked"
        late = self.most is not None and self.clock() - self._began >= self.most
        return "time" if late else ""


# ---- how long it would take


class Estimate(NamedTuple):
    """What a run would take on this machine, in seconds."""

    steps: int
    step: float
    row: float  # of the log: losses and samples
    vocabulary: int
    parameters: int


class Stopwatch(Callback):
    """Measures so many seconds of steps, then ends the run."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.clock, self.seconds = clock, seconds
        self.step = 0.0  # seconds
        self._began = 0.0

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        measured = trainer.global_step - WARM
        if measured <= 0:
            self._began = self.clock()
            return
        passed = self.clock() - self._began
        self.step = passed / measured
        trainer.should_stop = passed >= self.seconds


def row_seconds(net: LanguageModel, measured: MeasureInputs, clock: Callable[[], float]) -> float:
    """How long it takes to measure and write a row of the log."""
    began = clock()
    windows_loss(net, list(measured.validation), measured.recipe.log.window)
    net.prepare()
    write_samples(draft_model(net, measured), measured.recipe.log.temperatures, measured.recipe.log.sample)
    return clock() - began
