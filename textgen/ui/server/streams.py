"""Long work for the page: started by a request, answered line by line, stopped by hanging up.

    POST lab/stream/ROOM/NAME   {…}   →   a JSON object a line; the last has `done`, a word, or `problem`

It does not go through Gradio's queue: a page whose queue has lost its server is of no use until it is loaded
anew, and what was written on it is gone then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, aclosing, nullcontext
from typing import Any

import orjson
from anyio import CancelScope, CapacityLimiter, create_task_group, sleep
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Send

from textgen.errors import TextError, TextgenError

PATH = "lab/stream"
JSON = "application/json"  # no page of another site may send it unasked
LARGEST = 4_000_000  # bytes of a request
THREADS = 40  # in which messages are made: questions have others
BEAT = 15.0  # seconds after which an empty line says to all between here and the page that this goes on
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Message = dict[str, Any]
Messages = Iterator[Message] | AsyncIterator[Message]
Work = Callable[[Any], Messages]  # what any client may send → messages
Place = AbstractContextManager[AsyncGenerator[int, None]]  # gives how many are before, until none is
Streams = Mapping[str, Work]  # by their address: `generate/write`


async def in_turn(place: Place, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same once there is a place for it, which who waits is told; a refusal is the last message."""
    try:
        with place as turns:
            async with aclosing(turns), aclosing(lines):  # type: ignore[type-var]
                async for before in turns:
                    yield line_of({"before": before})
                async for line in lines:
                    yield line
    except TextgenError as error:
        yield line_of({"problem": str(error), "setting": error.setting})


async def lines(messages: Messages, threads: CapacityLimiter) -> AsyncIterator[bytes]:
    """Messages as lines. What makes them ends where this does."""
    if isinstance(messages, AsyncIterator):
        async with aclosing(messages) as coming:  # type: ignore[type-var]
            async for message in coming:
                yield line_of(message)
        return
    try:
        while line := await run_sync(next_line, messages, limiter=threads):
            yield line
    finally:
        with CancelScope(shield=True):
            await run_sync(close, messages, limiter=threads)


def line_of(message: Message) -> bytes:
    return orjson.dumps(message) + b"\n"


def next_line(messages: Iterator[Message]) -> bytes:
    """The next message, made in a thread; nothing after the last one."""
    message = next(messages, None)
    return b"" if message is None else line_of(message)


def close(messages: Iterator[Message]) -> None:
    """End a generator where it is."""
    getattr(messages, "close", bool)()


class Lines(StreamingResponse):
    """Lines as they come, with a beat; an iterator that is not read to its end is closed."""

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with create_task_group() as beats, aclosing(self.body_iterator) as lines:  # type: ignore[type-var]
            beats.start_soon(beat, send)
            async for line in lines:
                await send(part(line))
            beats.cancel_scope.cancel()
        await send(part(b"", more=False))


async def beat(send: Send) -> None:
    while True:
        await sleep(BEAT)
        await send(part(b"\n"))


def part(body: Any, more: bool = True) -> dict[str, Any]:
    """A piece of a response's body, as ASGI has it."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def nowhere(_request: Request, _name: str) -> Place:
    """Everybody begins at once."""
    return nullcontext(nobody())


async def nobody() -> AsyncGenerator[int, None]:
    """No one is before."""
    return
    yield


def route(streams: Callable[[Request], Streams], place: Callable[[Request, str], Place] = nowhere) -> Route:
    """The route that all streams share. `place`: where a stream of a name waits for its turn."""
    threads = CapacityLimiter(THREADS)

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        stream = streams(request).get(name)
        if stream is None:
            return PlainTextResponse("there is no such stream", status_code=404)
        if request.headers.get("content-type") != JSON:
            return PlainTextResponse(f"the request must be {JSON}", status_code=415)
        try:
            data = orjson.loads(await body(request))
        except (orjson.JSONDecodeError, TextError) as error:
            return PlainTextResponse(f"the request cannot be read: {error}", status_code=400)
        coming = in_turn(place(request, name), lines(stream(data), threads))
        return Lines(coming, media_type="application/x-ndjson", headers=HEADERS)

    return Route(f"/{PATH}/{{name:path}}", answer, methods=["POST"])


async def body(request: Request) -> bytes:
    """What a request says. Raises TextError for more than LARGEST bytes."""
    held = b""
    async for chunk in request.stream():
        held += chunk
        if len(held) > LARGEST:
            raise TextError(f"it must be at most {LARGEST:,} bytes; send less at once")
    return held
