"""Products over prepared weights: right, and the same for a row whatever is beside it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from textgen.nets import packed
from textgen.nets.lstm import LSTM
from textgen.nets.packed import Array, Packed
from textgen.nets.rnn import RNN


def example(rows: int, inputs: int = 20) -> tuple[torch.Tensor, torch.Tensor, Array]:
    rng = np.random.default_rng(rows)
    weight = torch.from_numpy(rng.normal(size=(48, inputs)).astype(np.float32))
    bias = torch.from_numpy(rng.normal(size=48).astype(np.float32))
    return weight, bias, rng.normal(size=(rows, inputs)).astype(np.float32)


@pytest.mark.parametrize("rows", [1, 2, 4, 5, 64, 65, 300])
@pytest.mark.parametrize("onednn", [True, False])
def test_it_is_the_linear_map(rows: int, onednn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not onednn:
        monkeypatch.setattr(packed, "has_onednn", lambda: False)
    weight, bias, x = example(rows)
    expected = x.astype(np.float64) @ weight.double().numpy().T + bias.double().numpy()
    np.testing.assert_allclose(Packed(weight, bias)(x), expected, rtol=0, atol=1e-5)


@pytest.mark.skipif(not packed.has_onednn(), reason="this PyTorch has no oneDNN")
@pytest.mark.parametrize("inputs", [20, 1023, 1024, 1025, 1040, 1536, 2048, 3001])
def test_a_row_is_the_same_to_the_last_bit_in_any_company(inputs: int) -> None:
    weight, bias, x = example(64, inputs)
    product = Packed(weight, bias)
    together = product(x)
    for rows in range(1, 65):
        assert np.array_equal(product(x[:rows]), together[:rows])
    assert np.array_equal(product(x[7:8]), together[7:8])


@pytest.mark.skipif(not packed.has_onednn(), reason="this PyTorch has no oneDNN")
@torch.inference_mode()
def test_a_wide_net_writes_alone_what_it_writes_in_company() -> None:
    torch.manual_seed(0)
    net = RNN(RNN.Sizes(5, embedding=8, hidden=1040, layers=2)).eval().requires_grad_(False)
    ids = torch.randint(5, (64, 3), generator=torch.Generator().manual_seed(1))

    def logits(rows: int) -> torch.Tensor:
        _, state = net.prefill(ids[:rows, :2])
        return net.step(ids[:rows, 2], state)[0]

    together = logits(64)
    for rows in (1, 2, 3):
        assert torch.equal(logits(rows), together[:rows])


def test_one_thread_is_one_while_it_works_and_after_a_mistake() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert packed.in_one_thread(torch.get_num_threads) == 1
        with pytest.raises(ZeroDivisionError):
            packed.in_one_thread(lambda: 1 / 0)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_what_is_prepared_does_not_depend_on_the_number_of_threads() -> None:
    torch.manual_seed(0)
    net = LSTM(LSTM.Sizes(7, embedding=8, hidden=16)).eval().requires_grad_(False)
    threads, tables = torch.get_num_threads(), []
    for number in (1, 2, 4):
        torch.set_num_threads(number)
        net.prepare()
        tables.append(net.fast.table)
    torch.set_num_threads(threads)
    assert np.array_equal(tables[0], tables[1])
    assert np.array_equal(tables[0], tables[2])


def test_it_is_a_copy() -> None:
    weight, bias, x = example(2)
    product = Packed(weight, bias)
    before = product(x)
    weight.zero_()
    bias.zero_()
    assert np.array_equal(product(x), before)


@torch.inference_mode()
def test_5000_steps_agree_with_one_forward_relative_to_the_largest_logit() -> None:
    torch.manual_seed(0)
    net = RNN(RNN.Sizes(23, embedding=8, hidden=32, layers=2)).eval().requires_grad_(False)
    ids = torch.randint(23, (1, 5000), generator=torch.Generator().manual_seed(1))
    whole = net(ids)[0]
    _, state = net.prefill(ids[:, :1])
    for place in range(1, 5000):
        logits, state = net.step(ids[:, place], state)
        assert (logits[0] - whole[place]).abs().max() <= 1e-5 * whole.abs().max()
