"""The Sweep part of the Experiments tab: models × temperatures × strategies × seeds, measured."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

from anyio.to_thread import run_sync

from textgen.errors import SettingError
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.requests import SweepRequest
from textgen.experiments.sweep.settings import BATCH, MAX_LENGTH, MAX_VALUES, SweepSettings, check_size
from textgen.plots.sweep import COLOURS, DARK
from textgen.settings import GUIDE, GUIDE_STRATEGIES, MAX_NAME, MAX_SEED, NAMED, STRATEGIES, Strategy
from textgen.stages import MAX_TEMPERATURE, MIN_TEMPERATURE
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import Charge
from textgen.ui.shell.components import LabComponent
from textgen.ui.sweep.files import Wanted, make
from textgen.ui.sweep.runs import Run
from textgen.ui.sweep.view import difference_view, look, read_cell, read_view, texts_view
from textgen.ui.sweep.writing import Asked, News, write
from textgen.validation import check_whole

MAX_SEEDS = 64
MAX_CELLS = 2_000  # settings of one sweep: charts hold no more
SIDEBAR = "the sidebar's settings"  # the strategy that the page fills in, and names by what it finds there
# What tells most comes first; the page shows these, and the others when asked.
FIRST_METRICS = (
    "coherence",
    "creativity",
    "repetition",
    "distinct_2",
    "novelty",
    "real_words",
    "surprise",
    "entropy",
    "self_bleu",
)
COMMON = {"strategies": [strategy.name for strategy in STRATEGIES], "first": 0, "length": 200}
PRESETS: list[dict[str, Any]] = [
    {
        "title": "Full sweep",
        "hint": "20 temperatures, 8 seeds, five strategies",
        "values": {**COMMON, "temperatures": "0.1:2:0.1", "seeds": 8},
    },
    {
        "title": "Quick look",
        "hint": "7 temperatures, 5 seeds, five strategies",
        "values": {**COMMON, "temperatures": "0.2, 0.5, 0.8, 1, 1.2, 1.5, 2", "seeds": 5},
    },
    {
        "title": "The guide's four",
        "hint": "The four combinations that guides to text generation name, and what lies between them",
        "values": {
            **COMMON,
            "temperatures": ", ".join(f"{advice.temperature:g}" for advice in GUIDE),
            "strategies": [strategy.name for strategy in GUIDE_STRATEGIES],
            "seeds": 5,
        },
    },
]
IGNORES = {  # of the sidebar
    "temperature": "A sweep has temperatures of its own, in its form.",
    "seed": "A sweep has seeds of its own, in its form.",
}


def build(lab: Laboratory) -> None:
    """Put the part where Gradio is building; writing waits in a queue, questions about results do not."""
    part = SweepPart(lab)
    LabComponent(
        "sweep",
        view_config(lab.limits),
        answers={
            "look": part.look,
            "texts": part.texts,
            "difference": part.difference,
            "ready": part.ready,
        },
        streams={"run": part.run, "file": part.file},
    )


@dataclass(frozen=True)
class SweepPart:
    """Answers the page; every answer takes what any client may send."""

    lab: Laboratory

    async def run(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Have a sweep written. What needs no model is checked at once: a refusal waits for nobody."""
        request, charge = await run_sync(self.checked, data)
        return self.told(request, charge)

    async def told(self, request: SweepRequest, charge: Charge) -> AsyncGenerator[dict[str, Any], None]:
        """How many are before it, then how far it is."""
        share = 0.0
        try:
            async with aclosing(self.written(request)) as messages:
                async for message in messages:
                    share = message["written"] / max(1, message["total"]) if "written" in message else share
                    yield message
        finally:
            charge.give_back(share)

    async def written(self, request: SweepRequest) -> AsyncGenerator[dict[str, Any], None]:
        run = None
        asked = Asked(request, self.lab.limits.sweep_tokens, self.lab.clock)
        async with aclosing(self.lab.workers.work("sweeps", write, asked)) as all_news:
            async for news in all_news:
                if not isinstance(news, News):
                    yield news
                    continue
                run = run or Run(request.settings, self.lab.sweeps)
                yield await run_sync(run.take, news)

    def checked(self, data: dict[str, Any]) -> tuple[SweepRequest, Charge]:
        """A request that this server takes, and what it counts as. Raises TextgenError."""
        request = SweepRequest.from_json(data.get("request"))
        check_shown(request.settings)
        check_size(request.settings, self.lab.limits.sweep_tokens)
        for name in request.models():
            self.lab.registry.check(name)
        return request, self.lab.visitors.charge(request.cost())

    def look(self, data: dict[str, Any]) -> dict[str, Any]:
        """The charts and tables of a sweep, as far as it is."""
        result, cells = self.lab.sweeps.summary(data.get("run"))
        return look(result, cells, read_view(data.get("view"), result.settings))

    def texts(self, data: dict[str, Any]) -> dict[str, Any]:
        """What stands behind a point."""
        result = self.lab.sweeps.get(data.get("run"))
        return texts_view(result, read_cell(data.get("cell"), result.settings))

    def difference(self, data: dict[str, Any]) -> dict[str, Any]:
        """Two temperatures against each other."""
        result = self.lab.sweeps.get(data.get("run"))
        first, second = (read_cell(data.get(name), result.settings) for name in ("first", "second"))
        return {"rows": difference_view(result, first, second)}

    def ready(self, _data: dict[str, Any]) -> dict[str, Any]:
        """Somebody looks at the form: a worker that is there when Run is pressed loses no time then."""
        self.lab.workers.warm()
        return {}

    async def file(self, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """A file of a sweep. Raises TextgenError."""
        wanted = await run_sync(self.wanted, data)
        if wanted.quick:
            return self.lab.workers.here(make, wanted)
        return self.lab.workers.work("files", make, wanted)

    def wanted(self, data: dict[str, Any]) -> Wanted:
        """What is to be made of what is held. Raises TextgenError."""
        result, cells = self.lab.sweeps.summary(data.get("run"))
        charts, limit = data.get("charts", {}), self.lab.limits.sweep_tokens
        return Wanted(data.get("kind"), result, cells, charts, self.lab.now(), limit)


def check_shown(settings: SweepSettings) -> None:
    """Raises SettingError for a sweep that is more than the page can show."""
    check_whole("the number of seeds", len(settings.seeds), 1, MAX_SEEDS, "8 is the default")
    kinds = (settings.models, settings.prompts, settings.strategies, settings.temperatures)
    cells = prod(map(len, kinds))
    if cells > MAX_CELLS:
        raise SettingError(
            f"models × prompts × strategies × temperatures must be at most {MAX_CELLS:,} on this page, "
            f"got {cells:,}; take fewer of one, or the terminal"
        )


def view_config(limits: Limits) -> dict[str, Any]:
    """What the component needs once."""
    return {
        "strategies": [strategy_facts(strategy) for strategy in NAMED.values()],
        "sidebar": SIDEBAR,
        "metrics": [asdict(metric) for metric in METRICS],
        "firstMetrics": list(FIRST_METRICS),
        "presets": PRESETS,
        "limits": {
            "tokens": limits.sweep_tokens,
            "batch": BATCH,
            "running": limits.visitor_running,
            "visitor": limits.visitor_tokens,
            "sweeps": limits.sweeps,
            "temperatures": MAX_VALUES,
            "coldest": MIN_TEMPERATURE,
            "hottest": MAX_TEMPERATURE,
            "seeds": MAX_SEEDS,
            "cells": MAX_CELLS,
            "length": MAX_LENGTH,
            "seed": str(MAX_SEED),
            "name": MAX_NAME,
        },
        "colours": dict(zip(COLOURS, DARK, strict=True)),
    }


def strategy_facts(strategy: Strategy) -> dict[str, Any]:
    """A strategy as requests hold it, under its name."""
    return {"name": strategy.name, "greedy": strategy.greedy, "settings": strategy.to_dict()}
