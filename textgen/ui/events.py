"""What the page sends with an event: any client may send anything."""

from __future__ import annotations

from typing import Any

import gradio as gr

from textgen.errors import TextError, shorten


def event_object(event: gr.EventData) -> dict[str, Any]:
    """What the page sent with an event."""
    if not isinstance(event._data, dict):
        got = shorten(event._data)
        raise TextError(f"the event must carry an object, got {got}; use the page's own controls")
    return event._data


def event_field(event: gr.EventData, name: str) -> Any:
    """A field of what the page sent with an event; None when it is not there."""
    return event_object(event).get(name)
