"""Flags → server."""

from __future__ import annotations

import argparse
import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textgen.classroom.store import rooms_at
from textgen.errors import TextgenError, out_of_range
from textgen.models.own import OwnLimits, OwnModels
from textgen.models.registry import Registry, default_root
from textgen.ui.server.limits import add_flags, limits_from
from textgen.ui.service import memory
from textgen.ui.service.store import Store, open_store

if TYPE_CHECKING:
    from gradio import Blocks

    from textgen.ui.frame.page import Site
    from textgen.ui.server.laboratory import Allowed
    from textgen.ui.service.service import Service

SPACES = "https://huggingface.co"  # shows its Spaces in frames
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST_GRACE = 3_600  # seconds
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
    add_flags(flags)
    add_site_flags(flags)
    add_service_flags(flags)
    add_visitors_flags(flags)
    return flags


def add_site_flags(flags: argparse.ArgumentParser) -> None:
    """Where the server stands: behind which proxy, under which names, in whose pages."""
    site = flags.add_argument_group("behind a proxy")
    site.add_argument(
        "--root-path",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        metavar="PATH",
        help="where a proxy serves the page, such as /lab, whether it strips that or keeps it",
    )
    site.add_argument(
        "--trusted-hosts",
        default="*",
        metavar="NAMES",
        help="names that the server answers to, such as lab.example.org,*.example.org (default: any)",
    )
    site.add_argument(
        "--trusted-proxies",
        default=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
        metavar="ADDRESSES",
        help="proxies whose word counts for a visitor's address and for https (default 127.0.0.1,::1)",
    )
    site.add_argument(
        "--embed-in",
        action="append",
        default=[SPACES] if "SPACE_ID" in os.environ else [],
        metavar="ORIGIN",
        help="a site whose pages may show this one in a frame, as https://example.org; once for each",
    )


def add_service_flags(flags: argparse.ArgumentParser) -> None:
    """What whoever runs the server wants of it."""
    service = flags.add_argument_group("in service")
    service.add_argument(
        "--store",
        default=os.environ.get("LAB_STORE", "memory"),
        help="where results lie that several processes share: memory (default) or redis://HOST:PORT/NUMBER",
    )
    service.add_argument(
        "--rooms",
        default=os.environ.get("LAB_ROOMS"),
        help="where the sessions of classes lie: memory or redis://HOST:PORT/NUMBER (default: as --store)",
    )
    service.add_argument("--metrics", action="store_true", help="serve numbers for Prometheus at /metrics")
    service.add_argument(
        "--access-log", action="store_true", help="a line a request, without what was asked, on stderr"
    )
    service.add_argument(
        "--grace",
        default="30",
        metavar="SECONDS",
        help="how long texts may take to end after SIGTERM, which refuses new ones (default 30)",
    )


def add_visitors_flags(flags: argparse.ArgumentParser) -> None:
    """What visitors may bring and make."""
    visitors = flags.add_argument_group("models of visitors, which nobody else finds")
    here = "(default: only where the server is this machine's alone)"
    own, training = "bring checkpoints of their own", "train models"
    for name, what in (("own-models", own), ("training", training)):
        action = argparse.BooleanOptionalAction
        visitors.add_argument(f"--allow-{name}", action=action, help=f"whether visitors may {what} {here}")
    visitors.add_argument(
        "--own-models",
        default=os.environ.get("LAB_OWN_MODELS") or user_cache() / "temperature-lab" / "own",
        metavar="FOLDER",
        help="where such models lie until nobody uses them (default %(default)s)",
    )


def serve(options: argparse.Namespace) -> None:
    """Build the page and serve it, until a signal ends it."""
    port, limits, site = port_number(options.port), limits_from(options), site_from(options)
    grace = seconds(options.grace)
    own, allowed = own_models(options, limits.own), allowed_by(options)
    registry, store = Registry(options.models, own=own), open_store(options.store)
    rooms = rooms_at(options.rooms or options.store, time.time)
    os.environ["FORWARDED_ALLOW_IPS"] = options.trusted_proxies  # uvicorn, which Gradio starts, reads it
    service = service_from(options, registry, store)
    from textgen.ui.frame.page import build_lab, launch_options
    from textgen.ui.next_token.tab import opening
    from textgen.ui.server.laboratory import Laboratory

    lab = Laboratory.sharing(registry, limits, store, rooms, allowed)
    page = build_lab(lab)
    end, at_once = signals()
    try:
        page.launch(
            server_name=options.host,
            server_port=port,
            inbrowser=options.open,
            prevent_thread_lock=True,
            **launch_options(registry, site, service),
        )
    except OSError as error:
        raise TextgenError(
            f"port {port} on {options.host} cannot be used: it is taken, or the address is not this "
            "machine's; give another with --port or --host"
        ) from error
    if opening(registry) is None:  # its first bars need the model
        threading.Thread(target=warm_up, args=(registry,), daemon=True).start()
    print(f"Temperature Lab is at http://{options.host}:{port}  (Ctrl+C stops it)", flush=True)
    while not end.wait(memory.EVERY):
        memory.give_back()
    service.drain(grace, at_once)
    lab.workers.close()
    close(page)


def site_from(options: argparse.Namespace) -> Site:
    """What the flags say of where the server stands. Raises SettingError."""
    from textgen.ui.frame.page import Site
    from textgen.ui.service.proxies import check_hosts, check_root_path, reach_of

    embedders = tuple(origin(text) for text in options.embed_in)
    root, hosts = check_root_path(options.root_path), check_hosts(options.trusted_hosts)
    return Site(embedders, root, hosts, reach_of(options.host))


def allowed_by(options: argparse.Namespace) -> Allowed:
    """What visitors may do: what the flags say, and else all where nobody but this machine's user visits.

    Behind a proxy everybody comes from this machine: what only a proxy needs says that there is one.
    """
    from textgen.ui.server.laboratory import Allowed

    alone = options.host in LOOPBACK and not options.root_path and options.trusted_hosts == "*"
    flags = (options.allow_own_models, options.allow_training)
    return Allowed(*(alone if flag is None else flag for flag in flags))


def own_models(options: argparse.Namespace, limits: OwnLimits) -> OwnModels | None:
    """Where visitors' models lie; None where they may have none. Raises TextgenError."""
    allowed = allowed_by(options)
    if not (allowed.own_models or allowed.training):
        return None
    return OwnModels(Path(options.own_models), limits)


def user_cache() -> Path:
    """Where this system's programs keep what can be made again."""
    given = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return Path(given) if given else Path("~/.cache").expanduser()


def service_from(options: argparse.Namespace, registry: Registry, store: Store) -> Service:
    """The state of the server, and who hears of its requests."""
    from textgen.ui.service.service import LOG, Service

    service = Service(registry, store, logged=options.access_log)
    if options.metrics:
        from textgen.ui.service.metrics import Metrics

        service.metrics = Metrics(service)
    if options.access_log:
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        logging.getLogger(LOG).setLevel(logging.INFO)
    return service


def signals() -> tuple[threading.Event, threading.Event]:
    """Events: the server is to end, as SIGTERM and Ctrl+C say; at once, as Ctrl+C says, or either again."""
    end, at_once = threading.Event(), threading.Event()

    def heard(number: int, _frame: object) -> None:
        if end.is_set() or number == signal.SIGINT:
            at_once.set()
        end.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    return end, at_once


def close(page: Blocks) -> None:
    """Take the server down; who is still connected is let go within a second."""
    page.server.config.timeout_graceful_shutdown = 1
    page.close(verbose=False)


def seconds(text: str) -> float:
    """A time to wait, or a TextgenError."""
    with suppress(ValueError):
        if 0 <= (number := float(text)) <= LONGEST_GRACE:
            return number
    raise out_of_range("grace", f"seconds from 0 to {LONGEST_GRACE:,}", text, "30 is the default")


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
