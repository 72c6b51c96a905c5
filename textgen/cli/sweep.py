"""`sweep`: texts over temperatures, strategies and seeds, and what is measured of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.cli.tables import table
from textgen.errors import SettingError, shorten
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.requests.sweep import SweepRequest, Swept
from textgen.experiments.sweep.export import as_json, cells_csv, texts_csv
from textgen.experiments.sweep.records import Cell, Progress, SweepResult, SweepText
from textgen.experiments.sweep.settings import (
    MAX_VALUES,
    TEMPERATURES,
    SweepSettings,
    in_range,
)
from textgen.experiments.sweep.summary import interval_text
from textgen.files import check_writable, save
from textgen.models.registry import Registry
from textgen.settings import NAMED, STRATEGIES, Strategy, check_seed, check_whole

if TYPE_CHECKING:
    from textgen.experiments.sweep.run import Plan

TITLES = {metric.name: metric.title.lower() for metric in METRICS}
COLUMNS = "coherence,creativity,distinct_2,repetition,novelty,real_words,surprise,entropy"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    add_grid(parser)
    add_work(parser.add_argument_group("the work"))
    add_result(parser.add_argument_group("the result"))


def add_grid(parser: options.Arguments) -> None:
    """What a sweep goes through; what takes a list may be given several times."""
    parser.add_argument("text", nargs="?", default="", help="the text to go on from")
    add_list(parser, "-p", "--prompt", "TEXT", "the same, by name")
    add_list(parser, "-m", "--model", "NAME", "a model's name; may be given several times")
    options.add_models_folder(parser)
    add_list(parser, "-t", "--temperature", "T", "a number, or FROM:TO:STEP (0.1:2:0.1)")
    add_list(parser, "-s", "--strategy", "NAME", "greedy, plain, … or 'mine: top_k=5, beams=3' (five)")
    parser.add_argument("--seeds", type=as_number, default=8, metavar="N", help="texts a setting (8)")
    parser.add_argument("--seed", type=as_number, default=0, help="the first of the seeds (0)")
    parser.add_argument("-l", "--length", type=as_number, default=200, help="tokens of a text at most (200)")
    parser.add_argument("--judge", default="", metavar="MODEL", help="another model, which scores the texts")


def add_list(parser: options.Arguments, short: str, long: str, metavar: str, help_text: str) -> None:
    parser.add_argument(short, long, action="append", default=[], metavar=metavar, help=help_text)


def add_work(group: options.Arguments) -> None:
    group.add_argument("--jobs", type=as_number, default=1, help="how many at once (1), -1 for all cores")
    group.add_argument(
        "--backend", help="of joblib: loky, threading, sequential, or dask, ray … if installed"
    )
    options.add_max_tokens(group)


def add_result(group: options.Arguments) -> None:
    group.add_argument("--metrics", default=COLUMNS, help=f"columns of the table ({COLUMNS})")
    group.add_argument("--cells", metavar="FILE.csv", help="write the means and their intervals")
    group.add_argument("--texts", metavar="FILE.csv", help="write the texts and what was measured of each")
    group.add_argument("--out", metavar="FILE.json", help="write all of it")
    options.add_receipt(group)


def run(args: argparse.Namespace, console: Console) -> None:
    columns = columns_of(args.metrics)
    for path in (args.cells, args.texts, args.out, args.receipt):
        check_writable(path)
    registry = options.registry_of(args)
    request = SweepRequest(settings=sweep_of(args, registry))
    swept = written(request, registry, args, console)
    show(swept, columns, args, console)
    if finished := len(swept.result.texts):  # of none, nothing can be repeated
        options.save_receipt(args, registry, replace(request, texts=finished), swept, args.max_tokens)


def show(swept: Swept, columns: Sequence[str], args: argparse.Namespace, console: Console) -> None:
    """Print the result, and write the files asked for."""
    result, cells = swept.result, swept.cells
    if args.json:
        console.json(as_json(result, cells))
    elif cells:
        console.say(table(guide_rows(cells, columns)))
    save(args.cells, lambda: cells_csv(cells))
    save(args.texts, lambda: texts_csv(result.texts))
    save(args.out, lambda: json.dumps(as_json(result, cells), allow_nan=False, indent=1) + "\n")


def written(request: SweepRequest, registry: Registry, args: argparse.Namespace, console: Console) -> Swept:
    """Write the sweep's texts, with progress on stderr; Ctrl-C keeps what is finished."""
    from textgen.experiments.sweep import run as experiments  # brings torch

    settings = request.settings
    todo = experiments.plan(settings, registry, options.max_tokens_of(args))
    for note in todo.notes:
        console.remark(note)
    texts: list[SweepText] = []
    try:
        for step in with_progress(progress_of(args, todo, registry), console):
            texts += step.texts
    except KeyboardInterrupt:
        console.remark(f"stopped; {len(texts):,} of {settings.texts:,} texts are finished")
    result = SweepResult(settings, tuple(texts), todo.notes)
    return Swept(result, experiments.summarize(result))


def sweep_of(args: argparse.Namespace, registry: Registry) -> SweepSettings:
    """The sweep asked for. Raises SettingError and ModelError."""
    return SweepSettings(
        models=tuple(args.model or [options.default_model(registry)]),
        prompts=tuple(args.prompt or [args.text]),
        temperatures=temperatures_of(args.temperature),
        strategies=tuple(map(strategy_of, args.strategy)) or STRATEGIES,
        seeds=seeds_of(args.seeds, args.seed),
        length=args.length,
        judge=args.judge,
    )


def seeds_of(number: Any, first: Any) -> tuple[int, ...]:
    """That many seeds in a row."""
    start, n = check_seed(first), check_whole("seeds", number, 1, MAX_VALUES, "8 is the default")
    return tuple(range(start, start + n))


def temperatures_of(texts: Sequence[str]) -> tuple[Any, ...]:
    """`0.7`, or `0.1:2:0.1` for a range with both its ends; a text that is neither stays one."""
    if not texts:
        return TEMPERATURES
    return tuple(
        value for text in texts for value in ([*in_range(text)] if ":" in text else [as_number(text)])
    )


def strategy_of(text: str) -> Strategy:
    """The name of a known strategy, or `NAME: top_k=40, beams=3`. Raises SettingError."""
    if text in NAMED:
        return NAMED[text]
    name, colon, stages = text.partition(":")
    if not colon:
        raise SettingError(
            f"a strategy must be one of {', '.join(map(repr, NAMED))} or one of your own like "
            f"'mine: top_k=40, typical=0.9', got {shorten(text)!r}; leave it out for the first five"
        )
    pairs = [stage.partition("=") for stage in stages.split(",") if stage.strip()]
    values = {stage.strip().replace("-", "_"): as_number(value.strip()) for stage, _, value in pairs}
    return Strategy.from_dict(name.strip(), values)


def progress_of(args: argparse.Namespace, todo: Plan, registry: Registry) -> Iterator[Progress]:
    """One after the other in this process, unless asked for several jobs or a backend."""
    from textgen.experiments.sweep import run as experiments

    jobs = check_whole("jobs", args.jobs, -1, experiments.MAX_JOBS, "1 is the default, -1 takes all cores")
    if args.backend is None and jobs == 1:
        return experiments.run(todo, registry)
    return experiments.run_parallel(todo, args.backend or "loky", jobs)


def with_progress(progress: Iterable[Progress], console: Console) -> Iterator[Progress]:
    """The same steps, while stderr shows how far it is: a terminal's last line, else a line each tenth."""
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
    varied = [name for name, values in (("model", models), ("prompt", prompts)) if len(values) > 1]
    rows = [("strategy", "T", *varied, *(TITLES[name] for name in columns))]
    for cell in cells:
        of = (shorten(repr(getattr(cell.key, name)), 40) for name in varied)
        means = (interval_text(cell.metrics[name]) for name in columns)
        rows.append((cell.key.strategy, f"{cell.key.temperature:g}", *of, *means))
    return rows
