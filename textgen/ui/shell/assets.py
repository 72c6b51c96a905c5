"""What the page loads besides Gradio's own files: our scripts and style, and plotly.js.

plotly.js is the file inside the installed Python package: offline, and always the version that made
the figures. Every address carries the file's checksum, so a browser may keep it for good.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from textgen.plots.theme import PLOTLY_JS

PREFIX = "lab"
BUNDLE = "bundle.js"
# Addresses change with their content, so a browser may keep what they gave.
KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}
STATIC = Path(__file__).parents[1]
# In this order: the namespace first, components after what they are built from.
SCRIPTS = (
    "shell/decoding.js",
    "shell/lab.js",
    "shell/picker.js",
    "shell/stopping.js",
    "shell/model_choice.js",
    "next_token/panel.js",
    "next_token/tables.js",
    "next_token/pipeline.js",
    "shell/save.js",
    "next_token/view.js",
    "generate/run.js",
    "generate/save.js",
    "generate/card.js",
    "generate/text.js",
    "generate/pane.js",
    "generate/reader.js",
    "generate/session.js",
    "generate/parts.js",
    "generate/view.js",
    "draws/line.js",
    "draws/parts.js",
    "draws/view.js",
    "beam/tree.js",
    "beam/view.js",
    "model/markdown.js",
    "model/timeline.js",
    "model/view.js",
    "model/side.js",
    "model/compare.js",
    "sweep/size.js",
    "sweep/form.js",
    "sweep/session.js",
    "sweep/charts.js",
    "sweep/tables.js",
    "sweep/texts.js",
    "sweep/files.js",
    "sweep/view.js",
    "chaos/rows.js",
    "chaos/map.js",
    "chaos/magnifier.js",
    "chaos/view.js",
    "calibration/view.js",
    "ratings/choose.js",
    "ratings/card.js",
    "ratings/result.js",
    "ratings/view.js",
)
STYLES = (
    "shell/lab.css",
    "next_token/style.css",
    "generate/style.css",
    "draws/style.css",
    "beam/style.css",
    "model/style.css",
    "shell/save.css",
    "shell/experiments.css",
    "sweep/style.css",
    "chaos/style.css",
    "calibration/style.css",
    "ratings/style.css",
)


class KeptFiles(StaticFiles):
    """Static files that a browser keeps: their addresses change with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(KEPT)
        return response


def routes() -> list[BaseRoute]:
    """The routes to mount beside Gradio's: this folder's scripts, and one file of Plotly's."""
    return [
        Mount(f"/{PREFIX}/plotly", OnlyPlotly(directory=PLOTLY_JS.parent)),
        Route(f"/{PREFIX}/{BUNDLE}", serve_bundle),
        Mount(f"/{PREFIX}", OnlyScripts(directory=STATIC)),
    ]


class OnlyScripts(KeptFiles):
    """The scripts and styles of the rooms, and nothing else that lies beside them."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.endswith((".js", ".css")) else ("", None)


class OnlyPlotly(KeptFiles):
    """plotly.min.js alone, whatever else lies beside it."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path == PLOTLY_JS.name else ("", None)


@cache
def address(path: Path, mount: str) -> str:
    """The address of a file under a mount, relative to the page."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"{mount}/{path.name}?v={digest}"


def script_tags() -> str:
    """The scripts that a component waits for before it starts, in order."""
    plotly_js = address(PLOTLY_JS, f"{PREFIX}/plotly")
    ours = f"{PREFIX}/{BUNDLE}?v={hashlib.sha256(bundle()).hexdigest()[:12]}"
    return "".join(f'<script src="{source}"></script>' for source in (plotly_js, ours))


@cache
def bundle() -> bytes:
    """All our scripts as one file: a classroom's first visit is as many requests fewer."""
    return b"\n".join((STATIC / name).read_bytes() for name in SCRIPTS)


def serve_bundle(_request: Request) -> Response:
    return Response(bundle(), media_type="text/javascript", headers=KEPT)


def head() -> str:
    """What goes into the page's head: the styles. The scripts come with the components that need them."""
    return "".join(
        f'<link rel="stylesheet" href="{address(STATIC / name, f"{PREFIX}/{Path(name).parent}")}">'
        for name in STYLES
    )
