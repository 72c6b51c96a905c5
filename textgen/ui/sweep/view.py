"""A sweep's result → what the page shows of it: charts, tables, texts, a difference.

Which part of it is shown comes from the page as places in the sweep's own lists, checked here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textgen.errors import shorten
from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.records import Cell, CellKey, SweepResult, SweepText
from textgen.experiments.sweep.settings import SweepSettings
from textgen.experiments.sweep.summary import DASH, interval_text, paired_differences, signed_text
from textgen.plots.sweep import Line, chart, style
from textgen.settings import advice_on
from textgen.text.tokenizer import visible
from textgen.validation import as_object, check_whole, one_of

JUDGE = "surprise_elsewhere"
NO_JUDGE = "Not measured: no other model was asked to score the texts."
NO_INDEX = "Not measured: the model's folder does not hold an index of what it learned from."
NO_VALUE = "Not measured: too few words or texts."
INDEXED = ("novelty", "real_words", "creativity")
FEWEST = 5  # pairs: all of fewer may lie on one side of zero by chance
ONE_TEXT = "Greedy draws nothing: this is the one text of all temperatures and seeds."
COLD = "At T = 0 nothing is drawn: this is the one text of all seeds."

LINES = ("strategy", "model", "prompt")  # what a chart may have a line for
OWN = "use the page's own controls"

Keyed = dict[CellKey, Cell]


@dataclass(frozen=True, slots=True)
class View:
    """What the charts show of a sweep: one line for each value of `lines`, the others as chosen."""

    lines: str
    model: int
    prompt: int
    strategy: int


def look(result: SweepResult, cells: Sequence[Cell], view: View) -> dict[str, Any]:
    """Everything that depends on what is shown."""
    keys = keys_of(result.settings, view)
    known = {cell.key: cell for cell in cells}
    lines = [
        Line(name, tuple(known[key] for key in row if key in known))
        for name, row in zip(names_of(result.settings, view), keys, strict=True)
    ]
    return {
        "facts": facts(result),
        "lines": [{"name": line.name, **style(place)} for place, line in enumerate(lines)],
        "temperatures": list(result.settings.temperatures),
        "order": coldest_first(result.settings),
        "charts": [chart(metric, lines) for metric in METRICS],
        "missing": [missing(metric.name, lines, result.settings) for metric in METRICS],
        "numbers": [numbers(metric.name, keys, known) for metric in METRICS],
        "guide": guide_rows(result.settings, view, known),
    }


def facts(result: SweepResult) -> dict[str, Any]:
    """What was asked and how far it came: the form may have changed since."""
    settings = result.settings
    return {
        "models": list(settings.models),
        "prompts": [prompt_name(prompt) for prompt in settings.prompts],
        "strategies": [strategy.name for strategy in settings.strategies],
        "seeds": len(settings.seeds),
        "first": settings.seeds[0],
        "length": settings.length,
        "judge": settings.judge,
        "texts": len(result.texts),
        "of": settings.texts,
        "tokens": sum(len(text.ids) for text in result.texts),
        "seconds": round(result.seconds, 2),
        "complete": result.complete,
        "notes": list(result.notes),
    }


def prompt_name(prompt: str) -> str:
    """A prompt as a label; whitespace can be seen."""
    return f"“{shorten(visible(prompt), 40)}”" if prompt else "the start of a text"


def names_of(settings: SweepSettings, view: View) -> list[str]:
    if view.lines == "model":
        return list(settings.models)
    if view.lines == "prompt":
        return [prompt_name(prompt) for prompt in settings.prompts]
    return [strategy.name for strategy in settings.strategies]


def coldest_first(settings: SweepSettings) -> list[int]:
    """The places of the temperatures, in ascending order."""
    return sorted(range(len(settings.temperatures)), key=lambda i: settings.temperatures[i])


def missing(metric: str, lines: Sequence[Line], settings: SweepSettings) -> str:
    """Why a chart is empty; "" where it is not."""
    if any(line.points(metric) for line in lines):
        return ""
    if metric == JUDGE and not settings.judge:
        return NO_JUDGE
    return NO_INDEX if metric in INDEXED else NO_VALUE


def numbers(metric: str, keys: Sequence[Sequence[CellKey]], known: Keyed) -> list[list[str]]:
    """(L, T) means and intervals in words; "" where nothing is written yet."""
    return [
        [interval_text(known[key].metrics[metric]) if key in known else "" for key in row] for row in keys
    ]


# ---- the table of the guides to text generation, measured


def guide_rows(settings: SweepSettings, view: View, known: Keyed) -> list[dict[str, Any]]:
    """Temperature, line, coherence and creativity of every cell, and what guides say of some."""
    rows = []
    for line, (keys, place) in enumerate(zip(keys_of(settings, view), places(settings, view), strict=True)):
        for temperature, key in enumerate(keys):
            if key in known:
                means = {name: measured(known[key].metrics[name]) for name in ("coherence", "creativity")}
                expected = advice_on(settings.strategies[place[2]], key.temperature)
                rows.append({"line": line, "temperature": temperature, **means, "guide": expected})
    return rows


def measured(found: Interval) -> dict[str, Any]:
    """A mean to sort by, None where there is none, and its words."""
    value = None if math.isnan(found.mean) else round(found.mean, 6)
    return {"value": value, "text": interval_text(found)}


# ---- the texts behind a point


def texts_view(result: SweepResult, key: CellKey) -> dict[str, Any]:
    """The texts of a cell, by seed."""
    found = [result.find(key, seed) for seed in result.settings.seeds]
    texts = {text.key: text for text in found if text is not None}
    strategy = next(each for each in result.settings.strategies if each.name == key.strategy)
    cold = strategy.greedy or key.temperature == 0
    return {
        "note": (ONE_TEXT if strategy.greedy else COLD) if cold else "",
        "prompt": key.prompt,
        "written": len(texts),
        "of": 1 if cold else len(result.settings.seeds),
        "texts": [text_view(text) for text in texts.values()],
    }


def text_view(text: SweepText) -> dict[str, Any]:
    return {
        "seed": text.key.seed,
        "text": text.text,
        "tokens": len(text.ids),
        "ended": text.ended,
        "metrics": {
            metric.name: number_text(getattr(text.metrics, metric.name))
            for metric in METRICS
            if metric.name != "self_bleu"
        },
    }


def number_text(value: float) -> str:
    return DASH if math.isnan(value) else f"{value:.2f}"


# ---- two temperatures against each other


def difference_view(result: SweepResult, first: CellKey, second: CellKey) -> list[dict[str, Any]]:
    """By metric: first − second at equal luck, and which of them is surely larger."""
    found = paired_differences(result, first, second)
    return [
        {
            "text": signed_text(found[metric.name]),
            "pairs": found[metric.name].n,
            "enough": found[metric.name].n >= FEWEST,
            "sure": surely(found[metric.name]),
        }
        for metric in METRICS
    ]


def surely(found: Interval) -> int:
    """1 or −1 where the interval lies on one side of zero, and the mean can be seen; else 0."""
    if found.n < FEWEST or math.isnan(found.mean) or float(f"{found.mean:.2f}") == 0:
        return 0
    return int(found.low > 0) - int(found.high < 0)


# ---- what is asked for


def read_view(value: Any, settings: SweepSettings) -> View:
    """What the charts show. Raises SettingError."""
    chosen = as_object("the view", value)
    return View(
        lines=one_of(LINES, OWN)("lines", chosen.get("lines")),
        model=place("the model", chosen.get("model"), settings.models),
        prompt=place("the prompt", chosen.get("prompt"), settings.prompts),
        strategy=place("the strategy", chosen.get("strategy"), settings.strategies),
    )


def keys_of(settings: SweepSettings, view: View) -> list[list[CellKey]]:
    """(L, T) the cells of each line, in the order of the settings' temperatures."""
    return [
        [
            CellKey(settings.models[m], settings.prompts[p], settings.strategies[s].name, t)
            for t in settings.temperatures
        ]
        for m, p, s in places(settings, view)
    ]


def places(settings: SweepSettings, view: View) -> list[tuple[int, int, int]]:
    """(L,) model, prompt and strategy of each line."""
    if view.lines == "model":
        return [(m, view.prompt, view.strategy) for m in range(len(settings.models))]
    if view.lines == "prompt":
        return [(view.model, p, view.strategy) for p in range(len(settings.prompts))]
    return [(view.model, view.prompt, s) for s in range(len(settings.strategies))]


def read_cell(value: Any, settings: SweepSettings) -> CellKey:
    """A setting of a sweep, by the places of its values. Raises SettingError."""
    chosen = as_object("the point", value)
    strategy = place("the strategy", chosen.get("strategy"), settings.strategies)
    temperature = place("the temperature", chosen.get("temperature"), settings.temperatures)
    return CellKey(
        settings.models[place("the model", chosen.get("model"), settings.models)],
        settings.prompts[place("the prompt", chosen.get("prompt"), settings.prompts)],
        settings.strategies[strategy].name,
        settings.temperatures[temperature],
    )


def place(name: str, value: Any, among: Sequence[Any]) -> int:
    return check_whole(f"the place of {name}", "nothing" if value is None else value, 0, len(among) - 1, OWN)
