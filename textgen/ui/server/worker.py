"""A process that does heavy work for the page, one job after another, at a low priority.

    page → worker    Start, then jobs: (function, request); STOP ends the one that is done
    worker → page    Reply("ready"); of a job "item", as often as there is one, then "end", or "failed", or
                     "error" with an exception

Both are pickles in a row, on its standard input and output. It ends when its input does, which is when the
page's process has ended, however that came about: nothing is ever left over.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from textgen.errors import TextgenError
from textgen.models.own import OwnModels
from textgen.ui.service.memory import give_back

Function = Callable[[Any, Any], Iterator[Any]]  # (registry, request) → items; None: nothing, but may be ended
Job = tuple[Function, Any]

STOP: Final = "stop"
NICE = int(os.environ.get("TEXTGEN_WORKER_NICE", "10"))  # steps of priority below the page's
FIRST_TO_GO = "500"  # of 1,000: where memory is short, Linux ends a worker before it ends the page


class Start(NamedTuple):
    """Where a worker finds the models: it opens them itself, each when it is first needed."""

    root: Path
    max_bytes: int
    ahead: bool  # of the first work, which then need not wait for torch
    own: OwnModels | None = None  # of visitors


class Reply(NamedTuple):
    """What a worker says of its job."""

    kind: str  # item, end, error, failed; ready: for a first one; lost: the process itself has ended
    value: Any = None


def main() -> None:
    """Do what the standard input says until it ends."""
    step_back()
    replies = own_output()
    jobs, stop = queue.SimpleQueue[Any](), threading.Event()
    threading.Thread(target=listen, args=(sys.stdin.buffer, jobs, stop), daemon=True).start()
    start: Start = jobs.get()
    from textgen.models.registry import Registry

    registry = Registry(start.root, start.max_bytes, start.own)
    if start.ahead:
        import textgen.api  # noqa: F401
    say(Reply("ready"), replies)
    while True:
        for reply in replies_of(jobs.get(), registry, stop):
            say(reply, replies)
        give_back()


def say(reply: Reply, replies: BinaryIO) -> None:
    pickle.dump(reply, replies, pickle.HIGHEST_PROTOCOL)
    replies.flush()


def step_back() -> None:
    """Let the page go first: in turns at the processor, and in what memory there is."""
    if hasattr(os, "nice"):  # Windows has it in how a process is started
        os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


def own_output() -> BinaryIO:
    """The standard output for replies alone: what a library prints goes to the standard error."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def listen(messages: BinaryIO, jobs: queue.SimpleQueue[Any], stop: threading.Event) -> None:
    """Hand on what the page says, also while a job is done."""
    try:
        while True:
            message = pickle.load(messages)
            if message == STOP:
                stop.set()
            else:
                stop.clear()
                jobs.put(message)
    except EOFError:
        os._exit(0)
    except Exception:
        traceback.print_exc()
        os._exit(1)


def replies_of(job: Job, registry: Any, stop: threading.Event) -> Iterator[Reply]:
    """Do a job. It can be stopped where it yields something."""
    function, request = job
    try:
        with closing(function(registry, request)) as items:  # type: ignore[type-var]
            for item in items:
                if item is not None:
                    yield Reply("item", item)
                if stop.is_set():
                    break
        yield Reply("end")
    except TextgenError as error:
        yield Reply("error", error)
    except Exception:
        traceback.print_exc()
        yield Reply("failed")
