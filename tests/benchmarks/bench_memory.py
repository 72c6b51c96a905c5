"""What visitors hold of the server's memory: a page load, and somebody who draws.

    python -m tests.benchmarks.bench_memory

A page load is the page, what its first tab asks and a call of a named endpoint, in a session of its own.
Somebody who draws looks at 20,000 draws at three temperatures of a word model after a context of their own.
Measured is what the process takes once all have gone, after a first crowd, which fills what is kept for all.
"""

from __future__ import annotations

import ctypes
import gc
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from scripts.fuzz import memory
from textgen.models.registry import Registry, default_root
from textgen.ui.frame.page import build_lab, launch_options
from textgen.ui.server.endpoints import Page
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits

PATIENCE = 60.0  # seconds
WORDS = "novels-word-lstm"
CROWDS = {"a page load": 300, "somebody who draws": 40}


class Crowd:
    """Visitors of a page, each a session of its own."""

    def __init__(self, page: Page, client: httpx.Client) -> None:
        self.client = client
        self.components = {block.elem_id: number for number, block in page.blocks.items()}

    def ask(self, session: str, room: str, name: str, data: dict) -> None:
        body = {"component_id": self.components[f"lab-{room}"], "fn_name": name, "session_hash": session}
        answer = self.client.post("/gradio_api/component_server", json={**body, "data": data}).json()
        assert "problem" not in answer, answer

    def load(self) -> None:
        session = secrets.token_hex(6)
        self.client.get("/")
        self.ask(session, "next_token", "look", {"model": "names-gpt", "context": "Ma", "known": ""})
        event = self.client.post("/gradio_api/call/next_token", json={"data": ["names-gpt", "Ma"]}).json()
        self.client.get(f"/gradio_api/call/next_token/{event['event_id']}")

    def draw(self) -> None:
        session, context = (
            secrets.token_hex(6),
            " ".join(secrets.choice(["the", "king", "is"]) for _ in range(9)),
        )
        asked = {"model": WORDS, "context": context, "settings": {"top_p": 0.9}, "temperatures": [0.5, 1, 2]}
        shown = {"seed": secrets.randbelow(10**6), "at": 0, "page": 0, "n": 10_000}
        for drawn in (0, 10_000):
            self.ask(session, "draws", "draw", {**asked, **shown, "drawn": drawn})


def settled() -> float:
    """MB that the process takes, once what nobody holds is given back to the system."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return memory()


def held_by(visit: Callable[[], None], visitors: int) -> float:
    """kB that each of so many visitors leaves behind."""
    for _ in range(visitors):
        visit()
    before = settled()
    for _ in range(visitors):
        visit()
    return (settled() - before) * 1e3 / visitors


def main() -> None:
    lab = Laboratory(Registry(Path(default_root())), Limits(visitor_tokens=10**9))
    page = build_lab(lab)
    page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(lab.registry))
    with httpx.Client(base_url=page.local_url or "", timeout=PATIENCE) as client:
        crowd = Crowd(page, client)  # type: ignore[arg-type]
        visits = dict(zip(CROWDS, (crowd.load, crowd.draw), strict=True))
        for name, visitors in CROWDS.items():
            print(json.dumps({"of": name, "kB": round(held_by(visits[name], visitors), 1)}), flush=True)
    page.close(verbose=False)
    lab.workers.close()


if __name__ == "__main__":
    main()
