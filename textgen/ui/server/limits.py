"""What one visitor may ask of the server: settings of whoever runs it, stated on the page."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields
from typing import Any

from textgen.experiments.requests import MAX_TOKENS
from textgen.models.own import MEGABYTE, OwnLimits
from textgen.settings import check_whole

MOST = 10**12


def limit(default: int, what: str) -> int:
    """A field with its default and what it bounds, in words."""
    return field(default=default, metadata={"what": what})


@dataclass(frozen=True, slots=True)
class Limits:
    """The flags of `app.py` that bound an experiment. Raises SettingError for a number below 1."""

    sweep_tokens: int = limit(MAX_TOKENS, "tokens that one sweep reads and writes")
    sweeps: int = limit(2, "sweeps written at the same time; further ones wait")
    chaos_tokens: int = limit(60_000, "tokens that one picture of temperature chaos reads and writes")
    visitor_running: int = limit(1, "pieces of long work of each kind that one visitor has at the same time")
    visitor_waiting: int = limit(4, "pieces of it that may wait beside it; further ones are refused")
    visitor_tokens: int = limit(600_000, "tokens a minute that are read and written for one visitor")
    result_tokens: int = limit(MAX_TOKENS, "tokens read and written for a result that is saved")
    scored_characters: int = limit(20_000, "characters of a text whose perplexity is measured")
    own_hours: int = limit(24, "hours that a visitor's own model stays when nobody uses it")
    own_megabytes: int = limit(1_000, "megabytes of one such model, and of what it is made from")
    own_total: int = limit(10_000, "megabytes of all such models")
    trainings: int = limit(1, "models trained at the same time; further ones wait")
    training_minutes: int = limit(30, "minutes that one training takes; the best so far is kept then")
    training_bytes: int = limit(5_000_000, "bytes of a text that a model is trained on")

    @property
    def own(self) -> OwnLimits:
        """Those of visitors' models."""
        return OwnLimits(self.own_hours, self.own_megabytes * MEGABYTE, self.own_total * MEGABYTE)

    def __post_init__(self) -> None:
        """Check every limit."""
        for known in fields(self):
            value, default = getattr(self, known.name), f"{known.default:,} is the default"
            check_whole(flag(known.name), value, 1, MOST, default)


def flag(name: str) -> str:
    """`sweep_tokens` → `--max-sweep-tokens`."""
    return f"--max-{name.replace('_', '-')}"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """A flag a limit."""
    for known in fields(Limits):
        what = f"{known.metadata['what']} (default {known.default:,})"
        parser.add_argument(flag(known.name), dest=known.name, metavar="N", default=known.default, help=what)


def limits_from(options: argparse.Namespace) -> Limits:
    """The flags' values. Raises SettingError."""
    given = {known.name: getattr(options, known.name) for known in fields(Limits)}
    return Limits(**{name: number(value) for name, value in given.items()})


def number(value: Any) -> Any:
    """What was typed as a whole number, where it is one; the check names it otherwise."""
    text = str(value)
    return int(text) if text.isdecimal() and len(text) <= len(str(MOST)) else value
