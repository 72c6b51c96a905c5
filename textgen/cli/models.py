"""`models`: the list of models, with their network, size and loss."""

from __future__ import annotations

import argparse
from typing import Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.tables import table
from textgen.errors import ModelError
from textgen.models.config import ModelConfig
from textgen.models.registry import Registry

HEADS = ("model", "network", "parameters", "loss on new text", "bits per character")
UNITS = {"char": "character"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_models_folder(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    registry = options.registry_of(args)
    facts = {name: config_of(registry, name, console) for name in registry.names()}
    if args.json:
        console.json({name: as_json(config) if config else {} for name, config in facts.items()})
    elif not facts:
        console.remark(f"there are no models in {registry.root}")
    else:
        console.say(table([HEADS, *(row(*item) for item in facts.items())]))


def config_of(registry: Registry, name: str, console: Console) -> ModelConfig | None:
    """A model's config; one that cannot be read is named beside the table and keeps its row."""
    try:
        return registry.info(name).config
    except ModelError as error:
        console.complain(str(error))
        return None


def as_json(config: ModelConfig) -> dict[str, Any]:
    """config.json, its losses with bits per character."""
    losses = config.losses
    bits = losses.bits_per_character(losses.validation)
    return {**config.to_json(), "losses": {**losses.to_json(), "bits_per_character": bits}}


def row(name: str, config: ModelConfig | None) -> tuple[str, ...]:
    if config is None:
        return (name, *["?"] * (len(HEADS) - 1))
    nats, unit = config.losses.validation, UNITS.get(config.unit, config.unit or "token")
    bits = config.losses.bits_per_character(nats)
    return (
        name,
        config.architecture,
        "?" if config.parameters is None else f"{config.parameters:,}",
        "?" if nats is None else f"{nats:.4f} nats per {unit}",
        "?" if bits is None else f"{bits:.3f}",
    )
