"""What all tabs share on the server: the models, the limits, the sweeps that are held, clocks and chance."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from textgen.classroom.store import MemoryRooms, Rooms
from textgen.experiments.requests.source import ModelSource, Source
from textgen.models.own import OwnModels
from textgen.models.registry import Registry
from textgen.settings import check_seed
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import Visitors
from textgen.ui.server.workers import Workers
from textgen.ui.service.store import MemoryStore, Store
from textgen.ui.sweep.runs import SweepStore

# Files made, texts measured, checkpoints imported, pictures of chaos, trainings estimated at once.
LANES = {"files": 2, "scores": 1, "imports": 1, "pictures": 1, "estimates": 1}


KEPT = 128  # contexts: as many as a model remembers to have read


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_seed() -> int:
    """A fresh seed that is easily read out in class."""
    return secrets.randbelow(1_000_000)


def new_run() -> str:
    """The id of a result: whoever knows it may see the result."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Allowed:
    """What visitors may do that takes room or time of the server's, beyond looking at its models."""

    own_models: bool = False  # bring models of their own
    training: bool = False  # train some


@dataclass(frozen=True)
class Laboratory:
    """Handed to every tab; nothing else is shared between them."""

    registry: Registry
    limits: Limits = Limits()
    new_seed: Callable[[], int] = new_seed
    now: Callable[[], datetime] = utc_now
    clock: Callable[[], float] = time.monotonic  # seconds, from any start
    sweeps: SweepStore = field(default_factory=lambda: SweepStore(new_run))
    new_workers: Callable[[Registry, Mapping[str, int]], Workers] = Workers
    store: Store = field(default_factory=MemoryStore)  # what all processes of one server share
    rooms: Rooms = field(default_factory=lambda: MemoryRooms(time.time))  # of classes
    allowed: Allowed = Allowed()
    contexts: deque[str] = field(
        default_factory=lambda: deque(maxlen=KEPT)
    )  # asked for last, with their models

    @classmethod
    def sharing(
        cls,
        registry: Registry,
        limits: Limits,
        store: Store,
        rooms: Rooms | None = None,
        allowed: Allowed = Allowed(),
    ) -> Laboratory:
        """A laboratory of which there may be several, each in a process of its own."""
        sweeps, known = SweepStore(new_run, store=store), rooms or MemoryRooms(time.time)
        return cls(registry, limits, sweeps=sweeps, store=store, rooms=known, allowed=allowed)

    def __post_init__(self) -> None:
        self.registry.share()

    @property
    def own(self) -> OwnModels | None:
        """The models of visitors; None where they may have none."""
        return self.registry.own

    @cached_property
    def workers(self) -> Workers:
        """Processes for heavy work, and how much of each kind is done at once."""
        return self.new_workers(self.registry, {"sweeps": self.limits.sweeps, **LANES})

    @cached_property
    def visitors(self) -> Visitors:
        """What each visitor has of the server."""
        return Visitors(self.limits, self.clock)

    def charge_reading(self, source: Source) -> None:
        """Count what reading a source's context takes, which is little where most of it was read before.

        Raises TextgenError for too much in a minute.
        """
        if not isinstance(source, ModelSource):
            return
        text = f"{source.model}\0{source.context}"
        known = (len(before) for before in self.contexts.copy() if text.startswith(before))
        self.visitors.charge(1 + min(len(source.context), len(text) - max(known, default=0)))
        self.contexts.append(text)

    def seed(self, asked: Any) -> int:
        """The seed that a request asks for, a fresh one for None. Raises SettingError."""
        return self.new_seed() if asked is None else check_seed(asked)
