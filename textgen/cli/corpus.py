"""`corpus`: which texts the recipes were made for, and fetching those that are published."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from textgen.cli.console import Console
from textgen.training.corpora import KnownCorpus, fetch, find_corpus, known_corpora

FOLDER = Path("data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "The texts that the recipes were made for."
    actions = parser.add_subparsers(dest="corpus_action", required=True, metavar="list | fetch NAME")
    actions.add_parser("list", help="which there are", allow_abbrev=False)
    fetching = actions.add_parser("fetch", help="download one, checked by its sha256", allow_abbrev=False)
    fetching.add_argument("name", metavar="NAME", help=", ".join(known_corpora()))
    fetching.add_argument("--to", type=Path, default=FOLDER, metavar="FOLDER", help=f"({FOLDER})")


def run(args: argparse.Namespace, console: Console) -> None:
    """List, or fetch and name the files. Raises TextgenError."""
    corpora = known_corpora()
    if args.corpus_action == "list":
        console.say(table(corpora.values()))
    else:
        for file in fetch(find_corpus(args.name, corpora), args.to, console.remark):
            console.say(str(file))


def table(corpora: Iterable[KnownCorpus]) -> str:
    return "\n\n".join(map(described, corpora))


def described(corpus: KnownCorpus) -> str:
    """A corpus in a few lines."""
    files = "1 file" if len(corpus.files) == 1 else f"{len(corpus.files)} files"
    how = (
        f"python -m textgen corpus fetch {corpus.name}"
        if corpus.published
        else f"not to fetch: {corpus.made}"
    )
    sources = dict.fromkeys(file.url or file.page for file in corpus.files)
    lines = [f"{corpus.name}: {corpus.title}, {files}, {corpus.bytes:,} bytes", corpus.status, how, *sources]
    return "\n    ".join(lines)
