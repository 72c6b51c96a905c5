"""Tied nets: the embedding table is the output matrix too, and is stored once."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from textgen.nets.gru import GRU
from textgen.nets.lstm import LSTM
from textgen.nets.recurrent import RecurrentNet

CELLS: list[type[RecurrentNet]] = [LSTM, GRU]


@pytest.fixture(params=CELLS)
def net(request: pytest.FixtureRequest) -> RecurrentNet:
    torch.manual_seed(0)
    net: RecurrentNet = request.param(RecurrentNet.Sizes(11, embedding=6, hidden=9, tied=True))
    assert net.out_bias is not None
    torch.nn.init.normal_(net.out_bias)
    return net.eval().requires_grad_(False)


def test_logits_are_products_with_the_embeddings(net: RecurrentNet) -> None:
    ids = torch.randint(11, (2, 5))
    outputs, _ = net.stack(net.embedding(ids))
    projected = F.linear(outputs, net.head.weight, net.head.bias)
    assert net.out_bias is not None
    expected = torch.einsum("bte,ve->btv", projected, net.embedding.weight) + net.out_bias
    torch.testing.assert_close(net(ids), expected)


def test_there_is_one_matrix_with_a_row_per_token(net: RecurrentNet) -> None:
    assert [name for name, weight in net.state_dict().items() if 11 in weight.shape] == [
        "out_bias",
        "embedding.weight",
    ]


def test_untied_keys_are_as_ever() -> None:
    assert not {"out_bias"} & LSTM(LSTM.Sizes(11, embedding=6, hidden=9)).state_dict().keys()


def test_scaling_scales_every_logit(net: RecurrentNet) -> None:
    ids = torch.randint(11, (2, 5))
    before, read = net(ids), net.prefill(ids)[0]
    net.scale_logits(0.5)
    torch.testing.assert_close(net(ids), before / 2)
    torch.testing.assert_close(net.prefill(ids)[0], read / 2)


def test_last_logits_are_those_after_the_last_token(net: RecurrentNet) -> None:
    ids = torch.randint(11, (2, 5))
    assert torch.equal(net.last_logits(ids), net(ids)[:, -1])


def test_both_uses_of_the_table_learn() -> None:
    net = LSTM(LSTM.Sizes(11, embedding=6, hidden=9, tied=True))
    F.cross_entropy(net.last_logits(torch.tensor([[3, 4]])), torch.tensor([7])).backward()
    assert net.embedding.weight.grad is not None
    assert net.embedding.weight.grad.abs().amin(1).gt(0).all()  # as output, every row
