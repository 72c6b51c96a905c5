"""What the page loads besides Gradio's own files: our modules, their configuration, our style, and plotly.js.

All addresses begin with `lab/VERSION/`, where VERSION is the checksum of all files: modules find each other
by relative imports, and a browser may keep for good what it has. plotly.js is the file inside the installed
Python package: offline, and always the version that made the figures.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textgen.plots.theme import PLOTLY_JS

PREFIX = "lab"
UI = Path(__file__).parents[1]
PLOTLY, STYLE, CONFIG = "plotly.min.js", "style.css", "shell/config.js"
FIRST = "shell/first.js"
BODY = b"<gradio-app"  # how what is drawn begins in Gradio's page
FIRST_ROOMS = ("shell", "next_token")  # what the tab that opens first is made of
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-cache"}

Config = Callable[[], Mapping[str, Any]]  # what Python tells the page, as it is now


@cache
def modules() -> dict[str, Path]:
    """Our scripts by their address below `lab/VERSION/`, such as `draws/view.js`, and what they fetch."""
    found = sorted([*UI.glob("*/*.js"), *UI.glob("*/*.json")])
    return {path.relative_to(UI).as_posix(): path for path in found}


@cache
def style() -> bytes:
    """The style sheets of all rooms as one, the shell's own first."""
    sheets = sorted(UI.glob("*/*.css"), key=lambda path: (path.parent.name != "shell", path))
    return b"\n".join(path.read_bytes() for path in sheets)


@cache
def version() -> str:
    """Changes with any of our files and with Plotly's."""
    digest = hashlib.sha256(style() + str(PLOTLY_JS.stat().st_size).encode())
    for name, path in modules().items():
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """The address of a file, relative to the page."""
    return f"{PREFIX}/{version()}/{name}"


def imported(module: str, then: str) -> str:
    """JavaScript that loads a module of ours, as soon as the server is there, and goes on with it: `then` is
    an expression of `module`.
    """
    load = "(name) => import(new URL(name, document.baseURI).href)"
    back = f"load('{address('shell/away.js')}').then((away) => away.whenBack())"
    return (
        f"const load = {load}, wanted = () => load('{address(module)}');"
        f"wanted().catch(() => {back}.then(wanted)).then((module) => {then})"
    )


def head() -> str:
    """What goes into the page's head."""
    return f'<link rel="stylesheet" href="{address(STYLE)}">'


def links() -> str:
    """A `Link` header: what the first tab needs, which the browser fetches while Gradio's page starts."""
    first = [name for name in modules() if name.endswith(".js") and name.split("/")[0] in FIRST_ROOMS]
    first.remove(FIRST)  # is in the page itself
    preloads = [f"<{address(name)}>; rel=modulepreload" for name in [*first, CONFIG]]
    return ", ".join([f"<{address(STYLE)}>; rel=preload; as=style", *preloads])


class FirstPaint:
    """ASGI middleware: on the page itself the header of `links`, and `first.js` before anything is drawn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        script = (UI / FIRST).read_bytes()
        self.inlined = b"<script>" + script + b"</script>" + BODY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None

        async def extended(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # its length is that of the body, which comes next
                return
            if start is not None:
                message = {**message, "body": self.with_script(start, message.get("body", b""))}
                await send(start)
                start = None
            await send(message)

        page = scope["type"] == "http" and scope["path"] == "/"
        await self.app(scope, receive, extended if page else send)

    def with_script(self, start: Message, body: bytes) -> bytes:
        """The body with our script in it, and the headers that belong to it."""
        headers = MutableHeaders(scope=start)
        headers.append("Link", links())
        longer = body.replace(BODY, self.inlined, 1)
        if "content-length" in headers:
            length = int(headers["content-length"])
            headers["content-length"] = str(length + len(longer) - len(body))
        return longer


def routes(config: Config) -> list[BaseRoute]:
    """The routes to mount beside Gradio's. A Mount would fail behind a proxy that strips a prefix."""

    def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name == CONFIG:
            return Response(config_module(config()), media_type=TYPES[".js"], headers=FRESH)
        if content(name) is None:
            return Response("there is no such file", status_code=404, media_type="text/plain")
        return kept(name, packs="gzip" in request.headers.get("accept-encoding", ""))

    def served(_request: Request) -> Response:
        return Response(version(), media_type="text/plain", headers=FRESH)

    return [Route(f"/{PREFIX}/version", served), Route(f"/{PREFIX}/{{version}}/{{name:path}}", serve)]


def config_module(config: Mapping[str, Any]) -> str:
    """The configuration as a module. JSON is JavaScript."""
    values = {**config, "plotly": f"../{PLOTLY}"}
    return f"export const config = {json.dumps(values, ensure_ascii=False, allow_nan=False)};\n"


def content(name: str) -> bytes | None:
    """One of the files that we serve; None for any other name."""
    if name == STYLE:
        return style()
    path = PLOTLY_JS if name == PLOTLY else modules().get(name)
    return path.read_bytes() if path else None


def kept(name: str, packs: bool) -> Response:
    """A file of ours, compressed for a browser that takes it so."""
    headers = {**KEPT, "Vary": "Accept-Encoding"}
    kind = TYPES[Path(name).suffix]
    if packs:
        return Response(packed(name), media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(content(name), media_type=kind, headers=headers)


@cache
def packed(name: str) -> bytes:
    """A file of ours, compressed once: a class asks for it a hundred times."""
    return gzip.compress(content(name) or b"", mtime=0)
