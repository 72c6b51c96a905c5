"""A text file → a tokenizer and a memory-mapped stream of token ids, split in two."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from textgen.errors import TextError
from textgen.tokenization import TextTokenizer
from textgen.training.files import appearing

BLOCK = 1 << 20  # characters or bytes read at once
MIN_TOKENS = 100
MAX_VOCABULARY = 1 << 16  # ids are stored in two bytes
IDS, TOKENIZER = "ids.u16", "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text as ids on disk, mapped into memory: what is not being read takes no room."""

    ids: NDArray[np.uint16]  # (N,)
    tokenizer: TextTokenizer
    sha256: str  # of the file's bytes
    size: int  # bytes of the file

    def split(self, share: float) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """The first `share` (0..1) of the tokens and the rest, as nanoGPT splits: int(share · N)."""
        cut = int(len(self.ids) * share)
        return self.ids[:cut], self.ids[cut:]


def open_corpus(path: Path, sha256: str, cache: Path) -> Corpus:
    """The ids of a text, encoded once into a folder of `cache` and mapped from there.

    Raises TextError, before anything is written, for a file that is missing, empty, not text, too
    short, of one distinct character, or not the one that a non-empty `sha256` names.
    """
    digest = checked_digest(path, sha256)
    folder = cache / f"corpus-{digest[:16]}"
    if not (folder / IDS).is_file():
        encode_into(folder, path, checked_alphabet(path))
    ids = np.memmap(folder / IDS, dtype=np.uint16, mode="r")
    return Corpus(ids, TextTokenizer.load(folder / TOKENIZER), digest, path.stat().st_size)


def checked_digest(path: Path, sha256: str) -> str:
    """The file's sha256. Raises TextError when it is not the expected one."""
    if not path.is_file():
        raise TextError(f"there is no corpus file {path}; give the path of a text file")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 and digest != sha256:
        raise TextError(
            f"{path} is not the text of this recipe: its sha256 must be {sha256}, got {digest}; get the text "
            "that the recipe names, or take another with --set corpus.sha256="
        )
    return digest


def blocks(path: Path) -> Iterator[str]:
    """The text in pieces, every character as it stands. Raises TextError for what is not UTF-8 text."""
    with path.open(encoding="utf-8", newline="") as file:
        try:
            while block := file.read(BLOCK):
                if "\0" in block:
                    raise TextError(f"{path} is not a text: it has NUL characters; give a plain text file")
                yield block
        except UnicodeDecodeError as error:
            raise TextError(
                f"{path} is not UTF-8 text ({error.reason}); give a plain text file in UTF-8"
            ) from error


def checked_alphabet(path: Path) -> set[str]:
    """The distinct characters of the text. Raises TextError when nothing can be learned from it."""
    alphabet: set[str] = set()
    length = 0
    for block in blocks(path):
        alphabet.update(block)
        length += len(block)
    legal = f"at least {MIN_TOKENS} characters, 2 to {MAX_VOCABULARY:,} of them different"
    if length < MIN_TOKENS or not 2 <= len(alphabet) <= MAX_VOCABULARY:
        found = f"{length:,}, {len(alphabet):,} different" if length else "an empty file"
        raise TextError(f"{path} must have {legal}, got {found}; give a longer or plainer text")
    return alphabet


def encode_into(folder: Path, path: Path, alphabet: set[str]) -> None:
    """Write a text's ids and tokenizer; the folder appears whole or not at all."""
    tokenizer = TextTokenizer.characters(alphabet)
    with appearing(folder) as draft:
        tokenizer.save(draft / TOKENIZER)
        with (draft / IDS).open("wb") as file:
            for block in blocks(path):
                file.write(encode(tokenizer, block).tobytes())


def encode(tokenizer: TextTokenizer, text: str) -> NDArray[np.uint16]:
    """(T,) ids of a text whose characters the tokenizer knows."""
    return np.asarray(tokenizer.tokenizer.encode(text, add_special_tokens=False).ids, dtype=np.uint16)
