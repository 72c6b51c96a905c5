"""A sweep over models, prompts, strategies, temperatures and seeds; also one that was stopped."""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from typing import Any

from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep import run as experiments
from textgen.experiments.sweep.export import CELL, as_json
from textgen.experiments.sweep.records import SweepResult, SweepText
from textgen.experiments.sweep.settings import SweepSettings
from textgen.models.registry import Registry
from textgen.receipts.checks import as_object, known_fields
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.tables import as_csv
from textgen.settings import DecodeSettings, check_whole

NONE_THERE = (
    "A sweep is many texts and what is measured of them, which transformers does not do. Each text is a call "
    "of generate() as in the receipt of a text."
)


def checked(request: Mapping[str, Any], _registry: Registry) -> dict[str, Any]:
    """The request; `texts` are all, unless it says that the sweep was stopped."""
    known_fields(request, ("settings", "texts"))
    settings = SweepSettings.from_dict(as_object("settings", request.get("settings")))
    texts = request.get("texts")
    finished = settings.texts if texts is None else texts
    way_out = "a sweep of none has no receipt"
    done = check_whole("finished texts", finished, 1, settings.texts, way_out)
    return {"kind": "sweep", "settings": settings.to_dict(), "texts": done}


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    """All that write, and the judge."""
    settings = request["settings"]
    judge = [settings["judge"]] if settings["judge"] else []
    return tuple(dict.fromkeys([*settings["models"], *judge]))


def tokens(request: Mapping[str, Any]) -> int:
    return SweepSettings.from_dict(request["settings"]).tokens


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The first `texts` of a sweep, in the order in which it writes them."""
    settings = SweepSettings.from_dict(request["settings"])
    todo = experiments.plan(settings, registry, settings.tokens)
    texts: list[SweepText] = []
    for step in experiments.run(todo, registry):
        texts += step.texts
        if len(texts) >= request["texts"]:
            break
    result = SweepResult(settings, tuple(texts[: request["texts"]]), todo.notes)
    return shortened(as_json(result, experiments.summarize(result)))


def shortened(result: Mapping[str, Any]) -> dict[str, Any]:
    """What `sweep_export.as_json` gives, without what the request says."""
    return {name: result[name] for name in ("complete", "cells", "texts")}


def csv(_request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a cell; of each metric the mean and the ends of its interval, as `sweep_export.cells_csv`."""
    names = [metric.name for metric in METRICS]
    header = [*CELL, *(f"{name}{end}" for name in names for end in ("", "_low", "_high"))]
    return as_csv(
        [header, *([*(cell[name] for name in CELL), *intervals(cell, names)] for cell in result["cells"])]
    )


def intervals(cell: Mapping[str, Any], names: list[str]) -> list[float | None]:
    return [cell["metrics"][name][end] for name in names for end in ("mean", "low", "high")]


def python(request: Mapping[str, Any]) -> str:
    settings = pprint.pformat(brief(request["settings"]), width=100, compact=True, sort_dicts=False)
    lines = [
        "from textgen.experiments.sweep.run import SweepSettings, collect, plan, run, summarize",
        "from textgen.models.registry import Registry, default_root",
        "",
        f"settings = SweepSettings.from_dict({settings})",
        "registry = Registry(default_root())",
        f"result = collect(settings, run(plan(settings, registry, {tokens(request)}), registry))",
        "for cell in summarize(result):",
        "    print(*cell.key, {name: found.mean for name, found in cell.metrics.items()})",
    ]
    return "\n".join(lines) + "\n"


def brief(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings, of each strategy only what is not neutral."""
    neutral = DecodeSettings().to_dict()
    strategies = {
        name: {field: value for field, value in values.items() if neutral.get(field, ...) != value}
        for name, values in settings["strategies"].items()
    }
    return {**settings, "strategies": strategies}


def transformers(_request: Mapping[str, Any], _registry: Registry, _result: Mapping[str, Any]) -> Equivalent:
    return Equivalent(None, NONE_THERE)
