"""The Chaos part of the Experiments tab: how small changes of T change a text.

The server keeps nothing between two questions: the page sends all that a picture is made of, be it the
sidebar's or that of the picture that is zoomed.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync

from textgen.errors import SettingError, TextError
from textgen.experiments.chaos.settings import MAX_ROWS, grid
from textgen.experiments.requests import ChaosRequest
from textgen.experiments.sweep.settings import MAX_LENGTH
from textgen.stages import STAGES
from textgen.ui.chaos.drawing import Asked, draw
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.visitors import Charge
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.model_choice import NUMBERS
from textgen.validation import check_whole

FIRST = {"low": 0.5, "high": 1.5, "rows": 41, "length": 120}
QUICK = 10_000  # tokens that are written here while no worker is ready: starting one takes longer
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

    async def picture(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Have a picture made. What needs no model is checked at once: a refusal waits for nobody."""
        request, charge = await run_sync(self.checked, data)
        asked = Asked(request, self.lab.clock)
        if request.cost() <= QUICK and not await run_sync(self.lab.workers.warm):
            return self.told(self.lab.workers.here(draw, asked), charge)
        return self.told(self.lab.workers.work("pictures", draw, asked), charge)

    async def told(
        self, messages: AsyncGenerator[dict[str, Any], None], charge: Charge
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The same; what was not written is given back in the end."""
        share = 0.0
        try:
            async with aclosing(messages):
                async for message in messages:
                    share = 1.0 if "picture" in message else message.get("share", share)
                    yield message
        finally:
            charge.give_back(share)

    def checked(self, data: Mapping[str, Any]) -> tuple[ChaosRequest, Charge]:
        """The texts of a picture that this server makes, and what they count as. Raises TextgenError."""
        low, high = read_pair(data)
        rows = check_whole(
            "rows", named(data.get("rows")), 2, MAX_ROWS, "a finer look needs a narrower range"
        )
        request = self.request(data, grid(low, high, rows))
        self.lab.registry.check(request.model)
        return request, self.lab.visitors.charge(request.cost())

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
