"""Files of a result: the page sends what was asked, the server makes it again and writes it down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import gradio as gr

from textgen.errors import TextError, TextgenError, shorten
from textgen.models.registry import Registry
from textgen.ui.generate.runs import MAX_LENGTH, MAX_PANES, MAX_WIDTH
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_object, serial_of
from textgen.ui.shell.limits import Limits

FORMATS = ("csv", "json", "receipt")
MAX_WRITTEN = MAX_PANES * MAX_WIDTH * MAX_LENGTH  # tokens that a search of each pane may look at
AT_ONCE = 2  # files that are made at the same time: a long text takes seconds


class Exports:
    """A component without a look of its own, for the menus of all tabs (`static/exports.js`)."""

    def __init__(self, registry: Registry, limits: Limits, now: Callable[[], datetime]) -> None:
        self.registry, self.limits, self.now = registry, limits, now
        self.view = LabComponent("exports", {}, ("export",))

    def connect(self) -> None:
        """Queued, so that a crowd shares the processor in turn."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        event = self.view.export(
            self.export, None, self.view, concurrency_limit=AT_ONCE, trigger_mode="multiple", **quiet
        )
        event.failure(None, None, None, js="() => TemperatureLab.exportsFailed()", api_visibility="private")

    def export(self, event: gr.EventData) -> dict[str, Any]:
        """One file, or a sentence."""
        serial = serial_of(event)
        try:
            return {"serial": serial, **self.file(event_object(event))}
        except TextgenError as error:
            return {"serial": serial, "problem": str(error)}

    def file(self, asked: dict[str, Any]) -> dict[str, str]:
        """Name and content. Raises TextgenError."""
        kind = asked.get("format")
        if kind not in FORMATS:
            raise TextError(f"format must be one of {', '.join(FORMATS)}, got {shorten(kind)}; use the menu")
        from textgen import receipts  # torch comes in with the first model

        request = checked_request(asked.get("request"), self.limits)
        most = self.limits.chaos_tokens if request.get("kind") == "chaos" else MAX_WRITTEN
        made = receipts.make(request, self.registry, self.now(), max_tokens=most)
        if kind == "csv":
            return {"name": f"{made.name}.csv", "content": made.csv}
        if kind == "json":
            return {"name": f"{made.name}.json", "content": made.numbers_text()}
        return {"name": f"{made.name}.receipt.json", "content": made.receipt_text()}


def checked_request(request: Any, limits: Limits) -> dict[str, Any]:
    """What the page's menus ask for; sweeps have a tab that holds their results. Raises TextError."""
    if not isinstance(request, dict) or request.get("kind") == "sweep":
        raise TextError(f"the request must be that of a result on the page, got {shorten(request)}")
    if request.get("kind") == "perplexity":
        from textgen.text.context import checked

        checked(request.get("text"), "the text", limits.scored_characters)  # type: ignore[arg-type]
    return request
