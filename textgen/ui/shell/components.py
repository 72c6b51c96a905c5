"""Our components: an empty element on the page, filled by a room's view.js."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any

import gradio as gr
from gradio.context import Context

from textgen.errors import TextError, TextgenError, shorten
from textgen.settings import whole
from textgen.ui.shell import assets

MAX_EXACT = 2**53 - 1  # of a browser's numbers

Answer = Callable[[dict[str, Any]], Any]  # a request as the page sends it → JSON; raises TextgenError
Streamed = Callable[[dict[str, Any]], Iterator[dict[str, Any]]]  # the same, answered piece by piece


class LabComponent(gr.HTML):
    """A component whose page side is a module: `mount` of `ui/ROOM/MODULE.js` gets what Gradio gives.

    The template is constant, so no value ever becomes HTML: modules set text alone. `config` reaches the
    module once. `answers` are server functions, by name: the page asks `await ask("name", request)`.
    `streams` are long work, by event: see `shell/stream.js`.
    """

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        module: str | None = None,
        answers: Mapping[str, Answer] | None = None,
        streams: Mapping[str, Streamed] | None = None,
    ) -> None:
        self.name, self.streams = name, dict(streams or {})
        events = " ".join(
            f"'{event}'" for event in [*self.streams, "stop"]
        )  # Gradio wants them in its source
        host = "{element, trigger, props, server, watch}"
        super().__init__(
            html_template=f'{heading()}<div class="lab-root"></div>',
            js_on_load=assets.imported(module or f"{name}/view.js", f"module.mount({host})")
            + f" // {events}",
            apply_default_css=False,
            config=dict(config),
            elem_id=f"lab-{name}",
            server_functions=[server_function(name, answer) for name, answer in (answers or {}).items()],
        )

    def connect(self, **queue: Any) -> None:
        """Wire the streams, which wait in Gradio's queue under the limits given."""
        hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        own = {"trigger_mode": "multiple", **queue, **hidden}
        starts = [
            getattr(self, event)(streamed(handler), None, self, **own)
            for event, handler in self.streams.items()
        ]
        self.stop(None, None, None, cancels=starts, **hidden)
        for start in starts:  # Gradio calls an event that was stopped a failure, too
            start.failure(None, None, None, js=self.on_failure(), **hidden)

    def on_failure(self) -> str:
        """JavaScript for a stream that ended without its last word."""
        call = assets.imported("shell/stream.js", f"module.failed('{self.name}')")
        return f"() => {{ {call}; }}"

    def preprocess(self, payload: Any) -> Any:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}


def heading() -> str:
    """The name of the tab that is being built, for those who hear the page; "" outside of tabs."""
    tab = Context.block
    label = str(tab.label or "") if isinstance(tab, gr.Tab) else ""
    return f'<h2 class="lab-spoken">{escape(label)}</h2>' if label else ""


def server_function(name: str, answer: Answer) -> Answer:
    """A function that the page may call with anything: a mistake is answered with its sentence."""
    if hasattr(gr.HTML, name):
        raise ValueError(f"a server function cannot be called {name}: Gradio's component has that already")

    @functools.wraps(answer)
    def answering(data: Any) -> Any:
        try:
            return exact(answer(as_object(data)))
        except TextgenError as error:
            return refusal(error)

    answering.__name__ = name
    del answering.__wrapped__  # Gradio would look for its own arguments in the original's signature
    return answering


def streamed(handler: Streamed) -> Callable[[gr.EventData], Iterator[dict[str, Any]]]:
    """A generator for Gradio: each message with the number of its request, a mistake as the last one."""

    def streaming(event: gr.EventData) -> Iterator[dict[str, Any]]:
        serial = serial_of(event)
        try:
            for message in handler(as_object(event._data)):
                yield {"serial": serial, **exact(message)}
        except TextgenError as error:
            yield {"serial": serial, **refusal(error)}

    return streaming


def refusal(error: TextgenError) -> dict[str, str]:
    """A mistake as the page reads it: the sentence, and the setting that it is about, if it is one."""
    return {"problem": str(error), "setting": error.setting}


def exact(value: Any) -> Any:
    """JSON whose whole numbers a browser holds to the last digit: those above 2^53 become digits."""
    if isinstance(value, dict):
        return {name: exact(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > MAX_EXACT else value


def as_object(data: Any) -> dict[str, Any]:
    """What the page sends with a question. Raises TextError for anything else."""
    if not isinstance(data, dict):
        raise TextError(f"the request must be an object, got {shorten(data)}; use the page's own controls")
    return data


def serial_of(event: gr.EventData) -> int:
    """The page's own number of a request, sent back with the answer; 0 for anything else."""
    data = getattr(event, "_data", None)  # a raw POST may come without an event
    number = whole(data.get("serial")) if isinstance(data, dict) else None
    return number if number is not None and 0 <= number < 2**53 else 0
