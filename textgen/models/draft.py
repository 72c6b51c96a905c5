"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import TextIO

from textgen.files import named
from textgen.models.lock import acquire

PREFIX, LOCK, OLD = ".part-", ".lock", ".old"  # no model has such a name


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A draft that becomes `folder` when the block ends well, and vanishes when it does not.

    The draft lies one level deeper than a model, so that nobody lists it. What stood at `folder`
    before gives way in the last moment. Drafts that killed processes left behind are removed.
    """
    with shelf_beside(folder) as shelf:
        draft = shelf / folder.name
        draft.mkdir()
        yield draft
        if folder.exists():
            folder.rename(shelf / OLD)
        draft.rename(folder)


@contextmanager
def shelf_beside(folder: Path) -> Iterator[Path]:
    """A place beside a folder that nobody sees; what lies there at the end of the block vanishes."""
    with named(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        sweep(folder.parent)
        shelf, lock = new_shelf(folder)
        try:
            yield shelf
        finally:
            remove(shelf, lock)


def new_shelf(folder: Path) -> tuple[Path, TextIO]:
    """A folder beside another for its draft, and the lock on it while this process lives."""
    while True:
        shelf = Path(mkdtemp(prefix=f"{PREFIX}{folder.name}-", dir=folder.parent))
        with suppress(FileNotFoundError):  # swept away by another process before it had its lock
            if (lock := acquire(shelf / LOCK)) is not None:
                return shelf, lock


def sweep(folder: Path) -> None:
    """Remove the drafts in a folder that no process works on any more."""
    for shelf in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process sweeps, too
            if shelf.is_dir() and not shelf.is_symlink() and (lock := acquire(shelf / LOCK)) is not None:
                put_back(shelf)
                remove(shelf, lock)


def put_back(shelf: Path) -> None:
    """Finish what was interrupted between the old folder's leaving and the new one's coming."""
    for draft in shelf.iterdir():
        target = shelf.parent / draft.name
        if (shelf / OLD).is_dir() and draft.name not in (OLD, LOCK) and not target.exists():
            draft.rename(target)


def remove(shelf: Path, lock: TextIO) -> None:
    shutil.rmtree(shelf, ignore_errors=True)
    lock.close()
    shutil.rmtree(shelf, ignore_errors=True)  # Windows removes no file that is open
