"""Byte-level subwords: every text comes back, and no half of a character is ever shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen.models.folder import load_tokenizer
from textgen.text.files import normal
from textgen.text.subword_tokenizer import SubwordTokenizer
from textgen.text.subwords import subword_tokenizer
from textgen.text.tokenizer import encodable

TEXT = "The king's men, the queen's men\nand the café\n\n" * 20


def made(vocab_size: int = 280) -> SubwordTokenizer:
    return SubwordTokenizer(subword_tokenizer([TEXT], vocab_size))


SUBWORDS = made()


def test_frequent_pairs_are_tokens_with_the_space_before_them() -> None:
    assert SUBWORDS.split("the men\n\nand") == ["the", " men", "\n", "\n", "and"]
    assert "␣men" in SUBWORDS.labels
    assert (SUBWORDS.level, SUBWORDS.vocab_size, len(set(SUBWORDS.labels))) == ("subword", 280, 280)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters() | st.sampled_from("é한 \n👩🏽‍🚀'"), max_size=30))
def test_every_text_comes_back(text: str) -> None:
    encoded = SUBWORDS.encode(text)
    assert SUBWORDS.decode(encoded.ids) == encodable(normal(text))
    assert not encoded.unknown


def test_a_character_comes_whole_with_the_token_that_completes_it() -> None:
    ids = SUBWORDS.encode("a日é!").ids
    parts = list(SUBWORDS.additions(ids))
    assert parts == ["a", "", "", "日", "é", "!"] or parts == ["a", "", "", "日", "", "é", "!"]
    assert SUBWORDS.decode(ids[:3]) == "a"
    assert SUBWORDS.texts[ids[1]] == ""
    assert SUBWORDS.labels[ids[1]] == "<0xE6>"


def test_bytes_that_can_be_no_character_are_said_to_be_none() -> None:
    half, letter = SUBWORDS.ids["<0xE6>"], SUBWORDS.ids["a"]
    assert list(SUBWORDS.additions([half, letter, half])) == ["", "\ufffda", ""]


def test_the_last_token_goes_and_of_a_character_all_of_it() -> None:
    assert SUBWORDS.without_last("the men") == "the"
    assert SUBWORDS.without_last("a日") == "a"
    assert SUBWORDS.without_last("") == ""


def test_parts_cut_after_line_breaks_have_the_same_tokens() -> None:
    lines = (TEXT + "  \t two  spaces \n\n x").splitlines(keepends=True)
    assert [piece for line in lines for piece in SUBWORDS.split(line)] == SUBWORDS.split("".join(lines))


def test_a_saved_one_is_the_same(tmp_path: Path) -> None:
    SUBWORDS.save(tmp_path / "tokenizer.json")
    loaded = load_tokenizer(tmp_path / "tokenizer.json")
    assert isinstance(loaded, SubwordTokenizer)
    assert (loaded.pieces, loaded.encode(TEXT)) == (SUBWORDS.pieces, SUBWORDS.encode(TEXT))
    assert made().tokenizer.to_str() == SUBWORDS.tokenizer.to_str()


def test_a_text_with_few_pairs_gets_fewer() -> None:
    assert 256 < made(5000).vocab_size < 300


def edited(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    data = json.loads(SUBWORDS.tokenizer.to_str())
    change(data)
    return data


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["model"].update(dropout=0.5), "model.dropout"),
        (lambda data: data["model"].update(merges=[["a"]]), "model.merges"),
        (lambda data: data["model"].update(merges=[["no", "token"]]), "no tokenizer that the library knows"),
        (lambda data: data["model"]["vocab"].update({"日": 280}), "all 256"),
        (lambda data: data["pre_tokenizer"]["pretokenizers"].pop(), "must end with ByteLevel"),
        (
            lambda data: data["pre_tokenizer"]["pretokenizers"][0].update(pattern={"Regex": "(a+)+$"}),
            "none that this program writes",
        ),
    ],
)
def test_a_strangers_file_is_refused_with_what_is_wrong(change: Callable[..., Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SubwordTokenizer.from_json(edited(change))
