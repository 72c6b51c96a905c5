"""Where rooms are kept: in this process, or in Redis, which several servers share and which outlives them.

A change is a function from a room to the next one, applied to whatever the room is by then; whoever watches
the room's board hears of it. A board also carries what moves too often to be kept in the room: the slider.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from textgen.classroom.room import LIFETIME, Room
from textgen.classroom.rounds import RoomError, Round
from textgen.errors import SettingError, out_of_range

if TYPE_CHECKING:
    from redis.asyncio import Redis

MOST_ROOMS = 1000
Change = Callable[[Room], Room]


def no_room(code: str) -> RoomError:
    sentence = f"there is no session {code}: it has ended, or the code is another; look at the board"
    return RoomError(sentence, "class.refused.none")


def full() -> RoomError:
    sentence = f"this server holds {MOST_ROOMS:,} sessions, which is all it can; end one that is over"
    return RoomError(sentence, "class.refused.full")


class Bell:
    """Wakes all who wait for it, each time that it rings."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    def ring(self) -> None:
        self.event.set()
        self.event = asyncio.Event()


@dataclass
class Board:
    """What those who watch a room have in sight: whoever is slow sees the newest alone."""

    room: Room | None = None  # None: it has ended
    seen: bytes = b""  # what every device may see, as JSON
    live: bytes = b"null"  # the teacher's slider, as JSON
    devices: Bell = field(default_factory=Bell)  # rings when `seen` or `live` changes
    teacher: Bell = field(default_factory=Bell)  # rings at every vote, too
    watchers: int = 0

    def show(self, room: Room | None) -> None:
        """Show the room as it is now; votes alone do not wake the devices."""
        self.room = room
        self.teacher.ring()
        seen = orjson.dumps(room.seen()) if room else b"null"
        if seen != self.seen:
            self.seen = seen
            self.devices.ring()

    def move(self, live: bytes) -> None:
        """Show where the slider is."""
        self.live = live
        self.devices.ring()
        self.teacher.ring()


class Rooms(Protocol):
    """A store of rooms. Each method raises RoomError."""

    async def add(self, room: Room) -> bool:
        """Keep a new room; False where its code is taken."""
        ...

    async def get(self, code: str) -> Room: ...

    async def change(self, code: str, change: Change) -> Room:
        """Put what `change` makes of the room in its place."""
        ...

    async def remove(self, code: str) -> None: ...

    async def move(self, code: str, live: Any) -> None:
        """Tell all who watch where the slider is."""
        ...

    async def finished(self, code: str) -> list[Round]:
        """The rounds that are over, in turn."""
        ...

    def watch(self, code: str) -> Any:
        """A context manager whose value is the room's Board."""
        ...


class MemoryRooms:
    """Rooms in this process, until it ends."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.rooms: dict[str, Room] = {}
        self.rounds: dict[str, list[Round]] = {}
        self.boards: dict[str, Board] = {}

    def expire(self) -> None:
        """Forget rooms that are too old."""
        now = self.clock()
        for code in [code for code, room in self.rooms.items() if room.expired(now)]:
            self.forget(code)

    def forget(self, code: str) -> None:
        self.rooms.pop(code, None)
        self.rounds.pop(code, None)
        if board := self.boards.pop(code, None):
            board.show(None)

    async def add(self, room: Room) -> bool:
        self.expire()
        if len(self.rooms) >= MOST_ROOMS:
            raise full()
        return self.rooms.setdefault(room.code, room) is room

    async def get(self, code: str) -> Room:
        self.expire()
        if code not in self.rooms:
            raise no_room(code)
        return self.rooms[code]

    async def change(self, code: str, change: Change) -> Room:
        before = await self.get(code)
        room = change(before)
        self.rounds.setdefault(code, []).extend(room.finished)
        room = self.rooms[code] = replace(room, finished=())
        if room != before and (board := self.boards.get(code)):
            board.show(room)
        return room

    async def remove(self, code: str) -> None:
        self.forget(code)

    async def move(self, code: str, live: Any) -> None:
        await self.get(code)
        self.board(code).move(orjson.dumps(live))

    async def finished(self, code: str) -> list[Round]:
        await self.get(code)
        return list(self.rounds.get(code, ()))

    def board(self, code: str) -> Board:
        """The board of a room that there is."""
        return self.boards.setdefault(code, Board())

    @asynccontextmanager
    async def watch(self, code: str) -> AsyncIterator[Board]:
        room, board = await self.get(code), self.board(code)
        if board.room is not room:
            board.show(room)
        board.watchers += 1
        try:
            yield board
        finally:
            board.watchers -= 1


PREFIX = "temperature-lab:class:"  # of all keys and of the channel
CHANNEL = PREFIX + "news"
ALL = PREFIX + "all"  # sorted set of codes by the time when they expire
PAUSE = 0.5  # seconds between two tries to reach Redis
WAIT = 2.0  # seconds that Redis may take for an answer


def away(error: Exception) -> RoomError:
    return RoomError(
        f"the store of the sessions cannot be reached ({type(error).__name__}); try again in a moment",
        "class.refused.away",
    )


class RedisRooms:
    """Rooms in Redis: a restart of this server loses nothing, and several servers share them.

    A room is one value, changed only if nobody else has changed it meanwhile. Beside it lie its finished
    rounds and its slider; all three expire. Who changes something publishes the room's code.
    """

    def __init__(self, redis: Redis, clock: Callable[[], float]) -> None:
        self.redis: Any = redis  # its methods are typed for clients that answer at once, too
        self.clock = clock
        self.boards: dict[str, Board] = {}
        self.turns: dict[str, asyncio.Lock] = {}  # this server's own changes wait for each other
        self.listener: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def reaching(self) -> AsyncIterator[None]:
        """Whatever Redis fails with becomes a sentence."""
        from redis.exceptions import RedisError

        try:
            yield
        except (RedisError, OSError) as error:
            raise away(error) from error

    async def add(self, room: Room) -> bool:
        now = self.clock()
        async with self.reaching():
            await self.redis.zremrangebyscore(ALL, 0, now)
            if await self.redis.zcard(ALL) >= MOST_ROOMS:
                raise full()
            added = await self.redis.set(PREFIX + room.code, room.to_bytes(), nx=True, ex=LIFETIME)
            await self.redis.zadd(ALL, {room.code: now + LIFETIME})
        return bool(added)

    async def get(self, code: str) -> Room:
        async with self.reaching():
            return parsed(code, await self.redis.get(PREFIX + code))

    async def change(self, code: str, change: Change) -> Room:
        async with self.turns.setdefault(code, asyncio.Lock()), self.reaching():
            while True:
                room = await self.tried(code, change)
                if room is not None:
                    return room

    async def tried(self, code: str, change: Change) -> Room | None:
        """The room as changed; None where another server was faster."""
        from redis.exceptions import WatchError

        key = PREFIX + code
        async with self.redis.pipeline() as pipe:
            await pipe.watch(key)
            room = change(before := parsed(code, await pipe.get(key)))
            if room == before:
                return room
            pipe.multi()
            pipe.set(key, room.to_bytes(), keepttl=True)
            for finished in room.finished:
                pipe.rpush(key + ":rounds", orjson.dumps(finished.to_json()))
            pipe.expire(key + ":rounds", LIFETIME)
            pipe.publish(CHANNEL, code)
            with suppress(WatchError):
                await pipe.execute()
                return replace(room, finished=())
        return None

    async def remove(self, code: str) -> None:
        self.turns.pop(code, None)
        async with self.reaching():
            await self.redis.delete(PREFIX + code, f"{PREFIX}{code}:rounds", f"{PREFIX}{code}:live")
            await self.redis.zrem(ALL, code)
            await self.redis.publish(CHANNEL, code)

    async def move(self, code: str, live: Any) -> None:
        async with self.reaching():
            await self.redis.set(f"{PREFIX}{code}:live", said := orjson.dumps(live), ex=LIFETIME)
            await self.redis.publish(CHANNEL, code.encode() + b" " + said)

    async def finished(self, code: str) -> list[Round]:
        async with self.reaching():
            kept = await self.redis.lrange(f"{PREFIX}{code}:rounds", 0, -1)
        return [Round.from_json(orjson.loads(one)) for one in kept]

    @asynccontextmanager
    async def watch(self, code: str) -> AsyncIterator[Board]:
        if self.listener is None or self.listener.done():
            self.listener = asyncio.create_task(self.listen())
        board = self.boards.setdefault(code, Board())
        board.watchers += 1
        try:
            if board.room is None:
                await self.refresh(code, board)
            yield board
        finally:
            board.watchers -= 1
            if not board.watchers:
                self.boards.pop(code, None)

    async def refresh(self, code: str, board: Board) -> None:
        """Show a room as Redis has it. Raises RoomError."""
        room = await self.get(code)
        async with self.reaching():
            live = await self.redis.get(f"{PREFIX}{code}:live")
        board.show(room)
        if live and live != board.live:
            board.move(live)

    async def listen(self) -> None:
        """Show what any server has changed, for as long as this one runs."""
        while True:
            with suppress(RoomError):
                async with self.reaching(), self.redis.pubsub() as news:
                    await news.subscribe(CHANNEL)
                    for code, board in [*self.boards.items()]:
                        await self.told(code, board)  # what changed while nobody listened
                    while True:
                        if message := await news.get_message(timeout=WAIT):
                            await self.heard(message)
            await asyncio.sleep(PAUSE)

    async def heard(self, message: dict[str, Any]) -> None:
        if message["type"] != "message":
            return
        name, _, live = message["data"].partition(b" ")
        if (board := self.boards.get(code := name.decode())) is None:
            return
        if live:
            board.move(live)
        else:
            await self.told(code, board)

    async def told(self, code: str, board: Board) -> None:
        """Show a room, or that it has ended; what cannot be reached is shown later."""
        try:
            await self.refresh(code, board)
        except RoomError as error:
            if error.setting != "class.refused.none":
                raise
            board.show(None)

    async def close(self) -> None:
        """End the listener and the connections."""
        if self.listener:
            self.listener.cancel()
        await self.redis.aclose()


def parsed(code: str, data: bytes | None) -> Room:
    """A room as Redis has it. Raises RoomError where there is none."""
    if data is None:
        raise no_room(code)
    return Room.from_bytes(data)


def rooms_at(address: str, clock: Callable[[], float]) -> Rooms:
    """The store at `memory` or `redis://…`. Raises SettingError."""
    if address == "memory":
        return MemoryRooms(clock)
    try:
        from redis.asyncio import Redis

        redis = Redis.from_url(address, socket_timeout=WAIT, socket_connect_timeout=WAIT)
    except ImportError as error:
        raise SettingError("rooms in Redis need the package redis; pip install redis brings it") from error
    except ValueError as error:
        legal = "memory or redis://HOST:PORT/NUMBER"
        raise out_of_range("rooms", legal, address, "memory is the default") from error
    return RedisRooms(redis, clock)
