"""What the parts of the Experiments tab share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from textgen.models.registry import Registry
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.sidebar import Controls
from textgen.ui.sweep.store import SweepStore


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
