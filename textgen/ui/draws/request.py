"""What the page asks of the Draws tab, read as hostile input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import gradio as gr

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.experiments.draws.counts import MAX_DRAWS
from textgen.settings import DecodeSettings, check, check_whole
from textgen.stages import STAGES
from textgen.ui.shell.sidebar import NUMBERS, settings_from

SLIDER = "slider"  # in the list of temperatures: the one that the sidebar's slider has
MAX_TEMPERATURES = 6
PAGE = 200  # tokens of the table sent at a time
MAX_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Request:
    """The tab's own controls."""

    temperatures: tuple[float | str, ...]  # 1 to 6; SLIDER may stand for one
    n: int  # draws to make, 1 to 1,000,000
    at: int  # which temperature the table shows, from 0
    page: int  # which 200 tokens the table shows, from 0
    shown: int  # draws that the page shows
    serial: int  # the page's number of this request


@dataclass(frozen=True, slots=True)
class Source:
    """What counts belong to: they say nothing about any other source."""

    model: str
    context: str
    numbers: str
    kind: str
    settings: DecodeSettings  # at T = 1: the temperatures stand below
    temperatures: tuple[float, ...]

    def changed_from(self, before: Source) -> str:
        """What differs, in words: `the context and the temperatures`; "" for nothing."""
        names = [f.name for f in fields(self) if getattr(self, f.name) != getattr(before, f.name)]
        if "model" in names:
            return WORDS["model"]  # what else differs comes with it
        return " and ".join(WORDS[name] for name in names)


WORDS: Mapping[str, str] = {
    "model": "the model",
    "context": "the context",
    "numbers": "your numbers",
    "kind": "the kind of your numbers",
    "settings": "the stages",
    "temperatures": "the temperatures",
}


def read_request(event: gr.EventData) -> Request:
    """An event of the page → what it asks for. Raises TextgenError."""
    data = getattr(event, "_data", None)  # a raw POST may come without an event
    if not isinstance(data, dict):
        raise TextError(f"the event must carry an object, got {shorten(data)}; use the page's own controls")
    own = "use the page's own controls"
    return Request(
        temperatures=read_temperatures(data.get("temperatures")),
        n=check_whole("the number of draws", said(data.get("n")), 1, MAX_DRAWS, "more can be added"),
        at=check_whole("the table's temperature", data.get("at"), 0, MAX_TEMPERATURES - 1, own),
        page=check_whole("the table's page", data.get("page"), 0, MAX_PAGE, own),
        shown=check_whole("the draws shown", data.get("shown"), 0, 2**53, own),
        serial=check_whole("the request's number", data.get("serial"), 0, 2**53, own),
    )


def read_temperatures(values: Any) -> tuple[float | str, ...]:
    """1 to 6 temperatures, each once; SLIDER for the slider's. Raises SettingError."""
    listed = values if isinstance(values, list) else [values]
    check_whole("the number of temperatures", len(listed), 1, MAX_TEMPERATURES, "remove or add one")
    read = tuple(value if value == SLIDER else temperature(value) for value in listed)
    for i, value in enumerate(read):
        if value in read[:i]:
            raise SettingError(
                f"each temperature must be there once, got {value} twice; change or remove one"
            )
    return read


def temperature(value: Any) -> float:
    """One temperature, or a SettingError."""
    return float(check("temperature", said(value), STAGES["temperature"]))


def said(value: Any) -> Any:
    """A field that was left empty has a name in the error."""
    return "nothing" if value is None or value == "" else value


def read_source(request: Request, values: Sequence[Any]) -> Source:
    """The sidebar's source and settings → what to draw from. Raises TextgenError."""
    model, context, numbers, kind, *stages = values
    for name, value in (("context", context), ("numbers", numbers)):
        if not isinstance(value, str):
            raise out_of_range(name, "a text", value, "an empty one is fine")
    settings = settings_from(stages)
    typed = model == NUMBERS
    slider = settings.temperature
    return Source(
        model=str(model),
        context="" if typed else context,
        numbers=numbers if typed else "",
        kind=str(kind) if typed else "",
        settings=settings.at(1.0),
        temperatures=tuple(slider if t == SLIDER else float(t) for t in request.temperatures),
    )
