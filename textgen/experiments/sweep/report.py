"""A sweep as a Markdown report: what was asked, what was found, how to read it and how to repeat it.

    text = report(result, summarize(result), Frame(models, version, time, charts))

Texts that people or models wrote are escaped or fenced, so that they cannot become part of the document.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from textgen.experiments.metrics.bootstrap import CONFIDENCE, RESAMPLES
from textgen.experiments.metrics.metrics import METRICS, Metric
from textgen.experiments.sweep.records import Cell, SweepResult, SweepText
from textgen.experiments.sweep.summary import interval_text
from textgen.settings import NAMED, Strategy
from textgen.stages import ORDERS, STAGES, TEMPERATURE_FIRST
from textgen.text.tokenizer import visible

PROXIES = ("coherence", "creativity")
MOST_TEXTS = 15  # shown in full; all of them are in texts.csv
SNIPPET = """import json
from textgen.experiments.sweep.run import SweepSettings, collect, plan, run, summarize
from textgen.models.registry import Registry, default_root

settings = SweepSettings.from_dict(json.loads(open("settings.json", encoding="utf-8").read()))
registry = Registry(default_root())
result = collect(settings, run(plan(settings, registry), registry))
cells = summarize(result)"""
SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")  # Markdown reads more into them


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a reader needs to know of a model."""

    name: str
    title: str
    loss: str  # with its unit; "" where it is not known
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a report says besides the sweep itself."""

    models: Sequence[ModelFacts]
    version: str  # of Temperature Lab
    time: str  # when the report was made, ISO 8601
    charts: Mapping[str, str] = field(default_factory=dict)  # a metric's name → its file, in order
    receipt: str = ""  # the receipt's file; "" for none


def report(result: SweepResult, cells: Sequence[Cell], frame: Frame) -> str:
    """The whole document."""
    sections = (
        title(result, frame),
        asked(result),
        models(frame),
        notes(result),
        charts(frame),
        guide(cells),
        means(cells),
        reading(),
        some_texts(result),
        repeating(result, frame),
    )
    return "\n\n".join(part for section in sections for part in section) + "\n"


def title(result: SweepResult, frame: Frame) -> Iterator[str]:
    titles = {model.name: model.title for model in frame.models}
    names = "; ".join(cell_text(titles.get(name, name)) for name in result.settings.models)
    yield f"# What temperature does: {names}"
    state = "" if result.complete else f" It was stopped: {result.settings.texts:,} were asked for."
    yield (
        f"{len(result.texts):,} texts, {sum(len(text.ids) for text in result.texts):,} tokens, written and "
        f"measured in {result.seconds:,.1f} s.{state} Temperature Lab {frame.version}, {frame.time}."
    )


def asked(result: SweepResult) -> Iterator[str]:
    settings = result.settings
    seeds = f"{len(settings.seeds)}, from {settings.seeds[0]}" if in_a_row(settings.seeds) else settings.seeds
    rows = [
        ("prompts", "; ".join(prompt_name(prompt) for prompt in settings.prompts)),
        ("temperatures", ", ".join(f"{t:g}" for t in settings.temperatures)),
        ("strategies", "; ".join(map(strategy_text, settings.strategies))),
        ("seeds", str(seeds)),
        ("tokens of a text at most", f"{settings.length:,}"),
        ("judge", settings.judge or "none"),
    ]
    yield heading("What was asked")
    yield table(("setting", "value"), rows)


def strategy_text(strategy: Strategy) -> str:
    """`plain`; of one that is not ours also its values: `mine (top-k 8, min-p 0.1, temperature last)`."""
    if strategy in NAMED.values():
        return strategy.name
    settings = strategy.settings
    stages = [name for name in settings.active() if name != "temperature"]
    values = [f"{STAGES[name].title} {STAGES[name].shown(getattr(settings, name))}" for name in stages]
    beams = [f"{strategy.beams} beams"] if strategy.beams else []
    greedy = ["greedy"] if strategy.greedy else []
    order = [order_text(settings.order)] if stages and settings.order != TEMPERATURE_FIRST else []
    return f"{strategy.name} ({', '.join([*greedy, *values, *beams, *order]) or 'all stages off'})"


def order_text(order: Sequence[str]) -> str:
    """`temperature last`; the stages themselves where the order has no name."""
    named = {known: name for name, known in ORDERS.items()}
    return named.get(tuple(order), f"in the order {', '.join(order)}")


def in_a_row(seeds: Sequence[int]) -> bool:
    return tuple(seeds) == tuple(range(seeds[0], seeds[0] + len(seeds)))


def models(frame: Frame) -> Iterator[str]:
    rows = [(each.name, each.title, each.loss or "–", each.weights_sha256) for each in frame.models]
    yield heading("Models")
    yield table(("model", "title", "validation loss", "sha256 of the weights"), rows)


def notes(result: SweepResult) -> Iterator[str]:
    if result.notes:
        yield heading("Notes")
        yield "\n".join(f"- {cell_text(note)}" for note in result.notes)


def charts(frame: Frame) -> Iterator[str]:
    titles = {metric.name: metric.title for metric in METRICS}
    if frame.charts:
        yield heading("Charts")
        yield "Each line is a mean over seeds, its band the 95% interval of that mean."
        yield from (f"![{titles[name]} against temperature]({path})" for name, path in frame.charts.items())


# ---- its tables


def guide(cells: Sequence[Cell]) -> Iterator[str]:
    """Temperature, strategy, coherence, creativity."""
    varied = varied_fields(cells)
    rows = [
        (
            f"{cell.key.temperature:g}",
            cell.key.strategy,
            *named(cell, varied),
            *(interval_text(cell.metrics[name]) for name in PROXIES),
        )
        for cell in sorted(cells, key=lambda cell: cell.key.temperature)
    ]
    yield heading("Temperature, strategy, coherence, creativity")
    yield "Both are proxies, defined below: for meaning ask people."
    yield table(
        ("temperature", "strategy", *varied, *(metric.title for metric in METRICS if metric.name in PROXIES)),
        rows,
    )


def varied_fields(cells: Sequence[Cell]) -> list[str]:
    """Which of model and prompt there are several of."""
    return [name for name in ("model", "prompt") if len({getattr(cell.key, name) for cell in cells}) > 1]


def named(cell: Cell, fields: Iterable[str]) -> list[str]:
    return [prompt_name(cell.key.prompt) if name == "prompt" else getattr(cell.key, name) for name in fields]


def means(cells: Sequence[Cell]) -> Iterator[str]:
    """A table for each metric that was measured: a row a temperature, a column a strategy."""
    yield heading("Means and their 95% intervals")
    for group in groups(cells):
        if len(varied := varied_fields(cells)):
            yield f"### {cell_text(', '.join(named(group[0], varied)))}"
        for metric in METRICS:
            if not all(math.isnan(cell.metrics[metric.name].mean) for cell in group):
                yield f"**{metric.title}**{unit(metric)}"
                yield metric_table(group, metric.name)


def groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells by model and prompt, in their order."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.key.model, cell.key.prompt), []).append(cell)
    return list(found.values())


def metric_table(cells: Sequence[Cell], metric: str) -> str:
    columns = list(dict.fromkeys(cell.key.strategy for cell in cells))
    rows: dict[float, dict[str, str]] = {}
    for cell in sorted(cells, key=lambda cell: cell.key.temperature):
        rows.setdefault(cell.key.temperature, {})[cell.key.strategy] = interval_text(cell.metrics[metric])
    return table(
        ("temperature", *columns),
        [(f"{t:g}", *(found.get(column, "") for column in columns)) for t, found in rows.items()],
    )


def unit(metric: Metric) -> str:
    return f", {metric.unit}" if metric.unit else ""


def prompt_name(prompt: str) -> str:
    return f"“{visible(prompt)}”" if prompt else "the start of a text"


# ---- its words


def reading() -> Iterator[str]:
    yield heading("How to read this")
    yield (
        f"A mean is over seeds; behind it, in brackets, stands its {CONFIDENCE:.0%} interval by a percentile "
        f"bootstrap with {RESAMPLES:,} resamples. With few seeds such an interval is somewhat too narrow. "
        "What draws nothing is one text, and has no interval. The same seed is the same luck at every "
        "temperature, so two settings are best compared seed by seed, by their paired difference."
    )
    rows = [(metric.title, metric.unit or "–", metric.definition, metric.source) for metric in METRICS]
    yield table(("metric", "unit", "definition", "source"), rows)


def some_texts(result: SweepResult) -> Iterator[str]:
    """One text for each of some temperatures and strategies; never more than fit."""
    chosen = examples(result)
    if not chosen:
        return
    yield heading("Some texts")
    for text in chosen:
        yield f"**{cell_text(text_name(text))}**"
        yield fenced(text.text)


def examples(result: SweepResult) -> list[SweepText]:
    """Of the first seed: the coldest, a middle and the hottest temperature of every strategy."""
    at = sorted(result.settings.temperatures)
    wanted = {0.0, at[0], at[len(at) // 2], at[-1]}
    seeds = {None, result.settings.seeds[0]}
    found = [text for text in result.texts if text.key.temperature in wanted and text.key.seed in seeds]
    return found[:MOST_TEXTS]


def text_name(text: SweepText) -> str:
    key = text.key
    how = "T = 0" if key.seed is None else f"T = {key.temperature:g}, seed {key.seed}"
    return f"{key.model}, after {prompt_name(key.prompt)}: {key.strategy}, {how}"


def repeating(result: SweepResult, frame: Frame) -> Iterator[str]:
    yield heading("How to repeat it")
    if frame.receipt:
        yield "With the receipt, which says whether the numbers are identical:"
        yield fenced(f"python -m textgen replay {frame.receipt}", "sh")
    yield "In Python, with these settings saved as `settings.json`:"
    yield fenced(SNIPPET, "python")
    yield fenced(json.dumps(result.settings.to_dict(), ensure_ascii=False, allow_nan=False), "json")


# ---- Markdown from texts that may hold anything


def heading(text: str) -> str:
    return f"## {text}"


def cell_text(text: str) -> str:
    """A text in one line that stays text: neither Markdown nor HTML."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return SPECIAL.sub(r"\\\1", " ".join(escaped.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; every cell stays text."""
    lines = [head, ["---"] * len(head), *([cell_text(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fenced(text: str, language: str = "text") -> str:
    """A block as it stands, in a fence longer than any that the text holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
