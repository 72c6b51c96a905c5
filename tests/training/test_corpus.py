"""A text as ids on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from textgen.errors import TextError
from textgen.text.tokenizer import TextTokenizer
from textgen.training import corpus, reading
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.recipe import Recipe, SplitRecipe, TextRecipe

PLAIN = Recipe("plain")
LINES = Recipe("lines", split=SplitRecipe(0.8, "line"))


def texts(opened: Corpus) -> tuple[str, str]:
    """What is learned and what validates, as text."""
    train, validation = (
        opened.tokenizer.decode(part.ids.tolist()) for part in (opened.train, opened.validation)
    )
    return train, validation


def test_ids_stand_for_the_text_and_lie_on_disk(text_file: Path, tmp_path: Path) -> None:
    opened = open_corpus(text_file, PLAIN, tmp_path)
    assert isinstance(opened.train.ids, np.memmap)
    assert "".join(texts(opened)) == text_file.read_text(encoding="utf-8")
    assert opened.sha256 == hashlib.sha256(text_file.read_bytes()).hexdigest()
    assert opened.size == text_file.stat().st_size


def test_blocks_do_not_show(text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = texts(open_corpus(text_file, PLAIN, tmp_path / "a"))
    monkeypatch.setattr(reading, "BLOCK", 7)
    monkeypatch.setattr(corpus, "CHUNK", 11)
    assert texts(open_corpus(text_file, PLAIN, tmp_path / "b")) == whole


def test_line_ends_are_characters_like_others(tmp_path: Path) -> None:
    path = tmp_path / "crlf.txt"
    path.write_bytes(b"one\r\ntwo\rthree\n" * 20)
    assert "".join(texts(open_corpus(path, PLAIN, tmp_path / "cache"))).encode() == path.read_bytes()


def test_a_text_is_encoded_once(text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_corpus(text_file, PLAIN, tmp_path)
    monkeypatch.setattr(corpus, "encode_into", None)
    assert np.array_equal(open_corpus(text_file, PLAIN, tmp_path).train.ids, first.train.ids)


def test_another_split_is_another_encoding(text_file: Path, tmp_path: Path) -> None:
    first = open_corpus(text_file, PLAIN, tmp_path)
    second = open_corpus(text_file, Recipe("half", split=SplitRecipe(0.5)), tmp_path)
    assert len(second.train.ids) < len(first.train.ids)


def test_split_is_nanogpts(text_file: Path, tmp_path: Path) -> None:
    text = text_file.read_text(encoding="utf-8")
    cut = int(len(text) * 0.9)
    assert texts(open_corpus(text_file, PLAIN, tmp_path)) == (text[:cut], text[cut:])


def test_split_by_file_takes_the_end_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, length in (("b", 60), ("a", 100)):
        (folder / f"{name}.txt").write_text(name * length, encoding="utf-8")
    opened = open_corpus(folder, Recipe("files", split=SplitRecipe(0.9, "file")), tmp_path / "cache")
    assert texts(opened) == ("a" * 90 + "b" * 54, "a" * 10 + "b" * 6)
    assert opened.validation.lengths.tolist() == [10, 6]
    assert opened.size == 160


def test_split_by_line_keeps_lines_whole(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    names = [f"name{chr(97 + i)}" for i in range(20)]
    path.write_text("\n".join(names[:10]) + "\n\n" + "\n".join(names[10:]), encoding="utf-8")
    opened = open_corpus(path, LINES, tmp_path / "cache")
    train, validation = (part.split("\n") for part in texts(opened))
    assert sorted(filter(None, train + validation)) == names
    assert len(opened.train.lengths) == 16
    bos = opened.tokenizer.texts.index("\n")
    documents = opened.validation.documents(bos)
    assert all(document[0] == bos for document in documents)
    assert [len(document) - 1 for document in documents] == opened.validation.lengths.tolist()


def test_lower_case_and_ascii(tmp_path: Path) -> None:
    path = tmp_path / "mixed.txt"
    path.write_text("The naïve King\n" * 20, encoding="utf-8")
    recipe = Recipe("plain", text=TextRecipe(lower=True, ascii=True))
    opened = open_corpus(path, recipe, tmp_path / "cache")
    assert "".join(texts(opened)) == "the nave king\n" * 20
    assert opened.tokenizer.encode("KING").ids == opened.tokenizer.encode("king").ids


def test_unwrapped_paragraphs_are_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wrapped.txt"
    path.write_text("one\r\ntwo  \n \n\n three\nfour\n\n" * 20, encoding="utf-8")
    recipe = Recipe("plain", text=TextRecipe(unwrap=True))
    whole = texts(open_corpus(path, recipe, tmp_path / "a"))
    assert "".join(whole) == "one two\n three four\n" * 20
    monkeypatch.setattr(reading, "BLOCK", 7)
    assert texts(open_corpus(path, recipe, tmp_path / "b")) == whole


def test_rare_words_of_the_learned_part_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("the king is dead . " * 30 + "the queen is dead . " * 4, encoding="utf-8")
    recipe = Recipe("words", level="word", text=TextRecipe(min_count=5))
    opened = open_corpus(path, recipe, tmp_path / "cache")
    assert set(opened.tokenizer.texts) == {"<unk>", "the", "king", "is", "dead", "."}
    assert len(opened.train.ids) + len(opened.validation.ids) == 34 * 5
    assert (opened.validation.ids == opened.tokenizer.unknown_id).sum() == 3 + 1 - 1


def test_a_given_tokenizer_is_kept_and_unknown_characters_are_named(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcab" * 40, encoding="utf-8")
    opened = open_corpus(path, PLAIN, tmp_path / "cache", TextTokenizer.characters("ab"))
    assert opened.unknown == ("c",)
    assert "".join(texts(opened)) == "abab" * 40


def test_a_text_with_nothing_to_learn_leaves_nothing(tmp_path: Path) -> None:
    for name, content in {"empty": b"", "same": b"a" * 200, "short": b"ab", "binary": b"\0\1" * 200}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(TextError):
            open_corpus(path, PLAIN, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))
