"""Work for a worker: a process finds these functions by their names."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textgen.errors import SettingError
from textgen.models.registry import Registry


def facts(registry: Registry, request: Any) -> Iterator[Any]:
    """What was asked, from where, with which models, at which priority."""
    yield None
    yield (request, os.getpid(), registry.names(), os.getpriority(os.PRIO_PROCESS, 0))


def hold(_registry: Registry, ended: Path) -> Iterator[Any]:
    """Go on until it is stopped, and leave a file then."""
    try:
        yield os.getpid()
        while True:
            time.sleep(0.005)
            yield None
    finally:
        ended.touch()


def until(_registry: Registry, there: Path) -> Iterator[Any]:
    """Go on until there is a file."""
    yield {"pid": os.getpid()}
    while not there.exists():
        time.sleep(0.005)
        yield None


def deaf(_registry: Registry, begun: Path) -> Iterator[Any]:
    """Leave a file, and then hear nothing for a minute."""
    yield os.getpid()
    begun.touch()
    time.sleep(60)


def die(_registry: Registry, code: int) -> Iterator[Any]:
    yield os.getpid()
    os._exit(code)


def refuse(_registry: Registry, _request: Any) -> Iterator[Any]:
    raise SettingError("n must be 1, got 2; take 1", "n")
    yield


def fail(_registry: Registry, _request: Any) -> Iterator[Any]:
    print("what a library prints is no reply")
    raise ZeroDivisionError
    yield
