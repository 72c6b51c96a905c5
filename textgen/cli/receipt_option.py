"""`--receipt FILE`: the receipt of what a command has printed."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from textgen import receipts
from textgen.cli.options import registry_of
from textgen.experiments.sweep.settings import MAX_TOKENS
from textgen.files import save
from textgen.models.registry import Registry

Request = Mapping[str, Any]


def save_receipt(
    args: argparse.Namespace,
    request: Callable[[], Request],
    result: Callable[[], Mapping[str, Any]],
    max_tokens: int = MAX_TOKENS,
) -> None:
    """Write the receipt, if asked for. Raises TextgenError; what was printed stands."""
    if args.receipt is None:
        return
    asked, (registry, _) = request(), place_of(args)
    made = receipts.make(asked, registry, datetime.now(UTC), result(), max_tokens)
    save(args.receipt, made.receipt_text)


def source_of(args: argparse.Namespace, field: str, text: str | None) -> dict[str, Any]:
    """What was asked, as a request names it: the model and its text under `field`, or typed-in numbers."""
    if getattr(args, "numbers", None) is not None:
        return {"numbers": args.numbers, "numbers_kind": args.kind}
    return {"model": place_of(args)[1], field: text or ""}


def place_of(args: argparse.Namespace) -> tuple[Registry, str]:
    """Where the model lies, and its name there: a receipt never names a folder."""
    registry = registry_of(args)
    name = getattr(args, "model", None)
    if not isinstance(name, str) or name in registry.names():
        return registry, name if isinstance(name, str) else registry.first() or ""
    folder = Path(name).resolve()
    return Registry(folder.parent), folder.name
