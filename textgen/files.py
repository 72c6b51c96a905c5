"""Files that a command writes beside what it prints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from textgen.errors import TextgenError, shorten


def is_folder(text: str) -> bool:
    """Whether a text is the path of a folder; False for what no file system accepts."""
    try:
        return bool(text) and Path(text).is_dir()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def check_writable(path: str | Path | None) -> None:
    """Raises TextgenError for a place where no file can be, before any work is done for it."""
    if path is None:
        return
    try:
        folder, taken = Path(path).parent.is_dir(), Path(path).is_dir()
    except (OSError, ValueError):  # too long, or with a NUL
        folder, taken = False, False
    if not folder or taken:
        raise TextgenError(
            f"{shorten(str(path))} cannot be written: there is no such folder, or it is one itself"
        )
    if not os.access(Path(path).parent, os.W_OK):
        raise TextgenError(
            f"{shorten(str(path))} cannot be written: its folder takes no files; name another place"
        )


def save(path: str | Path | None, content: Callable[[], str]) -> None:
    """Write a file, if asked for. Raises TextgenError; what stood there before then stays."""
    if path is None:
        return
    part = Path(f"{path}.part")
    try:
        part.write_text(content(), encoding="utf-8", errors="backslashreplace", newline="")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or error
        raise TextgenError(
            f"{shorten(str(path))} could not be written: {reason}; the result stands above"
        ) from error


@contextmanager
def named(folder: Path) -> Iterator[None]:
    """Names the folder that is written to in an OSError that names no path: of a full disk, for example."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise
