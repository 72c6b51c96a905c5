"""Reading contexts: piece by piece, and on from what was read before."""

from __future__ import annotations

import pytest
import torch

from tests.decoding.fakes import FakeNet, next_letter
from textgen.decoding.reading import NOTHING, PIECE, Reader
from textgen.nets.attention_lstm import AttentionLSTM
from textgen.nets.base import LanguageModel, ids_tensor
from textgen.nets.gpt import GPT
from textgen.nets.lstm import LSTM


def counted(net: FakeNet, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens each prefill reads."""
    sizes, plain = list[int](), net.prefill
    monkeypatch.setattr(
        net, "prefill", lambda ids, state=None: sizes.append(ids.shape[1]) or plain(ids, state)
    )
    return sizes


def test_a_longer_context_costs_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    net = FakeNet(next_letter)
    read, reader = counted(net, monkeypatch), Reader(net)
    reader(net.ids("abcde"))
    reader(net.ids("abcdef"))
    reader(net.ids("abcdef"))
    reader(net.ids("abcdx"))
    assert read == [5, 1, 5]


def test_the_context_not_asked_for_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    net = FakeNet(next_letter)
    read, reader = counted(net, monkeypatch), Reader(net, kept=2)
    for text in ("aa", "bb", "aa", "cc", "aa", "bb"):
        reader(net.ids(text))
    assert read == [2, 2, 2, 2]


@pytest.mark.parametrize(
    "net",
    [LSTM(LSTM.Sizes(30, 8, 16)), AttentionLSTM(AttentionLSTM.Sizes(30, 8, 6)), GPT(GPT.Sizes(30))],
    ids=["lstm", "attention", "gpt"],
)
def test_in_pieces_and_after_keys_it_reads_what_is_read_at_once(net: LanguageModel) -> None:
    torch.manual_seed(0)
    ids = torch.randint(30, (3 * PIECE + 5,)).tolist()
    reader = Reader(net.eval())
    for end in (1, 2, 3, 10, PIECE + 1, len(ids), 7):
        assert torch.equal(reader(ids[:end]).logits, net.prefill(ids_tensor(ids[:end]))[0])


def test_a_long_context_lets_others_in_between() -> None:
    net = FakeNet(next_letter)
    *pieces, read = Reader(net).pieces([0] * (2 * PIECE + 1))
    assert pieces == [NOTHING, NOTHING]
    assert read is not None
    assert read.logits.shape == (1, net.vocab_size)
