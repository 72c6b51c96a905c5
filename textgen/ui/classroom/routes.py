"""The class on the server: the page that phones load, and what the teacher and the devices send and hear.

    GET  class                                  the devices' page
    POST class/open   {}                        a new room: {"code", "key"}
    POST class/watch  {code, device | key}      an event stream: what there is to see, as it changes
    POST class/vote   {code, device, round, turn, vote}
    POST class/ask    {code, key, question}     class/drive {code, key, action}
    POST class/live   {code, key, settings}     class/csv   {code, key}

A device is a random id that its browser made; a room keeps a hash of it. There are no cookies and no names.
"""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from textgen.classroom.room import Room, device_in, new_code, new_key, read_code
from textgen.classroom.rounds import RoomError, Round, Vote
from textgen.classroom.store import Board, Rooms
from textgen.classroom.throttle import Throttle
from textgen.errors import TextError, TextgenError, shorten
from textgen.experiments.requests.base import as_settings
from textgen.ui.classroom.questions import ClassAsk, GuessAsk, ask_from, live_settings, scored
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.streams import BEAT, HEADERS, Lines
from textgen.ui.shell import assets
from textgen.ui.shell.components import as_object, refusal

MOST_STREAMS = 6  # of one device
REST = 0.1  # seconds between two pictures for the teacher: votes come in flocks
GUESSES = "there were too many wrong codes or keys from this address"
TRIES = 50  # codes that may be taken
STATUS = {"none": 404, "key": 403, "often": 429, "away": 503}  # by reason; else 400

Data = dict[str, Any]
Answer = Callable[[Data, str], Awaitable[Any]]  # what was sent, and the address that it came from


class Classroom:
    """Answers devices and teachers; every answer takes what any client may send. Raises TextgenError."""

    def __init__(self, lab: Laboratory, rooms: Rooms, clock: Callable[[], float] = time.time) -> None:
        self.lab, self.rooms, self.clock = lab, rooms, clock
        self.streams = Counter[str]()  # open ones, by device
        self.openings = Throttle(rate=1 / 60, burst=20)  # rooms, by address
        self.misses = Throttle(rate=0.5, burst=40)  # wrong codes and keys, by address
        self.posts = Throttle(rate=5, burst=20)  # by device
        self.questions = Throttle(rate=2, burst=20)  # by room
        self.joins = Throttle(rate=50, burst=600)  # by address: a school may have one

    # ---- who may do what

    async def room(self, data: Data, address: str) -> Room:
        """The room of a code. Wrong codes and keys are counted, so that nobody finds one by trying; who has
        tried too often is told nothing more, but whoever belongs to the room goes on beside them.
        """
        try:
            room = await self.rooms.get(read_code(data.get("code")))
        except RoomError as error:
            if error.setting in ("class.refused.none", "class.refused.code"):
                self.slowly(self.misses, address, GUESSES)
            raise
        if self.misses.left(address, self.clock()) < 1 and not belongs(room, data):
            raise often(GUESSES)
        return room

    async def taught(self, data: Data, address: str) -> Room:
        """The room of a code, for who has its key."""
        room = await self.room(data, address)
        try:
            room.check_key(data.get("key"))
        except RoomError:
            self.slowly(self.misses, address, GUESSES)
            raise
        return room

    def slowly(self, throttle: Throttle, name: str, what: str) -> None:
        """Raises RoomError for who does something too often."""
        if not throttle.take(name, self.clock()):
            raise often(what)

    # ---- what is sent

    async def open(self, _data: Data, address: str) -> Data:
        """A room, with its key, which is told this once."""
        self.slowly(self.openings, address, "there were too many new sessions from this address")
        key = new_key()
        for _ in range(TRIES):
            room = Room.open(new_code(), key, self.clock())
            if await self.rooms.add(room):
                return {"code": room.code, "key": key}
        raise RoomError("no free code was found; try again", "class.refused.full")

    async def vote(self, data: Data, address: str) -> Data:
        """A device's vote: what it has answered in the round by now."""
        code = (await self.room(data, address)).code
        device = device_in(code, data.get("device"))
        self.slowly(self.posts, device, "this device sends too much")
        number, turn, value = (data.get(name) for name in ("round", "turn", "vote"))
        room = await self.rooms.change(code, lambda room: room.voted(device, number, turn, value))
        return {"mine": room.mine(device)}

    async def ask(self, data: Data, address: str) -> Data:
        """A new question. The model is asked in a thread."""
        code = (await self.taught(data, address)).code
        self.slowly(self.questions, code, "there were too many questions at once")
        request = ask_from(self.seeded(data.get("question")))
        question = await run_sync(request.question, self.lab)
        await self.rooms.move(code, question.asked.get("live"))
        await self.rooms.change(code, lambda room: room.ask(question, self.clock()))
        return {}

    def seeded(self, question: Any) -> Any:
        """A question whose seed is null gets a new one."""
        fresh = isinstance(question, dict) and "seed" in question and question["seed"] is None
        return {**question, "seed": self.lab.new_seed()} if fresh else question

    async def drive(self, data: Data, address: str) -> Data:
        """A step of the teacher's: close, again, reveal, next; draw, go on (to the next character); end."""
        room, action = await self.taught(data, address), data.get("action")
        if action == "end":
            await self.rooms.remove(room.code)
        elif action in ("draw", "on"):
            await self.go_on(room, action)
        else:
            await self.rooms.change(room.code, lambda room: self.stepped(room, action))
        return {}

    def stepped(self, room: Room, action: Any) -> Room:
        after = room.driven(action, self.clock())
        shown = action == "reveal" and after.round
        return replace(after, round=scored(after.present())) if shown else after

    async def go_on(self, room: Room, action: str) -> None:
        """From a round that was shown to the next one of its series."""
        self.slowly(self.questions, room.code, "there were too many questions at once")
        on = room.present()
        on.expect("go on", "shown")
        if on.question.kind != {"draw": "class", "on": "guess"}[action]:
            raise RoomError("this round is not followed by another; ask a question", "class.refused.phase")
        question = await run_sync(self.following, on, await self.temperature(room.code))
        await self.rooms.move(room.code, question.asked.get("live"))

        def ask(now: Room) -> Room:
            if now.round != on:
                raise RoomError("the round has changed meanwhile; look again", "class.refused.round")
            return now.ask(question, self.clock())

        await self.rooms.change(room.code, ask)

    def following(self, on: Round, t: float) -> Any:
        """The next question of a series."""
        if on.question.kind == "guess":
            return GuessAsk.after(on).question(self.lab)
        return ClassAsk.after(on, t, self.lab).question(self.lab)

    async def temperature(self, code: str) -> float:
        """Where the teacher's slider is."""
        async with self.rooms.watch(code) as board:
            live = orjson.loads(board.live) or {}
        return live.get("temperature", 1.0)

    async def live(self, data: Data, address: str) -> Data:
        """The teacher's slider has moved."""
        code = (await self.taught(data, address)).code
        settings = as_settings("settings", data.get("settings"))
        await self.rooms.move(code, live_settings(settings))
        return {}

    async def csv(self, data: Data, address: str) -> Data:
        """All votes, anonymous."""
        room = await self.taught(data, address)
        rounds = await self.rooms.finished(room.code)
        return {"csv": votes_as_csv([*rounds, *([room.round] if room.round else [])])}

    # ---- what is heard

    async def watch(self, data: Data, address: str) -> Response:
        """What there is to see, as it changes: for a device, which joins by this, or for the teacher."""
        teacher = "key" in data
        room = await (self.taught if teacher else self.room)(data, address)
        if teacher:
            return events(self.sights(self.rooms.watch(room.code), None))
        device = device_in(room.code, data.get("device"))
        if device not in room.devices:
            self.slowly(self.joins, address, "too many devices join from this address")
        if self.streams[device] >= MOST_STREAMS:
            raise often("this device has the page open too many times")
        room = await self.rooms.change(room.code, lambda room: room.joined(device))
        return events(self.sights(self.rooms.watch(room.code), device))

    async def sights(
        self, watched: AbstractAsyncContextManager[Board], device: str | None
    ) -> AsyncIterator[bytes]:
        """The events of one stream: `room` when it changes, `live` when the slider moves, `ended`."""
        async with watched as board, self.counted(device):
            bell = board.devices if device else board.teacher
            seen = live = None
            while board.room is not None:
                event = bell.event  # taken before looking: what changes meanwhile rings it
                before, seen = seen, board.seen if device else board.room
                if seen is not before:
                    yield event_of("room", self.sight(board, device, first=before is None))
                before, live = live, board.live
                if live is not before:
                    yield event_of("live", live)
                if not device:
                    await asyncio.sleep(REST)
                if not await rang(event) and board.room and board.room.expired(self.clock()):
                    break
            yield event_of("ended", b"null")

    def sight(self, board: Board, device: str | None, first: bool) -> bytes:
        """What a device or the teacher sees; a device first hears what it has answered, too."""
        room = board.room
        if room is None:
            return b"null"
        if device is None:
            return orjson.dumps(room.seen_by_teacher(self.clock()))
        if first:
            return orjson.dumps({**room.seen(), "mine": room.mine(device)})
        return board.seen

    @asynccontextmanager
    async def counted(self, device: str | None) -> AsyncIterator[None]:
        """A stream is one of its device's."""
        if device is None:
            yield
            return
        self.streams[device] += 1
        try:
            yield
        finally:
            self.streams[device] -= 1
            if not self.streams[device]:
                del self.streams[device]


def belongs(room: Room, data: Data) -> bool:
    """Whether a request comes from the teacher or from a device that has joined."""
    try:
        if "key" in data:
            room.check_key(data["key"])
            return True
        return device_in(room.code, data.get("device")) in room.devices
    except RoomError:
        return False


def often(what: str) -> RoomError:
    return RoomError(f"{what}; wait a minute and try again", "class.refused.often")


async def rang(event: asyncio.Event) -> bool:
    """Wait for a bell: whether it rang within a beat."""
    try:
        await asyncio.wait_for(event.wait(), BEAT)
    except TimeoutError:
        return False
    return True


def event_of(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def events(sights: AsyncIterator[bytes]) -> Response:
    return Lines(sights, media_type="text/event-stream", headers=HEADERS)


def votes_as_csv(rounds: list[Round]) -> str:
    """All votes of some rounds, a row each; a voter has one number in all rounds, which says nothing else."""
    voters = sorted({device for one in rounds for cast in one.votes for device in cast})
    numbers = {device: number for number, device in enumerate(voters, 1)}
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["round", "kind", "turn", "voter", "vote", "answer", "model"])
    for one in rounds:
        for turn, cast in enumerate(one.votes, 1):
            for device, vote in sorted(cast.items()):
                table.writerow([one.number, one.question.kind, turn, numbers[device], *said(one, vote)])
    return out.getvalue()


def said(on: Round, vote: Vote) -> Iterator[Any]:
    """A vote, what it means, and the model's share for it, 0..1."""
    asked, bars = on.question.asked, on.question.truth.get("bars", [])
    if isinstance(vote, list):
        yield from (" ".join(map(str, vote)), "", "")
        return
    place = on.question.answer.place(vote)
    labels = (
        asked.get("labels")
        or asked.get("options")
        or [chr(ord("A") + i) for i in range(len(asked.get("texts", ())))]
    )
    other = "other" if asked.get("labels") else ""
    label = "" if on.question.answer.form == "number" else labels[place] if place < len(labels) else other
    yield from (vote, plain_cell(label), f"{bars[place]:.4f}" if place < len(bars) else "")


def plain_cell(text: str) -> str:
    """A text that a spreadsheet takes for no formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


# ---- routes

POSTS = ("open", "watch", "vote", "ask", "drive", "live", "csv")


def routes(classroom_of: Callable[[Request], Classroom], page: Callable[[Request], str]) -> list[Route]:
    """The routes that a class takes; `page` makes the devices' page."""

    async def show(request: Request) -> Response:
        coding, body = assets.coding_for(request.headers), page(request).encode()
        headers = {"Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}
        headers["Vary"] = "Accept-Language, Accept-Encoding"
        if coding:
            headers["Content-Encoding"], body = coding, assets.packed(body, coding)
        return Response(body, media_type="text/html", headers=headers)

    async def answer(name: str, request: Request) -> Response:
        return await answered(getattr(classroom_of(request), name), request)

    posts = [Route(f"/class/{name}", partial(answer, name), methods=["POST"]) for name in POSTS]
    return [Route("/class", show, methods=["GET"]), *posts]


async def answered(answer: Answer, request: Request) -> Response:
    """What an answer gives, or its sentence with a status."""
    address = request.client.host if request.client else ""
    try:
        given = await answer(await read(request), address)
    except TextgenError as error:
        reason = error.setting.rpartition(".")[2]
        return JSONResponse(refusal(error), STATUS.get(reason, 400))
    return given if isinstance(given, Response) else JSONResponse(given)


async def read(request: Request) -> Data:
    """What was sent, which the guard has bounded. Raises TextError for what is no JSON object."""
    try:
        return as_object(orjson.loads(await request.body()))
    except orjson.JSONDecodeError as error:
        raise TextError(f"the request must be JSON, got {shorten(str(error))}; use the page") from error
