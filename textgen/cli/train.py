"""`train`: a recipe and a text → a trained model among the models."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from types import ModuleType

from textgen.cli import options
from textgen.cli.console import Console
from textgen.errors import TextgenError
from textgen.training.job import TrainOptions, is_leader, to_stderr
from textgen.training.recipe import LEVELS, NETS, bundled
from textgen.validation import number_in

MOST_MINUTES = 10**6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Train a model on a text. The finished folder appears among the models."
    parser.add_argument(
        "recipe",
        nargs="?",
        help=f"one of {', '.join(bundled())}, or a .toml file; without one, a recipe is made to fit the text",
    )
    parser.add_argument(
        "--corpus",
        type=Path,
        required=True,
        metavar="PATH",
        help="a text file, UTF-8, or a folder of .txt files",
    )
    options.add_encoding(parser)
    parser.add_argument(
        "--net", choices=("auto", *NETS), default="auto", help="of a text without a recipe (to fit the text)"
    )
    parser.add_argument("--level", choices=LEVELS, default="char", help="of a text without a recipe (char)")
    parser.add_argument("--name", help="of the model (the recipe's, or the file's)")
    parser.add_argument("--models", metavar="FOLDER", help="where it appears ($TEXTGEN_MODELS or ./models)")
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="FOLDER", help="checkpoints (runs)"
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    again.add_argument("--restart", action="store_true", help="throw the run's checkpoints away")
    parser.add_argument("--replace", action="store_true", help="replace a model of that name at the end")
    parser.add_argument("--minutes", type=float, metavar="N", help="end then, and keep the best so far")
    parser.add_argument(
        "--end-file", type=Path, metavar="PATH", help="end when this file appears, and keep the best so far"
    )
    add_values(parser.add_argument_group("over the recipe's values"))
    add_machine(parser.add_argument_group("machine, as Lightning's Trainer takes it"))


def add_values(group: options.Arguments) -> None:
    group.add_argument("--seed", type=int)
    group.add_argument(
        "--max-steps",
        type=int,
        metavar="N",
        help="the learning rate's schedule fits it; --resume goes on to it",
    )
    options.add_recipe_values(group, example="optimiser.rate=1e-3")


def add_machine(group: options.Arguments) -> None:
    group.add_argument("--accelerator", default="auto", help="auto, cpu, gpu, …")
    group.add_argument("--devices", default="auto", help="how many")
    group.add_argument("--strategy", default="auto", help="such as ddp")
    group.add_argument(
        "--precision", default="auto", help="auto takes bf16 autocast where the machine has it"
    )
    group.add_argument("--quiet", action="store_true", help="no progress")
    group.add_argument("--json", action="store_true", help="progress for a program, a JSON object a line")
    group.add_argument("--estimate", action="store_true", help="only measure how long it would take; JSON")


def run(args: argparse.Namespace, console: Console) -> None:
    """Train, and name the folder. Raises TextgenError."""
    trainer, asked = load_trainer(), (args.recipe, args.corpus, train_options(args, console))
    if args.estimate:
        console.json_line(trainer.estimate(*asked)._asdict())
        return
    folder = trainer.train(*asked)
    if is_leader() and not args.json:
        console.say(str(folder))


def load_trainer() -> ModuleType:
    """`training.run`, which needs Lightning. Raises TextgenError when that is not installed."""
    try:
        return import_module("textgen.training.run")
    except ModuleNotFoundError as error:
        raise TextgenError(f"training needs {error.name}; install it: pip install -e '.[train]'") from error


def minutes(value: float | None) -> float | None:
    """A length of time. Raises SettingError."""
    return None if value is None else number_in(0, MOST_MINUTES, "60 is an hour")("minutes", value)


def train_options(args: argparse.Namespace, console: Console) -> TrainOptions:
    return TrainOptions(
        name=args.name,
        level=args.level,
        net=args.net,
        models=options.registry_of(args).root,
        runs=args.runs,
        resume=args.resume,
        restart=args.restart,
        replace=args.replace,
        encoding=args.encoding,
        seed=args.seed,
        max_steps=args.max_steps,
        overrides=tuple(args.set),
        accelerator=args.accelerator,
        devices=args.devices,
        strategy=args.strategy,
        precision=args.precision,
        report=None if args.quiet or args.json else to_stderr,
        tell=console.json_line if args.json else None,
        end_file=args.end_file,
        minutes=minutes(args.minutes),
    )
