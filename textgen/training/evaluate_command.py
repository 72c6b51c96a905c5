"""`evaluate`: a model's losses on a text, in nats and bits per token."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from textgen.checkpoint import CONFIG, Model, load
from textgen.errors import TextError
from textgen.evaluation import WINDOW, Evaluation, evaluate
from textgen.registry import Registry, default_root
from textgen.training.corpus import Corpus, open_corpus
from textgen.training.job import bos_of
from textgen.training.recipe import Recipe
from textgen.training.recipe_file import from_values


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `evaluate`."""
    parser.description = "Measure how well a model predicts a text, in windows and streamed."
    parser.add_argument("model", metavar="NAME", help="of a model, or the path of its folder")
    parser.add_argument("--corpus", type=Path, required=True, metavar="FILE", help="the text, UTF-8")
    parser.add_argument("--part", choices=("validation", "train", "all"), default="validation")
    parser.add_argument(
        "--window", type=int, default=WINDOW, metavar="N", help=f"tokens from a zero state ({WINDOW})"
    )
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="look names up here ($TEXTGEN_MODELS or ./models)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(args: argparse.Namespace) -> int:
    """Measure and print. Raises TextgenError."""
    model = open_model(args.model, args.models or default_root())
    documents, notes = read_documents(model, args.corpus, args.part)
    measured = evaluate(model.net, documents, check_window(args.window))
    if args.json:
        print(
            json.dumps(
                {"model": model.name, "part": args.part, "notes": notes, **measured.to_dict()}, indent=2
            )
        )
    else:
        print("\n".join([*notes, table(model, args.part, measured)]))
    return 0


def open_model(name: str, root: Path) -> Model:
    """A listed model, or the one in a folder. Raises ModelError."""
    return load(Path(name)) if (Path(name) / CONFIG).is_file() else Registry(root).get(name)


def check_window(window: int) -> int:
    if not 1 <= window <= 1_000_000:
        raise TextError(f"window must be from 1 to 1,000,000, got {window}; {WINDOW} compares with nanoGPT")
    return window


def recipe_of(model: Model) -> Recipe:
    """The recipe that a model was made with, for any text; defaults where its folder names none."""
    values = {**model.config.get("recipe", {}), "corpus": {}}
    return from_values(Recipe, {"name": model.name, **values}, "")


def read_documents(model: Model, path: Path, part: str) -> tuple[list[torch.Tensor], list[str]]:
    """A part of a corpus as ids (N,) of each document, and what the reader must know about that."""
    recipe = recipe_of(model)
    bos = bos_of(recipe, model.tokenizer)
    with TemporaryDirectory() as cache:
        corpus = open_corpus(path, recipe, Path(cache), model.tokenizer)
        parts = {"train": [corpus.train], "validation": [corpus.validation]}
        chosen = parts.get(part, [corpus.train, corpus.validation])
        ids = [torch.from_numpy(ids.astype("int64")) for one in chosen for ids in one.documents(bos)]
    return whole(ids) if part == "all" and bos is None else ids, notes(model, corpus)


def whole(parts: list[torch.Tensor]) -> list[torch.Tensor]:
    """The learned and the validating part of each document as one again."""
    half = len(parts) // 2
    return [torch.cat(pair) for pair in zip(parts[:half], parts[half:], strict=True)]


def notes(model: Model, corpus: Corpus) -> list[str]:
    lines = []
    if corpus.sha256 != model.config.get("corpus", {}).get("sha256"):
        lines.append(
            "note: this is not the text that the model was trained on; its own split is applied all the same"
        )
    if corpus.unknown and model.tokenizer.unknown_id is None:
        lines.append(
            f"note: left out, since the model does not know them: {', '.join(map(repr, corpus.unknown))}"
        )
    return lines


def table(model: Model, part: str, measured: Evaluation) -> str:
    unit, windows = model.config.get("unit", "token"), f"windows of {measured.window}, zero state"
    return (
        f"{model.name}, {part}: {measured.targets:,} predictions\n"
        f"{'':<32}{'nats':>8}{'bits':>8}  per {unit}\n"
        f"{windows:<32}{measured.windows:8.4f}{measured.windows_bits:8.4f}\n"
        f"{'streamed, state carried':<32}{measured.streamed:8.4f}{measured.streamed_bits:8.4f}"
        f"{perplexities(model, measured)}"
    )


def perplexities(model: Model, measured: Evaluation) -> str:
    """Perplexity, as word models are compared."""
    if model.config.get("level") != "word":
        return ""
    windows, streamed = math.exp(measured.windows), math.exp(measured.streamed)
    return f"\nperplexity {windows:.1f} in windows, {streamed:.1f} streamed"
