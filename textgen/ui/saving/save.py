"""Files of a result: the page sends what was asked, the server makes it again and writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from textgen.errors import TextError, shorten
from textgen.experiments.requests import ChaosRequest, PerplexityRequest, Request, request_from_json
from textgen.text.context import checked
from textgen.ui.generate.runs import MAX_LENGTH, MAX_PANES, MAX_WIDTH
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import LabComponent

FORMATS = ("csv", "json", "receipt")
MAX_WRITTEN = MAX_PANES * MAX_WIDTH * MAX_LENGTH  # tokens that a search of each pane may look at
AT_ONCE = 2  # files that are made at the same time: a long text takes seconds


def build(lab: Laboratory) -> None:
    """The stream of files that the menus of all tabs ask for (`save.js`)."""

    def export(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {**file(lab, data), "done": "made"}

    LabComponent("exports", {}, streams={"export": export}, at_once=AT_ONCE, module=None)


def file(lab: Laboratory, data: dict[str, Any]) -> dict[str, str]:
    """`name` and `content` of the file of a `request` in a `format`. Raises TextgenError."""
    kind = data.get("format")
    if kind not in FORMATS:
        raise TextError(f"format must be one of {', '.join(FORMATS)}, got {shorten(kind)}; use the menu")
    from textgen import receipts  # torch comes in with the first model

    request = checked_request(data.get("request"), lab.limits)
    most = lab.limits.chaos_tokens if isinstance(request, ChaosRequest) else MAX_WRITTEN
    built = receipts.build(request, lab.registry, lab.now(), max_tokens=most)
    if kind == "csv":
        return {"name": f"{built.name}.csv", "content": built.csv}
    if kind == "json":
        return {"name": f"{built.name}.json", "content": built.numbers_text()}
    return {"name": f"{built.name}.receipt.json", "content": built.receipt_text()}


def checked_request(data: Any, limits: Limits) -> Request:
    """What the page's menus ask for; sweeps have a tab that holds their results. Raises TextgenError."""
    if not isinstance(data, dict) or data.get("kind") == "sweep":
        raise TextError(f"the request must be that of a result on the page, got {shorten(data)}")
    request = request_from_json(data)
    if isinstance(request, PerplexityRequest):
        checked(request.text, "the text", limits.scored_characters)
    return request
