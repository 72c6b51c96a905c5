"""Models of visitors on the page: bringing one, and what its visitor may do with it."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

from anyio.to_thread import run_sync
from gradio.context import Context
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from textgen.errors import TextError, TextgenError, out_of_range
from textgen.importing.vocabulary import ORDERS
from textgen.models.own import OwnModels, as_title, gone
from textgen.ui.own.bringing import Brought, bring
from textgen.ui.own.entry import entry_of
from textgen.ui.own.upload import CHECKPOINT, CORPUS, OFF, VOCAB, Uploads
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent

UPLOAD, DOWNLOAD = "lab/upload", "lab/own/download"
BLOCK = 1 << 18  # bytes of a zip sent at once
IGNORES: Mapping[str, str] = {}


def build(lab: Laboratory) -> None:
    """Put the card where Gradio is building; none where visitors may have no models."""
    if lab.own is None:
        return
    room = Room(lab)
    if isinstance(page := Context.root_block, Page):
        page.own.append(room)
    answers = {"rename_own": room.rename, "remove_own": room.remove}
    config = {
        "uploads": lab.allowed.own_models,
        "megabytes": lab.limits.own_megabytes,
        "hours": lab.limits.own_hours,
        "orders": dict(ORDERS),
    }
    LabComponent("own", config, answers=answers, streams={"bring": room.bring})


class Room:
    """What the page asks of the server; each request is what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab, self.uploads = lab, Uploads(lab)

    @property
    def own(self) -> OwnModels:
        if self.lab.own is None:
            raise gone()
        return self.lab.own

    def rename(self, data: dict[str, Any]) -> dict[str, Any]:
        """Another `title` for the model `name`, whose `key` the visitor has. Raises TextgenError."""
        name = self.checked(data)
        self.own.rename(name, data.get("title"))  # type: ignore[arg-type]  # it judges what it gets
        return entry_of(self.lab.registry, name)

    def remove(self, data: dict[str, Any]) -> dict[str, Any]:
        """Delete a model; whoever uses it now is told where they ask next. Raises TextgenError."""
        name = self.checked(data)
        self.own.remove(name)
        return {"name": name}

    async def bring(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Import what has been uploaded. Raises TextgenError."""
        if not self.lab.allowed.own_models:
            raise TextError(OFF)
        order, title = data.get("order") or None, data.get("title") or ""
        if order is not None and order not in ORDERS:
            raise out_of_range("order", f"one of {', '.join(ORDERS)}", order, "leave it out")
        title = as_title(title) if title else ""
        return self.imported(data.get("upload"), order, title)

    async def imported(self, name: Any, order: str | None, title: str) -> AsyncIterator[dict[str, Any]]:
        upload = self.uploads.take(name)
        try:
            source = upload.one(CHECKPOINT)
            assert source  # the upload was read so
            brought = Brought(upload.folder, source, upload.one(VOCAB), upload.one(CORPUS), order, title)
            async with aclosing(self.lab.workers.work("imports", bring, brought)) as messages:
                async for message in messages:
                    yield message
        finally:
            upload.room.close()

    def checked(self, data: Mapping[str, Any]) -> str:
        """The name of a model whose key came along. Raises ModelError."""
        name = data.get("name")
        if not isinstance(name, str):
            raise gone()
        self.own.check_key(name, data.get("key"))
        return name


# ---- routes of their own: files


def routes() -> list[Route]:
    """Files on their way in and out."""
    return [
        Route(f"/{UPLOAD}", uploaded, methods=["POST"]),
        Route(f"/{DOWNLOAD}", downloaded, methods=["POST"]),
    ]


def room_of(request: Request) -> Room | None:
    return next(iter(request.app.get_blocks().own), None)


async def uploaded(request: Request) -> Response:
    room = room_of(request)
    return await room.uploads.answer(request) if room else JSONResponse({"problem": OFF}, 400)


async def downloaded(request: Request) -> Response:
    """A model as a zip of its folder, for whoever has its key: what this page, and the terminal, import."""
    room, data = room_of(request), await request.json()
    try:
        if room is None or not isinstance(data, dict):
            raise gone()
        name = await run_sync(room.checked, data)
    except TextgenError as error:
        return JSONResponse({"problem": str(error)}, 400)
    return StreamingResponse(zipped(room.own.folder(name), name), media_type="application/zip")


def zipped(folder: Path, name: str) -> Iterator[bytes]:
    """A zip of a model folder, piece by piece. It lies there under the model's name, as receipts say it."""
    from textgen.importing.run import FILES  # torch comes in with it

    pieces = Pieces()
    with zipfile.ZipFile(pieces, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for path in filter(Path.exists, (folder / file for file in FILES)):
            packed = archive.open(f"{name}/{path.name}", "w", force_zip64=True)
            with path.open("rb") as file, packed:
                while block := file.read(BLOCK):
                    packed.write(block)
                    yield pieces.taken()
    yield pieces.taken()


class Pieces:
    """A file that cannot be gone back in, from which what was written is taken."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, data: bytes) -> int:
        self.held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        piece = bytes(self.held)
        self.held.clear()
        return piece
