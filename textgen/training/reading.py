"""A corpus on disk, a text file or a folder of them, read piece by piece."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from textgen.errors import TextError
from textgen.training.recipe import TextRecipe

BLOCK = 1 << 20  # characters read at once


def files_of(path: Path) -> list[Path]:
    """The file itself, or the .txt files of a folder in the order of their names. Raises TextError."""
    if path.is_file():
        return [path]
    files = sorted(path.glob("*.txt")) if path.is_dir() else []
    if not files:
        raise TextError(
            f"there is no corpus at {path}; give the path of a text file, or of a folder with .txt files"
        )
    return files


def digest_of(path: Path) -> str:
    """sha256 of a file's bytes; of a folder, that of the listing `sha256sum *.txt` prints."""
    if path.is_file():
        return sha256_of(path)
    listing = "".join(f"{sha256_of(file)}  {file.name}\n" for file in files_of(path))
    return hashlib.sha256(listing.encode()).hexdigest()


def sha256_of(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def checked_digest(path: Path, sha256: str) -> str:
    """The corpus's sha256. Raises TextError when it is not the expected one; "" expects any."""
    files_of(path)
    digest = digest_of(path)
    if sha256 and digest != sha256:
        raise TextError(
            f"{path} is not the text of this recipe: its sha256 must be {sha256}, got {digest}; get the text "
            "that the recipe names, or take another with --set corpus.sha256="
        )
    return digest


def blocks(file: Path, text: TextRecipe) -> Iterator[str]:
    """A file in pieces that end with a line wherever they can.

    Every character stands as it is, but for what the recipe changes. Raises TextError for what is not
    UTF-8 text.
    """
    rest, mark = "", "\n\n" if text.unwrap else "\n"
    for block in raw_blocks(file):
        rest += block
        if mark in rest:
            end = rest.rindex(mark) + len(mark)
            yield prepared(rest[:end], text)
            rest = rest[end:]
        if len(rest) > 2 * BLOCK:  # a line without an end
            yield prepared(rest, text)
            rest = ""
    if rest:
        yield prepared(rest, text)


def raw_blocks(file: Path) -> Iterator[str]:
    with file.open(encoding="utf-8", newline="") as stream:
        try:
            while block := stream.read(BLOCK):
                if "\0" in block:
                    raise TextError(f"{file} is not a text: it has NUL characters; give a plain text file")
                yield block
        except UnicodeDecodeError as error:
            raise TextError(
                f"{file} is not UTF-8 text ({error.reason}); give a plain text file in UTF-8"
            ) from error


def prepared(block: str, text: TextRecipe) -> str:
    """A piece of a text as its recipe wants it."""
    if text.unwrap:
        block = unwrapped(block)
    if text.lower:
        block = block.lower()
    return block.encode("ascii", "ignore").decode() if text.ascii else block


def unwrapped(block: str) -> str:
    """Paragraphs in one line each, without the blank lines between them."""
    block = re.sub(r"[ \t\r]*\n", "\n", block)
    return re.sub(r"\n{2,}", "\n", re.sub(r"(?<!\n)\n(?!\n)", " ", block))
