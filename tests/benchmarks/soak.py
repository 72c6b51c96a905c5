"""A hall at work for a while: a hundred clients of one server, one of them hostile, one sweeping.

    make soak [ARGS="--minutes 60 --clients 100"]

It starts a server of its own and asks it over HTTP what the page asks: pages, bars, keys, texts, draws, beam
searches, with a pause after each as people make it. Then it prints what each action took, what went wrong,
and the server's memory, threads and open files before and after. An error is an answer above 499, one that
cannot be read, none at all, and to an honest client a refusal; the hostile one's own are counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from textgen.settings import DecodeSettings

MODEL = "shakespeare-char-lstm"
SETTINGS = DecodeSettings().to_dict()
LETTERS = "abcdefghijklmnopqrstuvwxyz "
STARTING, ASKING, SETTLING = 120.0, 180.0, 20.0  # seconds
PAUSE = (1.0, 6.0)  # seconds between two actions of one client
TEXT = {"settings": SETTINGS, "ids": []}
FORM = {"width": 3, "length": 12, "length_penalty": 1, "early": "no", "stop": "none", "sample": False}
SWEEP = {
    "models": [MODEL],
    "prompts": ["The king is d"],
    "temperatures": [0.5, 1, 1.5],
    "seeds": [0, 1, 2, 3],
    "length": 100,
}
HOSTILE: list[Any] = [
    b"{",
    b"[]",
    b'{"model": "\\ud800"}',
    b'{"model": ["' + MODEL.encode() + b'"], "context": 7}',
    json.dumps({"model": MODEL, "context": "x" * 20_001}).encode(),
    json.dumps({"model": "../../etc", "prompt": "<img src=x>", "goal": 1e300}).encode(),
    b'{"texts": ' + b"[" * 500 + b"]" * 500 + b"}",
    b"\0" * 100_000,
]


class Size(NamedTuple):
    """What a server holds: the page's process, and the memory of its workers."""

    megabytes: float
    workers: float  # megabytes
    threads: int
    files: int


class Hall:
    """The clients' view of a server, and what became of what they asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.seconds: dict[str, list[float]] = defaultdict(list)  # by action
        self.errors: list[str] = []
        self.component: dict[str, int] = {}  # by the name of a function that it answers

    async def learn(self) -> None:
        """Which component answers what, as the page's configuration says."""
        async with httpx.AsyncClient(base_url=self.url, timeout=ASKING) as client:
            config = (await client.get("config")).json()
        for component in config["components"]:
            for name in component["props"].get("server_fns") or ():
                self.component.setdefault(name, component["id"])


class Visitor:
    """One client."""

    def __init__(self, hall: Hall, number: int) -> None:
        self.hall, self.chance = hall, random.Random(number)
        own = {
            "X-Lab-Visitor": f"soak-visitor-{number % 1000:03}",
            "X-Forwarded-For": f"10.0.{number % 250}.1",
        }
        idle = httpx.Limits(keepalive_expiry=2.0)  # below the server's, which would close what is asked on
        self.client = httpx.AsyncClient(base_url=hall.url, timeout=ASKING, headers=own, limits=idle)
        self.session, self.context = f"soak{number}", self.words(14)
        self.actions: dict[str, Callable[[], Awaitable[object]]] = {
            "page": self.page,
            "bars": self.bars,
            "key": self.key,
            "text": self.text,
            "draws": self.draws,
            "beams": self.beams,
        }

    def words(self, letters: int) -> str:
        return "".join(self.chance.choices(LETTERS, k=letters))

    async def visit(self, until: float) -> None:
        """Act and pause until it is late."""
        names, weights = list(self.actions), (1, 3, 6, 2, 2, 1)
        async with self.client:
            while time.monotonic() < until:
                await self.act(*self.chance.choices(names, weights))
                await asyncio.sleep(self.chance.uniform(*PAUSE))

    async def act(self, name: str) -> None:
        """One action, with its time and its mistake."""
        started = time.monotonic()
        try:
            await self.actions[name]()
        except (httpx.HTTPError, ValueError, KeyError) as error:
            self.hall.errors.append(f"{name}: {type(error).__name__} {error}")
        self.hall.seconds[name].append(time.monotonic() - started)

    async def page(self) -> None:
        (await self.client.get("")).raise_for_status()

    async def bars(self) -> None:
        self.context = self.words(14)
        await self.ask("look", {"model": MODEL, "context": self.context})

    async def key(self) -> None:
        self.context += self.words(1)
        await self.ask("look", {"model": MODEL, "context": self.context})

    async def draws(self) -> None:
        asked = {"temperatures": [0.5, 1, 2], "drawn": 0, "n": 1000, "at": 0, "page": 0}
        await self.ask("draw", {"model": MODEL, "context": self.context, "settings": SETTINGS, **asked})

    async def beams(self) -> None:
        asked = {"form": FORM, "settings": SETTINGS, "seed": "5"}
        await self.ask("search", {"model": MODEL, "context": self.context, **asked})

    async def text(self) -> None:
        texts = [{**TEXT, "settings": {**SETTINGS, "temperature": t}} for t in (0.2, 0.5, 1, 1.2)]
        asked = {"model": MODEL, "prompt": self.context, "texts": texts, "goal": 400, "vocabulary": ""}
        await self.stream("generate/write", asked)

    async def sweep(self) -> None:
        await self.stream("sweep/run", {"request": {"settings": SWEEP}})

    async def ask(self, name: str, data: dict[str, Any]) -> Any:
        """What a function of the page answers. Raises ValueError for a refusal."""
        body = {
            "session_hash": self.session,
            "component_id": self.hall.component[name],
            "fn_name": name,
            "data": data,
        }
        response = await self.client.post("gradio_api/component_server", json=body)
        response.raise_for_status()
        return accepted(response.json())

    async def stream(self, name: str, data: dict[str, Any]) -> None:
        """Read a stream to its end."""
        last: Any = {}
        async with self.client.stream("POST", f"lab/stream/{name}", json=data) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                last = accepted(json.loads(line)) if line.strip() else last
        if not last.get("done"):
            raise ValueError("the stream broke off")


class Sweeper(Visitor):
    """Who writes one sweep after the other."""

    async def visit(self, until: float) -> None:
        self.actions = {"sweep": self.sweep}
        async with self.client:
            while time.monotonic() < until:
                await self.act("sweep")
                await asyncio.sleep(PAUSE[1])


class Stranger(Visitor):
    """Who sends what no page sends, and hangs up on what takes long."""

    async def visit(self, until: float) -> None:
        self.actions = {"hostile": self.attack}
        async with self.client:
            while time.monotonic() < until:
                await self.act("hostile")
                await asyncio.sleep(0.2)

    async def attack(self) -> None:
        way = self.chance.randrange(3)
        if way == 0:
            await self.abandon()
            return
        address = ("lab/stream/generate/write", "gradio_api/component_server")[way - 1]
        body = self.chance.choice(HOSTILE)
        response = await self.client.post(address, content=body, headers={"content-type": "application/json"})
        if response.status_code >= 500:
            raise ValueError(f"{response.status_code} to {body[:60]!r}")

    async def abandon(self) -> None:
        """Ask for much after a long context, and leave."""
        asked = {"model": MODEL, "prompt": self.words(20_000), "texts": [TEXT], "goal": 5_000}
        try:
            await self.client.post("lab/stream/generate/write", json=asked, timeout=0.5)
        except httpx.TimeoutException:
            return


def accepted(answer: Any) -> Any:
    """An answer that is no refusal, which is a ValueError."""
    if isinstance(answer, dict) and answer.get("problem"):
        raise ValueError(str(answer["problem"])[:200])
    return answer


def size_of(server: int) -> Size:
    """Of a server, from /proc; zeros where there is none."""
    _, *workers = family(server)
    megabytes, threads, files = held_by(server)
    return Size(megabytes, sum(held_by(worker)[0] for worker in workers), threads, files)


def family(pid: int) -> list[int]:
    """A process and its children."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(member for child in children for member in family(int(child)))]


def held_by(pid: int) -> tuple[float, int, int]:
    """Megabytes, threads and open files of a process."""
    process = Path("/proc", str(pid))
    try:
        facts = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        files = sum(1 for _ in (process / "fd").iterdir())
    except OSError:
        return 0, 0, 0
    return int(facts.get("VmRSS", "0").split()[0]) / 1024, int(facts["Threads"]), files


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def ready(url: str) -> None:
    """Wait for the server. Raises TimeoutError."""
    async with asyncio.timeout(STARTING), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{url}readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)


async def soak(url: str, server: int, clients: int, seconds: float) -> tuple[Hall, Size, Size]:
    """Let the clients in → what they met, and the server's size before and after."""
    hall = Hall(url)
    await ready(url)
    await hall.learn()
    await asyncio.gather(*(Visitor(hall, -number).visit(time.monotonic() + 5) for number in range(1, 5)))
    hall.seconds.clear()
    before, until = size_of(server), time.monotonic() + seconds
    special = [Stranger(hall, 0), Sweeper(hall, 1)]
    visitors = [*special, *(Visitor(hall, number) for number in range(2, clients))]
    await asyncio.gather(*(visitor.visit(until) for visitor in visitors))
    await asyncio.sleep(SETTLING)
    return hall, before, size_of(server)


def report(hall: Hall, before: Size, after: Size) -> None:
    print(f"\n| {'action':8} | {'times':>6} | {'median, ms':>10} | {'p95, ms':>8} |")
    print("| --- | ---: | ---: | ---: |")
    for name, seconds in hall.seconds.items():
        p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
        middle = statistics.median(seconds)
        print(f"| {name:8} | {len(seconds):6,} | {1000 * middle:10,.0f} | {1000 * p95:8,.0f} |")
    print(f"\nerrors: {len(hall.errors)}")
    for error in sorted(set(hall.errors))[:20]:
        print(f"  {hall.errors.count(error)} × {error}")
    names = ("memory, MB", "its workers', MB", "threads", "open files")
    for name, old, new in zip(names, before, after, strict=True):
        print(f"{name:16} {old:8,.0f} before {new:8,.0f} after")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=100)
    options = parser.parse_args(arguments)
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url, seconds = f"http://127.0.0.1:{port}/", 60 * options.minutes
    try:
        met = asyncio.run(soak(url, server.pid, options.clients, seconds))
    finally:
        server.terminate()
        server.wait(60)
    print(f"{options.clients} clients for {options.minutes:g} minutes on {os.cpu_count()} cores")
    report(*met)
    return 1 if met[0].errors else 0


if __name__ == "__main__":
    sys.exit(main())
