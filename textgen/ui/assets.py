"""What the page loads besides Gradio's own files: our scripts and style, and plotly.js.

plotly.js is the file inside the installed Python package: offline, and always the version that made
the figures. Every address carries the file's checksum, so a browser may keep it for good.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import plotly
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PREFIX = "lab"
STATIC = Path(__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data"
# In this order: the namespace first, components after what they are built from.
SCRIPTS = ("decoding.js", "lab.js", "panel.js", "tables.js", "next_token.js")
STYLES = ("lab.css", "next_token.css")


class KeptFiles(StaticFiles):
    """Static files that a browser keeps: their addresses change with their content."""

    def file_response(self, full_path: str, *args: object, **kwargs: object) -> Response:  # type: ignore[override]
        response = super().file_response(full_path, *args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        return await super().get_response(path, scope)


def routes() -> list[Mount]:
    """The routes to mount beside Gradio's: this folder's scripts, and one file of Plotly's."""
    return [
        Mount(f"/{PREFIX}/plotly", OneFile(directory=PLOTLY)),
        Mount(f"/{PREFIX}", KeptFiles(directory=STATIC)),
    ]


class OneFile(KeptFiles):
    """plotly.min.js alone, whatever else lies beside it."""

    def lookup_path(self, path: str) -> tuple[str, object]:  # type: ignore[override]
        return super().lookup_path(path if path == "plotly.min.js" else "")


@cache
def address(path: Path, mount: str) -> str:
    """The address of a file under a mount, relative to the page."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return f"{mount}/{path.name}?v={digest}"


def script_tags() -> str:
    """The scripts that a component waits for before it starts, in order."""
    plotly_js = address(PLOTLY / "plotly.min.js", f"{PREFIX}/plotly")
    ours = [address(STATIC / name, PREFIX) for name in SCRIPTS]
    return "".join(f'<script src="{source}"></script>' for source in (plotly_js, *ours))


def head() -> str:
    """What goes into the page's head: the styles, and the scripts fetched ahead of their use."""
    styles = "".join(
        f'<link rel="stylesheet" href="{address(STATIC / name, PREFIX)}">' for name in STYLES
    )
    ahead = f'<link rel="preload" as="script" href="{address(PLOTLY / "plotly.min.js", f"{PREFIX}/plotly")}">'
    return ahead + styles
