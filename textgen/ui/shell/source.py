"""Where a distribution comes from: a model after a context, or typed-in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textgen.models.registry import Registry
from textgen.records import NextToken
from textgen.text.numbers import parse_numbers
from textgen.ui.shell.sidebar import NUMBERS


def named(source: Sequence[Any]) -> dict[str, str]:
    """The values of `Controls.source` as a receipt's request names them: what is expected next, of what."""
    model, context, numbers, kind = (str(value) for value in source)
    if model == NUMBERS:
        return {"numbers": numbers, "numbers_kind": kind}
    return {"model": model, "context": context}


def expectation(registry: Registry, source: Sequence[Any]) -> NextToken:
    """The values of `Controls.source` → what is expected next. Raises TextgenError."""
    model, context, numbers, kind = source
    if model == NUMBERS:
        return parse_numbers(numbers, kind)
    from textgen.api import predict  # torch comes in with the first model

    return predict(registry.get(str(model)), context)
