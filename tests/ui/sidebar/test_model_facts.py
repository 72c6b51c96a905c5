"""A model's facts in words, in short."""

from __future__ import annotations

import pytest

from tests.ui.model.model_folders import facts
from textgen.ui.sidebar.model_facts import FIRST_CONTEXT, size


def test_size_level_and_loss_tell_models_apart() -> None:
    assert facts().line == "3.5M · characters · 1.42 nats · 2.05 bits/character"
    words = {"validation_windows_35": 4.6, "unit": "nats per word"}
    assert facts(level="word", losses=words).line == "3.5M · words · perplexity 99"
    measured = {**words, "validation_targets": 500, "validation_characters": 2000}
    assert facts(level="word", losses=measured).line == "3.5M · words · perplexity 99 · 1.66 bits/character"
    assert facts(parameters=None, losses=None, level=None).line == "tokens"


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, ""), (-1, ""), (0, "0"), (999, "999"), (4192, "4.2k"), (212_000, "212k"), (999_999, "1.0M")],
)
def test_sizes_in_short(count: float | None, text: str) -> None:
    assert size(count) == text


def test_an_unknown_network_keeps_its_name() -> None:
    assert facts(architecture="mixture_of_owls", sizes={}).network == "mixture of owls"
    assert facts(architecture=None, sizes=None).network == "unknown network"
    sizes = {"layers": 2, "heads": 4}
    assert facts(architecture="attention_lstm", sizes=sizes).network == "2-layer LSTM with 4-head attention"


def test_a_model_begins_with_its_own_context() -> None:
    assert facts(prompt="").prompt == ""
    assert facts(prompt="mar").prompt == "mar"
    assert facts(recipe={"prompt": "", "bos": ""}).prompt == FIRST_CONTEXT  # there "" means none
    assert facts().prompt == FIRST_CONTEXT
    assert facts(level="word").prompt == "The king is"
    assert facts(bos="\n").prompt == ""
