"""Long work for the page over HTTP: line by line, in turn, and ended by whoever hangs up."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ui.server.jobs import until
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.settings import check_whole
from textgen.ui.server import streams
from textgen.ui.server.endpoints import Page
from textgen.ui.server.workers import Workers
from textgen.ui.shell.components import LabComponent, streams_of

PATIENCE = 30.0  # seconds


class Room:
    """Work that goes on until it is let go, and says when it begins and ends."""

    def __init__(self) -> None:
        self.begun, self.ended, self.go = (threading.Semaphore(0) for _ in range(3))
        self.running = 0

    def write(self, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        n = check_whole("n", data.get("n"), 1, 9, "1 is usual")
        yield {"first": 2**60, "nothing": float("nan")}
        yield {"done": "all", "n": n}

    def hold(self, data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self.running += 1
        self.begun.release()
        try:
            while not self.go.acquire(timeout=0.01):
                yield {"piece": data.get("name")}
            yield {"done": "let go"}
        finally:
            self.running -= 1
            self.ended.release()


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


@pytest.fixture(scope="module")
def client(room: Room, registry: Registry) -> Iterator[httpx.Client]:
    workers = Workers(registry, {"one": 1})

    async def elsewhere(data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        return workers.work("one", until, Path(data["path"]))

    with Page(analytics_enabled=False) as page:
        works = {"write": room.write, "hold": room.hold, "elsewhere": elsewhere}
        LabComponent("room", {}, streams=works)
    options = {"app_kwargs": {"routes": [streams.route(streams_of)]}, "quiet": True, "ssr_mode": False}
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **options)
    with httpx.Client(base_url=f"{url}{streams.PATH}/room/", timeout=PATIENCE) as client:
        yield client
    page.close()
    workers.close()


@contextmanager
def holding(client: httpx.Client, name: str) -> Iterator[Iterator[str]]:
    """The lines of work that goes on; it is hung up at the end."""
    with client.stream("POST", "hold", json={"name": name}) as response:
        yield response.iter_lines()


def test_messages_are_lines_whose_numbers_a_browser_can_hold(client: httpx.Client) -> None:
    answer = client.post("write", json={"n": 3})
    assert answer.headers["cache-control"] == "no-store"
    first, last = map(json.loads, answer.text.splitlines())
    assert first == {"first": str(2**60), "nothing": None}
    assert last == {"done": "all", "n": 3}


@pytest.mark.parametrize("data", [None, [], "x", 3, {}, {"n": 0}, {"n": "3"}])
def test_a_mistake_is_the_last_line(client: httpx.Client, data: Any) -> None:
    headers = {"content-type": streams.JSON}
    (line,) = client.post("write", content=json.dumps(data), headers=headers).text.splitlines()
    assert " must be " in json.loads(line)["problem"]


def test_what_is_no_request_is_refused(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.post("nothing", json={}).status_code == 404
    assert client.get("write").status_code in (404, 405)
    # A page of another site may send this without asking whether it may.
    assert client.post("write", content='{"n": 3}', headers={"content-type": "text/plain"}).status_code == 415
    headers = {"content-type": streams.JSON}
    assert client.post("write", content="{", headers=headers).status_code == 400
    assert client.post("write", content="[" * 100_000, headers=headers).status_code == 400
    monkeypatch.setattr(streams, "LARGEST", 10)
    answer = client.post("write", json={"n": 3, "more": "x" * 100})
    assert (answer.status_code, "at most 10 bytes" in answer.text) == (400, True)


def test_who_waits_for_a_place_is_told_and_what_gets_none_ends_with_a_sentence() -> None:
    """Before any of it is done."""

    async def full() -> AsyncGenerator[int, None]:
        yield 2
        raise TextgenError("so many there are; try again")

    async def work() -> AsyncIterator[bytes]:
        yield b"done"

    async def answer() -> list[bytes]:
        return [line async for line in streams.in_turn(nullcontext(full()), work())]

    refusal = {"problem": "so many there are; try again", "setting": ""}
    assert [json.loads(line) for line in asyncio.run(answer())] == [{"before": 2}, refusal]


def test_hanging_up_ends_the_work(client: httpx.Client, room: Room) -> None:
    with holding(client, "a") as lines:
        assert json.loads(next(lines)) == {"piece": "a"}
        assert room.begun.acquire(timeout=PATIENCE)
    assert room.ended.acquire(timeout=PATIENCE)
    assert room.running == 0


def test_work_of_other_processes_waits_in_turn(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits is told how many are before, and hears a beat; whoever hangs up is in nobody's way."""
    monkeypatch.setattr(streams, "BEAT", 0.02)
    with asking(client, tmp_path / "a") as a, asking(client, tmp_path / "b") as b:
        assert said(a)["pid"]
        assert said(b) == {"before": 1}
        with asking(client, tmp_path / "c") as c:
            assert said(c) == {"before": 2}
            assert next(c) == ""
        (tmp_path / "a").touch()
        assert said(b) == {"before": 0}
        assert said(b)["pid"]
    with asking(client, tmp_path / "a") as a:  # which is there already, once the work of b has ended
        assert any("pid" in line for line in a)


def said(lines: Iterator[str]) -> Any:
    """The next message; beats are none."""
    return json.loads(next(line for line in lines if line))


@contextmanager
def asking(client: httpx.Client, path: Path) -> Iterator[Iterator[str]]:
    """The lines of a process's work, which goes on until there is a file."""
    with client.stream("POST", "elsewhere", json={"path": str(path)}) as response:
        yield response.iter_lines()
