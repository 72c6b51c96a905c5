"""How files of a model folder are read, whoever wrote them: regular ones inside it, of bounded size.

A folder may come from a stranger. A link that leads out of it could show any file of this machine, a pipe
would be waited for, a device never ends, and a file of gigabytes would fill the memory.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from textgen.errors import ModelError
from textgen.text.files import decoded, parse_json, plain_lines

# Without following a link that has just come there, without waiting for the other end of a pipe.
FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


def foreign(folder: Path, reason: str) -> ModelError:
    """The error for a folder that holds no model of ours."""
    return ModelError(f"{folder} is not a usable model folder: {reason}; train or copy the model again")


def unreadable(path: Path, reason: str) -> ModelError:
    """The error for a file of a folder that cannot be read."""
    return foreign(path.parent, f"{path.name} cannot be read ({reason})")


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A file of a model folder, to be read. Raises ModelError unless it is a regular file inside of it."""
    try:
        with os.fdopen(os.open(inside(path), FLAGS), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise unreadable(path, "it is not a regular file")
            yield file
    except FileNotFoundError as error:
        raise unreadable(path, "there is no such file") from error
    except OSError as error:
        raise unreadable(path, (error.strerror or "it cannot be opened").lower()) from error


def inside(path: Path) -> Path:
    """Where a regular file of a folder really is. Raises ModelError for any other, OSError."""
    try:
        real, folder = path.resolve(strict=True), path.parent.resolve(strict=True)
    except (RuntimeError, ValueError) as error:  # links in a circle; a NUL in a name
        raise unreadable(path, "its path leads nowhere") from error
    if not real.is_relative_to(folder):
        raise unreadable(path, "it is a link that leads out of its folder")
    if not stat.S_ISREG(real.stat().st_mode):
        raise unreadable(path, "it is not a regular file")
    return real


def read_bytes(path: Path, most: int) -> bytes:
    """A file of a model folder of at most `most` bytes. Raises ModelError."""
    with opened(path) as file:
        check_size(path, file, most)
        return file.read(most)


def sha256_of(path: Path) -> str:
    """The checksum of a file of a model folder. Raises ModelError."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_size(path: Path, file: BufferedReader, most: int) -> int:
    """The bytes of a file. Raises ModelError for more than `most`."""
    size = os.fstat(file.fileno()).st_size
    if size > most:
        raise unreadable(path, f"it must have at most {most:,} bytes, got {size:,}")
    return size


def read_text(path: Path, most: int) -> str:
    """The same as text, its lines plain; what is not UTF-8 becomes �. Raises ModelError."""
    return plain_lines(decoded(read_bytes(path, most), errors="replace"))


def read_start(path: Path, most: int) -> str:
    """The beginning of a text file of a model folder, at most `most` bytes of it. Raises ModelError."""
    with opened(path) as file:
        return plain_lines(decoded(file.read(most), errors="replace"))


def read_object(path: Path, most: int) -> Mapping[str, Any]:
    """The JSON object in a file of a model folder. Raises ModelError."""
    try:
        return parse_object(read_bytes(path, most))
    except ValueError as error:
        raise unreadable(path, str(error)) from error


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object. Raises ValueError, with a reason in plain words, for anything else."""
    value = parse_json(data)
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value
