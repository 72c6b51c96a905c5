"""A text as ids on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from textgen.training import corpus
from textgen.training.corpus import open_corpus


def test_ids_stand_for_the_text_and_lie_on_disk(text_file: Path, tmp_path: Path) -> None:
    opened = open_corpus(text_file, "", tmp_path)
    assert isinstance(opened.ids, np.memmap)
    assert opened.tokenizer.decode(opened.ids.tolist()) == text_file.read_text(encoding="utf-8")
    assert opened.sha256 == hashlib.sha256(text_file.read_bytes()).hexdigest()
    assert opened.size == text_file.stat().st_size


def test_blocks_do_not_show(text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_corpus(text_file, "", tmp_path / "a").ids
    monkeypatch.setattr(corpus, "BLOCK", 7)
    assert np.array_equal(open_corpus(text_file, "", tmp_path / "b").ids, whole)


def test_line_ends_are_characters_like_others(tmp_path: Path) -> None:
    path = tmp_path / "crlf.txt"
    path.write_bytes(b"one\r\ntwo\rthree\n" * 20)
    opened = open_corpus(path, "", tmp_path / "cache")
    assert opened.tokenizer.decode(opened.ids.tolist()).encode() == path.read_bytes()


def test_a_text_is_encoded_once(text_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_corpus(text_file, "", tmp_path)
    monkeypatch.setattr(corpus, "encode", None)
    assert np.array_equal(open_corpus(text_file, first.sha256, tmp_path).ids, first.ids)


def test_split_is_nanogpts(text_file: Path, tmp_path: Path) -> None:
    opened = open_corpus(text_file, "", tmp_path)
    text = text_file.read_text(encoding="utf-8")
    learned, validation = opened.split(0.9)
    assert opened.tokenizer.decode(learned.tolist()) == text[: int(len(text) * 0.9)]
    assert opened.tokenizer.decode(validation.tolist()) == text[int(len(text) * 0.9) :]
