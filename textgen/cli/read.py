"""`read`: a given text, each token with its surprise, its rank and the stages' verdict."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.tables import percent, table
from textgen.errors import SettingError
from textgen.experiments.readings import ReadText
from textgen.experiments.requests.read import ReadRequest
from textgen.files import check_writable
from textgen.text.context import MAX_CONTEXT
from textgen.text.files import check_encoding, plain_lines, read_bytes, read_whole

TOP_K, TOP_P = 40, 0.9  # what many services use
ROWS = 20
MAX_BYTES = 4 * MAX_CONTEXT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "How surprising each token of a text is to a model, and whether the stages allow it."
    parser.add_argument("file", type=Path, metavar="FILE", help="the text, 20,000 characters at most")
    options.add_json(parser)
    options.add_model(parser)
    options.add_settings(parser)
    options.add_encoding(parser)
    options.add_receipt(parser)
    words = f"a row for every token, not the {ROWS} least expected"
    parser.add_argument("--all", action="store_true", help=words)


def run(args: argparse.Namespace, console: Console) -> None:
    settings = options.settings_of(args)
    several = [settings.at(temperature) for temperature in options.temperatures_of(args, settings)]
    if args.receipt is not None and len(several) > 1:
        raise SettingError(f"--receipt takes one temperature, got {len(several)}; read once for each")
    check_writable(args.receipt)
    registry, name = options.place_of(args)
    text = text_in(args.file, args.encoding)
    for chosen in several:
        request = ReadRequest(model=name, text=text, settings=chosen)
        found = request.run(registry)
        show(found, args, console)
        options.save_receipt(args, registry, request, found)


def text_in(path: Path, encoding: str | None) -> str:
    """The text of a file, its lines plain and without the last line end. Raises TextError."""
    if encoding is None:
        text = read_whole(path, MAX_BYTES)
    else:
        data = read_bytes(path, MAX_BYTES)
        text = data.decode(check_encoding(encoding), errors="replace")
    return plain_lines(text).removesuffix("\n")


def show(found: ReadText, args: argparse.Namespace, console: Console) -> None:
    """Print the totals, and a row a token."""
    if args.json:
        console.json({"model": found.model, "settings": found.settings, **found.to_json()})
    else:
        console.say(f"{totals(found)}\n\n{table(rows(found, args.all))}")


def totals(found: ReadText) -> str:
    """The text in a few numbers."""
    size = f"{len(found.ids):,} tokens, {found.characters:,} characters"
    unknown = sum(place < 0 for _, place in found.pieces)
    lines = [
        f"{found.model}, T = {found.settings['temperature']:g}: {size}",
        f"{found.bits_per_character:.3f} bits a character, {found.bits_per_token:.3f} a token",
        f"outside the {TOP_K} likeliest {percent(found.outside_top_k(TOP_K))}, "
        f"outside top-p {TOP_P:g} {percent(found.outside_top_p(TOP_P))}, "
        f"not allowed by these stages {percent(found.outside)}",
    ]
    return "\n".join(lines + [f"{unknown:,} pieces the model does not know"] * bool(unknown))


def rows(found: ReadText, every: bool) -> list[tuple[str, ...]]:
    """The tokens in their order: all of them, or the least expected ones."""
    order = range(len(found.ids)) if every else sorted(np.argsort(-found.surprisal, kind="stable")[:ROWS])
    heads = ("token", "place", "bits", "rank", "learned", "with stages", "entropy", "removed by", "likeliest")
    return [heads, *(row(found, int(place)) for place in order)]


def row(found: ReadText, at: int) -> tuple[str, ...]:
    return (
        found.labels[at],
        f"{at + 1:,}",
        f"{found.surprisal[at]:.2f}",
        f"{found.ranks[at]:,}",
        percent(found.probabilities[at]),
        percent(found.decoded[at]),
        f"{found.entropy[at]:.2f}",
        found.removed_by[at] or "–",
        found.top_labels[at][0],
    )
