"""Temperature Lab: how a language model chooses its next token, as a library.

    from textgen import load, next_token, generate, draw

The public names come in when first used, so `import textgen` is light: torch is loaded with the
first model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textgen.api import beam_search, draw, generate, load, next_token, predict, read, write
    from textgen.errors import TextgenError
    from textgen.experiments.sweep.run import SweepSettings, summarize, sweep
    from textgen.models.registry import Registry
    from textgen.notebook.figure import plot
    from textgen.settings import BeamSettings, DecodeSettings, Strategy
    from textgen.text.numbers import parse_numbers
    from textgen.ui.notebook import show

__version__ = "0.1.0"
__all__ = [
    "BeamSettings",
    "DecodeSettings",
    "Registry",
    "Strategy",
    "SweepSettings",
    "TextgenError",
    "beam_search",
    "draw",
    "generate",
    "load",
    "next_token",
    "parse_numbers",
    "plot",
    "predict",
    "read",
    "show",
    "summarize",
    "sweep",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for (PEP 562)."""
    from importlib import import_module

    homes = {
        "BeamSettings": "settings",
        "DecodeSettings": "settings",
        "Registry": "models.registry",
        "Strategy": "settings",
        "SweepSettings": "experiments.sweep.run",
        "TextgenError": "errors",
        "parse_numbers": "text.numbers",
        "plot": "notebook.figure",
        "show": "ui.notebook",
        "summarize": "experiments.sweep.run",
        "sweep": "experiments.sweep.run",
    }
    if name not in __all__:
        raise AttributeError(f"module 'textgen' has no attribute {name!r}")
    return getattr(import_module(f"textgen.{homes.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
