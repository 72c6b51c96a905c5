"""What every architecture promises. A new one adds a line to NETS."""

from __future__ import annotations

import copy
import threading
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from tests.nets.fading_memory import FadingMemory
from textgen.nets.attention_lstm import AttentionLSTM
from textgen.nets.base import LanguageModel
from textgen.nets.gpt import GPT
from textgen.nets.gru import GRU
from textgen.nets.lstm import LSTM
from textgen.nets.rnn import RNN
from textgen.nets.states import alike, joined
from textgen.nets.windowed_lstm import WindowedLSTM

CLOSE = {"rtol": 0, "atol": 1e-5}
VOCABULARY = 23

Shape = tuple[type[LanguageModel], dict[str, int]]
NETS: dict[str, Shape] = {
    "lstm, 1 layer": (LSTM, {"embedding": 8, "hidden": 32, "layers": 1}),
    "lstm, 2 layers": (LSTM, {"embedding": 8, "hidden": 32}),
    "lstm, 3 odd layers": (LSTM, {"embedding": 5, "hidden": 37, "layers": 3}),
    "lstm, hidden smaller than vocabulary": (LSTM, {"embedding": 16, "hidden": 4}),
    "lstm, tied": (LSTM, {"embedding": 8, "hidden": 32, "tied": True}),
    "gru, tied, 1 layer": (GRU, {"embedding": 8, "hidden": 32, "layers": 1, "tied": True}),
    "gru, 2 layers": (GRU, {"embedding": 8, "hidden": 32}),
    "gru, 1 odd layer": (GRU, {"embedding": 5, "hidden": 37, "layers": 1}),
    "rnn, 2 layers": (RNN, {"embedding": 8, "hidden": 32}),
    "rnn, 1 odd layer": (RNN, {"embedding": 5, "hidden": 37, "layers": 1}),
    "attention lstm": (AttentionLSTM, {"embedding": 8, "hidden": 6, "width": 10}),
    "attention lstm, 3 layers, 2 heads": (
        AttentionLSTM,
        {"embedding": 8, "hidden": 5, "layers": 3, "heads": 2, "width": 7, "window": 4},
    ),
    "attention lstm, 1 layer, untied": (
        AttentionLSTM,
        {"embedding": 7, "hidden": 9, "layers": 1, "width": 4, "window": 1, "tied": False},
    ),
    "gpt": (GPT, {}),
    "gpt, 3 layers": (GPT, {"block": 12, "layers": 3, "width": 24, "heads": 2}),
    "gpt, block of 1": (GPT, {"block": 1}),
    "gpt, block as long as the text": (GPT, {"block": 40, "layers": 2}),
    "windowed lstm": (WindowedLSTM, {"hidden": 32, "window": 12}),
    "windowed lstm, window of 1": (WindowedLSTM, {"hidden": 5, "window": 1}),
    "windowed lstm, window as long as the text": (WindowedLSTM, {"hidden": 32, "window": 40}),
    "README's example": (FadingMemory, {"width": 16}),
}


@pytest.fixture(params=list(NETS))
def net(request: pytest.FixtureRequest) -> LanguageModel:
    """With weights large enough that gates saturate and mistakes show."""
    torch.manual_seed(0)
    kind, sizes = NETS[request.param]
    net = kind(*kind.arguments({"vocab_size": VOCABULARY, **sizes}, {}))
    for name, parameter in net.named_parameters():
        torch.nn.init.normal_(parameter, 0, spread(net, name))
    return net.eval().requires_grad_(False)


def spread(net: LanguageModel, name: str) -> float:
    """The standard deviation of a parameter."""
    if isinstance(net, RNN) and "weight_hh" in name:
        return 0.1  # with more it is chaotic, and rounding errors grow without end
    if isinstance(net, GPT):
        return 0.2  # with more its logits, which nothing bounds, go into the hundreds
    return 0.5


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(VOCABULARY, (5, 40), generator=torch.Generator().manual_seed(1))


def walk(net: LanguageModel, ids: Tensor, read: int) -> Tensor:
    """Logits (B, T − read + 1, V) after each prefix from `read` tokens on: one prefill, then steps."""
    logits, state = net.prefill(ids[:, :read])
    all_logits = [logits]
    for column in ids[:, read:].T:
        logits, state = net.step(column, state)
        all_logits.append(logits)
    return torch.stack(all_logits, dim=1)


@pytest.mark.parametrize("read", [1, 2, 17, 40])
def test_prefill_and_steps_agree_with_forward(net: LanguageModel, ids: Tensor, read: int) -> None:
    torch.testing.assert_close(walk(net, ids, read), net(ids)[:, read - 1 :], **CLOSE)


def test_a_long_context_agrees_with_forward(net: LanguageModel) -> None:
    ids = torch.randint(VOCABULARY, (2, 1100))
    torch.testing.assert_close(net.prefill(ids)[0], net(ids)[:, -1], **CLOSE)


def test_a_context_read_in_pieces_is_read_as_at_once(net: LanguageModel, ids: Tensor) -> None:
    expected, _ = net.prefill(ids)
    _, state = net.prefill(ids[:, :7])
    _, state = net.prefill(ids[:, 7:30], state)
    logits, _ = net.prefill(ids[:, 30:], state)
    if net.context is None:
        assert torch.equal(logits, expected)
    torch.testing.assert_close(logits, expected, **CLOSE)


def test_streams_that_join_step_as_they_would_alone(net: LanguageModel, ids: Tensor) -> None:
    states = [net.prefill(rows[:, :9])[1] for rows in (ids[:1], ids[1:3])]
    assert alike(states[0]) == alike(states[1])
    together, _ = net.step(ids[:3, 9], joined(states))
    alone = [net.step(rows, state)[0] for rows, state in zip((ids[:1, 9], ids[1:3, 9]), states, strict=True)]
    if not isinstance(net, FadingMemory):  # whose products are PyTorch's own
        assert torch.equal(together, torch.cat(alone))
    torch.testing.assert_close(together, torch.cat(alone), **CLOSE)


def test_forward_is_unroll_and_unroll_carries_its_state(net: LanguageModel, ids: Tensor) -> None:
    first, state = net.unroll(ids[:, :15])
    second, _ = net.unroll(ids[:, 15:], state)
    torch.testing.assert_close(torch.cat((first, second), dim=1), net(ids), **CLOSE)


def test_steps_go_on_from_unroll_and_unroll_from_steps(net: LanguageModel, ids: Tensor) -> None:
    expected = net(ids)
    _, state = net.unroll(ids[:, :15])
    logits, state = net.step(ids[:, 15], net.select(state, torch.arange(5)))
    torch.testing.assert_close(logits, expected[:, 15], **CLOSE)
    torch.testing.assert_close(net.unroll(ids[:, 16:], state)[0], expected[:, 16:], **CLOSE)


def test_a_stream_does_not_depend_on_those_beside_it(net: LanguageModel, ids: Tensor) -> None:
    together = walk(net, ids, 3)
    for row in range(len(ids)):
        torch.testing.assert_close(walk(net, ids[row : row + 1], 3)[0], together[row], **CLOSE)


@pytest.mark.parametrize("batch", [2, 3, 4, 7, 16, 64, 65])
def test_every_batch_size_gives_the_same(net: LanguageModel, batch: int) -> None:
    ids = torch.randint(VOCABULARY, (batch, 6), generator=torch.Generator().manual_seed(batch))
    torch.testing.assert_close(walk(net, ids, 2), net(ids)[:, 1:], **CLOSE)


def test_select_reorders_copies_and_drops_streams(net: LanguageModel, ids: Tensor) -> None:
    rows = torch.tensor([3, 0, 3])
    _, state = net.prefill(ids[:, :10])
    expected, _ = net.step(ids[:, 10], state)
    selected, _ = net.step(ids[rows, 10], net.select(state, rows))
    torch.testing.assert_close(selected, expected[rows], **CLOSE)


def test_an_old_state_stays_valid(net: LanguageModel, ids: Tensor) -> None:
    _, state = net.prefill(ids[:, :10])
    before, after = net.step(ids[:, 10], state)
    net.step(ids[:, 11], after)
    again, _ = net.step(ids[:, 10], state)
    assert torch.equal(before, again)


def test_a_state_is_a_tree_of_tensors_of_one_structure(net: LanguageModel, ids: Tensor) -> None:
    """So training can carry it, detach it and store its tensors."""
    first, second = (net.unroll(ids[:, :read])[1] for read in (1, 40))
    assert pytree.tree_structure(first) == pytree.tree_structure(second)
    assert all(isinstance(leaf, Tensor) for leaf in pytree.tree_leaves(first))


def test_changed_weights_are_seen(net: LanguageModel, ids: Tensor) -> None:
    net.prefill(ids)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(0.5)
    net.train()  # training is where weights change
    net.eval()
    torch.testing.assert_close(net.prefill(ids)[0], net(ids)[:, -1], **CLOSE)
    net.load_state_dict({name: weight * 2 for name, weight in net.state_dict().items()})
    torch.testing.assert_close(net.prefill(ids)[0], net(ids)[:, -1], **CLOSE)


def test_a_prepared_net_can_be_copied(net: LanguageModel, ids: Tensor) -> None:
    net.prepare()
    twin = copy.deepcopy(net)
    assert torch.equal(twin.prefill(ids)[0], net.prefill(ids)[0])


def test_many_threads_step_one_net(net: LanguageModel, ids: Tensor) -> None:
    expected = walk(net, ids, 1)
    results: dict[int, Any] = {}
    threads = [threading.Thread(target=lambda i=i: results.update({i: walk(net, ids, 1)})) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(results[i], expected) for i in range(8))


def test_stepping_leaves_the_number_of_threads_alone(net: LanguageModel, ids: Tensor) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        walk(net, ids, 2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
