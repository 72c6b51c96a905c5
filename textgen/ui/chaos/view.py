"""A record of temperature chaos → what the page draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textgen.experiments.chaos.rows import Chaos
from textgen.experiments.chaos.summary import sentences
from textgen.experiments.chaos.text import pieces
from textgen.plots import chaos as plots

if TYPE_CHECKING:
    from textgen.models.folder import Model

BETWEEN = "\x1f"  # between two tokens of a row; no token holds it, since controls are made visible


def picture(model: Model, made: Chaos) -> dict[str, Any]:
    """The whole picture: its rows, its chart, itself in words, and what it takes to make it again."""
    record = plots.Partings(made.settings.temperatures, made.partings, made.settings.length)
    return {
        "request": request_of(made),
        "columns": model.tokenizer.level == "char",
        "summary": list(sentences(made)),
        "rows": [
            {"t": t, "at": made.partings[row], "tokens": BETWEEN.join(pieces(model, made, row))}
            for row, t in enumerate(made.settings.temperatures)
        ],
        "figure": plots.partings(record),
    }


def request_of(made: Chaos) -> dict[str, Any]:
    """What it takes to make a picture again."""
    settings = made.settings
    return {
        "kind": "chaos",
        "model": made.model,
        "prompt": made.prompt,
        "temperatures": list(settings.temperatures),
        "seed": settings.seed,
        "length": settings.length,
        "settings": settings.decode.to_dict(),
    }
