"""Options that several commands share: for each its flags (`add_…`) and how they are read (`…_of`)."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen import receipts
from textgen.cli.console import Console
from textgen.errors import ModelError, SettingError, TextError, shorten
from textgen.experiments.panels import MAX_PANELS
from textgen.experiments.requests import ModelSource, NumbersSource, Request, Result, Source
from textgen.experiments.sweep.settings import MAX_TOKENS
from textgen.files import is_folder, save
from textgen.models.config import ModelConfig
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings, check_seed, check_whole
from textgen.stages import ORDERS, PARAMETERS, STAGES, TEMPERATURE
from textgen.text.files import read_json

if TYPE_CHECKING:
    from textgen.models.folder import Model

Arguments = argparse._ActionsContainer  # a parser, or one of its groups
MAX_SETTINGS_FILE = 1_000_000  # bytes
MOST_TOKENS = 10**12


def as_number(text: str) -> int | float | str:
    """A number where it is one, else the text: the settings then say what they want instead."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def add_json(parser: Arguments) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


# Models: --model, --models


def add_models_folder(parser: Arguments) -> None:
    parser.add_argument(
        "--models", metavar="FOLDER", help="look up names here instead of in $TEXTGEN_MODELS or ./models"
    )


def registry_of(args: argparse.Namespace) -> Registry:
    """The models that names are looked up among."""
    return Registry(Path(args.models) if args.models else default_root())


def add_model(parser: Arguments) -> None:
    parser.add_argument("-m", "--model", help="a model's name, or the path of its folder")
    add_models_folder(parser)


def model_of(args: argparse.Namespace) -> Model:
    """The model asked for, or the first one there is. Raises ModelError."""
    registry, name = place_of(args)
    return registry.get(name)


def place_of(args: argparse.Namespace) -> tuple[Registry, str]:
    """Where the model asked for lies, and its name there, which a request holds. Raises ModelError."""
    registry = registry_of(args)
    name = args.model if args.model is not None else default_model(registry)
    if name not in registry.names() and is_folder(name):
        folder = Path(name).resolve()
        ModelConfig.read(folder)  # says what is wrong with a folder that holds no model
        registry, name = Registry(folder.parent), folder.name
    registry.check(name)
    return registry, name


def default_model(registry: Registry) -> str:
    """The model when none is named: the Shakespeare one, or the first. Raises ModelError for none."""
    first = registry.first()
    if first is None:
        raise ModelError(f"there are no models in {registry.root}; name a model folder with --model FOLDER")
    return first


# What to go on from: a prompt, or a context or numbers in its stead


def add_prompt(parser: Arguments, help_text: str = "the text to go on from") -> None:
    prompt = parser.add_mutually_exclusive_group()
    prompt.add_argument("text", nargs="?", help=help_text)
    prompt.add_argument("-p", "--prompt", help="the same, by name; it may begin with a dash")


def prompt_of(args: argparse.Namespace) -> str:
    return (args.text or "") if args.prompt is None else args.prompt


def note_of(model: Model, prompt: str) -> str:
    """What the reader should know of how a model reads a prompt; empty for nothing. Raises TextError."""
    from textgen.text.context import read_context  # brings the tokenizers

    return read_context(model, prompt).note


def add_source(parser: Arguments) -> None:
    """A context for a model, or numbers typed in."""
    add_prompt(parser, "the text so far; none means the start of a text")
    add_model(parser)
    parser.add_argument("--numbers", metavar="TEXT", help="no model: '0.73, 0.15, 0.12' or 'a: 2.0, b: 1.0'")
    parser.add_argument("--kind", default="auto", help="what the numbers are: auto, probabilities or logits")


def source_of(args: argparse.Namespace) -> tuple[Registry, Source]:
    """Where the next-token scores come from: a model after a context, or numbers. Raises TextgenError."""
    if args.numbers is None:
        registry, name = place_of(args)
        return registry, ModelSource(model=name, context=prompt_of(args))
    if (args.text, args.prompt, args.model) != (None, None, None):
        raise TextError("--numbers stands instead of a model and its context, got both; leave one out")
    return registry_of(args), NumbersSource(numbers=args.numbers, numbers_kind=args.kind)


# Decoding: an option for each field of DecodeSettings, all neutral by default


def add_settings(parser: argparse.ArgumentParser) -> None:
    add_stages(parser).add_argument(
        *("-t", "--temperature"),
        type=as_number,
        action="append",
        help=f"{TEMPERATURE.legal}; {TEMPERATURE.hint}; may be given several times",
    )


def add_stages(parser: argparse.ArgumentParser) -> Arguments:
    """All but the temperature, for commands that go through many of their own."""
    group = parser.add_argument_group("decoding, all off unless asked for")
    for name, one in PARAMETERS.items():
        if name != "temperature":
            words = f"{one.help}; {one.legal}; {one.hint}"
            kind = str if one.read else as_number
            group.add_argument(f"--{one.flag}", type=kind, metavar="X", help=words)
    orders = ", ".join(map(repr, ORDERS))
    group.add_argument("--order", help=f"{orders}, or every stage once: {','.join(STAGES)}")
    group.add_argument(
        "--settings", metavar="FILE.json", help="settings that the page exported; options go first"
    )
    return group


def settings_of(args: argparse.Namespace) -> DecodeSettings:
    """The settings of a --settings file with the options put over them. Raises SettingError."""
    values = read_settings(Path(args.settings)) if args.settings else {}
    options = {name: getattr(args, name) for name in PARAMETERS if name != "temperature"}
    values |= {name: value for name, value in options.items() if value is not None}
    if args.order is not None:
        values["order"] = order_of(args.order)
    return DecodeSettings.from_dict(values)


def order_of(text: str) -> str | list[str]:
    """`temperature-first` or `temperature last`, or stage names with commas between."""
    name = text.strip().replace("-", " ")
    return name if name in ORDERS else [stage.strip().replace("-", "_") for stage in text.split(",")]


def read_settings(path: Path) -> dict[str, Any]:
    """The JSON object of a settings file. Raises SettingError for a file that holds none."""
    try:
        content = read_json(path, MAX_SETTINGS_FILE)
    except TextError as error:
        raise SettingError(f"settings: {error}") from error
    if not isinstance(content, dict):
        raise SettingError(f"settings must be a JSON object, got {shorten(content)}; export them again")
    return content


def temperatures_of(args: argparse.Namespace, settings: DecodeSettings) -> list[float]:
    """Each --temperature, else that of the settings. Raises SettingError for too many."""
    temperatures = args.temperature or [settings.temperature]
    check_whole("the number of temperatures", len(temperatures), 1, MAX_PANELS, "leave some out")
    return temperatures


# Seed, rows, the size of the work, a recipe's values


def add_seed(parser: Arguments) -> None:
    parser.add_argument("--seed", type=as_number, help="repeats a result; a new one each time otherwise")


def seed_of(args: argparse.Namespace, console: Console) -> int:
    """The seed asked for, or a new one; it is always shown."""
    seed = check_seed(args.seed) if args.seed is not None else console.fresh_seed()
    console.remark(f"seed {seed}" + ("" if args.seed is not None else f" (repeat with --seed {seed})"))
    return seed


def add_rows(parser: Arguments) -> None:
    parser.add_argument("--top", type=as_number, default=10, metavar="N", help="rows of the table (10)")


def rows_of(args: argparse.Namespace) -> int:
    return check_whole("top", args.top, 1, 10_000_000, "10 is the default")


def add_max_tokens(parser: Arguments) -> None:
    parser.add_argument(
        "--max-tokens", type=as_number, default=MAX_TOKENS, help=f"refuse larger work ({MAX_TOKENS})"
    )


def max_tokens_of(args: argparse.Namespace) -> int:
    return check_whole("max-tokens", args.max_tokens, 1, MOST_TOKENS, f"{MAX_TOKENS:,} is the default")


def add_encoding(parser: Arguments) -> None:
    parser.add_argument(
        "--encoding", metavar="NAME", help="of the text, such as latin-1 or cp1252, if it is not UTF-8"
    )


def add_recipe_values(parser: Arguments, example: str) -> None:
    parser.add_argument(
        *("-s", "--set"), action="append", default=[], metavar="KEY=VALUE", help=f"such as {example}"
    )


# --receipt: what `replay` needs to compute the printed result again


def add_receipt(parser: Arguments) -> None:
    parser.add_argument(
        "--receipt", metavar="FILE.json", help="also write what `replay` needs to repeat the result"
    )


def save_receipt(
    args: argparse.Namespace,
    registry: Registry,
    request: Request,
    result: Result,
    max_tokens: int = MAX_TOKENS,
) -> None:
    """Write the receipt, if asked for. Raises TextgenError; what was printed stands."""
    if args.receipt is not None:
        receipt = receipts.build(request, registry, datetime.now(UTC), result, max_tokens)
        save(args.receipt, receipt.receipt_text)
