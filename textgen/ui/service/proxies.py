"""How others reach a server: the path where a proxy serves it, its names, its address in the network."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from textgen.errors import out_of_range

ROOT = re.compile(r"(/[\w.~-]+)*")
EVERYWHERE = ("0.0.0.0", "::", "")  # not bound here: what --host may say
ELSEWHERE = ("192.0.2.1", 9)  # an address that belongs to nobody (RFC 5737)
HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]|\*")


def check_root_path(text: str) -> str:
    """`/lab/` → `/lab`; "" for none. Raises SettingError."""
    path = text.rstrip("/")
    if ROOT.fullmatch(path):
        return path
    raise out_of_range("root-path", "a path such as /lab", text, "leave it out where there is none")


def check_hosts(text: str) -> tuple[str, ...]:
    """Names with commas between them, such as `lab.example.org,*.example.org`. Raises SettingError."""
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    if names and all(map(HOST.fullmatch, names)):
        return names
    legal = "names such as lab.example.org,*.example.org"
    raise out_of_range("trusted-hosts", legal, text, "* is any name; ports are left out")


def reach_of(host: str) -> str:
    """The address under which other devices of the network reach a server that listens on `host`; "" where
    none can, or where it is not known.
    """
    if host not in EVERYWHERE:
        return "" if host == "localhost" or host.startswith("127.") or ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)  # chooses the way there; nothing is sent
        except OSError:
            return ""  # without a network
        found = str(probe.getsockname()[0])
    return "" if found.startswith(("127.", "0.")) else found


class UnderPath:
    """ASGI middleware: takes the path away where a proxy has left it on, so that both kinds of proxy will do.

    Where the path is also how an address of ours begins, as /lab is of /lab/version, what follows decides: it
    is taken away where an address of ours remains.
    """

    def __init__(self, app: ASGIApp, root: str, known: Collection[str]) -> None:
        """known: the first parts of all addresses, "" for the page itself."""
        self.app, self.root, self.known = app, root, known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not self.root or scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if path == self.root:  # the page's own addresses are relative to a folder
            query = scope["query_string"].decode("latin-1")
            there = RedirectResponse(f"{self.root}/" + (f"?{query}" if query else ""), 308)
            return await there(scope, receive, send)
        rest = path.removeprefix(self.root)
        kept = path.startswith(f"{self.root}/") and rest.split("/")[1] in self.known
        return await self.app({**scope, "path": rest if kept else path, "root_path": ""}, receive, send)


class TrustedHosts:
    """ASGI middleware: answers to its own names alone, so that no other name can stand in its answers."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...] = ("*",)) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and not self.knows(Headers(scope=scope).get("host", "")):
            sentence = "this server is not called that; --trusted-hosts of app.py lists its names"
            app = PlainTextResponse(sentence, 421, {"Connection": "close"})
        await app(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a Host header, whose port does not matter, is one of the names."""
        name = re.sub(r":\d*$", "", host.lower())
        return any(
            known in ("*", name) or (known[0] == "*" and name.endswith(known[1:])) for known in self.names
        )
