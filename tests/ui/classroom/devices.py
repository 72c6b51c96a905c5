"""A class without a browser: its routes in this process, behind the guard as on the server."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware

from textgen.classroom.store import MemoryRooms, Rooms
from textgen.models.registry import Registry
from textgen.ui.classroom.routes import Classroom, routes
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.service.guard import Guard

TOKEN = {"kind": "token", "model": "tiny", "context": "bad", "settings": {"temperature": 0.5}}


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Devices:
    """A server, a teacher's session, and what devices send to it."""

    registry: Registry
    clock: Clock = field(default_factory=Clock)
    store: Callable[[Clock], Rooms] = MemoryRooms
    session: dict[str, str] = field(default_factory=dict)  # code and key

    def __post_init__(self) -> None:
        self.classroom = Classroom(Laboratory(self.registry), self.store(self.clock), self.clock)
        listed = routes(lambda _: self.classroom, lambda _: "<!doctype html>")
        app = Starlette(routes=listed, middleware=[Middleware(Guard)])
        transport = httpx.ASGITransport(app, client=("10.0.0.1", 1))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://lab")

    async def post(self, name: str, **data: Any) -> httpx.Response:
        return await self.client.post(f"/class/{name}", json=data)

    async def open(self) -> None:
        self.session = (await self.post("open")).json()

    async def teach(self, name: str, **data: Any) -> httpx.Response:
        """What the teacher sends."""
        return await self.post(name, **self.session, **data)

    async def ask(self, question: Any = TOKEN) -> None:
        """Raises AssertionError for a question that is refused."""
        answer = await self.teach("ask", question=question)
        assert answer.status_code == 200, answer.text

    async def vote(self, device: int, value: Any, number: Any = 1, turn: Any = 1) -> httpx.Response:
        name = device_id(device)
        code = self.session["code"]
        return await self.post("vote", code=code, device=name, round=number, turn=turn, vote=value)

    async def join(self, device: int) -> dict[str, Any]:
        """What a device sees first."""
        async with aclosing(self.hear(device=device_id(device))) as heard:
            return (await anext(heard))[1]

    async def hear(self, **who: str) -> AsyncGenerator[tuple[str, Any], None]:
        """What a device or a teacher's page hears, event by event."""
        data = {"code": self.session["code"], **who}
        response = await self.classroom.watch(data, "10.0.0.1")
        iterator: Any = getattr(response, "body_iterator")  # noqa: B009
        async with aclosing(iterator) as events:
            async for event in events:
                name, data = event.decode().strip().split("\n")
                yield name.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))


def device_id(number: int) -> str:
    return f"device-{number:012d}"
