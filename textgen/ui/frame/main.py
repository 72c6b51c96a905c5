"""Flags → server."""

from __future__ import annotations

import argparse
import os
import re
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from textgen.classroom.store import rooms_at
from textgen.errors import TextgenError, out_of_range
from textgen.models.registry import Registry, default_root
from textgen.ui.server.limits import add_flags, limits_from
from textgen.ui.server.store import open_store

SPACES = "https://huggingface.co"  # shows its Spaces in frames
ORIGIN = re.compile(r"https?://[A-Za-z0-9.*-]+(:\d+)?")


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until interrupted. Returns the exit status."""
    options = parser().parse_args(argv)
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported
    try:
        serve(options)
    except TextgenError as error:
        print(f"app.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def parser() -> argparse.ArgumentParser:
    """The flags; the environment holds what a hosting service sets."""
    flags = argparse.ArgumentParser(prog="app.py", description="Temperature Lab in the browser")
    flags.add_argument(
        "--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), help="default 127.0.0.1"
    )
    flags.add_argument("--port", default=os.environ.get("GRADIO_SERVER_PORT", "7860"), help="default 7860")
    flags.add_argument("--models", type=Path, default=default_root(), help="folder of model folders")
    flags.add_argument("--open", action="store_true", help="open a browser window")
    flags.add_argument(
        "--store",
        default=os.environ.get("LAB_STORE", "memory"),
        help="where results lie that several processes share: memory (default) or redis://HOST:PORT/NUMBER",
    )
    flags.add_argument(
        "--embed-in",
        action="append",
        default=[SPACES] if "SPACE_ID" in os.environ else [],
        metavar="ORIGIN",
        help="a site whose pages may show this one in a frame, as https://example.org; once for each",
    )
    flags.add_argument(
        "--rooms",
        default=os.environ.get("LAB_ROOMS"),
        help="where the sessions of classes lie: memory or redis://HOST:PORT/NUMBER (default: as --store)",
    )
    add_flags(flags)
    return flags


def serve(options: argparse.Namespace) -> None:
    """Build the page and serve it. Where its first bars need the model, that loads meanwhile."""
    port, limits = port_number(options.port), limits_from(options)
    registry, store = Registry(options.models), open_store(options.store)
    embedders = [origin(text) for text in options.embed_in]
    rooms = rooms_at(options.rooms or options.store, time.time)
    from textgen.ui.frame.page import build_lab, launch_options
    from textgen.ui.next_token.tab import opening
    from textgen.ui.server.laboratory import Laboratory

    page = build_lab(Laboratory.sharing(registry, limits, store, rooms))
    try:
        page.launch(
            server_name=options.host,
            server_port=port,
            inbrowser=options.open,
            prevent_thread_lock=True,
            **launch_options(registry, embedders),
        )
    except OSError as error:
        raise TextgenError(
            f"port {port} on {options.host} cannot be used: it is taken, or the address is not this "
            "machine's; give another with --port or --host"
        ) from error
    if opening(registry) is None:
        threading.Thread(target=warm_up, args=(registry,), daemon=True).start()
    print(f"Temperature Lab is at http://{options.host}:{port}  (Ctrl+C stops it)", flush=True)
    page.block_thread()


def port_number(text: str) -> int:
    """A port, or a TextgenError."""
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise out_of_range("port", "a whole number from 1 to 65535", text, "7860 is the default")


def origin(text: str) -> str:
    """A site, or a TextgenError."""
    if ORIGIN.fullmatch(text):
        return text
    raise out_of_range("embed-in", "a site such as https://example.org", text, "leave the path out")


def warm_up(registry: Registry) -> None:
    """Load the first model ahead of its first use; a damaged one is reported where it is asked for."""
    name = registry.first()
    with suppress(TextgenError):
        if name is not None:
            registry.get(name)
