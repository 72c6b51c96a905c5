"""The index as a file: saved and loaded alike, and nothing else is taken for one."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from textgen.errors import ModelError
from textgen.models.ngrams import MAGIC, NoveltyIndex, number_bytes


@pytest.fixture(scope="module")
def index() -> NoveltyIndex:
    return NoveltyIndex.build(["The king is dead; long live the king! " * 2])


def test_saved_and_loaded_alike(index: NoveltyIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "ngrams.bin")
    loaded = NoveltyIndex.load(tmp_path / "ngrams.bin")
    assert loaded.header() == json.loads(json.dumps(index.header())) | {"distinct": index.distinct}
    assert np.array_equal(loaded.filter.bits, index.filter.bits)
    loaded.save(tmp_path / "again.bin")
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "ngrams.bin").read_bytes()


def as_bytes(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode()


def damaged(data: bytes) -> dict[str, bytes]:
    length = int.from_bytes(data[8:12], "little")
    header, bits = json.loads(data[12 : 12 + length]), data[12 + length : -4]

    def file(header: bytes, bits: bytes = bits) -> bytes:
        whole = MAGIC + number_bytes(len(header)) + header + bits
        return whole + number_bytes(zlib.crc32(whole))

    wrong = {"hashes": 0, "distinct": [1, "2"], "false_positives": float("nan"), "format": 2, "words": "."}
    return {
        "empty": b"",
        "foreign": b"PK\x03\x04" * 100,
        "cut off": data[:-100],
        "only a beginning": MAGIC,
        "one bit": data[:100] + bytes([data[100] ^ 1]) + data[101:],
        "not JSON": file(b"{"),
        "not UTF-8": file(b"\xff{}"),
        "no object": file(b"[1]"),
        "deep": file(b"[" * 100_000),
        "no bits": file(as_bytes(header), b""),
        "header of nothing": file(as_bytes({"format": 1, "words": header["words"]})),
        **{key: file(as_bytes(header | {key: value})) for key, value in wrong.items()},
    }


def test_damaged_and_foreign_files_end_with_a_sentence(index: NoveltyIndex, tmp_path: Path) -> None:
    path = tmp_path / "ngrams.bin"
    with pytest.raises(ModelError, match="there is no such file"):
        NoveltyIndex.load(path)
    index.save(path)
    for kind, data in damaged(path.read_bytes()).items():
        path.write_bytes(data)
        with pytest.raises(ModelError, match=r"not a usable index of n-grams.*train or copy") as caught:
            NoveltyIndex.load(path)
        assert "\n" not in str(caught.value), kind
