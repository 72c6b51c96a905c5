"""Folders that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A draft that becomes `folder` when the block ends well, and vanishes when it does not.

    The draft lies one level deeper than a model, so that nobody lists it. What stood at `folder`
    before gives way in the last moment.
    """
    shelf = folder.parent / f".part-{folder.name}-{os.getpid()}"
    draft = shelf / folder.name
    draft.mkdir(parents=True)
    try:
        yield draft
        if folder.exists():
            folder.rename(shelf / "old")
        draft.rename(folder)
    finally:
        shutil.rmtree(shelf, ignore_errors=True)
