"""Train: a visitor's text becomes a model of this visitor, watched as it learns.

POST train/text?file=NAME&encoding=auto&instead=TRAINING   a text, as it is   →   what is known of it
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from functools import cached_property
from typing import Any

from anyio import sleep
from anyio.to_thread import run_sync
from gradio.context import Context
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from textgen.classroom.throttle import Throttle
from textgen.errors import TextError, TextgenError
from textgen.text.encodings import TITLES
from textgen.ui.own.entry import entry_of
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.visitors import Visitor
from textgen.ui.shell.components import LabComponent, refusal
from textgen.ui.train.runner import is_queued, measure
from textgen.ui.train.trainings import NETS, Course, Trainings, events_from, too_long
from textgen.validation import check_whole

MOST_AT = 10**12
IGNORES: Mapping[str, str] = {}
LOOK = 0.5  # seconds between two looks at what a training has written
LEVEL_WORDS = {
    "char": ("Characters", "learns spelling first, then words: right for any text, and for a small one"),
    "word": ("Words", "learns which words follow which: for long texts with spaces between words"),
    "subword": ("Subwords", "pieces between letters and words, as large language models read"),
}
NET_WORDS = {"small": "Small", "medium": "Medium"}
OFF = (
    "Training is switched off on this server; whoever runs it can allow it with --allow-training. In the "
    "terminal it is python -m textgen train --corpus FILE."
)


def build(lab: Laboratory) -> None:
    """Put the room's component where Gradio is building."""
    room = Room(lab)
    answers = {"look": room.look, "stop_training": room.end, "forget_training": room.forget}
    streams = {"measure": room.measure, "begin": room.begin, "more": room.more, "watch": room.watch}
    LabComponent("train", config(lab), answers=answers, streams=streams)
    if isinstance(page := Context.root_block, Page):
        page.trainings[:] = [room]
    if lab.allowed.training and lab.own:
        threading.Thread(target=room.trainings.revive_all, daemon=True).start()


def config(lab: Laboratory) -> dict[str, Any]:
    """What the page needs to know once."""
    limits = lab.limits
    return {
        "off": "" if lab.allowed.training else OFF,
        "levels": [
            {"name": name, "title": title, "what": what} for name, (title, what) in LEVEL_WORDS.items()
        ],
        "nets": [{"name": name, "title": title} for name, title in NET_WORDS.items()],
        "encodings": [{"name": name, "title": title} for name, title in TITLES.items()],
        "most": limits.training_bytes,
        "minutes": limits.training_minutes,
        "atOnce": limits.trainings,
        "hours": limits.own_hours,
    }


class Room:
    """What the page asks of the server; each request is what any client may send. Raises TextgenError."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.uploads = Throttle(rate=0.5, burst=60)  # by address

    @cached_property
    def trainings(self) -> Trainings:
        """Those of this server. Raises TextError where there are none."""
        if not (self.lab.allowed.training and self.lab.own):
            raise TextError(OFF)
        return Trainings(self.lab.own, self.lab.limits)

    # ---- a text

    async def taken(self, request: Request) -> dict[str, Any]:
        """A text as it was sent, with its file's name: kept, and looked at."""
        trainings, most = self.trainings, self.lab.limits.training_bytes
        if not self.uploads.take(Visitor.of(request.scope).address, time.monotonic()):
            raise TextError("too many texts came from this address; wait a minute and try again")
        data = await body_of(request, most)
        named = request.query_params
        return await run_sync(
            trainings.add, data, named.get("file", ""), named.get("encoding"), named.get("instead")
        )

    def look(self, data: dict[str, Any]) -> dict[str, Any]:
        """How a training is, for a page that was loaded anew."""
        return self.trainings.look(data.get("training"))

    async def measure(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """How long each size would take, at one level."""
        trainings = self.trainings
        name, level = data.get("training"), data.get("level")
        folder = await run_sync(trainings.folder, name)
        plans = [await run_sync(trainings.plan, name, level, net) for net in NETS]
        asked = {"folder": str(folder), "plans": plans, "minutes": self.lab.limits.training_minutes}
        return self.lab.workers.work("estimates", measure, asked)

    # ---- a training

    async def begin(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Begin a training, and watch it."""
        trainings, name = self.trainings, str(data.get("training"))
        plan = await run_sync(trainings.plan, name, data.get("level"), data.get("net"), data.get("title"))
        await run_sync(trainings.begin, name, plan)
        return self._watched(name, 0)

    async def more(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Go on with one, and watch it."""
        await run_sync(self.trainings.more, data.get("training"))
        return await self.watch(data)

    async def watch(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """What has happened, from a place of the events on, and what happens, until it ends."""
        await run_sync(self.trainings.folder, data.get("training"))
        at = check_whole("at", data.get("at", 0), 0, MOST_AT, "0 tells all")
        return self._watched(data["training"], at)

    def end(self, data: dict[str, Any]) -> dict[str, Any]:
        """End one; the best so far becomes the model."""
        self.trainings.end(data.get("training"))
        return {}

    def forget(self, data: dict[str, Any]) -> dict[str, Any]:
        """Delete one."""
        self.trainings.forget(data.get("training"))
        return {}

    async def _watched(self, name: str, at: int) -> AsyncIterator[dict[str, Any]]:
        """Events as they come; at the end the model, if there is one."""
        before, status = -1, ""
        while status != "over":
            news = await run_sync(self._news, name, at)
            status, at = news["status"], news["at"]
            if news["events"]:
                yield {"events": news["events"], "at": at}
            if news["before"] not in (None, before):
                before = news["before"]
                yield {"before": before}
            if status != "over":
                await sleep(LOOK)
        yield {"done": "over", **await run_sync(self._outcome, name)}

    def _news(self, name: str, at: int) -> dict[str, Any]:
        """What is new of a training; one whose process is gone goes on."""
        folder = self.trainings.folder(name)
        status = self.trainings.status(folder)  # before its events: so the last of them are not missed
        if status == "lost":
            self.trainings.revive(folder)
        events, at = events_from(folder, at)
        before = self.trainings.before(folder) if status == "waiting" and is_queued(folder) else None
        return {"status": status, "events": events, "at": at, "before": before}

    def _outcome(self, name: str) -> dict[str, Any]:
        """The model that came of a training, as the page's list has it."""
        course = Course.read(self.trainings.folder(name))
        if not course.done:
            return {}
        return {
            "entry": entry_of(self.lab.registry, self.trainings.adopted(name)),
            "more": not course.exhausted,
        }


async def body_of(request: Request, most: int) -> bytes:
    """A request's body. Raises TextError for one of more than `most` bytes."""
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if len(held) > most:
            raise too_long(len(held), most)
    return bytes(held)


def routes(room_of: Callable[[Request], Room]) -> list[Route]:
    """The way for texts: they come as they are, whatever bytes that is."""

    async def text(request: Request) -> Response:
        try:
            return JSONResponse(await room_of(request).taken(request))
        except TextgenError as error:
            return JSONResponse(refusal(error))

    return [Route("/train/text", text, methods=["POST"])]


def room_of(request: Request) -> Room:
    """The room of the page that a request goes to."""
    return request.app.get_blocks().trainings[0]
