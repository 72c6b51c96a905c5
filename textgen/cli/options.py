"""Options of the command line → what the library takes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.cli.console import Console
from textgen.errors import ModelError, SettingError, TextError, shorten
from textgen.experiments.panels import side_by_side
from textgen.models.registry import Registry, default_root
from textgen.records import Distribution, NextToken
from textgen.settings import ORDERS, RULES, DecodeSettings, check_seed, check_whole
from textgen.text.numbers import parse_numbers

if TYPE_CHECKING:
    from textgen.models.folder import Model

MAX_SETTINGS_FILE = 1_000_000  # bytes


def registry_of(args: argparse.Namespace) -> Registry:
    return Registry(Path(args.models) if args.models else default_root())


def model_of(args: argparse.Namespace) -> Model:
    """The model asked for, or the first one there is. Raises ModelError."""
    from textgen.api import load

    registry = registry_of(args)
    return load(args.model if args.model is not None else default_model(registry), registry)


def default_model(registry: Registry) -> str:
    """The model when none is named: the Shakespeare one, or the first. Raises ModelError for none."""
    first = registry.first()
    if first is None:
        raise ModelError(f"there are no models in {registry.root}; name a model folder with --model FOLDER")
    return first


def expectation_of(args: argparse.Namespace) -> NextToken:
    """The next-token scores asked for: of a model after a context, or typed in."""
    if args.numbers is None:
        from textgen.api import predict

        return predict(model_of(args), args.context or "")
    if args.context is not None or args.model is not None:
        raise TextError("--numbers stands instead of a model and its context, got both; leave one out")
    return parse_numbers(args.numbers, args.kind)


def panels_of(args: argparse.Namespace) -> tuple[Distribution, ...]:
    """One distribution for each --temperature, all other settings alike."""
    settings = settings_of(args)
    return side_by_side(expectation_of(args), temperatures_of(args, settings), settings)


def settings_of(args: argparse.Namespace) -> DecodeSettings:
    """The settings of a --settings file with the options put over them. Raises SettingError."""
    values = read_settings(Path(args.settings)) if args.settings else {}
    options = {name: getattr(args, name) for name in RULES if name != "temperature"}
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
        with path.open("rb") as file:
            content = json.loads(file.read(MAX_SETTINGS_FILE).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise SettingError(
            f"settings cannot be read from {shorten(str(path))}: {reason}; export them again"
        ) from error
    if not isinstance(content, dict):
        raise SettingError(f"settings must be a JSON object, got {shorten(content)}; export them again")
    return content


def temperatures_of(args: argparse.Namespace, settings: DecodeSettings) -> list[float]:
    return args.temperature or [settings.temperature]


def seed_of(args: argparse.Namespace, console: Console) -> int:
    """The seed asked for, or a new one; it is always shown."""
    seed = check_seed(args.seed) if args.seed is not None else console.fresh_seed()
    console.remark(f"seed {seed}" + ("" if args.seed is not None else f" (repeat with --seed {seed})"))
    return seed


def rows_of(args: argparse.Namespace) -> int:
    return check_whole("top", args.top, 1, 10_000_000, "10 is the default")
