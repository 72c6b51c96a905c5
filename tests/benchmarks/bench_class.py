"""A class of 200: every vote counted once, and how soon the teacher's slider moves the students' bars.

    python -m tests.benchmarks.bench_class [--students 200] [--moves 100] [--rounds 10]

One server process on two cores serves 200 simulated students, each with an event stream of its own over real
HTTP, while one of them writes four texts. Server and students share this machine's cores. A move's delay is
from the teacher's request to the line that a student reads; drawing is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

MODEL, TEMPERATURES = "shakespeare-char-lstm", (0.2, 0.5, 1.0, 1.2)
TARGET = 0.3  # seconds, p95
EVERY = 0.05  # seconds between two moves of the slider
GROWTH = 1.1  # of the server's memory between the second round and the last
TEXT_TOKENS = 2000
CORES = 2


@dataclass
class Server:
    """An address, and the process behind it."""

    port: int
    process: subprocess.Popen[bytes]

    async def request(self, path: str, data: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A POST whose answer is being read."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        body = json.dumps(data).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        return reader, writer

    async def post(self, name: str, data: Any) -> Any:
        """The answer of the class's route of that name."""
        reader, writer = await self.request(f"/class/{name}", data)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{name}: {answer[:1000]!r}")
        return json.loads(body)

    def memory(self) -> float:
        """MB that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@dataclass
class Student:
    """A device that listens."""

    server: Server
    code: str
    device: str = field(default_factory=lambda: secrets.token_hex(16))
    room: Any = None
    heard: dict[float, float] = field(default_factory=dict)  # temperature → when it came

    async def listen(self) -> None:
        async for name, data in self.events():
            if name == "live" and data:
                self.heard.setdefault(data["temperature"], time.perf_counter())
            elif name == "room":
                self.room = data

    async def events(self) -> AsyncGenerator[tuple[str, Any], None]:
        reader, writer = await self.server.request("/class/watch", {"code": self.code, "device": self.device})
        name = ""
        try:
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    yield name, json.loads(line[6:])
        finally:
            writer.close()

    async def vote(self, number: int, value: int) -> Any:
        """A vote, sent twice as over a bad line."""
        vote = {"code": self.code, "device": self.device, "round": number, "turn": 1, "vote": value}
        await self.server.post("vote", vote)
        return await self.server.post("vote", vote)


async def write_texts(server: Server) -> None:
    """One student writes four texts, again and again. Raises RuntimeError where none come."""
    texts = [{"settings": {"temperature": t}, "ids": []} for t in TEMPERATURES]
    asked = {"model": MODEL, "prompt": "The king", "seed": "1", "texts": texts, "goal": TEXT_TOKENS}
    lines = 0
    while True:
        reader, writer = await server.request("/lab/stream/generate/write", asked)
        while line := await reader.readline():
            lines += line.startswith(b"{")
            if b'"problem"' in line:
                raise RuntimeError(line.decode())
        writer.close()
        if not lines:
            raise RuntimeError("no text came")


async def until(told: Any) -> None:
    while not told():
        await asyncio.sleep(0.01)


async def moves(server: Server, session: Any, students: list[Student], n: int) -> list[float]:
    """Seconds from the teacher's request to each student's line, for each move that a student heard."""
    asked = {"kind": "follow", "model": MODEL, "context": "The king is d", "settings": {}}
    await server.post("ask", {**session, "question": asked})
    await until(lambda: all(one.room and one.room["round"] for one in students))
    sent: dict[float, float] = {}
    for move in range(n):
        t = round(0.2 + 0.02 * move, 2)
        sent[t] = time.perf_counter()
        await server.post("live", {**session, "settings": {"temperature": t}})
        await asyncio.sleep(max(0.0, EVERY - (time.perf_counter() - sent[t])))
    last = max(sent)
    await until(lambda: all(last in one.heard for one in students))
    return [at - sent[t] for one in students for t, at in one.heard.items() if t in sent]


async def votes(server: Server, session: Any, students: list[Student], number: int) -> int:
    """How many votes of one round were counted, all students voting at once, each sending twice."""
    asked = {"kind": "token", "model": MODEL, "context": "The king is d", "settings": {}}
    await server.post("ask", {**session, "question": asked})
    await until(lambda: all(one.room["round"]["number"] == number for one in students))
    await asyncio.gather(*[one.vote(number, place % 7) for place, one in enumerate(students)])
    await server.post("drive", {**session, "action": "reveal"})
    await until(lambda: all(one.room["round"]["phase"] == "shown" for one in students))
    return students[0].room["round"]["tallies"][0]["n"]


def start(port: int) -> Server:
    """The app on two cores."""
    cores = sorted(os.sched_getaffinity(0))[:CORES]
    command = [sys.executable, "app.py", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    os.sched_setaffinity(process.pid, cores)
    return Server(port, process)


async def ready(server: Server) -> Any:
    """A session, as soon as there is a server."""
    while True:
        try:
            return await server.post("open", {})
        except OSError:
            await asyncio.sleep(0.2)


async def bench(server: Server, options: argparse.Namespace) -> bool:
    session = await ready(server)
    students = [Student(server, session["code"]) for _ in range(options.students)]
    listening = [asyncio.create_task(one.listen()) for one in students]
    await until(lambda: all(one.room is not None for one in students))
    alone = await moves(server, session, students, options.moves)
    for one in students:
        one.heard.clear()
    writing = asyncio.create_task(write_texts(server))
    beside = await moves(server, session, students, options.moves)
    counted, memory = [], []
    for number in range(3, 3 + options.rounds):
        counted.append(await votes(server, session, students, number))
        memory.append(server.memory())
    table = (await server.post("csv", session))["csv"].splitlines()
    alive = not writing.done()
    tasks: list[asyncio.Task[None]] = [*listening, writing]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return report(options, alone, beside, counted, len(table) - 1, memory) and alive


def report(
    options: argparse.Namespace,
    alone: list[float],
    beside: list[float],
    counted: list[int],
    rows: int,
    memory: list[float],
) -> bool:
    p95 = float(np.quantile(beside, 0.95))
    all_once = counted == [options.students] * options.rounds and rows == options.students * options.rounds
    growth = memory[-1] / memory[1]
    rows_shown = (
        ("nobody else", alone, ""),
        ("while one writes four texts", beside, f"target ≤ {1000 * TARGET:.0f}  {met(p95 <= TARGET)}"),
    )
    print(f"{options.students} students, {options.moves} moves        p50     p95, ms")
    for name, delays, target in rows_shown:
        half, most = (1000 * float(np.quantile(delays, share)) for share in (0.5, 0.95))
        print(f"{name:30}{half:8.0f}{most:8.0f}   {target}")
    print(f"votes in {options.rounds} rounds, each sent twice: {rows} counted  {met(all_once)}")
    print(f"memory, MB: {memory[1]:.0f} → {memory[-1]:.0f}  target ≤ × {GROWTH}  {met(growth <= GROWTH)}")
    return p95 <= TARGET and all_once and growth <= GROWTH


def met(ok: bool) -> str:
    return "met" if ok else "MISSED"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--moves", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--port", type=int, default=7979)
    options = parser.parse_args()
    server = start(options.port)
    try:
        return 0 if asyncio.run(bench(server, options)) else 1
    finally:
        server.process.terminate()
        server.process.wait()


if __name__ == "__main__":
    raise SystemExit(main())
