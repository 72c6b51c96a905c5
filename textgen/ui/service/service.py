"""What whoever runs a server wants of it: its health, its metrics, a log, and an end that loses nothing.

    /healthz   200 while the process answers at all
    /readyz    200 while it takes requests: the models can be read, the first one is loaded, the store answers
    /metrics   with --metrics: counters and gauges for Prometheus (`metrics.py`)

A server that is told to end (SIGTERM) refuses what is new with a sentence, which a proxy takes as a reason to
ask another process, and goes when what it is writing is finished, or the time for that is up.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette._utils import get_route_path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.ui.service.store import Store

ENDING = (
    "this server is about to end: it finishes the texts that it is writing and takes nothing new; "
    "try again in a moment"
)
KINDS = {  # of requests, by how their addresses begin
    "/lab/stream/": "text",
    "/lab/upload": "text",
    "/gradio_api/component_server": "question",
    "/train/": "question",
    "/gradio_api/queue/": "endpoint",
    "/gradio_api/call/": "endpoint",
    "/gradio_api/heartbeat/": "heartbeat",
    "/lab/": "file",
    "/assets/": "file",
    "/static/": "file",
}
OWN = ("healthz", "readyz", "metrics")
WAITED_FOR = ("text", "question", "endpoint")  # before the end
LOOK = 0.1  # seconds between two looks at what is still going on

LOG = "temperature-lab.access"
log = logging.getLogger(LOG)
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Done:
    """A request that was answered."""

    kind: str
    status: int  # 499: whoever asked has left
    seconds: float


class Listener(Protocol):
    """Something that wants to know of each request, such as metrics."""

    def done(self, request: Done) -> None: ...

    def page(self) -> tuple[bytes, str]:
        """What /metrics answers, and its media type."""
        ...


@dataclass
class Service:
    """The state of a server: what is going on, and whether it is about to end."""

    registry: Registry
    store: Store
    metrics: Listener | None = None
    logged: bool = False  # whether each request leaves a line
    clock: Clock = time.monotonic
    ending: bool = False
    going_on: Counter[str] = field(default_factory=Counter)  # requests by kind
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, kind: str) -> None:
        with self._guard:
            self.going_on[kind] += 1

    def end(self, kind: str) -> None:
        with self._guard:
            self.going_on[kind] -= 1

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer that takes a while."""
        with self._guard:
            return any(self.going_on[kind] for kind in WAITED_FOR)

    def drain(self, grace: float, stop: threading.Event) -> None:
        """Refuse what is new, and wait until what is going on is over, `grace` seconds, or until `stop`."""
        self.ending = True
        until = self.clock() + grace
        while self.busy and self.clock() < until and not stop.wait(LOOK):
            pass

    def not_ready(self) -> str:
        """Why no request should come here now; "" if they may."""
        if self.ending:
            return ENDING
        try:
            name = self.registry.first()
            if name is None:
                return f"there is no model in {self.registry.root}"
            self.registry.get(name)
            self.store.check()
        except TextgenError as error:
            return str(error)
        return ""


def kind_of(path: str) -> str:
    """What a request is, by its address; few kinds, whatever strangers ask for."""
    found = (kind for start, kind in KINDS.items() if path.startswith(start))
    return "page" if path == "/" else next(found, "other")


class Watch:
    """ASGI middleware: tells of each request, answers for the server's health, and at its end refuses."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app, self.service = app, service
        answers = (self.healthy, self.ready, self.measured)
        self.own = {f"/{name}": answering for name, answering in zip(OWN, answers, strict=True)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = get_route_path(scope)
        if path in self.own:
            return await (await self.own[path](Request(scope, receive)))(scope, receive, send)
        return await self.watched(path, scope, receive, send)

    async def watched(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and tell of it."""
        kind, started, status = kind_of(path), self.service.clock(), 499

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.service.begin(kind)
        try:
            app = refusal() if self.service.ending and is_new(scope, path) else self.app
            await app(scope, receive, noting)
        finally:
            self.service.end(kind)
            self.tell(scope, path, Done(kind, status, self.service.clock() - started))

    def tell(self, scope: Scope, path: str, done: Done) -> None:
        """A line without what was asked: neither queries, which may hold a context, nor bodies."""
        if self.service.metrics:
            self.service.metrics.done(done)
        if self.service.logged:
            client = scope["client"][0] if scope.get("client") else "-"
            line = (client, scope["method"], printable(path), done.status, 1000 * done.seconds)
            log.info("%s %s %s %d %.0f ms", *line)

    async def healthy(self, _request: Request) -> Response:
        return answer("alive", 200)

    async def ready(self, _request: Request) -> Response:
        problem = await run_in_threadpool(self.service.not_ready)
        return answer(problem or "ready", 503 if problem else 200)

    async def measured(self, _request: Request) -> Response:
        if self.service.metrics is None:
            return answer("there are no metrics; app.py --metrics has them", 404)
        page, kind = self.service.metrics.page()
        return Response(page, media_type=kind, headers={"Cache-Control": "no-store"})


def answer(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status, {"Cache-Control": "no-store"})


def refusal() -> Response:
    headers = {"Retry-After": "2", "Connection": "close", "Cache-Control": "no-store"}
    return PlainTextResponse(ENDING, 503, headers)


def is_new(scope: Scope, path: str) -> bool:
    """Whether a request begins something; what was begun is asked for by GET."""
    return scope["method"] not in ("GET", "HEAD") or path in ("/", "/lab/version", "/config")


def printable(path: str, most: int = 200) -> str:
    """An address that stays on its line."""
    return path[:most].encode("unicode_escape").decode("ascii")
