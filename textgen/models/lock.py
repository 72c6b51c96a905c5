"""Locks between processes: a file that one of them holds at a time; a killed one's are free again."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from textgen.errors import TextgenError, shorten

HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
PLACE = 1 << 20  # the byte that Windows locks, behind what the file says


@contextmanager
def alone(path: Path, what: str, hint: str) -> Iterator[None]:
    """Hold a lock for the length of a block. Raises TextgenError where another process does, OSError.

    The sentence says that `what` is in use, by whom, and `hint`, the way out.
    """
    file = acquire(path)
    if file is None:
        raise TextgenError(f"{what} is in use by {holder(path)}; {hint}")
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes no file that is open
            path.unlink(missing_ok=True)
        file.close()


def holder(path: Path) -> str:
    """Who holds a lock, as far as the file says."""
    try:
        return shorten(path.read_text(encoding="utf-8")) or "another process"
    except (OSError, ValueError):
        return "another process"


def acquire(path: Path) -> TextIO | None:
    """The open file, whose lock is held until it is closed; None where another holds it. Raises OSError."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            lock(file)
            if is_still(file, path):
                return file
        except OSError as error:
            if error.errno in HELD:
                file.close()
                return None
            return file  # of a file system without locks
        file.close()


def lock(file: TextIO) -> None:
    """Lock an open file. Raises OSError where another process has."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_still(file: TextIO, path: Path) -> bool:
    """Whether an open file is the one at a path; its last holder may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
