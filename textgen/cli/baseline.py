"""`baseline`: how well n-grams predict a recipe's text, which a network should do better."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from numpy.typing import NDArray

from textgen.cli import options
from textgen.cli.console import Console
from textgen.settings import check_whole
from textgen.training.corpus import open_corpus
from textgen.training.job import bos_of
from textgen.training.kneser_ney import MAX_ORDER, KneserNey, Score
from textgen.training.recipe import bundled, read_recipe

ORDER = 4


class Row(NamedTuple):
    """The scores of n-grams of one length on the validation text."""

    order: int
    plain: Score  # one discount a length
    modified: Score  # three


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Measure how well Kneser-Ney n-grams predict a recipe's validation text."
    parser.add_argument("recipe", help=f"one of {', '.join(bundled())}, or a .toml file")
    parser.add_argument("--corpus", type=Path, required=True, metavar="PATH", help="a text file, or a folder")
    parser.add_argument("--order", type=int, default=ORDER, metavar="N", help=f"longest n-gram ({ORDER})")
    options.add_encoding(parser)
    options.add_recipe_values(parser, example="text.min_count=3")
    options.add_json(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    """Measure and print. Raises TextgenError."""
    check_whole("order", args.order, 1, MAX_ORDER, f"{ORDER} is usual")
    encoding = [f"text.encoding={args.encoding}"] if args.encoding else []
    recipe = read_recipe(args.recipe, [*args.set, *encoding])
    with TemporaryDirectory() as cache:
        corpus = open_corpus(args.corpus, recipe, Path(cache))
        console.remark(", ".join(corpus.changes))
        bos, size = bos_of(recipe, corpus.tokenizer), corpus.tokenizer.vocab_size
        rows = baselines(
            corpus.train.documents(bos), corpus.validation.documents(bos), args.order, vocab_size=size
        )
    if args.json:
        console.json(as_json(rows, size))
    else:
        console.say(table(rows, size))


def baselines(
    train: Sequence[NDArray[Any]], validation: Sequence[NDArray[Any]], order: int, vocab_size: int
) -> list[Row]:
    """n-grams of each length up to `order`, fitted on documents (T,) of ids and scored on others.

    The targets are those of `evaluation.evaluate`. Raises TextgenError.
    """
    return [
        Row(n, *(KneserNey.fit(train, n, vocab_size, kind).perplexity(validation) for kind in (False, True)))
        for n in range(1, order + 1)
    ]


def as_json(rows: Sequence[Row], vocab_size: int) -> dict[str, Any]:
    """For another program; losses in nats per token."""
    return {
        "targets": rows[0].plain.targets,
        "vocab_size": vocab_size,
        "kneser_ney": [
            {
                "order": row.order,
                "plain": {"nats": row.plain.nats, "perplexity": row.plain.perplexity},
                "modified": {"nats": row.modified.nats, "perplexity": row.modified.perplexity},
            }
            for row in rows
        ],
    }


def table(rows: Sequence[Row], vocab_size: int) -> str:
    lines = [
        f"Kneser-Ney n-grams, validation: {rows[0].plain.targets:,} predictions, {vocab_size:,} tokens known",
        f"{'':<6}{'one discount':>24}{'three (modified)':>24}",
        f"{'n':<6}{'nats':>12}{'perplexity':>12}{'nats':>12}{'perplexity':>12}",
    ]
    for n, plain, modified in rows:
        scores = f"{plain.nats:12.4f}{plain.perplexity:12.1f}{modified.nats:12.4f}{modified.perplexity:12.1f}"
        lines.append(f"{n:<6}{scores}")
    return "\n".join(lines)
