"""Training: a recipe and a text become a model folder. A killed run goes on from its last checkpoint."""

from __future__ import annotations

import errno
import logging
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
from lightning.pytorch.accelerators import CPUAccelerator
from lightning.pytorch.callbacks import Checkpoint

from textgen.errors import TextgenError, out_of_range, shorten
from textgen.files import named
from textgen.models.evaluation import targets_of
from textgen.models.log import FILE, LogRow
from textgen.nets import build
from textgen.nets.base import LanguageModel
from textgen.training.callbacks import Averaging, Measure, MeasureInputs, Progress
from textgen.training.checkpoints import CheckpointFiles, checkpoints, read_checkpoint, set_damaged_aside
from textgen.training.corpus import Corpus
from textgen.training.job import (
    Job,
    Plan,
    TrainOptions,
    bos_of,
    claimed,
    is_leader,
    plan,
    prepare,
    saved,
    scored_characters,
    step_of,
    validation_documents,
)
from textgen.training.live import EndEarly, Estimate, Stopwatch, Tell, row_seconds, tell_baseline, tell_text
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
    with prepared(recipe, corpus, options) as job:
        return finish(job, fit(job))


def estimate(
    recipe: str | Path | None, corpus: Path, options: TrainOptions, seconds: float = 1.0
) -> Estimate:
    """How long `train` would take: so many seconds of its very steps, on this text, are measured."""
    with prepared(recipe, corpus, options) as job:
        return measured_speed(job, seconds)


@contextmanager
def prepared(recipe: str | Path | None, corpus: Path, options: TrainOptions) -> Iterator[Job]:
    """All that a run needs, its folder claimed while it lasts; what goes wrong in it is explained."""
    with os_errors_explained(options):
        planned = plan(recipe, corpus, options)
        check_machine(planned)
        with claimed(planned), os_errors_explained(options):
            job = prepare(planned)
            with memory_explained(job):
                yield job


def measured_speed(job: Job, seconds: float) -> Estimate:
    """Train for some seconds; nothing of that is kept."""
    module = TrainingModule(make_net(job.recipe, job.text), job.recipe)
    batches = make_batches(job.text.train, job.recipe, bos_of(job.recipe, job.text.tokenizer))
    watch, steps = Stopwatch(job.options.clock, seconds), job.recipe.schedule.steps
    with quiet(), stoppable(job):
        trainer = make_trainer(job.recipe, job.options, [Averaging(), watch])
        trainer.fit(module, datamodule=StreamData(batches, 0, steps))
    net = module.result.cpu().eval()
    row = row_seconds(net, measure_inputs(job, batches), job.options.clock)
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return Estimate(steps, watch.step, row, job.text.tokenizer.vocab_size, parameters)


@contextmanager
def os_errors_explained(options: TrainOptions) -> Iterator[None]:
    """Makes an OSError a TextgenError that names the file or folder, and the way out."""
    try:
        with named(options.runs):
            yield
    except OSError as error:
        raise TextgenError(unusable(error)) from error


@contextmanager
def memory_explained(job: Job) -> Iterator[None]:
    """Makes the many errors of a full memory a TextgenError."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        batches = job.recipe.batches
        raise TextgenError(
            f"memory is too small for steps of {batches.streams:,} × {batches.length:,} tokens with a net "
            f"of {shorten(dict(job.recipe.net.sizes), 120)}; make net.sizes, batches.streams or "
            "batches.length smaller"
        ) from error


def unusable(error: OSError) -> str:
    """What is wrong with a file or folder, and the way out."""
    path = Path(os.fsdecode(error.filename))
    name = shorten(str(path), 200)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        folder = next(place for place in (path, *path.absolute().parents) if place.is_dir())
        return (
            f"the disk of {folder} is full ({error.strerror}); make room there and go on with --resume, or "
            "choose another folder with --runs or --models"
        )
    reason = error.strerror or error
    return f"{name} cannot be read or written ({reason}); what was trained so far goes on with --resume"


def fit(job: Job) -> TrainingModule:
    """Train to the last step, from the last sound checkpoint if there is one."""
    pl.seed_everything(torch_seed(job.recipe.seed), verbose=False)
    module = TrainingModule(make_net(job.recipe, job.text), job.recipe)
    batches = make_batches(job.text.train, job.recipe, bos_of(job.recipe, job.text.tokenizer))
    inputs = measure_inputs(job, batches)
    tell_text(job, module.net, inputs)
    tell_baseline(job)
    if is_leader():
        set_damaged_aside(job.folder, job.report)
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
    validation = validation_documents(job.recipe, job.text)
    return MeasureInputs(
        recipe=job.recipe,
        tokenizer=job.text.tokenizer,
        validation=validation,
        characters=scored_characters(job.recipe, job.text) / targets_of(validation),
        tokens_per_step=batches.tokens_per_step,
        csv=job.folder / FILE,
    )


def callbacks(job: Job, measured: MeasureInputs) -> list[pl.Callback]:
    options = job.options
    return [
        Averaging(),
        EndEarly(job),
        Measure(measured, options.clock, job.report),
        Tell(job, measured),
        Progress(measured.tokens_per_step, options.clock, job.report, options.pause),
        *checkpoints(job.folder, job.recipe.log.every),
    ]


def check_machine(planned: Plan) -> None:
    """Raises TextgenError for what Lightning's Trainer does not take, before any work is done for it."""
    options, most = planned.options, max(2, os.cpu_count() or 1)
    try:
        with quiet():
            trainer = make_trainer(planned.recipe, options, [])
    except Exception as error:  # Lightning raises many kinds
        asked = (
            f"--accelerator {options.accelerator} --devices {options.devices} --strategy "
            f"{options.strategy} --precision {options.precision}"
        )
        reason = shorten(" ".join(str(error).split()), 160)
        raise TextgenError(
            f"this machine cannot train with {shorten(asked, 160)} ({reason}); leave them out for what it has"
        ) from error
    if trainer.num_devices > most and isinstance(trainer.accelerator, CPUAccelerator):
        raise out_of_range("devices", f"at most {most}, its processors", options.devices, "auto suits any")


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
        plugins=[CheckpointFiles()],
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
        job.tell("measuring", step=finished.step)
        job.report(f"measuring the weights of step {finished.step} after rounding to float16")
        publish_model(job.target, finished, job.options)
        job.tell("done", step=finished.step)
    return job.target


def best(job: Job, module: TrainingModule) -> FinishedRun:
    """The net of the checkpoint that the recipe keeps, and how its run went to the end."""
    last = read_checkpoint(saved(job.folder)[-1])["textgen"]
    rows = tuple(LogRow.from_dict(row) for row in last["rows"])
    losses = {row.step: row.validation_loss for row in rows}
    path = min(saved(job.folder), key=lambda path: losses.get(step_of(path), float("inf")))
    if job.recipe.keep == "last":
        path = saved(job.folder)[-1]
    module.load_state_dict(read_checkpoint(path)["state_dict"])
    return FinishedRun(job.recipe, job.text, module.result.cpu().eval(), step_of(path), rows, last["seconds"])


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
