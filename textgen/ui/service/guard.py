"""What stands before all routes: which of them are open, how much each takes, what every answer carries.

Gradio brings some seventy routes: uploads, files, proxies, recordings, an editor. `OPEN` lists those that
this page and its endpoints use, and our own; what is not in it is not there. A new route is a new line.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import orjson
from anyio import fail_after, move_on_after
from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textgen.text.tokenizer import encodable
from textgen.ui.server.visitors import ASKING, Visitor
from textgen.validation import is_nested

JSON = "application/json"
LARGEST = 4_000_000  # bytes of a request: a sweep's charts for its report, and none else comes near
UPLOAD = 5_000_000_000  # bytes of a visitor's model; the room has a bound of its own, and streams it to disk
TEXT = 100_000_000  # bytes of a text to learn from; `--max-training-bytes` says how many are taken
CALL = 1_000_000  # bytes of a call of a named endpoint
FROM_CLASS = 100_000  # bytes of a vote or a question: a context of 20,000 characters and its settings
HELD = 200_000_000  # bytes of all requests that are coming in at the same time
DRAINED = 20_000_000  # bytes of a refused request that are heard, and forgotten, so that its sender hears why
PATIENCE = 30.0  # seconds in which a request must have come in
JOBS = 20  # calls of named endpoints that one address may have waiting
MAX_SESSION = 100  # characters of a session's id
MAX_DEPTH = 32  # lists and objects in each other
DIGITS = 20  # of the number of bytes that a header may name

# ---- what is open


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as a check needs it."""

    blocks: Any  # Gradio's page, which knows its components and endpoints
    path: str
    address: str  # that it came from
    query: Mapping[str, list[str]]
    data: Any  # the JSON object that came with it; {} where none does

    @property
    def last(self) -> str:
        """The last part of the address."""
        return self.path.rsplit("/", 1)[-1]


Check = Callable[[Asked], bool]  # whether Gradio knows what a request names: it would fail over it otherwise


@dataclass(frozen=True, slots=True)
class Door:
    """One address that is open, or all that are like it: * stands for one part of it, ** for what follows."""

    method: str  # GET stands for HEAD as well
    path: str
    most: int = 0  # bytes of a body
    kind: str = JSON  # what a body must be; "" for anything, which then comes piece by piece
    check: Check | None = None

    def fits(self, method: str, path: str) -> bool:
        return method.replace("HEAD", "GET") == self.method and bool(pattern(self.path).fullmatch(path))


@cache
def pattern(path: str) -> re.Pattern[str]:
    """A door's address as an expression."""
    return re.compile(re.escape(path).replace(r"\*\*", ".+").replace(r"\*", "[^/]+"))


def is_session(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_SESSION


def known_question(asked: Asked) -> bool:
    """A server function of a component that is on the page."""
    data = asked.data
    known = isinstance(data.get("fn_name"), str) and is_session(data.get("session_hash"))
    return known and "data" in data and is_key(data.get("component_id"), asked.blocks.blocks)


def known_event(asked: Asked) -> bool:
    """A function that the page's queue runs."""
    data = asked.data
    known = is_session(data.get("session_hash")) and is_key(data.get("fn_index"), asked.blocks.fns)
    return known and has_room(asked)


def known_endpoint(asked: Asked) -> bool:
    """A named endpoint, in a session or without one."""
    named = any(fn.api_name == asked.last for fn in asked.blocks.fns.values())
    session = asked.data.get("session_hash")
    return named and (session is None or is_session(session)) and has_room(asked)


def has_room(asked: Asked) -> bool:
    """Whether an address may have one more job in Gradio's queue. Raises HTTPException where it may not."""
    jobs = asked.blocks._queue.event_ids_to_events.values()
    waiting = sum(getattr(job.request.client, "host", "") == asked.address for job in list(jobs))
    return waiting < JOBS or refuse(
        429, f"at most {JOBS} calls of one address wait here; try again in a moment"
    )


def known_job(asked: Asked) -> bool:
    """Something that was asked for, and is not answered yet."""
    queue = asked.blocks._queue
    waiting = queue.pending_event_ids_session.values()
    return asked.last in queue.event_ids_to_events or any(asked.last in events for events in waiting)


def known_session(asked: Asked) -> bool:
    """A session that waits for answers."""
    return any(
        session in asked.blocks._queue.pending_messages_per_session
        for session in asked.query.get("session_hash", [])
    )


def is_key(value: Any, among: Mapping[int, Any]) -> bool:
    return type(value) is int and value in among


OPEN = (
    # the page, its files, and what it says when it comes and goes
    Door("GET", "/"),
    Door("GET", "/assets/**"),
    Door("GET", "/static/**"),
    Door("GET", "/theme.css"),
    Door("GET", "/favicon.ico"),
    Door("GET", "/robots.txt"),
    Door("GET", "/manifest.json"),
    Door("GET", "/gradio_api/heartbeat/*"),
    Door("GET", "/gradio_api/startup-events"),
    # our own
    Door("GET", "/lab/**"),
    Door("POST", "/lab/stream/**", LARGEST),
    Door("POST", "/lab/upload", UPLOAD, kind=""),
    Door("POST", "/lab/own/download", CALL),
    Door("POST", "/train/text", TEXT, kind=""),
    Door("GET", "/class"),
    Door("POST", "/class/*", FROM_CLASS),
    Door("POST", "/gradio_api/component_server", LARGEST, check=known_question),
    # the named endpoints, for `gradio_client` and for curl
    Door("GET", "/config"),
    Door("GET", "/gradio_api/info"),
    Door("POST", "/gradio_api/queue/join", CALL, check=known_event),
    Door("GET", "/gradio_api/queue/data", check=known_session),
    Door("POST", "/gradio_api/cancel", CALL),
    Door("POST", "/gradio_api/reset", CALL),
    Door("POST", "/gradio_api/call/*", CALL, check=known_endpoint),
    Door("GET", "/gradio_api/call/*/*", check=known_job),
)

# ---- what every answer carries

UNTRUSTED = (b"x-forwarded-host", b"x-gradio-server")  # Gradio would take them for its own address
NEUTRAL = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
NOTHING = "default-src 'none'; frame-ancestors 'none'"  # for whatever is no page
# Gradio compiles the code of its components (unsafe-eval) and styles elements where they are (unsafe-inline).
PAGE = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' {scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-src 'none'; frame-ancestors {embedders}"
)
INLINE = re.compile(rb"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def page_policy(body: bytes, embedders: Sequence[str]) -> str:
    """What a page may load and run: files of this server, and the scripts that stand in it as we sent it."""
    digests = (hashlib.sha256(script).digest() for script in INLINE.findall(body))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return PAGE.format(scripts=scripts, embedders=" ".join(["'self'", *embedders]))


class Answer:
    """An answer on its way out. That of a page waits for its first piece, whose scripts the policy names."""

    def __init__(self, send: Send, embedders: Sequence[str]) -> None:
        self.send, self.embedders = send, embedders
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(NEUTRAL)
            if headers.get("content-type", "").startswith("text/html"):
                self.start = message
                return
            headers["Content-Security-Policy"] = NOTHING
        elif self.start is not None:
            policy = page_policy(message.get("body", b""), self.embedders)
            MutableHeaders(scope=self.start)["Content-Security-Policy"] = policy
            await self.send(self.start)
            self.start = None
        await self.send(message)


# ---- requests on their way in


def is_own(headers: Headers) -> bool:
    """Whether a request comes from a page of this server, or from no page: browsers say so."""
    if site := headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def bounded(receive: Receive, most: int) -> Receive:
    """The same, but HTTPException for more than `most` bytes of a body."""
    got = 0

    async def receiving() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= most else too_large(most)

    return receiving


def replayed(body: bytes, receive: Receive) -> Receive:
    """A body that has come in, as if it came now."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving


def readable(body: bytes) -> tuple[bytes, Any]:
    """JSON as it came and what it says. Raises HTTPException for what is none."""
    try:
        mended = body if is_json(body) else with_whole_signs(body)
        data = orjson.loads(mended)
    except (ValueError, RecursionError) as error:
        return refuse(400, f"the request cannot be read: it is not JSON ({error})")
    if is_nested(data, MAX_DEPTH):
        return refuse(400, f"the request cannot be read: it is nested more than {MAX_DEPTH} deep")
    return mended, data


def is_json(body: bytes) -> bool:
    """Strictly: no NaN, and no half of a character."""
    try:
        orjson.loads(body)
    except ValueError:
        return False
    return True


def with_whole_signs(body: bytes) -> bytes:
    """The same JSON, U+FFFD for each half of a character: a page may send those, and no answer could."""
    return encodable(json.dumps(json.loads(body), ensure_ascii=False)).encode()


def too_large(most: int) -> NoReturn:
    refuse(413, f"the request must be at most {most:,} bytes; send less at once")


def refuse(status: int, sentence: str) -> NoReturn:
    raise HTTPException(status, sentence)


# ---- the guard


class Guard:
    """ASGI middleware: refuses what is not open, from another site, too large or unreadable."""

    def __init__(self, app: ASGIApp, doors: Sequence[Door] = OPEN, embedders: Sequence[str] = ()) -> None:
        self.app, self.doors, self.embedders = app, doors, embedders
        self.held = 0  # bytes of requests that are coming in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        scope = {**scope, "headers": [header for header in scope["headers"] if header[0] not in UNTRUSTED]}
        answer, incoming = Answer(send, self.embedders), Incoming(receive)
        ASKING.set(Visitor.of(scope))
        try:
            receive = await self.admitted(scope, incoming)
        except HTTPException as refusal:
            await incoming.drained()
            sentence = PlainTextResponse(refusal.detail, refusal.status_code, {"Connection": "close"})
            return await sentence(scope, receive, answer)
        return await self.app(scope, receive, answer)

    async def admitted(self, scope: Scope, receive: Receive) -> Receive:
        """What the app is to hear of a request. Raises HTTPException with a sentence."""
        headers, path = Headers(scope=scope), get_route_path(scope).rstrip("/") or "/"
        door = next((door for door in self.doors if door.fits(scope["method"], path)), None)
        if door is None:
            return refuse(404, "there is nothing at this address")
        body, data = b"", {}
        if door.method != "GET":
            check_sender(door, headers)
            receive = bounded(receive, door.most)
            if door.kind:
                body, data = readable(await self.whole(receive))
                receive = replayed(body, receive)
        if door.check:
            query = parse_qs(scope["query_string"].decode("latin-1"))
            asked = Asked(
                scope["app"].get_blocks(),
                path,
                Visitor.of(scope).address,
                query,
                data if isinstance(data, dict) else {},
            )
            if not door.check(asked):
                return refuse(404, "the request names nothing that is here; load the page anew")
        return receive

    async def whole(self, receive: Receive) -> bytes:
        """A request's body, while no more than HELD bytes of all are on their way."""
        body = bytearray()
        try:
            with fail_after(PATIENCE):
                async for part in parts(receive):
                    body += part
                    self.held += len(part)
                    if self.held > HELD:
                        return refuse(503, "the server is busy with large requests; try again in a minute")
        except TimeoutError:
            return refuse(408, "the request came too slowly; send it again")
        finally:
            self.held -= len(body)
        return bytes(body)


def check_sender(door: Door, headers: Headers) -> None:
    """Raises HTTPException for what may not be sent here, before it has come in."""
    if not is_own(headers):
        refuse(403, "a page of another site may not ask this; open the page at this server's own address")
    if door.kind and headers.get("content-type", "").split(";")[0].strip() != door.kind:
        refuse(415, f"the request must be {door.kind}")
    if not headers.get("content-length", "0").zfill(DIGITS) <= str(door.most).zfill(DIGITS):
        too_large(door.most)


class Incoming:
    """A request as it comes in."""

    def __init__(self, receive: Receive) -> None:
        self.receive, self.over = receive, False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.over = not message.get("more_body", False)
        return message

    async def drained(self) -> None:
        """Hear the rest of what is refused: whoever is still sending would not hear the answer."""
        heard = 0
        with move_on_after(PATIENCE):
            while not self.over and heard <= DRAINED:
                heard += len((await self()).get("body", b""))


async def parts(receive: Receive) -> AsyncIterator[bytes]:
    """A body as it comes in; what breaks off is none."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            refuse(400, "the request broke off")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
