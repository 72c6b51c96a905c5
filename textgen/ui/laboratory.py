"""What the parts of the Experiments tab share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from textgen.registry import Registry
from textgen.ui.controls import Controls
from textgen.ui.limits import Limits
from textgen.ui.sweep_store import SweepStore


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Laboratory:
    """The models, the sidebar, the limits and the sweeps that are held."""

    registry: Registry
    controls: Controls
    new_seed: Callable[[], int]
    limits: Limits
    sweeps: SweepStore
    now: Callable[[], datetime] = field(default=utc_now)
