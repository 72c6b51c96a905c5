"""Bits of a text token by token, and perplexity over temperatures, by hand and from known truths."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny_models import load_tiny_names, load_tiny_words
from textgen import generate
from textgen.errors import SettingError, TextError
from textgen.experiments.metrics.scoring import (
    UNKNOWN_CHARACTER_BITS,
    bits_per_character,
    held_out_perplexity,
)
from textgen.models.config import ModelConfig
from textgen.models.folder import Model
from textgen.text.context import read_context


def bits_by_hand(model: Model, context: tuple[int, ...], ids: tuple[int, ...]) -> float:
    """−log2 p of each token, all read one at a time."""
    logits, state = model.net.prefill(torch.tensor([context]))
    bits = 0.0
    for token in ids:
        bits -= float(torch.log_softmax(logits.double(), dim=-1)[0, token]) / math.log(2)
        logits, state = model.net.step(torch.tensor([token]), state)
    return bits


def test_characters(tiny: Model) -> None:
    prompt, text = "Ta", "bead cab"
    ids = tiny.tokenizer.encode(text).ids
    expected = bits_by_hand(tiny, tiny.tokenizer.encode(prompt).ids, ids) / len(text)
    assert bits_per_character(tiny, [(prompt, text)]) == pytest.approx([expected], rel=1e-5)


def test_its_own_text_surprises_a_model_as_much_as_when_it_wrote_it(tiny: Model) -> None:
    written = generate(tiny, "Ta", length=50, seed=4)
    assert bits_per_character(tiny, [("Ta", written.text)]) == pytest.approx(
        [written.surprisal.mean()], rel=1e-5
    )


def test_texts_of_many_lengths_together_are_as_alone(tiny: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [("", "a" * n + "bcd"[: n % 4]) for n in (9, 1, 30, 4, 17)] + [("T", "")]
    alone = [float(bits_per_character(tiny, [text])[0]) for text in texts]
    assert math.isnan(alone[-1])
    for tokens in (1 << 14, 40, 1):
        monkeypatch.setattr("textgen.experiments.metrics.scoring.at_once", lambda net, tokens=tokens: tokens)
        assert bits_per_character(tiny, texts) == pytest.approx(alone, rel=1e-5, nan_ok=True)


def test_unknown_characters_cost_what_the_docstring_says(tiny: Model) -> None:
    ids = tiny.tokenizer.encode("ab").ids
    expected = (bits_by_hand(tiny, read_context(tiny, "").ids, ids) + 2 * math.log2(96)) / 4
    assert bits_per_character(tiny, [("", "aXYb")]) == pytest.approx([expected], rel=1e-5)


def test_unknown_words_cost_their_letters_and_the_unknown(tmp_path: Path) -> None:
    words = load_tiny_words(tmp_path)
    unknown = words.tokenizer.unknown_id
    assert unknown is not None
    lady, dot = words.tokenizer.encode("lady").ids[0], words.tokenizer.encode(".").ids[0]
    context = words.tokenizer.encode("the old").ids
    bits = bits_by_hand(words, context, (lady, unknown, dot)) + 4 * UNKNOWN_CHARACTER_BITS
    assert bits_per_character(words, [("the old", " lady qxzj.")]) == pytest.approx([bits / 11], rel=1e-5)


def test_a_word_that_the_prompt_begins_is_scored_whole(tmp_path: Path) -> None:
    words = load_tiny_words(tmp_path)
    bits = bits_by_hand(words, words.tokenizer.encode("the").ids, words.tokenizer.encode("lady").ids)
    assert bits_per_character(words, [("the la", "dy")]) == pytest.approx([bits / 2], rel=1e-5)


def test_texts_begin_where_the_model_begins_them(tmp_path: Path) -> None:
    names = load_tiny_names(tmp_path)
    assert names.bos is not None
    expected = bits_by_hand(names, (names.bos,), names.tokenizer.encode("ab").ids) / 2
    assert bits_per_character(names, [("", "ab")]) == pytest.approx([expected], rel=1e-5)


def test_perplexity_by_hand(tiny: Model) -> None:
    ids = torch.tensor(tiny.tokenizer.encode("a bad cab gabs").ids)
    found = held_out_perplexity(tiny, ids, [0.5, 1.0, 2.0], window=5)
    nats = np.zeros(3)
    for start in range(0, len(ids) - 1, 5):
        window = ids[start : start + 6]
        logits = tiny.net(window[None, :-1])[0].double()
        for k, temperature in enumerate((0.5, 1.0, 2.0)):
            logs = torch.log_softmax(logits / temperature, dim=-1)
            nats[k] -= float(logs[torch.arange(len(window) - 1), window[1:]].sum())
    assert found.targets == len(ids) - 1
    assert found.perplexities == pytest.approx(np.exp(nats / found.targets), rel=1e-5)
    assert found.best == found.temperatures[found.perplexities.argmin()]


def test_a_model_predicts_its_own_text_best_at_the_temperature_it_was_written_at(tmp_path: Path) -> None:
    """Texts of one window each, so that the state that wrote them is the state that reads them."""
    model = load_tiny_names(tmp_path)
    model.net.scale_logits(25)
    model = Model(model.name, model.net, model.tokenizer, ModelConfig(architecture="", sizes={}))
    for temperature in (0.7, 1.0, 1.5):
        texts = [generate(model, "a", temperature=temperature, length=200, seed=seed) for seed in range(10)]
        ids = [torch.tensor((*read_context(model, "a").ids, *text.ids)) for text in texts]
        grid = np.round(np.arange(0.4, 2.01, 0.1), 1)
        found = held_out_perplexity(model, ids, grid.tolist(), window=200)
        assert found.best == pytest.approx(temperature, abs=0.1001)


def test_mistakes_end_with_a_sentence(tiny: Model) -> None:
    ids = torch.tensor([1, 2, 3])
    for temperatures in ([], [0.0, 1.0], [math.nan]):
        with pytest.raises(SettingError, match="perplexity takes temperatures above 0"):
            held_out_perplexity(tiny, ids, temperatures)
    with pytest.raises(TextError, match="at least 2 tokens"):
        held_out_perplexity(tiny, ids[:1], [1.0])
