"""A record of temperature chaos → what the page draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textgen.experiments.chaos.rows import Chaos
from textgen.experiments.chaos.summary import sentences
from textgen.experiments.chaos.text import pieces
from textgen.plots import chaos as plots

if TYPE_CHECKING:
    from textgen.models.folder import Model


def picture(model: Model, chaos: Chaos) -> dict[str, Any]:
    """The whole picture: its rows, its chart, itself in words, and the request that makes it again."""
    settings = chaos.settings
    request = {
        "kind": "chaos",
        "model": chaos.model,
        "prompt": chaos.prompt,
        "temperatures": list(settings.temperatures),
        "seed": settings.seed,
        "length": settings.length,
        "settings": settings.decode.to_dict(),
    }
    record = plots.Divergences(settings.temperatures, chaos.divergences, settings.length)
    return {
        "request": request,
        "columns": model.tokenizer.level == "char",
        "summary": list(sentences(chaos)),
        "rows": [
            {"t": t, "at": chaos.divergences[row], "tokens": pieces(model, chaos, row)}
            for row, t in enumerate(settings.temperatures)
        ],
        "figure": plots.divergences(record),
    }
