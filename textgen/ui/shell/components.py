"""Our components: an empty element on the page, filled by a room's view.js."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from html import escape
from typing import Any

import gradio as gr
from gradio.context import Context
from starlette.requests import Request

from textgen.errors import TextError, TextgenError, shorten
from textgen.ui.server.endpoints import Page
from textgen.ui.server.streams import Messages, Streams, Work
from textgen.ui.shell import assets
from textgen.ui.shell.exact import exact

Answer = Callable[[dict[str, Any]], Any]  # a request as the page sends it → JSON; raises TextgenError
# The same, answered piece by piece; by a coroutine function, which gives them, for what workers do.
Streamed = Callable[[dict[str, Any]], Iterator[dict[str, Any]] | Awaitable[AsyncIterator[dict[str, Any]]]]


class LabComponent:
    """A component whose page side is a module, `ui/NAME/view.js`: its `mount` gets what Gradio gives.

    The template is constant, so no value ever becomes HTML: modules set text alone. `config` reaches the
    module once. `answers` are server functions, by name: the page asks `await ask("name", request)`.
    `streams` are long work, by name: see `streams.py`, and `workers.py` for what is heavy.
    `module` is another one, or None for a component that has nothing to show.

    No subclass of Gradio's: of those it writes a stub file beside the source.
    """

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        *,
        module: str | None = "",
        answers: Mapping[str, Answer] | None = None,
        streams: Mapping[str, Streamed] | None = None,
    ) -> None:
        self.streams = {f"{name}/{stream}": streamed(work) for stream, work in (streams or {}).items()}
        if isinstance(page := Context.root_block, Page):
            page.streams.update(self.streams)
        self.html = gr.HTML(
            html_template=f'{heading()}<div class="lab-root"></div>',
            js_on_load=assets.imported(module or f"{name}/view.js", "module.mount({element, props, server})"),
            apply_default_css=False,
            visible=module is not None,
            config=dict(config),
            elem_id=f"lab-{name}",
            server_functions=[server_function(name, answer) for name, answer in (answers or {}).items()],
        )


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


def streamed(work: Streamed) -> Work:
    """Work that takes anything: a mistake is its last message."""

    def streaming(data: Any) -> Messages:
        try:
            yield from map(exact, work(as_object(data)))  # type: ignore[arg-type]
        except TextgenError as error:
            yield refusal(error)

    async def streaming_elsewhere(data: Any) -> AsyncIterator[dict[str, Any]]:
        try:
            async with aclosing(await work(as_object(data))) as messages:  # type: ignore[misc]
                async for message in messages:
                    yield exact(message)
        except TextgenError as error:
            yield refusal(error)

    return streaming_elsewhere if inspect.iscoroutinefunction(work) else streaming


def streams_of(request: Request) -> Streams:
    """All streams of the page that a request goes to."""
    return request.app.get_blocks().streams


def refusal(error: TextgenError) -> dict[str, str]:
    """A mistake as the page reads it: the sentence, and the setting that it is about, if it is one.

    What requests call a prompt is called the context on the page.
    """
    sentence = str(error)
    if error.setting == "prompt":
        sentence = f"context {sentence.removeprefix('prompt ')}"
    return {"problem": sentence, "setting": error.setting}


def as_object(data: Any) -> dict[str, Any]:
    """What the page sends with a question. Raises TextError for anything else."""
    if not isinstance(data, dict):
        raise TextError(f"the request must be an object, got {shorten(data)}; use the page's own controls")
    return data
