"""A corpus on disk, a text file or a folder of them, read piece by piece."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from textgen.errors import TextError
from textgen.text.files import COMPOSED, composed, text_blocks
from textgen.text.tokenizer import lowered
from textgen.training.recipe import TextRecipe

BEGINNING = 100_000  # characters
LONGEST = 1 << 21  # characters of a line that is still read whole
JAMO = range(0x1160, 0x1200)  # the later parts of Hangul syllables


def files_of(path: Path) -> list[Path]:
    """The file itself, or the .txt files of a folder in the order of their names. Raises TextError."""
    if path.is_file():
        return [path]
    files = sorted(filter(is_text, path.iterdir())) if path.is_dir() else []
    if not files:
        raise TextError(
            f"there is no corpus at {path}; give the path of a text file, or of a folder with .txt files"
        )
    return files


def is_text(file: Path) -> bool:
    """Whether a file of a folder is one of its texts: BOOK.TXT is; ._book.txt, which a Mac adds, is none."""
    return file.suffix.lower() == ".txt" and not file.name.startswith(".") and file.is_file()


def letters_a_space(path: Path, text: TextRecipe) -> float:
    """How many letters a corpus's beginning has for each space or line break: 4 to 8 in most languages."""
    beginning = next(blocks(files_of(path)[0], text, set()), "")[:BEGINNING]
    return sum(map(str.isalpha, beginning)) / max(1, sum(map(str.isspace, beginning)))


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


def blocks(file: Path, text: TextRecipe, changes: set[str]) -> Iterator[str]:
    """A file in pieces that end with a line wherever they can, else before a word.

    Every character stands as it is, but for what the recipe changes, line ends, byte-order marks and the
    form of accents; what of these was changed is added to `changes`. Raises TextError for what is no text.
    """
    rest, mark = "", "\n\n" if text.unwrap else "\n"
    for block in chain(text_blocks(file, text.encoding, changes), [""]):
        if "\0" in block:
            raise TextError(
                f"{file} is not a text: it has NUL characters; give a plain text file, or name its "
                "encoding, such as --encoding utf-16-le"
            )
        rest += block
        end = rest.rindex(mark) + len(mark) if mark in rest else long_cut(rest)
        end = end if block else len(rest)
        if end:
            yield prepared(rest[:end], text, changes)
            rest = rest[end:]


def long_cut(rest: str) -> int:
    """Where to cut a line without an end: before a word, else behind a sign, else between two letters."""
    if len(rest) <= LONGEST:
        return 0
    for fits in (before_a_word, behind_a_sign, between_characters):
        if cut := last_place(rest, fits):
            return cut
    return len(rest)


def last_place(text: str, fits: Callable[[str, str], bool]) -> int:
    """The last place in a text's second half that fits between two characters; 0 for none."""
    places = range(len(text) - 1, len(text) // 2, -1)
    return next((place for place in places if fits(text[place - 1], text[place])), 0)


def before_a_word(left: str, right: str) -> bool:
    return left.isspace() and right.isalnum()


def behind_a_sign(left: str, right: str) -> bool:
    return right.isalnum() and unicodedata.category(left)[0] in "PS" and left not in ".,:'’_"


def between_characters(left: str, right: str) -> bool:
    """Whether nothing joins the two: the right one is no accent of the left, nor a part of its syllable."""
    return unicodedata.category(right)[0] != "M" and ord(right) not in JAMO


def prepared(block: str, text: TextRecipe, changes: set[str]) -> str:
    """A piece of a text as its recipe wants it."""
    if not unicodedata.is_normalized("NFC", block):
        block = composed(block)
        changes.add(COMPOSED)
    if text.unwrap:
        block = unwrapped(block)
    if text.lower:
        block = lowered(block)
    return block.encode("ascii", "ignore").decode() if text.ascii else block


def unwrapped(block: str) -> str:
    """Paragraphs in one line each, without the blank lines between them."""
    block = re.sub(r"[ \t\r]*\n", "\n", block)
    return re.sub(r"\n{2,}", "\n", re.sub(r"(?<!\n)\n(?!\n)", " ", block))
