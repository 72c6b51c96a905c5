"""Where rooms are kept: in memory, and in Redis where that is installed, which is killed in between."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from textgen.classroom.room import LIFETIME, Room
from textgen.classroom.rounds import Answer, Question, RoomError
from textgen.classroom.store import MemoryRooms, RedisRooms, Rooms, rooms_at
from textgen.errors import SettingError

TOKEN = Question("token", Answer("choice", 3), {"labels": ["e", "a", "o"]}, {"bars": [0.5, 0.25, 0.25]})
PATIENCE = 60.0  # seconds
PAUSE = 0.05


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """A Redis of the machine's own, without a port, which keeps what it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix://{self.folder / 'socket'}"

    def start(self) -> None:
        at = ["--port", "0", "--unixsocket", str(self.folder / "socket"), "--dir", str(self.folder)]
        kept = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        command = [shutil.which("redis-server") or "", *at, *kept]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: `make test-deploy` says how to get it")
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["memory", "redis"])
def stores(request: pytest.FixtureRequest) -> list[Callable[[Clock], Rooms]]:
    """Two servers' stores; that of memory is one."""
    if request.param == "memory":
        rooms = MemoryRooms(Clock())
        return [lambda _: rooms] * 2
    address = request.getfixturevalue("server").address
    return [lambda clock: rooms_at(address, clock)] * 2


def run(play: Callable[[list[Rooms]], Awaitable[None]], stores: list[Callable[[Clock], Rooms]]) -> None:
    async def playing() -> None:
        rooms = [make(Clock()) for make in stores]
        try:
            await reached(rooms[0])
            await play(rooms)
        finally:
            for store in rooms:
                if isinstance(store, RedisRooms):
                    await store.close()

    asyncio.run(asyncio.wait_for(playing(), PATIENCE))


async def reached(store: Rooms) -> None:
    """Wait until a store answers."""
    while True:
        try:
            await store.get("CDFHJK")
        except RoomError as error:
            if error.setting == "class.refused.none":
                return
        else:
            return
        await asyncio.sleep(PAUSE)


async def until(told: Callable[[], bool]) -> None:
    while not told():
        await asyncio.sleep(PAUSE / 10)


def room_of(n: int) -> Room:
    room = Room.open("CDFHJK", "key", 1000.0)
    for number in range(n):
        room = room.joined(f"d{number}")
    return room.ask(TOKEN, 1000.0)


def test_every_vote_counts_once_on_two_servers(stores: list[Callable[[Clock], Rooms]]) -> None:
    async def play(rooms: list[Rooms]) -> None:
        assert await rooms[0].add(room_of(60))
        assert not await rooms[1].add(room_of(0))
        async with rooms[1].watch("CDFHJK") as board:
            votes = [
                rooms[number % 2].change("CDFHJK", lambda room, n=number: room.voted(f"d{n}", 1, 1, n % 3))
                for number in range(60)
            ]
            await asyncio.gather(*votes, *[rooms[0].change("CDFHJK", lambda room: room.voted("d0", 1, 1, 0))])
            await until(lambda: board.room is not None and len(board.room.present().cast) == 60)
            await rooms[0].move("CDFHJK", {"temperature": 1.5})
            await until(lambda: board.live == b'{"temperature":1.5}')
            await rooms[0].change("CDFHJK", lambda room: room.driven("next", 1001.0))
            assert [len(one.cast) for one in await rooms[1].finished("CDFHJK")] == [60]
            await rooms[0].remove("CDFHJK")
            await until(lambda: board.room is None)
        with pytest.raises(RoomError, match="there is no session"):
            await rooms[1].get("CDFHJK")

    run(play, stores)


def test_a_change_that_is_refused_changes_nothing(stores: list[Callable[[Clock], Rooms]]) -> None:
    async def play(rooms: list[Rooms]) -> None:
        await rooms[0].add(before := room_of(1))
        with pytest.raises(RoomError, match="no round 7"):
            await rooms[0].change("CDFHJK", lambda room: room.voted("d0", 7, 1, 0))
        assert await rooms[1].get("CDFHJK") == before

    run(play, stores)


def test_rooms_in_memory_are_forgotten_in_time() -> None:
    async def play() -> None:
        clock = Clock()
        rooms = MemoryRooms(clock)
        await rooms.add(room_of(1))
        async with AsyncExitStack() as stack:
            board = await stack.enter_async_context(rooms.watch("CDFHJK"))
            clock.now += LIFETIME + 1
            rooms.expire()
            assert board.room is None
        assert not rooms.rooms
        assert not rooms.boards

    asyncio.run(play())


def test_a_redis_that_is_killed_and_started_again_has_lost_nothing(server: Server) -> None:
    async def play(rooms: list[Rooms]) -> None:
        first, second = rooms
        await first.add(room_of(2))
        async with second.watch("CDFHJK") as board:
            await first.change("CDFHJK", lambda room: room.voted("d0", 1, 1, 0))
            await until(lambda: board.room is not None and len(board.room.present().cast) == 1)
            server.kill()
            with pytest.raises(RoomError, match="cannot be reached") as caught:
                await first.change("CDFHJK", lambda room: room.voted("d1", 1, 1, 0))
            assert caught.value.setting == "class.refused.away"
            assert board.room is not None  # who watches sees the last of it
            server.start()
            await reached(first)
            await first.change("CDFHJK", lambda room: room.voted("d1", 1, 1, 2))
            await until(lambda: board.room is not None and board.room.present().cast == {"d0": 0, "d1": 2})

    run(play, [lambda clock: rooms_at(server.address, clock)] * 2)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SettingError, match="rooms must be memory or redis://HOST:PORT/NUMBER, got http"):
        rooms_at("http://127.0.0.1", Clock())
