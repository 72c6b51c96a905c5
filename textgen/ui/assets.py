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
STATIC = Path(__file__).parent / "static"
# In this order: the namespace first, components after what they are built from.
SCRIPTS = (
    "decoding.js",
    "lab.js",
    "picker.js",
    "stopping.js",
    "model_choice.js",
    "panel.js",
    "tables.js",
    "pipeline.js",
    "exports.js",
    "next_token.js",
    "generate_run.js",
    "generate_save.js",
    "generate_card.js",
    "generate_text.js",
    "generate_pane.js",
    "generate_reader.js",
    "generate_session.js",
    "generate_parts.js",
    "generate.js",
    "draws_line.js",
    "draws_parts.js",
    "draws.js",
    "beam_tree.js",
    "beam.js",
    "model_markdown.js",
    "model_timeline.js",
    "model.js",
    "model_side.js",
    "model_compare.js",
    "sweep_size.js",
    "sweep_form.js",
    "sweep_session.js",
    "sweep_charts.js",
    "sweep_tables.js",
    "sweep_texts.js",
    "sweep_files.js",
    "sweep.js",
    "chaos_rows.js",
    "chaos_map.js",
    "chaos_magnifier.js",
    "chaos.js",
    "calibration.js",
    "ratings_choose.js",
    "ratings_card.js",
    "ratings_result.js",
    "ratings.js",
)
STYLES = (
    "lab.css",
    "next_token.css",
    "generate.css",
    "draws.css",
    "beam.css",
    "model.css",
    "exports.css",
    "experiments.css",
    "sweep.css",
    "chaos.css",
    "calibration.css",
    "ratings.css",
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
        Mount(f"/{PREFIX}", KeptFiles(directory=STATIC)),
    ]


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
    return "".join(f'<link rel="stylesheet" href="{address(STATIC / name, PREFIX)}">' for name in STYLES)
