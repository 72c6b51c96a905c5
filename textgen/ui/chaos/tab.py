"""The Chaos part of the Experiments tab: how small changes of T change a text.

The server keeps nothing between two questions: the page sends all that a picture is made of, be it the
sidebar's or that of the picture that is zoomed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textgen.errors import SettingError, TextError
from textgen.experiments.chaos.settings import MAX_ROWS, grid
from textgen.experiments.requests import ChaosRequest
from textgen.experiments.sweep.settings import MAX_LENGTH
from textgen.stages import STAGES
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent, exact
from textgen.ui.sidebar.model_choice import NUMBERS
from textgen.validation import check_whole

FIRST = {"low": 0.5, "high": 1.5, "rows": 41, "length": 120}
EVERY = 0.1  # seconds between two messages while texts are written
NO_MODEL = (
    "Chaos needs a model: typed-in numbers say nothing about the token after the next one; "
    "choose a model in the sidebar"
)
IGNORES = {"temperature": "Chaos writes at many temperatures, in the range of its form."}  # of the sidebar


def build(lab: Laboratory) -> None:
    """Put the part where Gradio is building."""
    part = ChaosPart(lab)
    config = {"form": FIRST, "limit": lab.limits.chaos_tokens}
    LabComponent("chaos", config, answers={"compare": part.compare}, streams={"draw": part.picture})


@dataclass(frozen=True)
class ChaosPart:
    """Answers the page; every answer takes what any client may send."""

    lab: Laboratory

    def picture(self, data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The share that is written, several times a second, and at last the picture. Raises TextgenError.

        It can be stopped only where it tells something.
        """
        from textgen.experiments.chaos.rows import writing  # torch comes in with the first model
        from textgen.text.context import read_context
        from textgen.ui.chaos.view import picture

        low, high = read_pair(data)
        rows = check_whole(
            "rows", named(data.get("rows")), 2, MAX_ROWS, "a finer look needs a narrower range"
        )
        request = self.request(data, grid(low, high, rows))
        model, due = self.lab.registry.get(request.model), self.lab.clock()
        note = read_context(model, request.prompt).note
        charge, share = self.lab.visitors.charge(request.cost()), 0.0
        try:
            for step in writing(model, request.prompt, request.rows()):
                share = step.done / step.total
                if step.chaos is not None:
                    # As a text: Gradio's page copies an object entry by entry.
                    shown = exact({**picture(model, step.chaos), "note": note})
                    yield {"picture": json.dumps(shown), "done": "written"}
                elif self.lab.clock() >= due:
                    yield {"share": share}
                    due = self.lab.clock() + EVERY
        finally:
            charge.give_back(share)

    def compare(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What happens between two temperatures of a picture. Raises TextgenError."""
        from textgen.ui.chaos.flip_view import flip_view  # torch comes in with the first model

        request = self.request(data, read_pair(data))
        self.lab.visitors.charge(request.cost())
        return flip_view(self.lab.registry.get(request.model), request.run(self.lab.registry))

    def request(self, data: Mapping[str, Any], temperatures: tuple[float, ...]) -> ChaosRequest:
        """The texts at these temperatures. Raises TextgenError."""
        if data.get("model") == NUMBERS:
            raise TextError(NO_MODEL)
        given = {name: data.get(name) for name in ("model", "prompt", "settings")}
        length = check_whole("length", named(data.get("length")), 1, MAX_LENGTH, "120 is the default")
        seed = self.lab.seed(data.get("seed"))
        return self.within_limit(
            ChaosRequest.from_json(
                {**given, "temperatures": list(temperatures), "seed": seed, "length": length}
            )
        )

    def within_limit(self, request: ChaosRequest) -> ChaosRequest:
        """The same. Raises SettingError for more than a picture may take."""
        limit, cost = self.lab.limits.chaos_tokens, request.cost()
        if cost > limit:
            raise SettingError(
                f"a picture must take at most {limit:,} tokens on this server, got {cost:,} "
                f"({len(request.temperatures):,} rows × {request.length:,}, and the context); take fewer "
                "rows, shorter texts or a shorter context"
            )
        return request


def read_pair(data: Mapping[str, Any]) -> tuple[float, float]:
    """Two temperatures, the lower one first. Raises SettingError."""
    low, high = (
        float(STAGES["temperature"].check(title, named(data.get(name))))
        for title, name in (("from T", "low"), ("to T", "high"))
    )
    if low >= high:
        raise SettingError(
            f"from T must be below to T, got {low:g} and {high:g}; swap or change them", "from T"
        )
    return low, high


def named(value: Any) -> Any:
    """A field that was left empty has a name in the error."""
    return "nothing" if value is None or value == "" else value
