"""`import`: a checkpoint made elsewhere → a model among the models."""

from __future__ import annotations

import argparse
from pathlib import Path

from textgen.cli import options
from textgen.cli.console import Console
from textgen.importing.run import ImportOptions, import_model
from textgen.importing.vocabulary import ORDERS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make a model folder of a checkpoint: a PyTorch state dict (.pt, .pth, .ckpt, .safetensors), a "
        "whole Keras model (.keras, .h5), or a folder of Hugging Face's. Nothing in it is run."
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="the file or folder")
    parser.add_argument("--name", help="of the model (the file's)")
    parser.add_argument(
        "--vocab",
        type=Path,
        metavar="FILE",
        help="its tokens: JSON, a list or a map; or the text they come from",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        metavar="FILE",
        help="a text to check it on; also names the tokens, where nothing else does",
    )
    orders = "; ".join(f"{name}: {words}" for name, words in ORDERS.items())
    parser.add_argument(
        "--order",
        choices=tuple(ORDERS),
        help=f"of a text's characters ({orders}; without it, what fits best)",
    )
    parser.add_argument("--models", metavar="FOLDER", help="where it appears ($TEXTGEN_MODELS or ./models)")
    parser.add_argument("--replace", action="store_true", help="replace a model of that name")


def run(args: argparse.Namespace, console: Console) -> None:
    """Import, say what is to be known, and name the folder. Raises TextgenError."""
    imported = import_model(args.source, import_options(args))
    for note in imported.notes:
        console.remark(f"note: {note}")
    console.say(str(imported.folder))


def import_options(args: argparse.Namespace) -> ImportOptions:
    return ImportOptions(
        models=options.registry_of(args).root,
        name=args.name,
        vocab=args.vocab,
        corpus=args.corpus,
        order=args.order,
        replace=args.replace,
    )
