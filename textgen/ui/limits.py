"""What one visitor may ask of the server: settings of whoever runs it, stated on the page."""

from __future__ import annotations

from dataclasses import dataclass

from textgen.analysis.sweep_settings import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class Limits:
    """The flags of `app.py` that bound an experiment."""

    sweep_tokens: int = MAX_TOKENS  # of one sweep
    sweeps: int = 2  # that are written at the same time; further ones wait
    chaos_tokens: int = 50_000  # of one picture of temperature chaos
    scored_characters: int = 100_000  # of a text whose perplexity is measured
