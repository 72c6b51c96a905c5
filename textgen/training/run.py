"""Training: a recipe and a text become a model folder. A killed run goes on from its last checkpoint."""

from __future__ import annotations

import errno
import logging
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Checkpoint

from textgen.errors import TextgenError
from textgen.models.log import FILE, LogRow
from textgen.nets import build
from textgen.nets.base import LanguageModel
from textgen.training.callbacks import Averaging, Measure, MeasureInputs, Progress, checkpoints
from textgen.training.corpus import Corpus
from textgen.training.job import (
    Job,
    TrainOptions,
    bos_of,
    is_leader,
    prepare,
    saved,
    step_of,
    validation_documents,
)
from textgen.training.module import TrainingModule
from textgen.training.package import FinishedRun, publish_model
from textgen.training.recipe import Recipe
from textgen.training.streams import Batches, StepLoader, make_batches


def train(recipe: str | Path | None, corpus: Path, options: TrainOptions) -> Path:
    """Train a recipe on a text; the finished model folder.

    The folder appears whole at the end or not at all. The same recipe, text and seed start the same
    on the same machine. Raises TextgenError for a recipe, text, name or folder that cannot be used,
    before any training; SettingError for a wrong value.
    """
    try:
        job = prepare(recipe, corpus, options)
        module = fit(job)
        return finish(job, module)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT}:
            raise
        place = error.filename or options.runs
        raise TextgenError(
            f"{place} cannot be written ({error.strerror}); make room and go on with --resume"
        ) from error


def fit(job: Job) -> TrainingModule:
    """Train to the last step, from the last checkpoint if there is one."""
    pl.seed_everything(torch_seed(job.recipe.seed), verbose=False)
    module = TrainingModule(make_net(job.recipe, job.corpus), job.recipe)
    batches = make_batches(job.corpus.train, job.recipe, bos_of(job.recipe, job.corpus.tokenizer))
    inputs = measure_inputs(job, batches)
    earlier = saved(job.folder)
    start = step_of(earlier[-1]) if earlier else 0
    if start < job.recipe.schedule.steps:
        with quiet(), stoppable(job):
            trainer = make_trainer(job.recipe, job.options, callbacks(job, inputs))
            data = StreamData(batches, start, job.recipe.schedule.steps)
            trainer.fit(
                module, datamodule=data, ckpt_path=earlier[-1] if earlier else None, weights_only=True
            )
            keep_end(trainer, job)
    return module


def torch_seed(seed: int) -> int:
    """A seed (0..2^63 − 1) as PyTorch and Lightning take it, below 2^32: those are as they are."""
    return seed if seed < 2**32 else int(np.random.SeedSequence(seed).generate_state(1)[0])


class StreamData(pl.LightningDataModule):
    """Hands each process its share of every step."""

    def __init__(self, batches: Batches, start: int, steps: int) -> None:
        super().__init__()
        self.batches, self.start, self.steps = batches, start, steps

    def train_dataloader(self) -> StepLoader:
        assert self.trainer is not None
        return StepLoader(
            self.batches, self.start, self.steps, self.trainer.global_rank, self.trainer.world_size
        )


def make_net(recipe: Recipe, corpus: Corpus) -> LanguageModel:
    """The recipe's net for the text's vocabulary. Raises SettingError for sizes that it does not know."""
    sizes = {"vocab_size": corpus.tokenizer.vocab_size, **recipe.net.sizes}
    return build(recipe.net.architecture, sizes, recipe.net.dropout)


def measure_inputs(job: Job, batches: Batches) -> MeasureInputs:
    return MeasureInputs(
        recipe=job.recipe,
        tokenizer=job.corpus.tokenizer,
        validation=validation_documents(job.recipe, job.corpus),
        tokens_per_step=batches.tokens_per_step,
        csv=job.folder / FILE,
    )


def callbacks(job: Job, measured: MeasureInputs) -> list[pl.Callback]:
    options = job.options
    return [
        Averaging(),
        Measure(measured, options.clock, job.report),
        Progress(measured.tokens_per_step, options.clock, job.report, options.pause),
        *checkpoints(job.folder, job.recipe.log.every),
    ]


def make_trainer(recipe: Recipe, options: TrainOptions, callbacks: list[pl.Callback]) -> pl.Trainer:
    """Lightning's Trainer for a recipe; it prints and writes nothing but what the callbacks do."""
    return pl.Trainer(
        accelerator=options.accelerator,
        devices=options.devices,
        strategy=options.strategy,
        precision=options.lightning_precision(),  # type: ignore[arg-type]
        max_steps=recipe.schedule.steps,
        gradient_clip_val=recipe.optimiser.clip,
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=any(isinstance(callback, Checkpoint) for callback in callbacks),
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


def keep_end(trainer: pl.Trainer, job: Job) -> None:
    """The end is a checkpoint too, wherever the interval falls."""
    if trainer.global_step % job.recipe.log.every:
        trainer.save_checkpoint(job.folder / f"last-step={trainer.global_step}.ckpt")


def finish(job: Job, module: TrainingModule) -> Path:
    """Put the net of the best checkpoint in its place among the models; only the first process does."""
    if is_leader():
        finished = best(job, module)
        job.report(f"measuring the weights of step {finished.step} after rounding to float16")
        publish_model(job.target, finished, job.options)
    return job.target


def best(job: Job, module: TrainingModule) -> FinishedRun:
    """The net of the checkpoint that the recipe keeps, and how its run went to the end."""
    last = torch.load(saved(job.folder)[-1], map_location="cpu", weights_only=True)["textgen"]
    rows = tuple(LogRow.from_dict(row) for row in last["rows"])
    losses = {row.step: row.validation_loss for row in rows}
    path = min(saved(job.folder), key=lambda path: losses.get(step_of(path), float("inf")))
    if job.recipe.keep == "last":
        path = saved(job.folder)[-1]
    module.load_state_dict(torch.load(path, map_location="cpu", weights_only=True)["state_dict"])
    return FinishedRun(
        job.recipe, job.corpus, module.result.cpu().eval(), step_of(path), rows, last["seconds"]
    )


@contextmanager
def stoppable(job: Job) -> Iterator[None]:
    """Ctrl-C as everywhere in Python: Lightning would end the process and leave the signal ignored."""
    try:
        yield
    except SystemExit as stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        earlier = saved(job.folder)
        kept = (
            f"--resume goes on from step {step_of(earlier[-1])}" if earlier else "there is no checkpoint yet"
        )
        job.report(f"stopped; {kept}")
        raise KeyboardInterrupt from stop


@contextmanager
def quiet() -> Iterator[None]:
    """Without Lightning's hints, which are for authors of training code, not for its users."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
