"""The window LSTM: Keras' sizes and start, one-hot input, nothing seen beyond the window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from textgen.nets import build, windowed_lstm
from textgen.nets.windowed_lstm import WindowedLSTM

CLOSE = {"rtol": 0, "atol": 1e-5}
WINDOW = 6


@pytest.fixture
def net() -> WindowedLSTM:
    torch.manual_seed(0)
    net = WindowedLSTM(WindowedLSTM.Sizes(11, hidden=7, window=WINDOW))
    for parameter in net.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    return net.eval().requires_grad_(False)


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(11, (3, 20), generator=torch.Generator().manual_seed(1))


def by_the_formula(net: WindowedLSTM, ids: Tensor) -> Tensor:
    """ids (T,) → logits (V,): the last window, a token at a time, gate by gate, one-hot rows."""
    h, c = torch.zeros(net.hidden), torch.zeros(net.hidden)
    for token in ids[-net.window :]:
        x = torch.zeros(net.vocab_size)
        x[token] = 1
        i, f, g, o = (net.weight_ih @ x + net.weight_hh @ h + net.bias).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
    return net.head.weight @ h + net.head.bias


def test_it_is_the_formula(net: WindowedLSTM, ids: Tensor) -> None:
    logits = net(ids)
    for row, text in enumerate(ids):
        for t in range(ids.shape[1]):
            torch.testing.assert_close(logits[row, t], by_the_formula(net, text[: t + 1]), **CLOSE)


def test_it_has_the_parameters_of_the_keras_example() -> None:
    assert build("windowed_lstm", {"vocab_size": 60}).parameter_count == 104_508


def test_it_starts_as_keras_does() -> None:
    net = WindowedLSTM(WindowedLSTM.Sizes(60))
    assert net.bias.sum() == 128
    assert (net.bias[128:256] == 1).all()
    torch.testing.assert_close(net.weight_hh.T @ net.weight_hh, torch.eye(128), rtol=0, atol=1e-4)
    limit = (6 / (60 + 512)) ** 0.5
    assert 0.99 * limit < net.weight_ih.abs().max() <= limit


def test_a_token_is_seen_for_as_long_as_the_window(net: WindowedLSTM, ids: Tensor) -> None:
    other = ids.clone()
    other[:, 4] = (ids[:, 4] + 1) % 11
    changed = (net(ids) != net(other)).any(dim=2).all(dim=0)
    assert changed.tolist() == [4 <= t < 4 + WINDOW for t in range(20)]
    assert net.context == WINDOW


def test_last_logits_read_one_window_and_learn(net: WindowedLSTM, ids: Tensor) -> None:
    net.requires_grad_(True)
    logits = net.last_logits(ids)
    torch.testing.assert_close(logits, net(ids)[:, -1], **CLOSE)
    logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())


def test_pieces_make_no_difference(net: WindowedLSTM, ids: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = net(ids)
    monkeypatch.setattr(windowed_lstm, "PIECE", 4)
    torch.testing.assert_close(net(ids), whole, **CLOSE)


def test_a_stream_is_the_same_to_the_last_bit_in_any_company(net: WindowedLSTM, ids: Tensor) -> None:
    together = net.step(ids[:, 9], net.prefill(ids[:, :9])[1])[0]
    for row in range(3):
        alone = net.step(ids[row : row + 1, 9], net.prefill(ids[row : row + 1, :9])[1])[0]
        assert np.array_equal(alone[0].numpy(), together[row].numpy())


def test_a_vocabulary_of_a_million_takes_no_more_memory_than_its_weights() -> None:
    large = WindowedLSTM(WindowedLSTM.Sizes(1_000_000, hidden=1, window=3)).eval().requires_grad_(False)
    ids = torch.tensor([[3, 999_999, 0, 7]])
    expected = large(ids)[:, -1]  # a table of one-hot rows would have 10^12 numbers
    torch.testing.assert_close(large.prefill(ids)[0], expected, **CLOSE)
