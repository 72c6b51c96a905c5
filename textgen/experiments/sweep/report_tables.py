"""The tables of a sweep's report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from textgen.experiments.metrics.metrics import METRICS, Metric
from textgen.experiments.sweep.markdown import cell_text, heading, table
from textgen.experiments.sweep.records import Cell
from textgen.experiments.sweep.words import interval_text
from textgen.text.tokenizer import visible

GUIDE = ("coherence", "creativity")


def guide(cells: Sequence[Cell]) -> Iterator[str]:
    """Temperature, strategy, coherence, creativity."""
    varied = varied_fields(cells)
    rows = [
        (
            f"{cell.key.temperature:g}",
            cell.key.strategy,
            *named(cell, varied),
            *(interval_text(cell.metrics[name]) for name in GUIDE),
        )
        for cell in sorted(cells, key=lambda cell: cell.key.temperature)
    ]
    yield heading("Temperature, strategy, coherence, creativity")
    yield "Both are proxies, defined below: for meaning ask people."
    yield table(
        ("temperature", "strategy", *varied, *(metric.title for metric in METRICS if metric.name in GUIDE)),
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
