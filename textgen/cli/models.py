"""`models`: the list of models, with their network and size."""

from __future__ import annotations

import argparse
from typing import Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.tables import table
from textgen.errors import ModelError
from textgen.models.registry import Registry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_models_folder(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    registry = options.registry_of(args)
    facts = {name: facts_of(registry, name, console) for name in registry.names()}
    if args.json:
        console.json(facts)
    elif not facts:
        console.remark(f"there are no models in {registry.root}")
    else:
        console.say(table([("model", "network", "parameters"), *(row(*item) for item in facts.items())]))


def facts_of(registry: Registry, name: str, console: Console) -> dict[str, Any]:
    """A model's config; one that cannot be read is named beside the table and keeps its row."""
    try:
        return registry.info(name).config.to_json()
    except ModelError as error:
        console.complain(str(error))
        return {}


def row(name: str, config: dict[str, Any]) -> tuple[str, str, str]:
    parameters = config.get("parameters")
    counted = f"{parameters:,}" if isinstance(parameters, int) else "?"
    return name, str(config.get("architecture", "?")), counted
