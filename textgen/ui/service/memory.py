"""Memory that is free goes back to the system.

Python frees what is no longer used, but glibc keeps most of it for later, some for each
thread: after an hour of many visitors these are a hundred megabytes that nobody uses.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

EVERY = 30.0  # seconds between two times that a server does so: each takes some milliseconds


def give_back() -> None:
    """Hand free memory back, where there is a way to."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)
