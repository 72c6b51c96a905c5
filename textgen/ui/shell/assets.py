"""What the page loads besides Gradio's own files: our modules, their configuration, our style, and plotly.js.

All addresses begin with `lab/VERSION/`, where VERSION is the checksum of all files: modules find each other
by relative imports, and a browser may keep for good what it has. plotly.js is the file inside the installed
Python package: offline, and always the version that made the figures.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gradio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from textgen.plots.theme import PLOTLY_JS

PREFIX = "lab"
UI = Path(__file__).parents[1]
PLOTLY, STYLE, CONFIG = "plotly.min.js", "style.css", "shell/config.js"
INLINED = "frame/first.js"
BODY = b"<gradio-app"  # how what is drawn begins in Gradio's page
FIRST = ("frame/frame.js", "sidebar/sidebar.js", "next_token/view.js")  # on the page when it opens
GRADIO = Path(gradio.__file__).parent / "templates" / "frontend"
KINDS = ("column", "sidebar", "tabs", "tabitem", "html")  # of Gradio's components that the page has
IMPORT = re.compile(r'^(?:import|\} from|export .* from)\b.*"(\.[^"]+)";$', re.MULTILINE)
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
FRESH = {"Cache-Control": "no-cache"}

Config = Callable[[], Mapping[str, Any]]  # what Python tells the page, as it is now


@cache
def modules() -> dict[str, Path]:
    """Our scripts by their address below `lab/VERSION/`, such as `draws/view.js`, what they fetch, and the
    style sheets one by one.
    """
    found = sorted(path for kind in TYPES for path in UI.glob(f"*/*{kind}"))
    return {path.relative_to(UI).as_posix(): path for path in found}


@cache
def style() -> bytes:
    """All style sheets as one, the tabs' own last, so that they may say otherwise than the page."""
    sheets = sorted(UI.glob("*/*.css"), key=lambda path: ((path.parent / "tab.py").exists(), path.name, path))
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
    back = f"load('{address('server/server.js')}').then((server) => server.whenBack())"
    return (
        f"const load = {load}, wanted = () => load('{address(module)}');"
        f"wanted().catch(() => {back}.then(wanted)).then((module) => {then})"
    )


def head() -> str:
    """What goes into the page's head."""
    return f'<link rel="stylesheet" href="{address(STYLE)}">'


@cache
def links() -> str:
    """A `Link` header: what the first tab needs, which the browser fetches while Gradio's page starts."""
    scripts = [*gradio_scripts(), *(address(name) for name in needed(FIRST))]
    preloads = [f"<{script}>;rel=modulepreload" for script in scripts]
    return ",".join([f"<{address(STYLE)}>;rel=preload;as=style", *preloads])


def needed(names: Iterable[str]) -> list[str]:
    """Modules, with all that they import and that those import."""
    found, waiting = dict.fromkeys(names), list(names)
    for name in waiting:
        path = modules().get(name)  # none of the configuration
        imports = IMPORT.findall(path.read_text(encoding="utf-8")) if path else []
        new = dict.fromkeys(posixpath.normpath(f"{name}/../{other}") for other in imports)
        waiting += [other for other in new if other not in found]
        found.update(new)
    return list(found)


def gradio_scripts() -> list[str]:
    """Gradio's own scripts of a page like ours, each of which the browser would learn of from the one before.

    Nothing but hints: of a version that is built otherwise some are missing, and the page starts as it would.
    """
    entry = re.search(r"assets/([\w-]+\.js)", (GRADIO / "index.html").read_text(encoding="utf-8"))
    frame = loaded_by(entry[1], r"import\(`\./Index-") if entry else []
    chain = [*frame]
    for name in frame:
        if name.startswith("Index-") and name.endswith(".js"):
            chain += loaded_by(name, r"import\(`\./Blocks-")
        if name.startswith("core-") and name.endswith(".js"):
            chain += [one for kind in KINDS for one in loaded_by(name, rf"\b{kind}:\{{.*?\bcomponent:")]
    return [f"assets/{name}" for name in dict.fromkeys(chain) if name.endswith(".js")]


def loaded_by(script: str, where: str) -> list[str]:
    """The files that a script of Gradio's build loads at a place, which a pattern finds."""
    source = (GRADIO / "assets" / script).read_text(encoding="utf-8")
    files = re.search(r"m\.f=\[(.*?)\]", source)
    places = re.search(where + r".*?__vite__mapDeps\(\[([\d,]+)\]\)", source)
    if not files or not places:
        return []
    names = [name.strip('"./') for name in files[1].split(",")]
    return [names[int(place)] for place in places[1].split(",")]


class FirstPaint:
    """ASGI middleware: on the page itself the header of `links`, and `first.js` before anything is drawn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        script = (UI / INLINED).read_bytes()
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

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        if name == CONFIG:
            found = await run_in_threadpool(config)
            return Response(config_module(found), media_type=TYPES[".js"], headers=FRESH)
        if content(name) is None:
            return Response("there is no such file", status_code=404, media_type="text/plain")
        return kept(name, packs="gzip" in request.headers.get("accept-encoding", ""))

    async def served(_request: Request) -> Response:
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
