"""A visitor of several servers, without a browser: what the page does with a text whose server goes away."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import httpx

from tests.deploy.replicas import PATIENCE
from tests.ui.generate.generate_lab import written

MODEL, PROMPT = "tiny", "Tab"


class Visitor(threading.Thread):
    """Opens the page, writes a text, and goes on with what it has where the text breaks off."""

    def __init__(self, url: str, seed: int, goal: int) -> None:
        super().__init__(daemon=True)
        name = {"X-Lab-Visitor": f"visitor-{seed}"}
        self.client = httpx.Client(base_url=url, timeout=PATIENCE, headers=name)
        self.seed, self.goal = seed, goal
        self.ids: list[int] = []
        self.writes = threading.Event()
        self.breaks = 0

    def run(self) -> None:
        self.client.get("/").raise_for_status()
        while len(self.ids) < self.goal:
            try:
                self.write()
            except httpx.TransportError:
                self.breaks += 1
                self.wait()

    def write(self) -> None:
        """Let a server write on from what there is."""
        text = {"settings": {}, "strategy": "sampling", "ids": self.ids}
        asked = {"model": MODEL, "prompt": PROMPT, "seed": str(self.seed), "goal": self.goal, "texts": [text]}
        with self.client.stream("POST", "/lab/stream/generate/write", json=asked) as answer:
            answer.raise_for_status()
            for line in filter(None, answer.iter_lines()):
                message: dict[str, Any] = json.loads(line)
                assert "problem" not in message, message
                if message.get("lines"):
                    self.ids = [*self.ids, *written([message])[0]]
                    self.writes.set()

    def wait(self) -> None:
        """Until a server is there."""
        while not self.client.get("/lab/version").is_success:
            time.sleep(0.1)


def crowd(url: str, size: int, goal: int) -> list[Visitor]:
    """Visitors who have begun to write, all of them."""
    visitors = [Visitor(url, seed, goal) for seed in range(size)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        assert visitor.writes.wait(PATIENCE)
    return visitors
