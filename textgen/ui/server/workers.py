"""Heavy work in processes of its own, so that the page's process is there for whoever looks at it.

    async for message in lab.workers.work("sweeps", write, asked):
        …                        # {"before": 2}: so many have to end before it begins; then its own items

- `write(registry, asked)` is a function of a module that imports no gradio. It yields what is to be told, and
  None some times a second where it only can be stopped. Its items and `asked` can be pickled.
- The registry is the worker's own, on the page's folder; a folder that has changed is read again. A model is
  never handed over, so what lies in no folder is for `here`: the same function, in a thread of the page.
- A mistake (TextgenError) is raised here. Of any other the worker's traceback is in the log.
- Whoever leaves the loop, or is cancelled as the client that hangs up is, ends the work: it is asked to stop,
  and after `grace` seconds its process is ended. Work that has not begun never does.
- A lane has so many places, which visitors get in turn; who waits is told. Lanes do not wait for each other.
- Processes start with the first work, `IDLE` of them stay, and all end with the page's, however it ends.

`work` belongs to the page's one event loop, and is no call for threads.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Final

from anyio import CancelScope, CapacityLimiter, move_on_after
from anyio.to_thread import run_sync

from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.ui.server.visitors import ASKING, Lane
from textgen.ui.server.worker import STOP, Function, Reply, Start

COMMAND = (sys.executable, "-P", "-c", "from textgen.ui.server.worker import main; main()")
ROOT = str(Path(__file__).resolve().parents[3])  # where `textgen` lies
# Ctrl+C in the page's terminal is for the page alone. No session of its own: where Linux shares out the
# processor by session, priorities count only within one.
if sys.platform == "win32":
    GROUP, FLAGS = None, subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    GROUP, FLAGS = 0, 0
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
GRACE = 1.0  # seconds from being asked to stop until a process is ended
HERE = 4  # threads of the page that do what is done in a moment
IDLE = 2  # processes that are kept while there is nothing to do: each takes some 250 MB
MODELS = 400_000_000  # bytes of loaded models in each of them
LOST = (
    "the process that did this work was lost ({how}): the machine may be short of memory; what was finished "
    "is kept, try again, or with less"
)
FAILED = "the work failed on the server, whose log says why; try again, or with other settings"
END: Final = object()  # of an iterator


class WorkerLostError(TextgenError):
    """A process that ended in the middle of its work."""


class Worker:
    """A process that does one job at a time, seen from the page."""

    def __init__(self, start: Start) -> None:
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            process_group=GROUP,
            creationflags=FLAGS,
        )
        self.ready = False  # whether it has started
        self._hear: Callable[[Reply], object] = bool
        threading.Thread(target=self._listen, name="worker", daemon=True).start()
        self._send(start)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def begin(self, job: tuple[Function, Any], hear: Callable[[Reply], object]) -> None:
        """Do a job; each reply is handed to `hear`, in a thread of its own."""
        self._hear = hear
        self._send(job)

    def stop(self) -> None:
        """Ask for an end of the job: its last reply then comes soon."""
        self._send(STOP)

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()

    def _send(self, message: Any) -> None:
        """To a process that has ended nothing is said: its last reply says so."""
        assert self.process.stdin
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with suppress(OSError, ValueError):  # a pipe that is broken, or closed
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def _listen(self) -> None:
        for reply in replies_from(self.process):
            if reply.kind == "ready":
                self.ready = True
            else:
                self._hear(reply)
        with suppress(OSError), self.process:
            pass  # closes its pipes and waits for it
        self._hear(Reply("lost", self.process.returncode))


def replies_from(process: subprocess.Popen[bytes]) -> Iterator[Reply]:
    """All that a process says; one that cannot be understood is ended."""
    assert process.stdout
    try:
        while True:
            yield pickle.load(process.stdout)
    except EOFError:
        return
    except Exception:
        traceback.print_exc()
        process.kill()


def environment() -> dict[str, str]:
    """That of the page; whoever found `textgen` there finds it here, and numbers are made by one thread."""
    paths = filter(None, (ROOT, os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **THREADS}


class Workers:
    """The processes, and who waits for them."""

    def __init__(self, registry: Registry, lanes: Mapping[str, int]) -> None:
        """lanes: how much work of each kind is done at once."""
        self.registry, self.threads = registry, CapacityLimiter(HERE)
        self.lanes = {name: Lane(places) for name, places in lanes.items()}
        self.idle: list[Worker] = []
        self.all = weakref.WeakSet[Worker]()
        self._guard = threading.Lock()
        weakref.finalize(self, end_all, self.all)  # also when Python ends

    def warm(self) -> bool:
        """Start a process ahead of the first work, unless there is one → whether one is ready by now.

        From any thread.
        """
        with self._guard:
            alive = [worker for worker in self.all if worker.alive]
            if not alive:
                self.idle.append(self._new(ahead=True))
            return any(worker.ready for worker in alive)

    def close(self) -> None:
        """End all processes."""
        end_all(self.all)

    async def work(
        self, lane: str, function: Function, request: Any, grace: float = GRACE
    ) -> AsyncGenerator[Any, None]:
        """What a function yields of a request, done in another process; see above. Raises TextgenError."""
        queue = self.lanes[lane]
        with queue.ticket(ASKING.get()) as ticket:
            async for before in queue.turn(ticket):
                yield {"before": before}
            async with aclosing(self._done(function, request, grace)) as items:
                async for item in items:
                    yield item

    async def here(self, function: Function, request: Any) -> AsyncGenerator[Any, None]:
        """The same in a thread of the page's process, at once: for what takes less than handing it over."""
        items = function(self.registry, request)
        while (item := await run_sync(next, items, END, limiter=self.threads)) is not END:
            if item is not None:
                yield item

    async def _done(self, function: Function, request: Any, grace: float) -> AsyncGenerator[Any, None]:
        """The items of a job that has its turn."""
        worker, replies = await run_sync(self._taken), asyncio.Queue[Reply]()
        hear = threadsafe(replies)
        last = None
        try:
            await run_sync(worker.begin, (function, request), hear)
            while (reply := await replies.get()).kind == "item":
                yield reply.value
            last = reply
        finally:
            with CancelScope(shield=True):
                await self._put_back(worker, replies, last, grace)
        raise_mistake(last)

    def _taken(self) -> Worker:
        """A process that has nothing to do, a new one where there is none."""
        with self._guard:
            while self.idle:
                worker = self.idle.pop()
                if worker.alive:
                    return worker
            return self._new()

    def _new(self, ahead: bool = False) -> Worker:
        most = min(self.registry.max_bytes, MODELS)
        worker = Worker(Start(self.registry.root, most, ahead, self.registry.own))
        self.all.add(worker)
        return worker

    async def _put_back(
        self, worker: Worker, replies: asyncio.Queue[Reply], last: Reply | None, grace: float
    ) -> None:
        """Keep a process for the next job, once it has ended this one; end it where it does not."""
        if last is None:
            await run_sync(worker.stop)
            with move_on_after(grace):
                while (last := await replies.get()).kind == "item":
                    last = None
        if last and last.kind != "lost" and len(self.idle) < IDLE:
            self.idle.append(worker)
        else:
            worker.end()


def threadsafe(replies: asyncio.Queue[Reply]) -> Callable[[Reply], None]:
    """Put replies into a queue of this event loop, from any thread."""
    loop = asyncio.get_running_loop()

    def hear(reply: Reply) -> None:
        with suppress(RuntimeError):  # the loop has ended, and the page with it
            loop.call_soon_threadsafe(replies.put_nowait, reply)

    return hear


def raise_mistake(last: Reply | None) -> None:
    """Raises what a job ended with, if that was no good end."""
    if last is None or last.kind == "end":
        return
    if last.kind == "lost":
        code = last.value
        how = f"ended by signal {-code}" if code < 0 else f"exit status {code}"
        raise WorkerLostError(LOST.format(how=how))
    raise last.value if last.kind == "error" else TextgenError(FAILED)


def end_all(workers: weakref.WeakSet[Worker]) -> None:
    for worker in [*workers]:
        worker.end()
