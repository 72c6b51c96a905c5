"""A model's card, whatever its config.json holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.model.model_folders import CONFIG, facts
from textgen.models.config import ModelConfig
from textgen.models.registry import SHIPPED, ModelInfo, Registry
from textgen.ui.model.card import Tile, card, duration
from textgen.ui.sidebar.model_facts import Facts


def tiles(**changes: Any) -> dict[str, Tile]:
    return {tile.label: tile for tile in card(facts(**changes))}


@pytest.mark.parametrize(
    ("seconds", "text"), [(40, "40 s"), (3455, "58 min"), (11_100, "3 h 05 min"), (3599.9, "1 h 00 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_card_says_what_the_model_is_and_what_it_learned_from() -> None:
    found = tiles()
    assert found["Network"].value == "2-layer LSTM"
    assert found["Parameters"].value == "3,457,729"
    assert found["Vocabulary"].value == "65 characters"
    assert found["Text"].value == "plays"
    for part in ("1.1 MB", "In the public domain", "https://example.org/plays.txt"):
        assert part in found["Text"].detail
    assert found["Learned from"].detail == (
        "1,003,854 characters. The last 10% (111,540) was kept back to measure it."
    )
    assert found["Training"].value == "58 min"
    assert found["Made on"] == Tile("Made on", "2026-11-20", "With seed 1337.")


def test_the_loss_in_nats_in_bits_and_as_a_number_of_choices() -> None:
    loss = tiles()["Loss on new text"]
    assert loss.value == "1.424 nats"
    assert "2.055 bits" in loss.detail
    assert "As unsure as among 4.2 equally likely characters" in loss.detail
    assert "windows of 256" in loss.detail
    assert "1.405 nats" in loss.detail
    words = tiles(level="word", losses={"validation_windows_35": 4.6})["Loss on new text"]
    assert words.value == "perplexity 99, 4.600 nats"


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        (1.44, "That is 2.077 bits per character. Beaten by 0.016"),
        (1.4, "That is 2.020 bits per character. Missed by 0.024"),
    ],
)
def test_what_it_was_trained_to_beat(target: float, verdict: str) -> None:
    tile = tiles(target=target)["Had to beat"]
    assert tile.value == f"{target:g} nats"
    assert tile.detail == f"{verdict}. nanoGPT reaches 1.4697."


def test_words_have_a_perplexity_to_beat() -> None:
    tile = tiles(level="word", target=4.5679)["Had to beat"]
    assert tile.value == "perplexity 96.3, 4.5679 nats"


def test_the_training_loss_of_its_author() -> None:
    losses = {"validation_windows_40": 1.6, "train_with_dropout": 1.2034}
    found = tiles(losses=losses, published={"train_loss": 1.1339, "source": "Heaton, class 10.3"})
    expected = "Its author's training loss at the end. This one's: 1.2034. Heaton, class 10.3."
    assert found["Published"] == Tile("Published", "1.1339 nats", expected)


def test_sizes_and_passes_in_words() -> None:
    assert (
        "Sizes: width 16, tied, not deep."
        in tiles(sizes={"width": 16, "tied": True, "deep": False})["Network"].detail
    )
    few = tiles(training={"seconds": 9, "tokens": 7_000}, split={"train_tokens": 200_000})
    assert few["Training"].detail == "7.0k characters learned from, 4% of the text."
    assert "2.6k characters learned from, 0% of the text." in tiles()["Training"].detail


def test_lines_are_not_read_on() -> None:
    assert "without a break" not in tiles(bos="\n")["Loss on new text"].detail


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.just("\ud800")
    | st.just(10**400),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted({*CONFIG, "published", "prompt", "unit"})


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_whatever_a_config_holds_there_is_a_card(config: dict[str, Any]) -> None:
    read = Facts(ModelInfo("mine", ModelConfig.from_json(config)))
    told = [read.title, read.line, read.network, read.corpus, read.prompt, *map(str, card(read))]
    json.dumps([tile.to_dict() for tile in card(read)], allow_nan=False)
    "".join(told).encode()
    assert max(map(len, told)) < 4000


@given(st.sampled_from(KEYS), st.sampled_from(["validation_windows_9", "steps", "name", "layers"]), ANYTHING)
def test_whatever_a_part_of_it_holds(key: str, inner: str, value: Any) -> None:
    assert facts(**{key: {inner: value}}).line
    assert card(facts(**{key: {inner: value}}))


@pytest.mark.parametrize("name", Registry(SHIPPED).names())
def test_a_shipped_model_has_all_its_facts(name: str) -> None:
    read = Facts(Registry(SHIPPED).info(name))
    assert read.loss is not None
    assert read.corpus != "a text of its own"
    found = {tile.label for tile in card(read)}
    assert {"Network", "Parameters", "Vocabulary", "Loss on new text", "Text", "Training"} <= found
    assert read.config.corpus.status
