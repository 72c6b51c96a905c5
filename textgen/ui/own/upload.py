"""Files on their way in from a browser: streamed to the disk, bounded, and gone when they are not wanted.

POST lab/upload   {"files": [{"slot": "checkpoint", "name": "config.json", "size": 310}, …]} ⏎ their bytes
→                 {"upload": "…"}, by which they are imported, or {"problem": "…"}
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from textgen.errors import TextError, TextgenError, out_of_range, shorten
from textgen.models.names import plain_name
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.service.guard import DRAINED, PATIENCE
from textgen.validation import whole

KIND = "application/octet-stream"  # no page of another site may send it unasked
MOST_FILES = 1_000
HEADER = 300_000  # bytes that describe the files
BLOCK = 1 << 20  # bytes written at once
CHECKPOINT, VOCAB, CORPUS = SLOTS = ("checkpoint", "vocab", "corpus")
MOST_TEXT = 50_000_000  # bytes of a vocabulary, or of a text
HELD, KEPT = 8, 600.0  # uploads that wait to be imported, and seconds that one does
BYTES_A_TOKEN = 1_000  # on a visitor's account
OFF = "this server takes no models of visitors; run it on your own machine, or ask whoever runs it"
UNREADABLE = "the upload cannot be read: its list of files is damaged; choose the files again"


@dataclass(frozen=True, slots=True)
class Upload:
    """Files that have come in, each in its slot's folder, until `room` is closed."""

    folder: Path
    room: ExitStack
    at: float  # seconds of the laboratory's clock

    def one(self, slot: str) -> Path | None:
        """The file of a slot, the folder where there are several; None for an empty one."""
        found = sorted((self.folder / slot).glob("*"))
        return found[0] if len(found) == 1 else self.folder / slot if found else None


@dataclass(frozen=True, slots=True)
class File:
    """A file that is announced."""

    slot: str
    name: str
    size: int


class Body:
    """A request's body, a piece at a time. Raises TextError where it ends early or comes too slowly."""

    def __init__(self, request: Request) -> None:
        self.stream, self.held = request.stream(), b""

    async def more(self) -> None:
        try:
            self.held += await asyncio.wait_for(anext(self.stream), PATIENCE)
        except (StopAsyncIteration, TimeoutError, ClientDisconnect) as error:
            raise TextError("the upload broke off, or came too slowly; send it again") from error

    async def line(self, most: int) -> bytes:
        while b"\n" not in self.held:
            if len(self.held) > most:
                raise TextError(UNREADABLE)
            await self.more()
        line, _, self.held = self.held.partition(b"\n")
        return line

    async def blocks(self, size: int) -> AsyncIterator[bytes]:
        """The next `size` bytes."""
        while size:
            while len(self.held) < min(size, BLOCK):
                await self.more()
            block, self.held = self.held[: min(size, BLOCK)], self.held[min(size, BLOCK) :]
            size -= len(block)
            yield block

    async def drained(self) -> None:
        """Hear some of the rest of what is refused: whoever is still sending would not hear the answer."""
        heard = 0
        try:
            while heard <= DRAINED:
                self.held = b""
                await self.more()
                heard += len(self.held)
        except TextError:
            return


class Uploads:
    """What has come in and is not imported yet."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.waiting: OrderedDict[str, Upload] = OrderedDict()
        self.coming = 0

    async def answer(self, request: Request) -> Response:
        """Take files in. A mistake is answered with its sentence."""
        if request.headers.get("content-type") != KIND:
            return JSONResponse({"problem": f"the request must be {KIND}"}, 415)
        body = Body(request)
        try:
            return JSONResponse({"upload": await self.receive(body)})
        except TextgenError as error:
            await body.drained()
            return JSONResponse({"problem": str(error)}, 400)

    async def receive(self, body: Body) -> str:
        """The name of an upload once all of it is here. Raises TextgenError; then nothing of it is left."""
        own = self.lab.own
        if own is None or not self.lab.allowed.own_models:
            raise TextError(OFF)
        self.sweep()
        files = read_header(await body.line(HEADER), own.limits.bytes)
        self.lab.visitors.charge(1 + sum(file.size for file in files) // BYTES_A_TOKEN)
        if self.coming + len(self.waiting) >= HELD:
            raise TextError(f"this server takes in {HELD} models at a time; try again in a minute")
        self.coming += 1
        with ExitStack() as room:
            room.callback(self.left)
            folder = room.enter_context(own.draft())
            await written(files, body, folder)
            name = secrets.token_urlsafe(16)
            self.waiting[name] = Upload(folder, room.pop_all(), self.lab.clock())
        return name

    def left(self) -> None:
        self.coming -= 1

    def take(self, name: Any) -> Upload:
        """An upload, which is now whoever asks's to close. Raises TextError for one that is gone."""
        self.sweep()
        if isinstance(name, str) and (found := self.waiting.pop(name, None)):
            return found
        raise TextError("the files are no longer on the server; choose them again")

    def sweep(self) -> None:
        """Forget what nobody has imported for too long."""
        now = self.lab.clock()
        for name in [name for name, upload in self.waiting.items() if now - upload.at > KEPT]:
            self.waiting.pop(name).room.close()


async def written(files: list[File], body: Body, folder: Path) -> None:
    """Lay files down as they come."""
    for slot in SLOTS:
        (folder / slot).mkdir()
    for file in files:
        with (folder / file.slot / file.name).open("xb") as target:
            async for block in body.blocks(file.size):
                await run_sync(target.write, block)


def read_header(line: bytes, most: int) -> list[File]:
    """The files that are announced. Raises TextError for what is none of ours, or too much."""
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise TextError(UNREADABLE) from error
    items = data.get("files") if isinstance(data, Mapping) else None
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_FILES:
        got = len(items) if isinstance(items, list) else items
        raise out_of_range("files", f"1 to {MOST_FILES:,}", got, "choose those of one model")
    files = [read_file(item) for item in items]
    total = sum(file.size for file in files)
    if total > most or any(file.size > MOST_TEXT for file in files if file.slot != CHECKPOINT):
        limits = f"at most {most:,} bytes, a vocabulary or a text at most {MOST_TEXT:,}"
        raise TextError(f"the files must have {limits}, got {total:,}; bring a smaller model")
    places = [(file.slot, file.name.lower()) for file in files]
    alone = all(sum(place[0] == slot for place in places) <= 1 for slot in (VOCAB, CORPUS))
    if len(set(places)) < len(places) or not alone or CHECKPOINT not in dict(places):
        raise TextError("the files must be a checkpoint, and a vocabulary and a text at most; choose again")
    return files


def read_file(item: Any) -> File:
    known = item if isinstance(item, Mapping) else {}
    slot, name, size = known.get("slot"), known.get("name"), whole(known.get("size"))
    if slot not in SLOTS or not isinstance(name, str) or size is None or size < 0:
        raise TextError(f"a file must have a slot, a name and a size, got {shorten(item)}; choose again")
    return File(slot, plain_name(name), size)
