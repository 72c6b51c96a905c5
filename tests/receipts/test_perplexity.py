"""`api.perplexity`: what a receipt of a typed-in text repeats."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import log_softmax

from textgen.api import own_window, perplexity, scored_documents
from textgen.errors import SettingError, TextError
from textgen.models.config import RecipeFacts
from textgen.models.folder import Model
from textgen.models.registry import Registry


@pytest.fixture
def tiny(models: Registry) -> Model:
    return models.get("tiny")


def test_by_hand(tiny: Model) -> None:
    """e^(mean nats) of every character but the first, each given all before it."""
    text, temperature = "bad cab", 0.7
    ids = torch.tensor([tiny.tokenizer.ids[char] for char in text])
    logs = log_softmax(tiny.net.unroll(ids[None])[0][0].double() / temperature, dim=-1)
    nats = [-float(logs[place, ids[place + 1]]) for place in range(len(text) - 1)]
    found = perplexity(tiny, text, [temperature, 5.0])
    assert found.perplexities[0] == pytest.approx(math.exp(np.mean(nats)), rel=1e-6)
    assert found.targets == 6


def test_unknown_characters_are_left_out_and_unknown_words_are_unk(models: Registry, tiny: Model) -> None:
    assert [ids.tolist() for ids in scored_documents(tiny, "baZd")] == [
        ids.tolist() for ids in scored_documents(tiny, "bad")
    ]
    words = models.get("words")
    (ids,) = scored_documents(words, "said xyzzy lady")
    assert ids.tolist()[1] == words.tokenizer.unknown_id


def test_names_are_documents_that_begin_and_end(models: Registry) -> None:
    names = models.get("names")
    (stop,) = names.stops
    a, b = (names.tokenizer.ids[char] for char in "ab")
    documents = [ids.tolist() for ids in scored_documents(names, "\nab\n\nba")]
    assert documents == [[stop, a, b, stop], [stop, b, a]]


def test_the_window_is_the_models_own_unless_asked(tiny: Model) -> None:
    assert own_window(tiny) == 256
    short = replace(tiny, config=replace(tiny.config, recipe=RecipeFacts(window=2)))
    assert own_window(short) == 2
    one, two = (perplexity(model, "bad cab", [1.0]).perplexities for model in (tiny, short))
    assert one != two
    assert two == perplexity(tiny, "bad cab", [1.0], window=2).perplexities


def test_mistakes(tiny: Model) -> None:
    with pytest.raises(TextError, match="at least 2 tokens"):
        perplexity(tiny, "b", [1.0])
    with pytest.raises(TextError, match="at most 1,000,000 characters"):
        perplexity(tiny, "b" * 1_000_001, [1.0])
    for temperatures in ([], [0.0], [-1.0], [float("nan")], [1e9]):
        with pytest.raises(SettingError):
            perplexity(tiny, "bad", temperatures)
    with pytest.raises(SettingError, match="window must be a whole number"):
        perplexity(tiny, "bad", [1.0], window=0)
