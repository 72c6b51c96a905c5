"""Suppressed: the same net, some tokens of which cannot be picked."""

from __future__ import annotations

import pytest
import torch

from textgen.nets.lstm import LSTM
from textgen.nets.suppressed import Suppressed

IDS = torch.tensor([[1, 2, 0, 3], [4, 4, 1, 2]])


@pytest.fixture
def net() -> LSTM:
    torch.manual_seed(0)
    return LSTM(LSTM.Sizes(6, embedding=4, hidden=8)).eval()


def test_every_way_to_ask_leaves_the_silent_out_and_nothing_else(net: LSTM) -> None:
    suppressed = Suppressed(net, {5, 0})
    with torch.inference_mode():
        whole, state = net.unroll(IDS)
        after, _ = net.step(IDS[:, 0], state)
        asked = [suppressed.unroll(IDS), suppressed.prefill(IDS), suppressed.step(IDS[:, 0], state)]
    for (logits, _), expected in zip(asked, [whole, whole[:, -1], after], strict=True):
        assert (logits[..., [0, 5]] == -torch.inf).all()
        assert torch.allclose(logits[..., 1:5], expected[..., 1:5], atol=1e-6)
    assert torch.isfinite(whole).all()


def test_streams_are_chosen_as_the_net_does(net: LSTM) -> None:
    suppressed = Suppressed(net, {0})
    with torch.inference_mode():
        _, state = suppressed.prefill(IDS)
        one, _ = suppressed.step(torch.tensor([3]), suppressed.select(state, torch.tensor([1])))
        both, _ = suppressed.step(torch.tensor([3, 3]), state)
    assert torch.allclose(one[0], both[1], atol=1e-6)


def test_it_has_the_nets_sizes_and_weights(net: LSTM) -> None:
    net.context = 7
    wrapped = Suppressed(net, {0})
    assert (wrapped.vocab_size, wrapped.context, wrapped.parameter_count) == (
        6,
        7,
        net.parameter_count,
    )
