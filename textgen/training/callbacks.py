"""Lightning callbacks of a training run: averaged weights, measurements, lines of progress, checkpoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from textgen.errors import TextgenError
from textgen.graphemes import clip
from textgen.models.config import ModelConfig
from textgen.models.evaluation import windows_loss
from textgen.models.folder import Model
from textgen.models.log import LogRow, write_log
from textgen.nets.base import LanguageModel
from textgen.text.tokenizer import TextTokenizer, visible
from textgen.training.job import saved, step_of
from textgen.training.module import TrainingModule
from textgen.training.recipe import Recipe
from textgen.training.sampling import write_beam, write_samples
from textgen.units import loss_text

Report = Callable[[str], None]
SHOWN = 100  # characters of a sample in a line of progress
CHECKED = 20  # steps between two looks at the losses
DIVERGED = 2.0  # times the loss of the untrained net: no text that is learned costs as much
TURNED = 1.005  # times the best validation loss: that it has turned is no chance any more
BY_HEART = "it begins to learn its text by heart"
Clock = Callable[[], float]  # seconds


class Averaging(Callback):
    """Keeps the running average of the weights; must come before what measures or saves it."""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        module = training_module(pl_module)
        if module.average is not None:
            update_average(
                module.average, module.net, averaging(trainer.global_step, module.recipe.averaging)
            )


def training_module(module: LightningModule) -> TrainingModule:
    """Lightning's hooks know a LightningModule only; these callbacks are for ours."""
    assert isinstance(module, TrainingModule)
    return module


def averaging(step: int, decay: float) -> float:
    """Decay of the running average at a step ≥ 1: a short memory at first, while the weights move far."""
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(average: LanguageModel, net: LanguageModel, decay: float) -> None:
    """average ← decay · average + (1 − decay) · net (Polyak & Juditsky 1992, in exponential form)."""
    for mean, value in zip(average.parameters(), net.parameters(), strict=True):
        mean.lerp_(value, 1 - decay)


@dataclass(frozen=True, slots=True)
class MeasureInputs:
    """What the measurements of a run need."""

    recipe: Recipe
    tokenizer: TextTokenizer
    validation: Sequence[Tensor]  # (N,) ids of each document
    characters: float  # per token of what validates
    tokens_per_step: int
    csv: Path


class Measure(Callback):
    """Before the first step, every `log.every` steps and at the end: losses and samples, a row of the log."""

    def __init__(self, measured: MeasureInputs, clock: Clock, report: Report) -> None:
        self.measured, self.clock, self.report = measured, clock, report
        self._since = 0.0
        self._losses: list[Tensor] = []  # of the steps since the last row

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._since = self.clock()
        module = training_module(pl_module)
        if not module.rows:
            self._add_row(module, 0)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self._losses.append(outputs["loss"].detach())
        step, log, module = trainer.global_step, self.measured.recipe.log, training_module(pl_module)
        due = step % log.every == 0 or step == trainer.max_steps or trainer.should_stop
        if due or len(self._losses) % CHECKED == 0:
            self._check_losses(module, step)
        if due:
            self._add_row(module, step)
            module.log("validation_loss", module.rows[-1].validation_loss, sync_dist=True)
            trainer.should_stop |= without_progress(module.rows, self.measured.recipe.schedule.stop_after)

    def _check_losses(self, module: TrainingModule, step: int) -> None:
        """Raises TextgenError where the loss is no number any more, or so large that nothing is learned."""
        losses = torch.stack(self._losses).tolist()
        first = step - len(losses) + 1
        known = [(row.step, row.train_loss) for row in module.rows[1:]]
        check_course("training", [*known, *enumerate(losses, first)], self.measured)
        if module.rows:
            check_height(module.rows[0].validation_loss, step, sum(losses) / len(losses), self.measured)

    def _add_row(self, module: TrainingModule, step: int) -> None:
        now = self.clock()
        module.seconds, self._since = module.seconds + now - self._since, now
        module.rows.append(self._row(module, step))
        self._losses.clear()
        if module.global_rank == 0:
            write_log(self.measured.csv, module.rows, self.measured.recipe.log.temperatures)
            self.report(describe(module.rows, self.measured.characters))
            self.report(f"  it writes: {excerpt(module.rows[-1].samples)}")

    def _row(self, module: TrainingModule, step: int) -> LogRow:
        measured, log = self.measured, self.measured.recipe.log
        net = deepcopy(module.result).eval()
        validation = [ids.to(module.device) for ids in measured.validation]
        loss = windows_loss(net, validation, log.window)
        known = [(row.step, row.validation_loss) for row in module.rows]
        check_course("validation", [*known, (step, loss)], measured)
        losses = torch.stack(self._losses) if self._losses else torch.full((1,), torch.nan)
        learned = module.trainer.strategy.reduce(losses.mean(), reduce_op="mean")
        net.cpu().prepare()
        model = draft_model(net, measured)
        return LogRow(
            step=step,
            tokens=step * measured.tokens_per_step,
            train_loss=float(learned),
            validation_loss=loss,
            learning_rate=module.optimizers().param_groups[0]["lr"],  # type: ignore[union-attr]
            samples=write_samples(model, log.temperatures, log.sample),
            beam=write_beam(model, log.beam),
        )


def draft_model(net: LanguageModel, measured: MeasureInputs) -> Model:
    """A net that is still learning, as a model that writes."""
    return Model("", net, measured.tokenizer, config_so_far(measured.recipe))


def config_so_far(recipe: Recipe) -> ModelConfig:
    """What a net that is still learning needs to write: how its texts begin."""
    net = recipe.net
    return ModelConfig(
        architecture=net.architecture, sizes=net.sizes, start=recipe.start, bos=recipe.bos or None
    )


def without_progress(rows: Sequence[LogRow], patience: int) -> bool:
    """Whether the last `patience` rows brought no better validation loss; 0 never stops a run."""
    losses = [row.validation_loss for row in rows]
    return bool(patience) and len(losses) - 1 - losses.index(min(losses)) >= patience


def describe(rows: Sequence[LogRow], characters: float) -> str:
    """The last row in a line, with a word when validation has turned while training goes on to improve.

    `characters` are those of a token of what validates.
    """
    row, best = rows[-1], min(rows, key=lambda row: row.validation_loss)
    validation = f"validation {loss_text(row.validation_loss, 'token', characters)}"
    if not row.step:
        return f"step 0, untrained: {validation}"
    line = f"step {row.step}: training {row.train_loss:.4f}, {validation}"
    if row.validation_loss < best.validation_loss * TURNED:
        return line
    why = BY_HEART if learns_by_heart(rows) else "a lower optimiser.rate may help"
    return f"{line}; best {best.validation_loss:.4f} at step {best.step}: {why}"


def learns_by_heart(rows: Sequence[LogRow]) -> bool:
    """Whether the validation loss has turned while the training loss still falls."""
    row, best = rows[-1], min(rows, key=lambda row: row.validation_loss)
    if row.validation_loss < best.validation_loss * TURNED:
        return False
    return row.train_loss < (best.train_loss if best.step else best.validation_loss)


def check_course(name: str, losses: Sequence[tuple[int, float]], measured: MeasureInputs) -> None:
    """Raises TextgenError unless all losses, each with its step, are numbers."""
    at = next((i for i, (_, loss) in enumerate(losses) if not math.isfinite(loss)), None)
    if at is None:
        return
    step, loss = losses[at]
    before = f"; the last that was one is {losses[at - 1][1]:.5g} at step {losses[at - 1][0]}" if at else ""
    raise TextgenError(f"the {name} loss at step {step} is no number ({loss}){before}: {hint(measured)}")


def check_height(untrained: float, step: int, loss: float, measured: MeasureInputs) -> None:
    """Raises TextgenError where the loss is far above that of the untrained net."""
    if loss > DIVERGED * untrained:
        raise TextgenError(
            f"the training loss has grown to {loss:.4g} at step {step}, that of the untrained net is "
            f"{untrained:.4g}: {hint(measured)}"
        )


def hint(measured: MeasureInputs) -> str:
    """What to do about a run that went astray."""
    optimiser, earlier = measured.recipe.optimiser, saved(measured.csv.parent)
    kept = "there is no checkpoint yet"
    if earlier:
        step = step_of(earlier[-1])
        kept = f"the checkpoint of step {step} stays, and --resume --max-steps {step} makes a model of it"
    return (
        f"the run stops, and nothing is published; {kept}. Begin anew with --restart and a lower "
        f"--set optimiser.rate= (it is {optimiser.rate:g}) or optimiser.weight_decay= "
        f"({optimiser.weight_decay:g}), or a longer schedule.warmup= ({measured.recipe.schedule.warmup:,})"
    )


def excerpt(samples: Sequence[str]) -> str:
    """The beginning of a sample from the middle of the temperatures, in one line."""
    return clip(visible(samples[len(samples) // 2]), SHOWN) if samples else ""


class Progress(Callback):
    """Reports how far the run is and how long it will take, at most every `pause` seconds."""

    def __init__(self, tokens_per_step: int, clock: Clock, report: Report, pause: float) -> None:
        self.tokens_per_step, self.clock, self.report, self.pause = tokens_per_step, clock, report, pause
        self._began, self._first, self._reported = 0.0, 0, 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._began = self._reported = self.clock()
        self._first = trainer.global_step

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now = self.clock()
        if now - self._reported >= self.pause and trainer.is_global_zero:
            self._reported = now
            a_step = (now - self._began) / (trainer.global_step - self._first)
            self.report(self._line(trainer.global_step, trainer.max_steps, a_step, float(outputs["loss"])))

    def _line(self, step: int, steps: int, a_step: float, loss: float) -> str:
        speed, left = self.tokens_per_step / max(a_step, 1e-9), round(a_step * (steps - step))
        clock = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"
        return (
            f"{step}/{steps} steps ({step / steps:.0%}), loss {loss:.3f}, {speed:,.0f} tokens/s, {clock} left"
        )
