"""`chaos`: one seed at every temperature of a fine grid, and at which token each text starts to differ."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.cli.tables import percent, table, width
from textgen.experiments.chaos.settings import grid
from textgen.experiments.requests import ChaosRequest
from textgen.experiments.sweep.settings import check_length
from textgen.files import check_writable
from textgen.models.registry import Registry
from textgen.settings import check_whole

if TYPE_CHECKING:
    from textgen.experiments.chaos.flips import Candidate, Flip
    from textgen.experiments.chaos.rows import Chaos
    from textgen.models.folder import Model

SHARED = "·"  # printed for each column that a text shares with the one above


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_model(parser)
    options.add_prompt(parser)
    parser.add_argument("--from", dest="low", type=as_number, default=0.5, metavar="T", help="(0.5)")
    parser.add_argument("--to", dest="high", type=as_number, default=1.5, metavar="T", help="(1.5)")
    parser.add_argument("--rows", type=as_number, default=21, metavar="N", help="temperatures (21)")
    parser.add_argument("-l", "--length", type=as_number, default=80, help="tokens of a text at most (80)")
    parser.add_argument(
        "--magnify", type=as_number, metavar="ROW", help="the exact T at which a row parts from the one above"
    )
    options.add_stages(parser)
    options.add_seed(parser)
    options.add_receipt(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    check_writable(args.receipt)
    registry, request, row = request_of(args, console)
    chaos, model = written(request, registry, console), registry.get(request.model)
    flips = flips_of(model, chaos, row)
    if args.json:
        console.json(as_json(chaos, row, flips))
    else:
        show(model, chaos, row, flips, console)
    options.save_receipt(args, registry, request, chaos, request.cost())


def request_of(args: argparse.Namespace, console: Console) -> tuple[Registry, ChaosRequest, int | None]:
    """Where the model lies, what is asked of it, and the row to compare. Raises TextgenError."""
    temperatures = grid(args.low, args.high, args.rows)
    row = compared_row(args, len(temperatures))
    length, settings = check_length(args.length), options.settings_of(args)
    registry, name = options.place_of(args)
    prompt = options.prompt_of(args)
    console.remark(options.note_of(registry.get(name), prompt))
    request = ChaosRequest(
        model=name,
        prompt=prompt,
        temperatures=temperatures,
        seed=options.seed_of(args, console),
        length=length,
        settings=settings,
    )
    return registry, request, row


def compared_row(args: argparse.Namespace, rows: int) -> int | None:
    """The row that is to be magnified, if any. Raises SettingError."""
    if args.magnify is None:
        return None
    return check_whole("row", args.magnify, 1, rows - 1, "rows are numbered from 0, which has none above it")


def flips_of(model: Model, chaos: Chaos, row: int | None) -> Sequence[Flip]:
    """What happened between a row, if there is one to compare, and the one above."""
    from textgen.experiments.chaos.flips import flips_above  # brings torch

    return () if row is None else flips_above(model, chaos, row)


def show(model: Model, chaos: Chaos, row: int | None, flips: Sequence[Flip], console: Console) -> None:
    """Print the texts, what they come to in words, and the flips of a row, if asked for."""
    from textgen.experiments.chaos.summary import sentences

    console.say("\n".join(lines(model, chaos)))
    console.say("\n" + "\n".join(sentences(chaos)))
    if row is not None:
        console.say("\n" + "\n\n".join(flip_lines(chaos, row, flips)))


def written(request: ChaosRequest, registry: Registry, console: Console) -> Chaos:
    """The texts, with what is done on stderr."""
    for step in request.progress(registry):
        if step.chaos is not None:
            console.renew("")
            return step.chaos
        console.renew(f"{step.done / step.total:4.0%}  {step.done:,} of {step.total:,} tokens")
    raise AssertionError("the last step holds the texts")


def lines(model: Model, chaos: Chaos) -> list[str]:
    """A line a temperature: its number, T, the first token that differs from the line above, its text."""
    rows = [("row", "T", "differs at", "text")]
    for row, t in enumerate(chaos.settings.temperatures):
        rows.append((str(row), f"{t:.9g}", divergence_number(chaos, row), text_line(model, chaos, row)))
    sizes = [max(width(line[column]) for line in rows) for column in range(3)]
    return [
        "  ".join([*(" " * (size - width(cell)) + cell for cell, size in zip(line[:3], sizes, strict=True))])
        + f"  {line[3]}".rstrip()
        for line in rows
    ]


def divergence_number(chaos: Chaos, row: int) -> str:
    """The number of the first token that differs, from 1; = for none."""
    at = chaos.divergences[row]
    return "" if row == 0 else "=" if at is None else f"{at + 1:,}"


def text_line(model: Model, chaos: Chaos, row: int) -> str:
    """A text, with points in place of what it shares with the one above."""
    from textgen.experiments.chaos.text import cut

    pieces = cut(model, chaos, row)
    return SHARED * width(pieces.shared) + pieces.token + pieces.rest


def flip_lines(chaos: Chaos, row: int, flips: Sequence[Flip]) -> list[str]:
    """Each flip as a sentence and a table."""
    low, high = chaos.settings.temperatures[row - 1 : row + 1]
    if not flips:
        return [f"Row {row} is like the row above: nothing flips between T = {low:.9g} and {high:.9g}."]
    return [f"{headline(flip, low, high)}\n{table(candidate_rows(flip))}" for flip in flips]


def headline(flip: Flip, low: float, high: float) -> str:
    between = (
        f"between T = {low:.9g} and {high:.9g}, token {flip.step + 1:,} flips at T = {flip.temperature!r}"
    )
    if flip.exact:
        return f"{between} (exact)"
    doubt = "" if flip.same_before else "; just there the texts part even earlier"
    return f"{between} (bisected to the last digit{doubt})"


def candidate_rows(flip: Flip) -> list[tuple[str, ...]]:
    """The two leading candidates, side by side."""
    pair = (flip.below, flip.above)
    return [
        ("", "just below", "just above"),
        ("token", *(candidate.label for candidate in pair)),
        ("probability at the flip", *(percent(candidate.probability) for candidate in pair)),
        ("logit, as the model gave it", *(f"{candidate.logit:.4f}" for candidate in pair)),
        ("logit / T, after the stages", *(f"{candidate.score - candidate.noise:.4f}" for candidate in pair)),
        ("luck (Gumbel noise)", *(f"{candidate.noise:+.4f}" for candidate in pair)),
        ("score: the two above together", *(f"{candidate.score:.4f}" for candidate in pair)),
    ]


def as_json(chaos: Chaos, row: int | None, flips: Sequence[Flip]) -> dict[str, Any]:
    """The whole record; steps are numbered from 0."""
    rows = zip(chaos.settings.temperatures, chaos.divergences, chaos.texts, strict=True)
    magnified = {} if row is None else {"magnified": row, "flips": [flip_json(flip) for flip in flips]}
    return {
        "model": chaos.model,
        "prompt": chaos.prompt,
        "seed": chaos.settings.seed,
        "length": chaos.settings.length,
        "settings": chaos.settings.decode.to_dict(),
        "rows": [{"temperature": t, "parts_at_step": at, "text": text} for t, at, text in rows],
        **magnified,
    }


def flip_json(flip: Flip) -> dict[str, Any]:
    return {
        "temperature": flip.temperature,
        "step": flip.step,
        "exact": flip.exact,
        "same_before": flip.same_before,
        "below": candidate_json(flip.below),
        "above": candidate_json(flip.above),
    }


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    """A removed token's score is −∞, which JSON writes as null."""
    return {
        "token": candidate.token,
        "label": candidate.label,
        "probability": candidate.probability,
        "logit": candidate.logit,
        "noise": candidate.noise,
        "score": candidate.score,
    }
