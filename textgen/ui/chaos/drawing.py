"""What a worker does for the Chaos part: write the texts of a picture, and tell the page how far it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from textgen.experiments.requests import ChaosRequest
from textgen.models.registry import Registry
from textgen.ui.shell.exact import exact

EVERY = 0.1  # seconds between two messages while texts are written


class Asked(NamedTuple):
    """A picture to be made."""

    request: ChaosRequest
    clock: Callable[[], float] = time.monotonic  # seconds, from any start


def draw(registry: Registry, asked: Asked) -> Iterator[dict[str, Any] | None]:
    """The share that is written, several times a second, and at last the picture. Raises TextgenError.

    None in between: it can be stopped at every token.
    """
    from textgen.experiments.chaos.rows import writing  # torch comes in with the first model
    from textgen.text.context import read_context
    from textgen.ui.chaos.view import picture

    request, due = asked.request, asked.clock()
    model = registry.get(request.model)
    note = read_context(model, request.prompt).note
    for step in writing(model, request.prompt, request.rows()):
        if step.chaos is not None:
            # As a text, which the page's process hands on as it is.
            shown = exact({**picture(model, step.chaos), "note": note})
            yield {"picture": json.dumps(shown), "done": "written"}
        elif asked.clock() >= due:
            yield {"share": step.done / step.total}
            due = asked.clock() + EVERY
        else:
            yield None
