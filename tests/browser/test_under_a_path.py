"""The page behind a proxy that serves it under a path of its own, as hosting services do.

Some proxies take the path away, some leave it on. The path is the worst there is: ours begin with it, too.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from gradio_client import Client
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import visit
from textgen.models.registry import Registry
from textgen.ui.frame.page import Site, build, launch_options

PATH = "/lab"
CHUNK = 65_536


class Proxy:
    """Forwards /lab/… to … or to /lab/… of a server on this machine, one request a connection."""

    def __init__(self, port: int, strips: bool) -> None:
        self.upstream, self.strips = port, strips
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                browser, _ = self.socket.accept()
                threading.Thread(target=self.forward, args=(browser,), daemon=True).start()

    def forward(self, browser: socket.socket) -> None:
        with browser, socket.create_connection(("127.0.0.1", self.upstream)) as server, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (more := browser.recv(CHUNK)):
                head += more
            server.sendall(self.stripped(head))
            threading.Thread(target=pump, args=(browser, server), daemon=True).start()
            pump(server, browser)

    def stripped(self, head: bytes) -> bytes:
        method, target, rest = head.split(b" ", 2)
        shorter = target.removeprefix(PATH.encode()) or b"/" if self.strips else target
        return b" ".join((method, shorter, rest)).replace(b"keep-alive", b"close", 1)

    def close(self) -> None:
        self.socket.close()


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)


@pytest.fixture(scope="module")
def port(models_folder: Path) -> Iterator[int]:
    """The app on a tiny model."""
    registry = Registry(models_folder)
    page = build(registry)
    options = launch_options(registry, Site(root_path=PATH))
    _, local, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **options)
    yield int(local.rstrip("/").rsplit(":", 1)[1])
    page.close()


@pytest.fixture(params=["taken away", "left on"])
def url(port: int, request: pytest.FixtureRequest) -> Iterator[str]:
    """As a proxy serves it."""
    proxy = Proxy(port, strips=request.param == "taken away")
    yield f"http://127.0.0.1:{proxy.port}{PATH}/"
    proxy.close()


def test_the_endpoints_work_under_a_path(url: str) -> None:
    """Gradio's queue included."""
    found = Client(url, verbose=False).predict("tiny", "Tab", {}, 3, 5, api_name="/generate")
    assert len(found["surprise_bits"]) == 5


def test_the_page_works_under_a_path(context: BrowserContext, url: str) -> None:
    """Its scripts, its style, its questions, its streams and what it saves."""
    with visit(context, url) as lab:
        expect(lab.view().locator(".panel")).to_have_count(4)
        size = "getComputedStyle(document.querySelector('.lab-title b')).fontSize"
        assert lab.page.evaluate(size) == "21px", "the style has come"
        lab.page.get_by_role("tab", name="Generate", exact=True).click()
        lab.view("generate").get_by_role("button", name="Write", exact=True).click()
        expect(lab.view("generate")).to_contain_text("Done: ")
