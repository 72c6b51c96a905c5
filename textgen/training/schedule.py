"""The optimiser of a recipe and the schedule of its learning rate, as PyTorch and Lightning take them."""

from __future__ import annotations

import math
from typing import Any

from torch import nn
from torch.optim import AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import LambdaLR, ReduceLROnPlateau

from textgen.training.recipe import OptimiserRecipe, ScheduleRecipe

MONITORED = "train_loss"


def make_optimiser(net: nn.Module, recipe: OptimiserRecipe) -> Optimizer:
    """The optimiser of a recipe; only matrices decay."""
    trained = [p for p in net.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() > 1], "weight_decay": recipe.weight_decay},
        {"params": [p for p in trained if p.dim() <= 1], "weight_decay": 0.0},
    ]
    if recipe.name == "rmsprop":
        return RMSprop(groups, lr=recipe.rate, alpha=recipe.alpha, eps=recipe.eps)
    return AdamW(groups, lr=recipe.rate, betas=recipe.betas, eps=recipe.eps)


def make_schedule(optimiser: Optimizer, recipe: ScheduleRecipe) -> dict[str, Any]:
    """The schedule of a recipe, as Lightning takes it."""
    if recipe.name != "plateau":
        schedule = LambdaLR(optimiser, lambda step: rate_factor(step, recipe))
        return {"scheduler": schedule, "interval": "step"}
    plateau = ReduceLROnPlateau(
        optimiser,
        factor=recipe.factor,
        patience=recipe.patience,
        threshold=recipe.threshold,
        min_lr=recipe.floor * optimiser.param_groups[0]["lr"],
    )
    return {"scheduler": plateau, "interval": "step", "frequency": recipe.every, "monitor": MONITORED}


def rate_factor(step: int, recipe: ScheduleRecipe) -> float:
    """Learning rate of a step as a share (0..1) of the highest.

    A line over the warm-up (at most a tenth of the run), times a half cosine (Loshchilov & Hutter 2017,
    without restarts), a line or nothing from 1 down to `floor` at the last step.
    """
    done = min(1.0, step / max(1, recipe.steps))
    if recipe.name == "one-cycle":
        return one_cycle(done, recipe)
    warm = min(1.0, (step + 1) / (min(recipe.warmup, recipe.steps // 10) + 1))
    if recipe.name == "linear":
        return warm * (1 - (1 - recipe.floor) * done)
    return warm * between(1.0, recipe.floor, done) if recipe.name == "cosine" else warm


def one_cycle(done: float, recipe: ScheduleRecipe) -> float:
    """From `floor` up to 1 at the share `peak` of the run, down to floor² at its end: two half cosines."""
    if done < recipe.peak:
        return between(recipe.floor, 1.0, done / recipe.peak)
    return between(1.0, recipe.floor**2, (done - recipe.peak) / max(1e-9, 1 - recipe.peak))


def between(start: float, end: float, done: float) -> float:
    """Half a cosine from `start` to `end` as `done` goes from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
