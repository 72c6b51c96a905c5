"""A sweep as a Markdown report: what was asked, what was found, how to read it and how to repeat it.

    text = report(result, summarize(result), Frame(models, version, time, charts))

Texts that people or models wrote are escaped or fenced, so that they cannot become part of the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from textgen.experiments.metrics.bootstrap import CONFIDENCE, RESAMPLES
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.markdown import cell_text, fenced, heading, table
from textgen.experiments.sweep.records import Cell, SweepResult, SweepText
from textgen.experiments.sweep.report_tables import guide, means, prompt_name

MOST_TEXTS = 15  # shown in full; all of them are in texts.csv
SNIPPET = """import json
from textgen.experiments.sweep.run import SweepSettings, collect, plan, run, summarize
from textgen.models.registry import Registry, default_root

settings = SweepSettings.from_dict(json.loads(open("settings.json", encoding="utf-8").read()))
registry = Registry(default_root())
result = collect(settings, run(plan(settings, registry), registry))
cells = summarize(result)"""


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
        ("strategies", ", ".join(strategy.name for strategy in settings.strategies)),
        ("seeds", str(seeds)),
        ("tokens of a text at most", f"{settings.length:,}"),
        ("judge", settings.judge or "none"),
    ]
    yield heading("What was asked")
    yield table(("setting", "value"), rows)


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


# ---- words


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
