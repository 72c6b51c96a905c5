"""What a model reads of a text: words it knows, what stands after BOS, and how far back it sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tiny_models import load_tiny_names, load_tiny_words, save_tiny_names_model
from textgen import api
from textgen.errors import ModelError
from textgen.models import folder as checkpoint
from textgen.models.folder import Model
from textgen.text.context import read_context


@pytest.fixture
def words(tmp_path: Path) -> Model:
    return load_tiny_words(tmp_path)


@pytest.fixture
def names(tmp_path: Path) -> Model:
    return load_tiny_names(tmp_path)


class TestWords:
    def test_unknown_words_are_named_with_the_nearest_known(self, words: Model) -> None:
        read = read_context(words, "The oldest lady wonders, Zxq")
        assert words.tokenizer.decode(read.ids) == "lady,"
        assert read.note == (
            "Left out, since the model does not know them: The (nearest: the, she, that), "
            "oldest (nearest: old), wonders (nearest: wonder), Zxq."
        )

    def test_the_word_for_rare_words_is_unknown_as_well(self, words: Model) -> None:
        assert read_context(words, "Tom <unk>").encoded.unknown == ("<", "unk", ">")

    def test_it_cannot_be_written_but_is_scored(self, words: Model) -> None:
        shown = api.predict(words, "Tom")
        assert shown.labels[0] == "<unk>"
        assert shown.logits[0] == float("-inf")
        assert api.next_token(words, "Tom").summary.kept == words.tokenizer.vocab_size - 1
        assert words.net is not words.writer

    def test_characters_are_written_by_the_net_itself(self, tiny: Model) -> None:
        assert tiny.writer is tiny.net


class TestBos:
    @pytest.mark.parametrize(
        ("text", "read", "note"),
        [
            ("", "\n", "The context is empty: the model reads BOS instead, where its texts begin."),
            ("ab", "\nab", ""),
            ("\n", "\n", ""),
            ("\nab", "\nab", ""),
            ("ab\ncd", "\ncd", "The model reads only what stands after the last ⏎: each text begins anew."),
            ("ab\n", "\n", "The model reads only what stands after the last ⏎: each text begins anew."),
        ],
    )
    def test_what_stands_after_the_last_one_is_read(
        self, names: Model, text: str, read: str, note: str
    ) -> None:
        found = read_context(names, text)
        assert (names.tokenizer.decode(found.ids), found.note) == (read, note)

    def test_pieces_before_it_are_unseen(self, names: Model) -> None:
        assert read_context(names, "ab\ncd").encoded.unseen == 2
        assert read_context(names, "abcd").encoded.unseen == 0

    def test_it_has_a_label_and_stops_a_text(self, names: Model) -> None:
        assert names.labels[0] == "BOS"
        assert names.stops == {0}
        assert names.tokenizer.labels[0] == "⏎"

    def test_it_must_be_a_token(self, tmp_path: Path) -> None:
        folder = save_tiny_names_model(tmp_path / "names")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, "bos": "<bos>"}))
        with pytest.raises(ModelError, match="its bos must be one token of its tokenizer, got <bos>"):
            checkpoint.load(folder)


class TestSight:
    def test_how_far_back_it_sees_is_said(self, names: Model) -> None:
        names.net.context = 3
        assert read_context(names, "ab").note == ""
        found = read_context(names, "abxcd")
        assert found.note.startswith("The model sees only the last 3 characters of this. Left out")
        assert found.encoded.unseen == 1  # the x between counts for nothing

    def test_words(self, words: Model) -> None:
        words.net.context = 4
        found = read_context(words, "the old lady, Tom")
        assert found.note == "The model sees only the last 4 words and signs of this."
        assert found.encoded.unseen == 1
