"""`evaluate`: a model's losses on a text, in nats and in bits per character, also at several temperatures."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from textgen.cli import options
from textgen.cli.console import Console
from textgen.errors import SettingError, TextError, TextgenError, shorten
from textgen.experiments.metrics.perplexity_curve import Curve, verdict
from textgen.experiments.metrics.scoring import held_out_perplexity
from textgen.experiments.sweep.settings import temperatures_in
from textgen.files import check_writable, save
from textgen.models.calibration import CalibrationCurve, perplexity
from textgen.models.evaluation import WINDOW, Evaluation, evaluate, targets_of
from textgen.models.folder import Model
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.job import bos_of
from textgen.training.reading import digest_of
from textgen.training.recipe import Recipe
from textgen.units import bits_per_character


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Measure how well a model predicts a text, in windows and streamed."
    parser.add_argument("model", metavar="NAME", help="of a model, or the path of its folder")
    parser.add_argument("--corpus", type=Path, required=True, metavar="FILE", help="the text, UTF-8")
    options.add_encoding(parser)
    parser.add_argument("--part", choices=("validation", "train", "all"), default="validation")
    parser.add_argument(
        "--window", type=int, metavar="N", help=f"tokens from a zero state (the model's own, or {WINDOW})"
    )
    parser.add_argument(
        "--temperatures", metavar="FROM:TO:STEP", help="instead: perplexity at each temperature (0.5:2:0.05)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the temperatures' table")
    options.add_models_folder(parser)
    options.add_json(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    """Measure and print. Raises TextgenError."""
    if args.out is not None and args.temperatures is None:
        raise TextgenError("--out needs --temperatures: it takes their table; 0.5:2:0.05 is usual")
    check_writable(args.out)
    model = options.model_of(args)
    measure = print_losses if args.temperatures is None else print_curve
    measure(model, args, console)


def print_losses(model: Model, args: argparse.Namespace, console: Console) -> None:
    """Both losses."""
    read = read_documents(model, args.corpus, args.part, args.encoding)
    measured = evaluate(model.net, read.documents, window_of(model, args.window))
    facts = {"model": model.name, "part": args.part, "notes": read.notes, "unknown": read.unknown}
    bits = [bits_per_character(nats, read.characters) for nats in (measured.windows, measured.streamed)]
    per_character = dict(zip(("windows", "streamed"), bits, strict=True))
    values = {**facts, **measured.to_dict(), "bits_per_character": per_character}
    if args.json:
        console.json(values)
    else:
        console.say("\n".join([*read.notes, table(model, args.part, measured, read)]))


def print_curve(model: Model, args: argparse.Namespace, console: Console) -> None:
    """The perplexity at each temperature; also into a file, if asked for."""
    grid, window = grid_of(args.temperatures), window_of(model, args.window)
    read = read_documents(model, args.corpus, args.part, args.encoding)
    held = held_out_perplexity(model, read.documents, grid, window)
    curve = CalibrationCurve(
        held.temperatures, np.log(held.perplexities), args.part, window, held.targets, read.sha256
    )
    if args.json:
        console.json({"model": model.name, "notes": read.notes, **curve_json(curve)})
    else:
        console.say("\n".join([*read.notes, curve_table(curve, model.name, model.config.unit or "token")]))
    if args.out is not None:
        save(args.out, curve.to_csv)


def grid_of(text: str) -> tuple[float, ...]:
    """`0.5:2:0.05`, both ends included, or `0.8, 1, 1.25` → temperatures, rising. Raises SettingError."""
    grid = sorted(temperatures_in(text))
    if not 0 < grid[0] <= grid[-1] <= 100:
        raise SettingError(
            f"temperatures must be above 0 and up to 100, got {shorten(text)}; 0.5:2:0.05 is usual"
        )
    if len(set(grid)) < len(grid):
        raise SettingError(f"each temperature must be there once, got {shorten(text)}; leave one out")
    return tuple(grid)


def curve_table(measured: CalibrationCurve, name: str, unit: str) -> str:
    """The curve as a terminal shows it, the least perplexity marked."""
    curve = Curve(name, unit, measured.temperatures, measured.nats)
    lines = [
        f"{name}, {measured.part}: {measured.targets:,} predictions in windows of {measured.window}, "
        "zero state",
        f"{'T':>6}{'nats':>10}{'bits':>10}{'perplexity':>13}  per {unit}",
    ]
    for temperature, nats in zip(curve.temperatures, curve.nats, strict=True):
        mark = "  least" if temperature == curve.best else ""
        lines.append(
            f"{temperature:>6g}{nats:10.4f}{nats / math.log(2):10.4f}{perplexity(nats):13,.4f}{mark}".rstrip()
        )
    return "\n".join([*lines, verdict(curve)])


def curve_json(measured: CalibrationCurve) -> dict[str, Any]:
    return {
        "part": measured.part,
        "window": measured.window,
        "targets": measured.targets,
        "corpus": measured.corpus,
        "best": float(measured.temperatures[measured.nats.argmin()]),
        "temperatures": measured.temperatures.tolist(),
        "nats": measured.nats.tolist(),
        "perplexities": np.exp(measured.nats).tolist(),
    }


def window_of(model: Model, window: int | None) -> int:
    """The window asked for, else that of the model's own losses. Raises TextError."""
    chosen = recipe_of(model).log.window if window is None else window
    if not 1 <= chosen <= 1_000_000:
        raise TextError(f"window must be from 1 to 1,000,000, got {chosen}; {WINDOW} compares with nanoGPT")
    return chosen


def recipe_of(model: Model) -> Recipe:
    """The recipe that a model was made with, for any text; defaults where its folder names none."""
    values = {"level": model.tokenizer.level, **model.config.recipe.values, "corpus": {}}
    return Recipe.from_json({"name": model.name, **values})


@dataclass(frozen=True, slots=True)
class Read:
    """A part of a corpus as a model reads it."""

    documents: list[torch.Tensor]  # each (N,) ids
    notes: list[str]  # what the reader must know about that
    sha256: str  # of the whole corpus
    unknown: float | None  # the share of `<unk>`, 0..1; None for a model without
    characters: float  # per scored token


def read_documents(model: Model, path: Path, part: str, encoding: str | None = None) -> Read:
    """A part of a corpus. Raises TextError."""
    recipe = recipe_of(model)
    own = digest_of(path) == model.config.corpus.sha256
    encoding = encoding or (recipe.text.encoding if own else "utf-8")
    recipe = replace(recipe, text=replace(recipe.text, encoding=encoding))
    bos = bos_of(recipe, model.tokenizer)
    with TemporaryDirectory() as cache:
        corpus = open_corpus(path, recipe, Path(cache), model.tokenizer)
        parts = {"train": [corpus.train], "validation": [corpus.validation]}
        chosen = parts.get(part, [corpus.train, corpus.validation])
        ids = [torch.from_numpy(ids.astype("int64")) for one in chosen for ids in one.documents(bos)]
        documents = whole(ids) if part == "all" and bos is None else ids
        written = sum(one.characters for one in chosen)
    unscored = 0 if bos is not None else first_characters(model, documents)
    unknown = unknown_share(ids, model.tokenizer.unknown_id)
    per_token = (written - unscored) / targets_of(documents)
    return Read(documents, notes(model, corpus), corpus.sha256, unknown, per_token)


def first_characters(model: Model, documents: list[torch.Tensor]) -> int:
    """Characters of the documents' first tokens, which are read and not scored."""
    return sum(len(model.tokenizer.texts[int(ids[0])]) for ids in documents if len(ids))


def unknown_share(documents: list[torch.Tensor], unknown: int | None) -> float | None:
    """The share of `<unk>` in documents of (N,) ids."""
    if unknown is None:
        return None
    return sum(int((ids == unknown).sum()) for ids in documents) / max(1, sum(map(len, documents)))


def whole(parts: list[torch.Tensor]) -> list[torch.Tensor]:
    """The learned and the validating part of each document as one again."""
    half = len(parts) // 2
    return [torch.cat(pair) for pair in zip(parts[:half], parts[half:], strict=True)]


def notes(model: Model, corpus: Corpus) -> list[str]:
    lines = []
    if corpus.sha256 != model.config.corpus.sha256:
        lines.append(
            "note: this is not the text that the model was trained on; its own split is applied all the same"
        )
    if corpus.changes:
        lines.append(f"note: {', '.join(corpus.changes)}")
    if corpus.unknown and model.tokenizer.unknown_id is None:
        lines.append(
            f"note: left out, since the model does not know them: {', '.join(map(repr, corpus.unknown))}"
        )
    return lines


def table(model: Model, part: str, measured: Evaluation, read: Read) -> str:
    unit, windows = model.config.unit or "token", f"windows of {measured.window}, zero state"
    ways = {windows: measured.windows, "streamed, state carried": measured.streamed}
    lines = (
        f"{way:<32}{nats:8.4f}{nats / math.log(2):8.4f}{bits_per_character(nats, read.characters):20.4f}"
        for way, nats in ways.items()
    )
    return "\n".join(
        [
            f"{model.name}, {part}: {measured.targets:,} predictions, per {unit}",
            f"{'':<32}{'nats':>8}{'bits':>8}{'bits per character':>20}",
            *lines,
            *perplexities(model, measured, read.unknown),
        ]
    )


def perplexities(model: Model, measured: Evaluation, unknown: float | None) -> Iterator[str]:
    """Perplexity, as word models are compared, and on how many words that could not be known."""
    if model.config.level == "word":
        windows, streamed = measured.perplexities
        share = "" if unknown is None else f"; {unknown:.1%} of the words are <unk>"
        yield f"perplexity {windows:.1f} in windows, {streamed:.1f} streamed{share}"
