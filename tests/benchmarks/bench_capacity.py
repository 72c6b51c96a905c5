"""How many students a server takes: processor time an action, memory, and what follows from them.

    python -m tests.benchmarks.bench_capacity [--writers 40] [--length 400]

One process with the shipped models. Processor time is what counts: other work on the machine changes how long
an action takes, and hardly what it costs. A student writes four texts a minute and types ten letters of a
context, in a browser that is open already.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import httpx

from tests.benchmarks.bench_page import ROOT, free_port
from textgen.models.registry import FIRST

TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
LETTERS = 10  # typed in a minute
LOADS = 20
WAIT = 600.0  # seconds
BUSY = 0.7  # of the processors' time: beyond, everybody waits for everybody


class Server:
    """A process of the app, and what it has used."""

    def __init__(self) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "app.py", "--port", str(port), "--metrics"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def number(self, name: str) -> float:
        page = httpx.get(f"{self.url}/metrics", timeout=WAIT).text
        found = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
        if found is None:
            raise SystemExit(f"/metrics has no {name} on this system; Linux has")
        return float(found[1])

    @property
    def seconds(self) -> float:
        return self.number("process_cpu_seconds_total")

    @property
    def megabytes(self) -> float:
        return self.number("process_resident_memory_bytes") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=40)
    parser.add_argument("--length", type=int, default=400)
    options = parser.parse_args()
    server = Server()
    started = server.megabytes
    httpx.get(f"{server.url}/readyz", timeout=WAIT)
    loaded = server.megabytes
    try:
        key = cost(server, lambda: ask(server, LETTERS * 10)) / (LETTERS * 10)
        write(server, 1, 10)
        text = cost(server, lambda: write(server, options.writers, options.length)) / options.writers
        crowded = server.megabytes
    finally:
        server.process.terminate()
        server.process.wait()
    tokens, minute = len(TEMPERATURES) * options.length, text + LETTERS * key
    crowd = f"{options.writers} writers"
    print(f"memory                    {started:8.0f} MB; with a model {loaded:.0f}, {crowd} {crowded:.0f}")
    print(f"a context's bars          {1000 * key:8.1f} ms of a core")
    print(f"four texts of {crowd:12}{text:8.2f} s of a core: {tokens / text:,.0f} tokens a second")
    print(f"a student's minute        {minute:8.2f} s of a core")
    print(f"students a core           {BUSY * 60 / minute:8.0f}, at {BUSY:.0%} of its time")


def cost(server: Server, work: Callable[[], None]) -> float:
    """Processor seconds of what is done, without what the server needs for nothing."""
    before = server.seconds
    work()
    return server.seconds - before


def ask(server: Server, times: int) -> None:
    """New contexts, one after another."""
    with httpx.Client(base_url=server.url, timeout=WAIT) as client:
        components = client.get("/config").json()["components"]
        (place,) = (one["id"] for one in components if one["props"].get("elem_id") == "lab-next_token")
        for number in range(times):
            data = {"model": FIRST, "context": f"The king is d{number}", "known": None}
            body = {"component_id": place, "fn_name": "look", "session_hash": "a", "data": data}
            client.post("/gradio_api/component_server/", json=body).raise_for_status()


def write(server: Server, writers: int, length: int) -> None:
    """Texts of many at once, to their ends."""
    texts = [{"settings": {"temperature": t}, "strategy": "sampling", "ids": []} for t in TEMPERATURES]

    def one(seed: int) -> None:
        asked = {"model": FIRST, "prompt": "ROMEO:", "seed": str(seed), "goal": length, "texts": texts}
        address, visitor = f"{server.url}/lab/stream/generate/write", {"X-Lab-Visitor": f"visitor-{seed}"}
        answer = httpx.post(address, json=asked, headers=visitor, timeout=WAIT)
        assert json.loads(answer.text.splitlines()[-1])["done"]

    threads = [threading.Thread(target=one, args=(seed,)) for seed in range(writers)]
    for thread in threads:
        thread.start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
