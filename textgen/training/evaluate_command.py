"""`evaluate`: a model's losses on a text, in nats and bits per token."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import torch

from textgen.checkpoint import CONFIG, Model, load
from textgen.errors import TextError
from textgen.evaluation import WINDOW, Evaluation, evaluate
from textgen.registry import Registry, default_root
from textgen.training.corpus import blocks


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
    ids, notes = read_ids(model, args.corpus)
    measured = evaluate(model.net, part(ids, model, args.part), check_window(args.window))
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


def read_ids(model: Model, path: Path) -> tuple[torch.Tensor, list[str]]:
    """A file as ids (N,) of the model's tokenizer, and what the reader must know about that."""
    if not path.is_file():
        raise TextError(f"there is no corpus file {path}; give the path of a text file")
    encoded = [model.tokenizer.encode(block) for block in blocks(path)]
    notes = []
    if hashlib.sha256(path.read_bytes()).hexdigest() != model.config.get("corpus", {}).get("sha256"):
        notes.append(
            "note: this is not the text that the model was trained on; its own split is applied all the same"
        )
    if unknown := dict.fromkeys(piece for block in encoded for piece in block.unknown):
        notes.append(f"note: left out, since the model does not know them: {', '.join(map(repr, unknown))}")
    return torch.tensor([i for block in encoded for i in block.ids], dtype=torch.long), notes


def part(ids: torch.Tensor, model: Model, name: str) -> torch.Tensor:
    """The part of a text that the model learned from, the rest, or all of it."""
    share = model.config.get("recipe", {}).get("split", {}).get("train", 0.9)
    cut = int(len(ids) * share)
    return {"train": ids[:cut], "validation": ids[cut:], "all": ids}[name]


def table(model: Model, part: str, measured: Evaluation) -> str:
    unit, windows = model.config.get("unit", "token"), f"windows of {measured.window}, zero state"
    return (
        f"{model.name}, {part}: {measured.targets:,} predictions\n"
        f"{'':<32}{'nats':>8}{'bits':>8}  per {unit}\n"
        f"{windows:<32}{measured.windows:8.4f}{measured.windows_bits:8.4f}\n"
        f"{'streamed, state carried':<32}{measured.streamed:8.4f}{measured.streamed_bits:8.4f}"
    )
