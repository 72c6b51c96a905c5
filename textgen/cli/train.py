"""`python -m textgen train`, `evaluate`, `baseline` and `corpus`: arguments → what they ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from textgen.cli import baseline as baseline_command
from textgen.cli import corpus as corpus_command
from textgen.cli import evaluate as evaluate_command
from textgen.errors import TextgenError
from textgen.models.registry import default_root
from textgen.training.options import TrainOptions, is_leader, to_stderr
from textgen.training.recipe_file import bundled


def main(argv: Sequence[str] | None = None) -> int:
    """Run `train …` or a command beside it → exit code. Raises TextgenError for a mistake of the user."""
    parser = argparse.ArgumentParser("python -m textgen")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, add, action in (
        ("train", add_arguments, run),
        ("evaluate", evaluate_command.add_arguments, evaluate_command.run),
        ("baseline", baseline_command.add_arguments, baseline_command.run),
        ("corpus", corpus_command.add_arguments, corpus_command.run),
    ):
        command = commands.add_parser(name, allow_abbrev=False)
        add(command)
        command.set_defaults(action=action)
    args = parser.parse_args(argv)
    return args.action(args)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `train`."""
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
    parser.add_argument(
        "--level", choices=("char", "word"), default="char", help="of a text without a recipe (char)"
    )
    parser.add_argument("--name", help="of the model (the recipe's, or the file's)")
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="where it appears ($TEXTGEN_MODELS or ./models)"
    )
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="FOLDER", help="checkpoints (runs)"
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    again.add_argument("--restart", action="store_true", help="throw the run's checkpoints away")
    parser.add_argument("--replace", action="store_true", help="replace a model of that name at the end")
    add_values(parser)
    add_machine(parser)


def add_values(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("over the recipe's values")
    group.add_argument("--seed", type=int)
    group.add_argument(
        "--max-steps", type=int, metavar="N", help="the learning rate's schedule shrinks with it"
    )
    group.add_argument(
        *("-s", "--set"), action="append", default=[], metavar="KEY=VALUE", help="such as optimiser.rate=1e-3"
    )


def add_machine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("machine, as Lightning's Trainer takes it")
    group.add_argument("--accelerator", default="auto", help="auto, cpu, gpu, …")
    group.add_argument("--devices", default="auto", help="how many")
    group.add_argument("--strategy", default="auto", help="such as ddp")
    group.add_argument(
        "--precision", default="auto", help="auto takes bf16 autocast where the machine has it"
    )
    group.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Train, and name the folder. Raises TextgenError."""
    folder = load_trainer()(args.recipe, args.corpus, options(args))
    if is_leader():
        print(folder)
    return 0


def load_trainer() -> Callable[[str, Path, TrainOptions], Path]:
    """`run.train`, which needs Lightning. Raises TextgenError when that is not installed."""
    try:
        from textgen.training.run import train
    except ModuleNotFoundError as error:
        raise TextgenError(f"training needs {error.name}; install it: pip install -e '.[train]'") from error
    return train


def options(args: argparse.Namespace) -> TrainOptions:
    return TrainOptions(
        name=args.name,
        level=args.level,
        models=args.models or default_root(),
        runs=args.runs,
        resume=args.resume,
        restart=args.restart,
        replace=args.replace,
        seed=args.seed,
        max_steps=args.max_steps,
        overrides=tuple(args.set),
        accelerator=args.accelerator,
        devices=args.devices,
        strategy=args.strategy,
        precision=args.precision,
        tell=None if args.quiet else to_stderr,
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TextgenError as error:
        sys.exit(f"textgen: {error}")
