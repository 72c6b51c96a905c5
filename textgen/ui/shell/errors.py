"""A user's mistake becomes a sentence on the page, never a traceback in the log."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from textgen.errors import TextgenError


def sentence(error: TextgenError) -> gr.Error:
    """The toast that shows an error's sentence; nothing is logged, the page keeps what it had."""
    return gr.Error(str(error), title="That cannot be done", duration=12, print_exception=False)


def told(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler whose TextgenErrors reach the page as their sentence."""
    if inspect.isgeneratorfunction(handler):

        @functools.wraps(handler)
        def streaming(*args: Any, **kwargs: Any) -> Any:
            try:
                yield from handler(*args, **kwargs)
            except TextgenError as error:
                raise sentence(error) from None

        return streaming

    @functools.wraps(handler)
    def plain(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except TextgenError as error:
            raise sentence(error) from None

    return plain


def told_in_view(handler: Callable[..., Any], outputs: int) -> Callable[..., Any]:
    """A handler whose last output is a component that shows a mistake itself; the others keep their values.

    For events outside the queue: of a `gr.Error` there Gradio 6.31 shows nothing, and the browser
    logs a failed request.
    """

    @functools.wraps(handler)
    def telling(*args: Any, **kwargs: Any) -> Any:
        try:
            return handler(*args, **kwargs)
        except TextgenError as error:
            return (*[gr.skip()] * (outputs - 1), {"problem": str(error)})

    return telling
