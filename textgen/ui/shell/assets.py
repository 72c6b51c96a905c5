"""What the page loads: our modules, their configuration, our style, plotly.js, and Gradio's own files.

All addresses of ours begin with `lab/VERSION/`, where VERSION is the checksum of all files: modules find each
other by relative imports, and a browser may keep for good what it has. plotly.js is the file inside the
installed Python package: offline, and always the version that made the figures. Gradio's own files have a
checksum in their names, but Gradio compresses them anew for each visitor and lets no browser keep them: so
they are served here as well, each text compressed once.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import brotli
import gradio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
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
TYPES = {  # of what is text, and so compressed
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
QUALITY = 6  # of brotli: 9 takes ten times as long for half a percent
LARGE = 500_000  # bytes that take so long to compress that others must not wait for it
VARY = {"Vary": "Accept-Encoding"}
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
A_DAY = {"Cache-Control": "public, max-age=86400"}
FRESH = {"Cache-Control": "no-cache"}
ICON = "static/img/logo.svg"

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


def text_of(name: str) -> str:
    """A file of ours as text, to put into a page."""
    return (content(name) or b"").decode("utf-8")


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


class PageChange:
    """ASGI middleware that changes the page itself, which comes in one piece, on its way out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None

        async def changed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # its length is that of the body, which comes next
                return
            if start is not None:
                headers = MutableHeaders(scope=start)
                body = self.change(Headers(scope=scope), headers, message.get("body", b""))
                headers["Content-Length"] = str(len(body))
                message = {**message, "body": body}
                await send(start)
                start = None
            await send(message)

        page = scope["type"] == "http" and scope["path"] == "/"
        await self.app(scope, receive, changed if page else send)

    def change(self, asked: Headers, headers: MutableHeaders, body: bytes) -> bytes:
        """The body as it is to be sent, for the headers of a request; `headers` are those of the answer."""
        raise NotImplementedError


class FirstPaint(PageChange):
    """The header of `links`, and `first.js` before anything is drawn."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        script = (UI / INLINED).read_bytes()
        self.inlined = b"<script>" + script + b"</script>" + BODY

    def change(self, asked: Headers, headers: MutableHeaders, body: bytes) -> bytes:
        headers.append("Link", links())
        return body.replace(BODY, self.inlined, 1)


class PackedPage(PageChange):
    """The page compressed. It is the same for all visitors, so that is done once."""

    def change(self, asked: Headers, headers: MutableHeaders, body: bytes) -> bytes:
        headers.add_vary_header("Accept-Encoding")
        if not (coding := coding_for(asked)):
            return body
        headers["Content-Encoding"] = coding
        return packed(body, coding)


def routes(config: Config) -> list[BaseRoute]:
    """The routes to mount before Gradio's. A Mount would fail behind a proxy that strips a prefix."""

    async def ours(request: Request) -> Response:
        name = request.path_params["name"]
        if name == CONFIG:
            found = await run_in_threadpool(config)
            return await answer(request, CONFIG, config_module(found).encode(), FRESH)
        return await answer(request, name, content(name), KEPT)

    async def gradios(request: Request) -> Response:
        name = request.path_params["name"]
        return await answer(request, name, gradio_content(f"assets/{name}"), KEPT)

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        return await answer(request, name, gradio_content(f"static/{name}"), A_DAY)

    async def icon(request: Request) -> Response:
        return await answer(request, ICON, gradio_content(ICON), A_DAY)

    async def theme(request: Request) -> Response:
        named = request.query_params.get("v")  # its checksum
        sheet = request.app.get_blocks().theme_css.encode()
        return await answer(request, STYLE, sheet, KEPT if named else FRESH)

    async def served(_request: Request) -> Response:
        return Response(version(), media_type="text/plain", headers=FRESH)

    return [
        Route(f"/{PREFIX}/version", served),
        Route(f"/{PREFIX}/{{version}}/{{name:path}}", ours),
        Route("/assets/{name}", gradios),
        Route("/static/{name:path}", static),
        Route("/theme.css", theme),
        Route("/favicon.ico", icon),
    ]


def config_module(config: Mapping[str, Any]) -> str:
    """The configuration as a module. JSON is JavaScript."""
    values = {**config, "plotly": f"../{PLOTLY}"}
    return f"export const config = {json.dumps(values, ensure_ascii=False, allow_nan=False)};\n"


def content(name: str) -> bytes | None:
    """One of our files; None for any other name."""
    if name == STYLE:
        return style()
    path = PLOTLY_JS if name == PLOTLY else modules().get(name)
    return held(path) if path else None


@cache
def gradio_files() -> dict[str, Path]:
    """Gradio's files by their address."""
    found = [*GRADIO.glob("assets/*"), *GRADIO.glob("static/**/*")]
    return {path.relative_to(GRADIO).as_posix(): path for path in found if path.is_file()}


def gradio_content(name: str) -> bytes | None:
    """One of Gradio's files; None for any other name."""
    path = gradio_files().get(name)
    return held(path) if path else None


@cache
def held(path: Path) -> bytes:
    """A file that does not change while the server runs."""
    return path.read_bytes()


# ---- answers, compressed once for all


async def answer(request: Request, name: str, body: bytes | None, headers: Mapping[str, str]) -> Response:
    """A file, or 404 where there is none of that name."""
    if body is None:
        return Response("there is no such file", status_code=404, media_type="text/plain")
    suffix = Path(name).suffix
    kind = TYPES.get(suffix) or guess_type(name)[0] or "application/octet-stream"
    coding = coding_for(request.headers) if suffix in TYPES else ""
    if not coding:
        return Response(body, media_type=kind, headers={**headers, **VARY})
    small = await run_in_threadpool(packed, body, coding) if len(body) > LARGE else packed(body, coding)
    return Response(small, media_type=kind, headers={**headers, **VARY, "Content-Encoding": coding})


def coding_for(headers: Headers) -> str:
    """How a browser takes a text: brotli, gzip, or "" as it is."""
    taken = headers.get("accept-encoding", "")
    return "br" if "br" in taken else "gzip" if "gzip" in taken else ""


@lru_cache(maxsize=512)
def packed(body: bytes, coding: str) -> bytes:
    """A text compressed, once: a class asks for it a hundred times."""
    return brotli.compress(body, quality=QUALITY) if coding == "br" else gzip.compress(body, mtime=0)
