"""A recipe for somebody's own text: as large a net and as long a run as the text can feed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textgen.training.reading import files_of
from textgen.training.recipe import check_choice

# Per level: bytes of text from which a size is worth its while, hidden width, passes over the text. A
# small text is soon known by heart: a smaller net reads it more often before that.
SIZES: Mapping[str, tuple[tuple[int, int, int], ...]] = MappingProxyType(
    {
        "char": ((0, 128, 60), (100_000, 256, 30), (1_000_000, 512, 15), (10_000_000, 512, 3)),
        "word": ((0, 96, 40), (300_000, 160, 20), (3_000_000, 256, 12), (30_000_000, 400, 3)),
    }
)
BYTES_A_TOKEN: Mapping[str, float] = MappingProxyType({"char": 1.0, "word": 4.5})
DROPOUT: Mapping[str, float] = MappingProxyType(
    {"embedding": 0.1, "between": 0.4, "output": 0.5, "weights": 0.2}
)
ROWS = 25  # of the log


def own_recipe(corpus: Path, level: str, name: str) -> dict[str, Any]:
    """The values of a recipe for a text. Raises TextError for no text, SettingError for a level."""
    check_choice("level", level, tuple(SIZES))
    size = sum(file.stat().st_size for file in files_of(corpus))
    _, hidden, passes = max(row for row in SIZES[level] if row[0] <= size)
    streams, length = batch(size / BYTES_A_TOKEN[level])
    steps = max(100, int(0.9 * size / BYTES_A_TOKEN[level] * passes / (streams * length)))
    return {
        "name": name,
        "title": name,
        "level": level,
        "start": "",
        "averaging": 0.99,
        "calibrate": True,
        "text": {"min_count": 2 if level == "word" else 1},
        "net": {
            "architecture": "lstm",
            "sizes": {"embedding": hidden // 2, "hidden": hidden, "layers": 2, "tied": level == "word"},
            "dropout": dict(DROPOUT),
        },
        "batches": {"streams": streams, "length": length, "reset": 0.05},
        "optimiser": {"rate": 3e-3, "clip": 1.0},
        "schedule": {"steps": steps, "warmup": 100, "stop_after": 5},
        "log": {"every": max(20, steps // ROWS), "window": 128 if level == "char" else 64, "sample": 200},
    }


def batch(tokens: float) -> tuple[int, int]:
    """Streams and tokens a stream of a step: small steps for a small text, so that there are enough."""
    return (8, 64) if tokens < 50_000 else (16, 64) if tokens < 500_000 else (32, 128)
