"""How the learning rate goes, and which optimiser a recipe gets."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.optim import AdamW, RMSprop
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from textgen.training.recipe import OptimiserRecipe, ScheduleRecipe
from textgen.training.schedule import make_optimiser, make_schedule, rate_factor


def factors(recipe: ScheduleRecipe) -> list[float]:
    return [rate_factor(step, recipe) for step in range(recipe.steps + 1)]


@pytest.mark.parametrize("name", ["cosine", "linear"])
def test_decaying_schedules_go_from_the_full_rate_to_the_floor(name: str) -> None:
    rates = factors(ScheduleRecipe(name=name, steps=100, warmup=0, floor=0.1))
    assert rates[0] == 1
    assert rates[-1] == pytest.approx(0.1)
    assert all(later < earlier for earlier, later in pairwise(rates))
    assert rates[50] == pytest.approx(0.55)


def test_warm_up_is_a_line_of_at_most_a_tenth_of_the_run() -> None:
    rates = factors(ScheduleRecipe(name="constant", steps=50, warmup=200))
    assert rates[:7] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1, 1])


def test_one_cycle_is_smiths_as_pytorch_has_it() -> None:
    """PyTorch's OneCycleLR with div_factor 1/floor; its end is rate · floor / final_div_factor."""
    recipe = ScheduleRecipe(name="one-cycle", steps=99, floor=0.04, peak=0.3)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1)
    theirs = OneCycleLR(optimiser, 1.0, total_steps=100, pct_start=0.3, div_factor=25, final_div_factor=25)
    for step in range(100):
        # theirs turns at step 0.3 · 100 − 1, ours at 0.3 of the run
        assert rate_factor(step, recipe) == pytest.approx(theirs.get_last_lr()[0], abs=0.03)
        optimiser.step()
        theirs.step()
    assert max(factors(recipe)) == pytest.approx(1, abs=1e-3)
    assert factors(recipe)[-1] == pytest.approx(0.04**2)


def test_plateau_lowers_the_rate_when_the_loss_stands_still() -> None:
    optimiser = make_optimiser(nn.Linear(2, 2), OptimiserRecipe(rate=1.0))
    recipe = ScheduleRecipe(name="plateau", factor=0.5, patience=2, every=16, floor=0.2)
    made = make_schedule(optimiser, recipe)
    assert (made["interval"], made["frequency"], made["monitor"]) == ("step", 16, "train_loss")
    plateau = made["scheduler"]
    assert isinstance(plateau, ReduceLROnPlateau)
    rates = []
    for loss in (3.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0):
        plateau.step(loss)
        rates.append(optimiser.param_groups[0]["lr"])
    assert rates == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2]


def test_only_matrices_decay() -> None:
    optimiser = make_optimiser(nn.Linear(3, 2), OptimiserRecipe(weight_decay=0.3))
    assert isinstance(optimiser, AdamW)
    decays = {
        tuple(p.shape): group["weight_decay"] for group in optimiser.param_groups for p in group["params"]
    }
    assert decays == {(2, 3): 0.3, (2,): 0.0}


def test_rmsprop_steps_as_keras_does() -> None:
    """Keras: mean ← 0.9 · mean + 0.1 · g², w ← w − rate · g / √mean."""
    weight = nn.Parameter(torch.tensor([1.0]))
    net = nn.Module()
    net.weight = weight
    optimiser = make_optimiser(net, OptimiserRecipe(name="rmsprop", rate=0.01, weight_decay=0, eps=1e-7))
    assert isinstance(optimiser, RMSprop)
    mean, expected = 0.0, 1.0
    for gradient in (0.5, -0.2, 0.3):
        weight.grad = torch.tensor([gradient])
        optimiser.step()
        mean = 0.9 * mean + 0.1 * gradient**2
        expected -= 0.01 * gradient / math.sqrt(mean)
        assert weight.item() == pytest.approx(expected, abs=1e-5)


def test_frozen_weights_are_left_alone() -> None:
    net = nn.Linear(2, 2)
    net.bias.requires_grad_(False)
    held = [p for group in make_optimiser(net, OptimiserRecipe()).param_groups for p in group["params"]]
    assert len(held) == 1
