"""What the page asks of the Calibration part, read as hostile input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from textgen.errors import TextError, out_of_range, shorten
from textgen.plots.perplexity import SCALES
from textgen.settings import check_whole
from textgen.ui.shell.events import event_object

MAX_BESIDE = 11  # models beside the chosen one: more lines nobody tells apart
MAX_OWN = 4  # measured texts that are kept
OWN_CONTROLS = "use the page's own controls"


@dataclass(frozen=True, slots=True)
class Request:
    """Which curves, and how their losses are given."""

    models: tuple[str, ...]  # beside the sidebar's
    own: tuple[int, ...]  # numbers of measured texts
    scale: str  # one of SCALES; "" = what suits the curves
    serial: int  # the page's number of this request


def read_request(event: gr.EventData) -> Request:
    """An event of the page → what it asks for. Raises TextgenError."""
    data = event_object(event)
    scale = data.get("scale") or ""
    if not isinstance(scale, str) or scale not in ("", *SCALES):
        raise out_of_range("scale", f"one of {', '.join(SCALES)}", scale, OWN_CONTROLS)
    return Request(
        models=tuple(check_names(data.get("models"))),
        own=tuple(check_numbers(data.get("own"))),
        scale=scale,
        serial=check_whole("the request's number", data.get("serial"), 0, 2**53, OWN_CONTROLS),
    )


def check_names(values: Any) -> list[str]:
    """Models' names, each once; the registry judges them. Raises TextgenError."""
    listed = check_list("models", values, MAX_BESIDE)
    if not all(isinstance(name, str) for name in listed):
        raise TextError(f"models must be names, got {shorten(listed)}; {OWN_CONTROLS}")
    return list(dict.fromkeys(listed))


def check_numbers(values: Any) -> list[int]:
    """Numbers of measured texts, each once. Raises TextgenError."""
    listed = check_list("texts", values, MAX_OWN)
    return list(dict.fromkeys(check_whole("a text's number", n, 0, 2**53, OWN_CONTROLS) for n in listed))


def check_list(name: str, values: Any, most: int) -> list[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise TextError(f"{name} must be a list of at most {most}, got {shorten(values)}; {OWN_CONTROLS}")
    return values


def check_text(text: Any, most: int) -> str:
    """The text to measure. Raises TextError."""
    if not isinstance(text, str):
        raise TextError(f"the text must be a text, got {shorten(text)}; paste one into the box")
    if not text.strip():
        raise TextError("the text must not be empty; paste some lines that the model has not learned from")
    if len(text) > most:
        raise TextError(f"the text must have at most {most:,} characters, got {len(text):,}; leave some out")
    return text
