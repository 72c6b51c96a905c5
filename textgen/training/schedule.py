"""The optimiser of a recipe and how its learning rate goes."""

from __future__ import annotations

import math

from torch import nn
from torch.optim import AdamW, Optimizer

from textgen.errors import out_of_range
from textgen.training.recipe import OptimiserRecipe, ScheduleRecipe


def make_optimiser(net: nn.Module, recipe: OptimiserRecipe) -> Optimizer:
    """The optimiser of a recipe; only matrices decay. Raises SettingError for an unknown one."""
    if recipe.name != "adamw":
        raise out_of_range("optimiser.name", "'adamw'", recipe.name, "take adamw")
    matrices = [p for p in net.parameters() if p.dim() > 1]
    vectors = [p for p in net.parameters() if p.dim() <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=recipe.rate, betas=recipe.betas)


def rate_factor(step: int, recipe: ScheduleRecipe) -> float:
    """Learning rate of a step as a share (0..1) of the highest.

    A line over the warm-up (at most a tenth of the run), times half a cosine from 1 down to `floor`
    at the last step (Loshchilov & Hutter 2017, without restarts). Raises SettingError for an
    unknown schedule.
    """
    warm = min(1.0, (step + 1) / (min(recipe.warmup, recipe.steps // 10) + 1))
    if recipe.name == "constant":
        return warm
    if recipe.name != "cosine":
        raise out_of_range("schedule.name", "'cosine' or 'constant'", recipe.name, "take cosine")
    done = min(1.0, step / max(1, recipe.steps))
    return warm * (recipe.floor + (1 - recipe.floor) * (1 + math.cos(math.pi * done)) / 2)
