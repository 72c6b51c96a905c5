"""Text files as they come from people's machines, read as one kind of text.

Whatever the file had, its lines end in "\\n", it has no byte-order mark, and (in corpora and contexts)
letters with accents are one character each, Unicode's form NFC. What was changed can be said.
"""

from __future__ import annotations

import codecs
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textgen.errors import TextError, shorten

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # the byte-order mark, decoded
LINE_ENDS = re.compile("\r\n?|[\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")
BYTES = 1 << 20  # read at once
DEEPEST = 32  # of JSON objects and lists inside each other
TOO_DEEP = f"its objects and lists must be at most {DEEPEST} deep"
# An encoding's own mark; that of UTF-32 begins as that of UTF-16 does.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a reader of a text may have changed, in the words that say so.
LINES, BYTE_ORDER, COMPOSED = "line ends read as \\n", "byte-order mark dropped", "accents composed (NFC)"


def plain_lines(text: str) -> str:
    """The text without byte-order marks, every line end as "\\n"."""
    return LINE_ENDS.sub("\n", text.replace(MARK, ""))


def composed(text: str) -> str:
    """The text in Unicode's form NFC: é is one character, however it was typed."""
    return unicodedata.normalize("NFC", text)


def normal(text: str) -> str:
    """A text that somebody typed or pasted, as a model's own text was read."""
    return composed(plain_lines(text))


def check_encoding(name: Any) -> str:
    """The name of an encoding that Python knows. Raises TextError."""
    try:
        known = codecs.lookup(name)
        known.incrementaldecoder().decode(b"")
        if known._is_text_encoding:  # base64 and the like are not
            return name
    except (LookupError, TypeError, ValueError, AttributeError):
        pass
    raise TextError(
        f"encoding must be one that Python knows, got {shorten(name)}; utf-8, utf-16, latin-1 and cp1252 "
        "are usual"
    )


def read_text(path: Path, most: int) -> str:
    """A whole file of at most `most` bytes, its lines plain. Raises TextError."""
    return plain_lines(read_whole(path, most))


def read_json(path: Path, most: int) -> Any:
    """The JSON value in a file of at most `most` bytes. Raises TextError."""
    try:
        return parse_json(read_bytes(path, most))
    except ValueError as error:
        raise error if isinstance(error, TextError) else unreadable(path, str(error)) from error


def read_whole(path: Path, most: int) -> str:
    """A whole file of at most `most` bytes as it stands, without its byte-order mark. Raises TextError."""
    try:
        return decoded(read_bytes(path, most))
    except UnicodeDecodeError as error:
        raise unreadable(path, undecoded(error)) from error


def read_bytes(path: Path, most: int) -> bytes:
    """A file of at most `most` bytes, of which no more is read, whatever it is. Raises TextError."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise unreadable(path, (error.strerror or "it cannot be opened")) from error
    except ValueError as error:
        raise unreadable(path, "there is no such file") from error
    if len(data) > most:
        raise TextError(f"{shorten(path.name)} must be at most {most:,} bytes; split it")
    return data


def unreadable(path: Path, reason: str) -> TextError:
    return TextError(f"{shorten(path.name or str(path))} could not be read: {reason}; name a UTF-8 file")


def decoded(data: bytes, errors: str = "strict") -> str:
    """Bytes as text: UTF-8, or what their mark says, which is dropped. Raises UnicodeDecodeError."""
    return data.decode(encoding_of(data[:4], "utf-8"), errors).removeprefix(MARK)


def undecoded(error: UnicodeDecodeError) -> str:
    return f"byte {error.start + 1:,} is not {error.encoding.upper()}"


def parse_json(data: bytes) -> Any:
    """A JSON value. Raises ValueError, with a reason in plain words, for anything else."""
    try:
        value = json.loads(decoded(data))
    except UnicodeDecodeError as error:
        raise ValueError(undecoded(error)) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno} is not JSON") from error
    except RecursionError as error:
        raise ValueError(TOO_DEEP) from error
    except ValueError as error:
        raise ValueError("it holds a number of thousands of digits") from error
    if deeper(value, DEEPEST):
        raise ValueError(TOO_DEEP)
    return value


def deeper(value: Any, most: int) -> bool:
    """Whether objects and lists lie more than `most` deep inside each other."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def text_blocks(path: Path, encoding: str, changes: set[str]) -> Iterator[str]:
    """A file in blocks that may end anywhere, their lines plain; what was changed is added to `changes`.

    A file that begins with the mark of UTF-16 or UTF-32 is read as that, whatever `encoding` says. Raises
    TextError with place and remedy for bytes that are no text of that encoding.
    """
    ends, start = io.IncrementalNewlineDecoder(None, translate=True), 0
    with path.open("rb") as stream:
        encoding = encoding_of(stream.read(4), encoding)
        decoder = codecs.lookup(encoding).incrementaldecoder()
        stream.seek(0)
        while True:
            data = stream.read(BYTES)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                place = start + len(data) - len(error.object) + error.start
                raise undecodable(path, encoding, place) from error
            yield from plain_block(ends.decode(text, final=not data), ends.newlines, changes)
            start += len(data)
            if not data:
                return


def encoding_of(beginning: bytes, expected: str) -> str:
    """The encoding whose mark a file begins with, else the one that is expected."""
    return next((name for mark, name in MARKS if beginning.startswith(mark)), expected)


def plain_block(text: str, ends: object, changes: set[str]) -> Iterator[str]:
    """The block with plain lines, if there is any of it; notes what that changed."""
    plain = plain_lines(text)
    if MARK in text:
        changes.add(BYTE_ORDER)
    if ends not in (None, "\n") or LINE_ENDS.search(text):
        changes.add(LINES)
    if plain:
        yield plain


def undecodable(path: Path, encoding: str, place: int) -> TextError:
    """Where a file is no text of an encoding, which one it probably has, and the way out."""
    with path.open("rb") as stream:
        line = stream.read(place).count(b"\n") + 1
        beyond = stream.read(1) + stream.read(BYTES)
    value = f" (0x{beyond[0]:02x})" if beyond else ""
    name = "UTF-8" if encoding.lower() in ("utf-8", "utf8") else encoding
    return TextError(
        f"{shorten(str(path))} is not {name} text: byte {place + 1:,}{value}, in line {line:,}, cannot be "
        f"read; it is probably {probable(beyond)}: name its encoding with --encoding, or save it as UTF-8"
    )


def probable(data: bytes) -> str:
    """The encoding of bytes that are no UTF-8, by what is usual."""
    if b"\0" in data:
        return "utf-16, or no text at all"
    if any(0x80 <= byte < 0xA0 for byte in data):
        return "cp1252 (Windows)"
    return "latin-1"
