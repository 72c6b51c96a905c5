"""`rate`: a blind rating of a sweep's texts: the sheet for the raters, then their means and agreement."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.cli.tables import table
from textgen.errors import SettingError, TextError, shorten
from textgen.experiments.ratings.agreement import Rating, agreement, agreement_sentences, check_once
from textgen.experiments.ratings.files import items_from_json, key_csv, read_key, read_scores, sheet_csv
from textgen.experiments.ratings.rating_set import (
    QUESTIONS,
    Item,
    RatingSet,
    Verdict,
    cells_of,
    rating_set,
    usual_cells,
    verdicts,
)
from textgen.experiments.sweep.records import CellKey
from textgen.experiments.sweep.summary import interval_text
from textgen.files import check_writable, save
from textgen.text.files import decoded, plain_lines, read_bytes, read_json

MAX_BYTES = 200_000_000  # of a sweep's file
MAX_RATINGS = 10_000_000  # bytes of a key, and of a file of ratings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, add, help_text in (
        ("sheet", add_sheet, "make a sheet to fill in and the key to it"),
        ("score", add_score, "what the raters think of each setting, and how far they agree"),
    ):
        action = actions.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)
        options.add_json(action)
        add(action)


def add_sheet(parser: options.Arguments) -> None:
    parser.add_argument("sweep", metavar="SWEEP.json", help="what `sweep --out` wrote")
    parser.add_argument(
        "--cells", nargs="+", default=[], metavar="STRATEGY:T", help="which settings (four of plain)"
    )
    parser.add_argument(
        "--per-cell", type=as_number, default=3, metavar="N", help="texts of each setting (3)"
    )
    parser.add_argument("--question", default="coherence", help="coherence or creativity (coherence)")
    parser.add_argument("--seed", type=as_number, default=1, help="of the order: one seed, one set (1)")
    parser.add_argument(
        "--out", required=True, metavar="SHEET.csv", help="the texts under codes, for the raters"
    )
    parser.add_argument("--key", required=True, metavar="KEY.csv", help="which text is which; keep it back")


def add_score(parser: options.Arguments) -> None:
    parser.add_argument("--key", required=True, metavar="KEY.csv", help="what `rate sheet` wrote")
    parser.add_argument(
        "ratings", nargs="+", metavar="RATINGS.csv", help="filled-in sheets, or files of the page"
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """One of the two actions. Raises TextgenError."""
    write_sheet(args, console) if args.action == "sheet" else score(args, console)


def write_sheet(args: argparse.Namespace, console: Console) -> None:
    """Write the sheet and the key."""
    for path in (args.out, args.key):
        check_writable(path)
    if Path(args.out).resolve() == Path(args.key).resolve():
        raise TextError(
            "the sheet and its key must be two files, got one name; the raters get the sheet alone"
        )
    items = items_from_json(read_json(Path(args.sweep), MAX_BYTES))
    rated = rating_set(items, chosen_cells(items, args.cells), args.per_cell, args.question, args.seed)
    save(args.out, lambda: sheet_csv(rated))
    save(args.key, lambda: key_csv(rated))
    facts = {"set": rated.name, "question": rated.question, "texts": len(rated.items)}
    if args.json:
        console.json({**facts, "cells": [cell._asdict() for cell in cells_of(rated.items.values())]})
    else:
        console.say(instructions(rated, args))


def instructions(rated: RatingSet, args: argparse.Namespace) -> str:
    """What was written, and what to do with it."""
    return (
        f"set {rated.name}: {len(rated.items)} texts. {QUESTIONS[rated.question]}.\n"
        f"Give {args.out} to the raters, who fill in rater and score; keep {args.key} back. Then:\n"
        f"python -m textgen rate score --key {args.key} RATINGS.csv"
    )


def chosen_cells(items: Sequence[Item], names: Sequence[str]) -> list[CellKey]:
    """`plain:0.5` → the settings of that strategy and temperature, of all models and prompts."""
    cells = list(cells_of(items))
    if not names:
        return usual_cells(cells)
    return [cell for name in names for cell in named_cells(name, cells)]


def named_cells(name: str, cells: Sequence[CellKey]) -> list[CellKey]:
    """The cells of `plain:0.5`; of `greedy`, which has one text for all temperatures. Raises SettingError."""
    strategy, _, temperature = name.rpartition(":") if ":" in name else (name, "", "")
    alike = [cell for cell in cells if cell.strategy == strategy]
    matching = [
        cell for cell in alike if not temperature or f"{cell.temperature:g}" == as_written(temperature)
    ]
    if matching:
        return matching
    known = ", ".join(dict.fromkeys(f"{cell.strategy}:{cell.temperature:g}" for cell in cells))
    raise SettingError(f"the sweep has no texts of {shorten(name)!r}; it has {shorten(known, 160)}")


def as_written(temperature: str) -> str:
    """`0.50` as `0.5`; what is no number stays."""
    try:
        return f"{float(temperature):g}"
    except ValueError:
        return temperature


def score(args: argparse.Namespace, console: Console) -> None:
    """Read all ratings, print the means and the agreement."""
    of = read_key(table_text(Path(args.key)))
    ratings = [rating for path in args.ratings for rating in read_file(path, of)]
    check_once(ratings)
    means, agreed = verdicts(ratings, of), agreement(ratings)
    if args.json:
        console.json(result_json(of, means, ratings))
        return
    console.say(f"{QUESTIONS[of.question]}\n")
    console.say(table(rows_of(means, of.question)))
    console.say("\n" + "\n".join(agreement_sentences(agreed)))


def read_file(path: str, of: RatingSet) -> list[Rating]:
    """The ratings of one file. Raises TextError and SettingError that name it."""
    try:
        return read_scores(table_text(Path(path)), of)
    except (TextError, SettingError) as error:
        raise type(error)(f"{shorten(Path(path).name)}: {error}") from error


def table_text(path: Path) -> str:
    """A CSV file as text: UTF-8, or what Excel saves on Windows. Raises TextError."""
    data = read_bytes(path, MAX_RATINGS)
    try:
        return plain_lines(decoded(data))
    except UnicodeDecodeError:
        return plain_lines(data.decode("cp1252", errors="replace"))


def rows_of(means: Sequence[Verdict], question: str) -> list[tuple[str, ...]]:
    """Setting, mean with its interval, how much it stands on, and the proxy beside it."""
    several = {name: len({getattr(one.cell, name) for one in means}) > 1 for name in ("model", "prompt")}
    varied = [name for name, more in several.items() if more]
    rows = [("strategy", "T", *varied, f"{question} by people", "texts", "ratings", f"{question} (proxy)")]
    for one in means:
        of = (shorten(repr(getattr(one.cell, name)), 40) for name in varied)
        proxy = one.proxies[question]
        figures = (interval_text(one.score), str(one.score.n), str(one.ratings))
        proxy_text = "–" if math.isnan(proxy) else f"{proxy:.2f}"
        rows.append((one.cell.strategy, f"{one.cell.temperature:g}", *of, *figures, proxy_text))
    return rows


def result_json(of: RatingSet, means: Sequence[Verdict], ratings: Sequence[Rating]) -> dict[str, Any]:
    """Everything as JSON; null where a figure cannot be computed."""
    cells = [
        {
            **one.cell._asdict(),
            "score": asdict(one.score),
            "ratings": one.ratings,
            "proxies": one.proxies,
        }
        for one in means
    ]
    facts = {"set": of.name, "question": of.question, "cells": cells}
    return {**facts, "agreement": asdict(agreement(ratings))}
