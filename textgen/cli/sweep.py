"""`sweep`: texts over temperatures, strategies and seeds, and what is measured of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence

from textgen.cli.console import Console
from textgen.cli.options import registry_of
from textgen.cli.receipt_option import save_receipt
from textgen.cli.sweep_options import sweep_of
from textgen.cli.tables import table
from textgen.errors import SettingError, shorten
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep import run as experiments
from textgen.experiments.sweep.export import as_json, cells_csv, texts_csv
from textgen.experiments.sweep.plan import Plan
from textgen.experiments.sweep.records import Cell, Progress, SweepResult, SweepText
from textgen.experiments.sweep.words import interval_text
from textgen.files import check_writable, save
from textgen.models.registry import Registry
from textgen.settings import check_whole

TITLES = {metric.name: metric.title.lower() for metric in METRICS}
MOST_TOKENS = 10**12


def run(args: argparse.Namespace, console: Console) -> None:
    columns = columns_of(args.metrics)
    for path in (args.cells, args.texts, args.out, args.receipt):
        check_writable(path)
    result, cells = swept(args, console)
    if args.json:
        console.json(as_json(result, cells))
    elif cells:
        console.say(table(guide_rows(cells, columns)))
    save(args.cells, lambda: cells_csv(cells))
    save(args.texts, lambda: texts_csv(result.texts))
    save(args.out, lambda: json.dumps(as_json(result, cells), allow_nan=False, indent=1) + "\n")
    if result.texts:  # of one that was stopped before its first text nothing can be repeated
        asked = {"kind": "sweep", "settings": result.settings.to_dict()}
        save_receipt(args, lambda: asked, lambda: as_json(result, cells), args.max_tokens)


def swept(args: argparse.Namespace, console: Console) -> tuple[SweepResult, tuple[Cell, ...]]:
    """Write what is asked for, telling how far it is; Ctrl-C keeps what is finished."""
    registry = registry_of(args)
    settings = sweep_of(args, registry)
    limit = check_whole("max-tokens", args.max_tokens, 1, MOST_TOKENS, "1,000,000 is the default")
    todo = experiments.plan(settings, registry, limit)
    for note in todo.notes:
        console.remark(note)
    texts: list[SweepText] = []
    try:
        for step in told(progress_of(args, todo, registry), console):
            texts += step.texts
    except KeyboardInterrupt:
        console.remark(f"stopped; {len(texts):,} of {settings.texts:,} texts are finished")
    result = SweepResult(settings, tuple(texts), todo.notes)
    return result, experiments.summarize(result)


def progress_of(args: argparse.Namespace, todo: Plan, registry: Registry) -> Iterator[Progress]:
    """One after the other in this process, unless asked for several jobs or a backend."""
    jobs = check_whole("jobs", args.jobs, -1, experiments.MAX_JOBS, "1 is the default, -1 takes all cores")
    if args.backend is None and jobs == 1:
        return experiments.run(todo, registry)
    return experiments.run_parallel(todo, args.backend or "loky", jobs)


def told(progress: Iterable[Progress], console: Console) -> Iterator[Progress]:
    """The same, with what is done on stderr: a terminal's last line, else a line at each tenth."""
    tenth = 0
    for step in progress:
        share = step.done / step.total
        line = f"{share:4.0%}  {step.done:,} of {step.total:,} tokens in {step.seconds:,.0f} s{left(step)}"
        console.renew(line)
        if int(10 * share) > tenth and not console.err.isatty():
            tenth = int(10 * share)
            console.remark(line)
        yield step
    console.renew("")


def left(step: Progress) -> str:
    return f", {step.left:,.0f} s left" if step.left else ""


def columns_of(names: str) -> list[str]:
    """The metrics of the table. Raises SettingError."""
    chosen = [name.strip().replace("-", "_") for name in names.split(",")]
    if unknown := [name for name in chosen if name not in TITLES]:
        raise SettingError(f"there is no metric {shorten(unknown[0])!r}; the metrics are {', '.join(TITLES)}")
    return chosen


def guide_rows(cells: Sequence[Cell], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Temperature, strategy and the means with their intervals; model and prompt where there are several."""
    models, prompts = ({getattr(cell.key, name) for cell in cells} for name in ("model", "prompt"))
    varied = [name for name, found in (("model", models), ("prompt", prompts)) if len(found) > 1]
    rows = [("strategy", "T", *varied, *(TITLES[name] for name in columns))]
    for cell in cells:
        of = (shorten(repr(getattr(cell.key, name)), 40) for name in varied)
        found = (interval_text(cell.metrics[name]) for name in columns)
        rows.append((cell.key.strategy, f"{cell.key.temperature:g}", *of, *found))
    return rows
