"""A text as ids on disk."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from textgen.errors import SettingError, TextError
from textgen.text import files
from textgen.text.exact_words import JOINER
from textgen.text.tokenizer import TextTokenizer
from textgen.training import corpus, reading
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.recipe import BatchRecipe, Recipe, SplitRecipe, TextRecipe

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
    monkeypatch.setattr(files, "BYTES", 7)
    monkeypatch.setattr(corpus, "CHUNK", 11)
    assert texts(open_corpus(text_file, PLAIN, tmp_path / "b")) == whole


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_line_ends_marks_and_accents_are_made_alike_and_said(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BYTES", size)
    path = tmp_path / "windows.txt"
    path.write_bytes("\ufeffone\r\ntwo\rcafe\u0301\u2028\n".encode() * 20)
    opened = open_corpus(path, PLAIN, tmp_path / "cache")
    assert "".join(texts(opened)) == "one\ntwo\ncafé\n\n" * 20
    assert opened.changes == (files.COMPOSED, files.BYTE_ORDER, files.LINES)
    assert open_corpus(path, PLAIN, tmp_path / "cache").changes == opened.changes


def test_a_plain_text_is_not_said_to_be_changed(text_file: Path, tmp_path: Path) -> None:
    assert open_corpus(text_file, PLAIN, tmp_path).changes == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_mark_at_the_beginning_names_the_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(("één regel\r\n" * 20).encode(encoding))
    assert "".join(texts(open_corpus(path, PLAIN, tmp_path / "cache"))) == "één regel\n" * 20


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16-le"])
def test_bytes_of_another_encoding_are_refused_with_place_and_remedy(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BYTES", 5)
    path = tmp_path / "text.txt"
    text = "plain line\n" * 3 + "caffè\n" * 20 + "“so”\n" * (encoding == "cp1252")
    path.write_bytes(text.encode(encoding))
    with pytest.raises(TextError, match="--encoding"):
        open_corpus(path, PLAIN, tmp_path / "cache")
    recipe = Recipe("plain", text=TextRecipe(encoding=encoding))
    assert "".join(texts(open_corpus(path, recipe, tmp_path / "cache"))) == text


@pytest.mark.parametrize(("encoding", "more"), [("latin-1", ""), ("cp1252", "“so”")])
def test_the_refusal_names_byte_line_and_encoding(encoding: str, more: str, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(("plain line\n" * 3 + f"caffè {more}\n" * 20).encode(encoding))
    with pytest.raises(TextError, match=rf"byte 38 \(0xe8\), in line 4.* probably {encoding}"):
        open_corpus(path, PLAIN, tmp_path / "cache")


@pytest.mark.parametrize("encoding", ["", "no-such", "base64", "a\0b"])
def test_an_encoding_that_there_is_not(encoding: str) -> None:
    with pytest.raises(SettingError, match=r"text\.encoding must be one that Python knows"):
        TextRecipe(encoding=encoding)


def test_texts_of_a_folder_whatever_their_case_but_no_hidden_ones(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "sub.txt").mkdir()
    for name in ("BOOK.TXT", "a.txt", "notes.md"):
        (folder / name).write_text("a word\n" * 30, encoding="utf-8")
    for name in ("._a.txt", ".hidden.txt"):
        (folder / name).write_bytes(b"\0\xff\xfe")
    assert [file.name for file in reading.files_of(folder)] == ["BOOK.TXT", "a.txt"]
    assert "".join(texts(open_corpus(folder, PLAIN, tmp_path / "cache"))) == "a word\n" * 60


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("word after word ", " "),
        ("没有空格的文字。", "。"),
        ("e\u0304\u0301" * 3, "\u0301"),  # no NFC of one character
        ("no-spaces,but,signs-", "-,"),
    ],
)
def test_a_line_without_end_is_cut_between_words(
    line: str, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST", 50)
    monkeypatch.setattr(files, "BYTES", 32)
    path = tmp_path / "line.txt"
    path.write_text(line * 40, encoding="utf-8")
    pieces = list(reading.blocks(path, TextRecipe(), set()))
    whole = unicodedata.normalize("NFC", line * 40)
    assert "".join(pieces) == whole
    assert len(pieces) > 3
    assert all(piece[-1] in unicodedata.normalize("NFC", ends) or piece[-1] == whole[-1] for piece in pieces)


def test_a_text_is_encoded_once(text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_corpus(text_file, PLAIN, tmp_path)
    monkeypatch.setattr(corpus, "encode_into", None)
    assert np.array_equal(open_corpus(text_file, PLAIN, tmp_path).train.ids, first.train.ids)


@pytest.mark.parametrize("name", ["train.u16", "validation.npy", "tokenizer.json", "changes.json"])
def test_a_text_that_is_no_longer_whole_on_disk_is_encoded_again(
    name: str, text_file: Path, tmp_path: Path
) -> None:
    whole = texts(open_corpus(text_file, PLAIN, tmp_path))
    (damaged,) = tmp_path.glob(f"corpus-*/{name}")
    for content in (damaged.read_bytes()[:-10], b""):
        damaged.write_bytes(content)
        assert texts(open_corpus(text_file, PLAIN, tmp_path)) == whole


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
    monkeypatch.setattr(files, "BYTES", 7)
    assert texts(open_corpus(path, recipe, tmp_path / "b")) == whole


def test_rare_words_of_the_learned_part_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("the king is dead . " * 30 + "the queen is dead . " * 4, encoding="utf-8")
    recipe = Recipe("words", level="word", text=TextRecipe(min_count=5))
    opened = open_corpus(path, recipe, tmp_path / "cache")
    assert set(opened.tokenizer.pieces) == {"<unk>", JOINER, " ", "the", "king", "is", "dead", "."}
    assert len(opened.train.ids) + len(opened.validation.ids) == 34 * 6 + 1  # a space before each point
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


EMPTY_PARTS: dict[str, tuple[Recipe, str]] = {
    "no line breaks": (
        LINES,
        r"split by line, 0.8 to learn: .* learns from must have 2 .* got 0 in 1 line; .*split.by=text",
    ),
    "no line breaks, words": (
        Recipe("words", level="word", split=SplitRecipe(by="line")),
        "2 or more words, got 0 in 1 line",
    ),
    "lines alone": (
        Recipe("n", bos="\n", split=SplitRecipe(by="line"), batches=BatchRecipe(kind="lines")),
        r"1 or more characters, got 0 in 1 line; give a longer text$",
    ),
    "nothing validates": (
        Recipe("plain", split=SplitRecipe(0.99)),
        "validates with must have 2 or more characters, got 1;",
    ),
}


@pytest.mark.parametrize("case", EMPTY_PARTS)
def test_a_part_in_which_nothing_can_be_predicted_is_a_sentence(case: str, tmp_path: Path) -> None:
    recipe, says = EMPTY_PARTS[case]
    path = tmp_path / "one.txt"
    path.write_text("long live the queen " * (5 if recipe.level == "char" else 30))
    with pytest.raises(TextError, match=says):
        open_corpus(path, recipe, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_files_of_a_character_each_cannot_be_split_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(110):
        (folder / f"{number}.txt").write_text("ab"[number % 2])
    with pytest.raises(TextError, match=r"2 or more characters, got 0 in 110 files; .*--set split.by=text"):
        open_corpus(folder, Recipe("files", split=SplitRecipe(by="file")), tmp_path / "cache")


def test_a_text_without_a_known_character_is_read_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcab" * 40, encoding="utf-8")
    opened = open_corpus(path, PLAIN, tmp_path / "cache", TextTokenizer.characters("xyz"))
    assert len(opened.train.ids) == len(opened.validation.ids) == 0
    assert opened.unknown == ("a", "b", "c")


def test_words_of_any_script_come_back_as_they_stood(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    text = "„Wie geht es dir?“ fragte my_func(AT&T)…\n— ¿Qué? «oui»  नमस्ते, 我是学生。x\u2019s\t5:15\n" * 20
    path.write_text(text, encoding="utf-8")
    opened = open_corpus(path, Recipe("words", level="word"), tmp_path / "cache")
    assert "".join(texts(opened)) == text


def test_more_tokens_than_two_bytes_tell_apart_are_refused(
    text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus, "LARGEST", 3)
    with pytest.raises(TextError, match="at most 3 tokens"):
        open_corpus(text_file, PLAIN, tmp_path, TextTokenizer.characters("abcd"))
    assert list(tmp_path.iterdir()) == []
