"""The report's net, mended: its formula, attention that chooses, streams that keep to themselves."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from textgen.nets import build
from textgen.nets.attention_lstm import AttentionLSTM, AttentionState, attend
from textgen.nets.base import Dropout

CLOSE = {"rtol": 0, "atol": 1e-5}
LAYERS, HIDDEN, HEADS, WIDTH, WINDOW = 2, 5, 2, 3, 4


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def net(request: pytest.FixtureRequest) -> AttentionLSTM:
    torch.manual_seed(0)
    net = AttentionLSTM(AttentionLSTM.Sizes(11, 7, HIDDEN, LAYERS, HEADS, WIDTH, WINDOW, tied=request.param))
    for parameter in net.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    return net.eval().requires_grad_(False)


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(11, (3, 12), generator=torch.Generator().manual_seed(1))


def first_lstm(net: AttentionLSTM) -> nn.LSTM:
    """PyTorch's own, bidirectional, with the weights of a net."""
    lstm = nn.LSTM(7, HIDDEN, LAYERS, bidirectional=True)
    weights = {}
    for layer, linear in enumerate(net.first_inputs):
        assert isinstance(linear, nn.Linear)
        for side, ending in enumerate((f"l{layer}", f"l{layer}_reverse")):
            weights[f"weight_ih_{ending}"] = linear.weight.chunk(2)[side]
            weights[f"weight_hh_{ending}"] = net.first_recurrent[2 * layer + side].T
            weights[f"bias_ih_{ending}"] = linear.bias.chunk(2)[side]
            weights[f"bias_hh_{ending}"] = torch.zeros(4 * HIDDEN)
    lstm.load_state_dict(weights)
    return lstm.requires_grad_(False)


def second_lstm(net: AttentionLSTM) -> nn.LSTM:
    lstm = nn.LSTM(HEADS * WIDTH, 2 * LAYERS * HIDDEN)
    weights = {
        "weight_ih_l0": net.second_input.weight,
        "weight_hh_l0": net.second_recurrent.weight,
        "bias_ih_l0": net.second_input.bias,
        "bias_hh_l0": torch.zeros_like(net.second_input.bias),
    }
    lstm.load_state_dict(weights)
    return lstm.requires_grad_(False)


def attended(net: AttentionLSTM, output: Tensor, embedded: Tensor) -> Tensor:
    """The report's attention, output (2·H,), over the embeddings (n, E): head by head."""
    queries, keys, values = net.query(output), net.key(embedded), net.value(embedded)
    heads = []
    for part in torch.arange(HEADS * WIDTH).chunk(HEADS):
        scores = keys[:, part] @ queries[part] / WIDTH**0.5
        heads.append(scores.softmax(0) @ values[:, part])
    return torch.cat(heads)


def by_the_listing(net: AttentionLSTM, ids: Tensor) -> Tensor:
    """ids (T,) → logits (T, V): the loop of the report's Listing 4 for one text, with a window of keys."""
    first, second = first_lstm(net), second_lstm(net)
    hidden = cell = torch.zeros(2 * LAYERS, HIDDEN)
    embedded, logits = net.embedding(ids), []
    for t in range(len(ids)):
        output, (hidden, cell) = first(embedded[t : t + 1], (hidden, cell))
        seen = embedded[max(0, t + 1 - WINDOW) : t + 1]
        start = hidden.reshape(1, -1), cell.reshape(1, -1)
        output, (h, c) = second(attended(net, output[0], seen)[None], start)
        hidden, cell = (hidden + h.view_as(hidden)) / 2, (cell + c.view_as(cell)) / 2
        scores = net.head(output[0])
        logits.append(scores if net.out_bias is None else net.embedding.weight @ scores + net.out_bias)
    return torch.stack(logits)


def test_it_is_the_reports_net(net: AttentionLSTM, ids: Tensor) -> None:
    expected = torch.stack([by_the_listing(net, text) for text in ids])
    torch.testing.assert_close(net(ids), expected, **CLOSE)


def test_the_query_chooses_among_several_keys_alone(net: AttentionLSTM, ids: Tensor) -> None:
    before = net(ids)
    net.query.weight.mul_(-1)
    after = net(ids)
    torch.testing.assert_close(after[:, 0], before[:, 0])  # the report's case: one key
    assert (after[:, 1:] - before[:, 1:]).abs().amax(2).gt(1e-4).all()


def test_queries_and_keys_learn(net: AttentionLSTM, ids: Tensor) -> None:
    net.requires_grad_(True)
    net(ids).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in net.parameters())


def test_attention_reads_the_value_whose_key_it_asks_for() -> None:
    keys, values = torch.eye(3).expand(2, 1, 3, 3), torch.tensor([[1.0], [2.0], [4.0]]).expand(2, 1, 3, 1)
    queries = 100 * torch.eye(3)[[2, 0]]
    torch.testing.assert_close(attend(queries, keys, values), torch.tensor([[4.0], [1.0]]))
    torch.testing.assert_close(attend(0 * queries, keys, values), torch.full((2, 1), 7 / 3))


def test_a_state_holds_what_the_next_window_shares(net: AttentionLSTM, ids: Tensor) -> None:
    lengths = [net.unroll(ids[:, :read])[1].ids.shape[1] for read in range(1, 8)]
    assert lengths == [1, 2, 3, 3, 3, 3, 3]


def test_attention_goes_on_across_unrolls(net: AttentionLSTM, ids: Tensor) -> None:
    """And the ids of a state are what it attends to, beside h and c."""
    _, state = net.unroll(ids[:, :8])
    expected, _ = net.unroll(ids[:, 8:], state)
    torch.testing.assert_close(expected, net(ids)[:, 8:], **CLOSE)
    for place in range(WINDOW - 1):
        others = state.ids.clone()
        others[:, place] = (others[:, place] + 1) % 11
        changed, _ = net.unroll(ids[:, 8:], AttentionState(others, state.carried))
        assert (changed != expected)[:, 0].any(dim=1).all()


def test_streams_do_not_mix(net: AttentionLSTM, ids: Tensor) -> None:
    others = ids.clone()
    others[1:] = (ids[1:] + 1) % 11
    assert torch.equal(net(ids)[0], net(others)[0])


@pytest.mark.parametrize("batch", [2, 3, 5, 16, 40])
def test_a_stream_is_the_same_to_the_last_bit_in_any_company(net: AttentionLSTM, batch: int) -> None:
    ids = torch.randint(11, (batch, 7), generator=torch.Generator().manual_seed(batch))
    together = net.step(ids[:, 6], net.prefill(ids[:, :6])[1])[0]
    for row in range(batch):
        alone = net.step(ids[row : row + 1, 6], net.prefill(ids[row : row + 1, :6])[1])[0]
        assert torch.equal(alone[0], together[row])


@pytest.mark.parametrize("place", ["embedding", "between", "output", "weights"])
def test_dropout_is_for_unrolling_in_training_alone(place: str, ids: Tensor) -> None:
    torch.manual_seed(0)
    net = AttentionLSTM(AttentionLSTM.Sizes(11, embedding=7, hidden=HIDDEN), dropout=Dropout(**{place: 0.5}))
    assert not torch.equal(net(ids), net(ids))
    read = net.prefill(ids)[0]
    net.eval()
    assert torch.equal(net(ids), net(ids))
    torch.testing.assert_close(read, net(ids)[:, -1], **CLOSE)


def test_it_trains_in_bfloat16_too(net: AttentionLSTM, ids: Tensor) -> None:
    expected = net(ids)
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(ids)
    torch.testing.assert_close(logits.float(), expected, rtol=0.1, atol=0.2)


def test_scaling_scales_every_logit(net: AttentionLSTM, ids: Tensor) -> None:
    before = net(ids)
    net.scale_logits(0.5)
    torch.testing.assert_close(net(ids), before / 2)
    torch.testing.assert_close(net.prefill(ids)[0], before[:, -1] / 2, **CLOSE)


def test_build_knows_it() -> None:
    assert isinstance(build("attention_lstm", {"vocab_size": 11, "heads": 4}), AttentionLSTM)
