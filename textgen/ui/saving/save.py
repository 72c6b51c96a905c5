"""Files of a result: the page sends what was asked, the server makes it again and writes it down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from anyio.to_thread import run_sync

from textgen.errors import TextError, shorten
from textgen.experiments.requests import ChaosRequest, PerplexityRequest, Request, request_from_json
from textgen.text.context import checked
from textgen.ui.saving.making import Wanted, make
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import LabComponent

FORMATS = ("csv", "json", "receipt")
# What is made in a moment needs no process of its own, and nobody's long text stands before it.
QUICK_TOKENS, QUICK_CHARACTERS = 1_000, 1_000


def build(lab: Laboratory) -> None:
    """The stream of files that the menus of all tabs ask for (`save.js`)."""
    LabComponent("exports", {}, streams={"export": partial(export, lab)}, module=None)


async def export(lab: Laboratory, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """A file of a result that the page shows. Raises TextgenError."""
    wanted = await run_sync(wanted_of, lab, data)
    if is_quick(wanted.request):
        return lab.workers.here(make, wanted)
    return lab.workers.work("files", make, wanted)


def wanted_of(lab: Laboratory, data: dict[str, Any]) -> Wanted:
    """What the page asks for: a `request` in a `format`, checked. Raises TextgenError."""
    kind = data.get("format")
    if kind not in FORMATS:
        raise TextError(f"format must be one of {', '.join(FORMATS)}, got {shorten(kind)}; use the menu")
    request = checked_request(data.get("request"), lab.limits)
    limits = lab.limits
    most = limits.chaos_tokens if isinstance(request, ChaosRequest) else limits.result_tokens
    request.check(lab.registry, most)
    lab.visitors.charge(request.cost())
    return Wanted(request, kind, lab.now(), most)


def checked_request(data: Any, limits: Limits) -> Request:
    """What the page's menus ask for; sweeps have a tab that holds their results. Raises TextgenError."""
    if not isinstance(data, dict) or data.get("kind") == "sweep":
        raise TextError(f"the request must be that of a result on the page, got {shorten(data)}")
    request = request_from_json(data)
    if isinstance(request, PerplexityRequest):
        checked(request.text, "the text", limits.scored_characters)
    return request


def is_quick(request: Request) -> bool:
    """Whether a result is there in a few tenths of a second."""
    if isinstance(request, PerplexityRequest):
        return len(request.text) <= QUICK_CHARACTERS
    return request.cost() <= QUICK_TOKENS
