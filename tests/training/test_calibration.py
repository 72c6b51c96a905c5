"""Temperature scaling finds how much too sure a net is, and mends it."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from textgen.decoding.stream import Stream, generate
from textgen.models.evaluation import losses_at, windows_loss
from textgen.nets.base import Dropout
from textgen.nets.lstm import LSTM
from textgen.settings import DecodeSettings
from textgen.training.calibration import GRID, calibrate


def net_and_its_text(tokens: int = 6000) -> tuple[LSTM, torch.Tensor]:
    """A net that is perfectly calibrated on a text: it wrote the text itself, at T = 1."""
    torch.manual_seed(3)
    net = LSTM(LSTM.Sizes(7, embedding=8, hidden=12)).eval().requires_grad_(False)
    net.scale_logits(25)
    steps = generate(net, [Stream(DecodeSettings(), 5, (0,))], tokens)
    return net, torch.tensor([0, *(int(step.ids[0]) for step in steps)])


@pytest.mark.parametrize("too_sure", [0.85, 1.0, 1.3])
def test_the_fit_finds_by_how_much_a_net_is_too_sure(too_sure: float) -> None:
    net, text = net_and_its_text()
    net.scale_logits(too_sure)
    found = calibrate(net, text, window=len(text))
    assert found.temperature == pytest.approx(too_sure, abs=0.08)


def test_the_division_is_folded_into_the_net_and_reported_on_unseen_text() -> None:
    net, text = net_and_its_text()
    net.scale_logits(1.3)
    before = windows_loss(net, text)
    found = calibrate(net, text)
    assert found.second_half_after is not None
    assert found.second_half_before is not None
    assert found.second_half_after < found.second_half_before
    assert windows_loss(net, text) < before
    assert windows_loss(net, text[len(text) // 2 :]) == pytest.approx(found.second_half_after, abs=1e-6)


def test_dropout_has_no_say_in_the_fit() -> None:
    net, text = net_and_its_text(600)
    net.dropout = Dropout(embedding=0.5, output=0.5)
    same, found = deepcopy(net), calibrate(net.train(), text)
    assert found == calibrate(same, text)


def test_stepping_sees_the_scaled_weights() -> None:
    net, text = net_and_its_text(40)
    net.prepare()
    before, _ = net.prefill(text[None, :5])
    net.scale_logits(0.5)
    np.testing.assert_allclose(net.prefill(text[None, :5])[0], before / 2, rtol=1e-5)


def test_the_loss_at_a_temperature_is_that_of_divided_logits() -> None:
    net, text = net_and_its_text(300)
    losses = losses_at(net, text, GRID)
    net.scale_logits(1 / GRID[10])
    assert windows_loss(net, text) == pytest.approx(losses[10], abs=1e-5)
