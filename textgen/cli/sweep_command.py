"""`sweep`: texts over temperatures, strategies and seeds, and what is measured of them."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from textgen.analysis import experiments
from textgen.analysis.bootstrap import Interval
from textgen.analysis.metrics import METRICS
from textgen.analysis.sweep_export import as_json, cells_csv, texts_csv
from textgen.analysis.sweep_plan import Plan
from textgen.analysis.sweep_records import Cell, Progress, SweepResult, SweepText
from textgen.cli.console import Console
from textgen.cli.options import registry_of
from textgen.cli.sweep_options import sweep_of
from textgen.cli.tables import table
from textgen.errors import SettingError, TextgenError, shorten
from textgen.registry import Registry
from textgen.settings import check_whole

TITLES = {metric.name: metric.title.lower() for metric in METRICS}
MOST_TOKENS = 10**12


def run(args: argparse.Namespace, console: Console) -> None:
    columns = columns_of(args.metrics)
    for path in (args.cells, args.texts, args.out):
        check_writable(path)
    result, cells = swept(args, console)
    if args.json:
        console.json(as_json(result, cells))
    elif cells:
        console.say(table(guide_rows(cells, columns)))
    save(args.cells, lambda: cells_csv(cells))
    save(args.texts, lambda: texts_csv(result.texts))
    save(args.out, lambda: json.dumps(as_json(result, cells), allow_nan=False, indent=1) + "\n")


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


def interval_text(found: Interval) -> str:
    """`0.41 (0.38–0.45)`; the mean alone where there is nothing to vary."""
    if math.isnan(found.mean):
        return "–"
    if found.n < 2:
        return f"{found.mean:.2f}"
    return f"{found.mean:.2f} ({found.low:.2f}–{found.high:.2f})"


def check_writable(path: str | None) -> None:
    """Raises TextgenError for a place where no file can be, before any work is done for it."""
    if path is not None and (not Path(path).parent.is_dir() or Path(path).is_dir()):
        raise TextgenError(f"{shorten(path)} cannot be written: there is no such folder, or it is one itself")


def save(path: str | None, content: Callable[[], str]) -> None:
    """Write a file, if asked for. Raises TextgenError; what stood there before then stays."""
    if path is None:
        return
    part = Path(f"{path}.part")
    try:
        part.write_text(content(), encoding="utf-8", newline="")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or error
        raise TextgenError(
            f"{shorten(path)} could not be written: {reason}; the result stands above"
        ) from error
