"""What the page sends with an event: any client may send anything."""

from __future__ import annotations

from typing import Any

import gradio as gr

from textgen.errors import TextError, shorten
from textgen.settings import whole


def event_object(event: gr.EventData) -> dict[str, Any]:
    """What the page sent with an event."""
    if not isinstance(event._data, dict):
        got = shorten(event._data)
        raise TextError(f"the event must carry an object, got {got}; use the page's own controls")
    return event._data


def event_field(event: gr.EventData, name: str) -> Any:
    """A field of what the page sent with an event; None when it is not there."""
    return event_object(event).get(name)


def serial_of(event: gr.EventData, name: str = "serial") -> int:
    """The page's own number of a request, sent back with the answer; 0 for anything else."""
    data = getattr(event, "_data", None)  # a raw POST may come without an event
    number = whole(data.get(name)) if isinstance(data, dict) else None
    return number if number is not None and 0 <= number < 2**53 else 0
