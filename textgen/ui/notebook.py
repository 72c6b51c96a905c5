"""The page inside a notebook, with a model, a context and settings in place: `textgen.show`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from textgen.errors import out_of_range
from textgen.link import VERSION, read_link
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings
from textgen.stages import as_json
from textgen.validation import check_whole

# Pages of this machine that may show it in a frame: Jupyter, marimo, VS Code.
NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that a notebook shows in a frame; `url` opens it in a browser of this machine."""

    url: str
    height: int  # px

    def _repr_html_(self) -> str:
        look = f"width:100%;height:{self.height}px;border:0"
        return f'<iframe src="{escape(self.url)}" style="{look}" title="Temperature Lab"></iframe>'


def show(
    model: Model | str,
    context: str = "",
    *,
    tab: str = "next",
    height: int = 760,
    registry: Registry | None = None,
    **changes: Any,
) -> Shown:
    """Open the page with a model, a context and settings by name: `show(model, "The ", temperature=0.5)`.

    The server runs in this process, one for each folder of models, on a free port of this machine alone. The
    model must lie in the registry: that of `$TEXTGEN_MODELS`, else of the shipped models. `tab` is one of
    `textgen.link.TABS`. Raises ModelError, SettingError and TextError.
    """
    found = registry or Registry(default_root())
    name = model.name if isinstance(model, Model) else model
    found.check(name)
    settings = DecodeSettings.from_dict(changes)
    check_whole("height", height, 100, 10_000, "760 is usual")
    parts = {"v": VERSION, "tab": tab, "model": name, "context": context, **written(settings)}
    hash_ = "#" + urlencode(parts)
    (problem, *_) = (*read_link(hash_).problems, "")
    if problem:
        raise out_of_range("the page's state", "one that a link can hold", problem, "see textgen.link")
    return Shown(f"{server(found.root)}/{hash_}", height)


def written(settings: DecodeSettings) -> dict[str, str]:
    """The settings that are not neutral, as links write them."""
    neutral = DecodeSettings().to_dict()
    values = {name: value for name, value in settings.to_dict().items() if value != neutral[name]}
    return {name: text_of(name, value) for name, value in values.items()}


def text_of(name: str, value: Any) -> str:
    if name == "order":
        return ",".join(value)
    value = as_json(value)
    return json.dumps(value) if isinstance(value, dict) else f"{value}"


@cache
def server(root: Path) -> str:
    """The address of this process's server on a folder of models, which is started once."""
    from textgen.ui.frame.page import Site, build, launch_options

    registry = Registry(root)
    options = launch_options(registry, Site(embedders=NOTEBOOKS))
    _, url, _ = build(registry).launch(prevent_thread_lock=True, server_name="127.0.0.1", **options)
    return url.rstrip("/")
