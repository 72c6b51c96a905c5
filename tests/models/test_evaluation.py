"""Losses against cases that can be worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from textgen.errors import TextError
from textgen.models.evaluation import Evaluation, evaluate, streamed_loss, window_batches, windows_loss
from textgen.nets.base import LanguageModel
from textgen.nets.lstm import LSTM


class Counter(LanguageModel):
    """Knows that n is followed by n + 1 (mod V), but only from the second token it reads on."""

    def __init__(self, vocab_size: int, knows: bool = True) -> None:
        super().__init__()
        self.vocab_size, self.knows = vocab_size, knows

    def unroll(self, ids: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        read = state or 0
        logits = 100.0 * F.one_hot((ids + 1) % self.vocab_size, self.vocab_size).float()
        if read == 0 or not self.knows:
            logits[:, : 1 if self.knows else None] = 0
        return logits, read + ids.shape[1]

    def step(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        raise NotImplementedError

    def select(self, state: Any, rows: Tensor) -> Any:
        raise NotImplementedError


def counting(length: int, vocab_size: int) -> Tensor:
    return torch.arange(length) % vocab_size


def test_a_net_that_knows_nothing_costs_ln_v() -> None:
    measured = evaluate(Counter(65, knows=False), counting(1000, 65))
    assert measured.windows == pytest.approx(math.log(65), rel=1e-6)
    assert measured.streamed == pytest.approx(math.log(65), rel=1e-6)
    assert measured.windows_bits == pytest.approx(math.log2(65), rel=1e-6)
    assert measured.targets == 999


@settings(deadline=None)
@given(st.integers(2, 700), st.integers(1, 300))
def test_windows_pay_for_every_cold_start_and_streaming_for_one(length: int, window: int) -> None:
    measured = evaluate(Counter(7), counting(length, 7), window)
    starts = math.ceil((length - 1) / window)
    assert measured.windows == pytest.approx(starts * math.log(7) / (length - 1), rel=1e-5)
    assert measured.streamed == pytest.approx(math.log(7) / (length - 1), rel=1e-5)


@settings(deadline=None)
@given(st.integers(2, 700), st.integers(1, 300))
def test_windows_score_every_token_but_the_first_once(length: int, window: int) -> None:
    targets = [
        target
        for _, batch in window_batches(torch.arange(length)[None], window)
        for target in batch.flatten().tolist()
    ]
    assert targets == list(range(1, length))


@torch.no_grad()
def test_windows_agree_with_scoring_each_by_itself() -> None:
    torch.manual_seed(0)
    net, ids = LSTM(LSTM.Sizes(11, embedding=4, hidden=8)).eval(), torch.randint(11, (83,))
    nats = [
        F.cross_entropy(net(ids[None, i : i + 20])[0, : 82 - i], ids[i + 1 : i + 21], reduction="sum")
        for i in range(0, 82, 20)
    ]
    assert windows_loss(net, ids, 20) == pytest.approx(float(sum(nats)) / 82, rel=1e-5)


@torch.no_grad()
def test_streaming_carries_the_state_over_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net, ids = LSTM(LSTM.Sizes(11, embedding=4, hidden=8)).eval(), torch.randint(11, (83,))
    at_once = float(F.cross_entropy(net(ids[None, :-1])[0], ids[1:]))
    monkeypatch.setattr("textgen.models.evaluation.TOKENS_AT_ONCE", 9)
    assert streamed_loss(net, ids) == pytest.approx(at_once, rel=1e-5)


def test_a_text_too_short_to_score_is_refused() -> None:
    with pytest.raises(TextError, match="at least 2 tokens, got 1"):
        evaluate(Counter(7), counting(1, 7))


def test_a_perplexity_beyond_64_bits_is_infinite() -> None:
    assert Evaluation(9, 4, 2.0, 5e4).perplexities == (pytest.approx(math.e**2), math.inf)
