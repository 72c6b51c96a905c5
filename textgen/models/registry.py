"""The registry of models: lists a folder of them, loads each when first asked for, keeps no more than fit."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.errors import ModelError, shorten
from textgen.models.config import FILE, ModelConfig
from textgen.models.own import OwnModels, gone, is_own

if TYPE_CHECKING:
    from textgen.decoding.scheduler import Scheduler
    from textgen.models.folder import Model

SHIPPED = Path(__file__).resolve().parents[2] / "models"
FIRST = "shakespeare-char-lstm"  # what a visitor sees before choosing
MAX_BYTES = 1_500_000_000  # of loaded models
Stamp = tuple[int, int]  # when a config.json was written, in ns, and its size: another one for a new model


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model's facts, read from its config.json without loading torch."""

    name: str
    config: ModelConfig

    @property
    def title(self) -> str:
        return self.config.title or self.name


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory."""

    model: Model
    stamp: Stamp
    bytes: int


class Registry:
    """The models in a folder. Safe to use from many threads.

    A model stays in memory until others need its room: then those go that were not asked for longest,
    never the one just asked for. A folder whose config.json has changed is loaded again.

    A visitor's own model (`own.py`) is found by its name, as any other, and listed nowhere.
    """

    def __init__(self, root: Path, max_bytes: int = MAX_BYTES, own: OwnModels | None = None) -> None:
        self.root, self.own = root, own
        self.max_bytes = max_bytes
        self._models: dict[str, Loaded] = {}  # least recently asked for first
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._shared = False

    def share(self) -> None:
        """From now on a few threads compute with all models, whoever asks: so a server is fair and fast."""
        with self._guard:
            self._shared = True
            for name, loaded in self._models.items():
                self._models[name] = replace(loaded, model=self._shared_model(loaded.model))

    @cached_property
    def scheduler(self) -> Scheduler:
        """Those threads."""
        from textgen.decoding.scheduler import Scheduler  # torch comes in with the first model

        return Scheduler()

    @property
    def work(self) -> tuple[int, int]:
        """Tokens that the shared threads have written, and how much takes turns there."""
        scheduler: Scheduler | None = vars(self).get("scheduler")  # none before the first model
        return (scheduler.tokens, scheduler.waiting) if scheduler else (0, 0)

    def names(self) -> list[str]:
        """The folders that hold a config.json, in alphabetical order; a name must be a text."""
        if not self.root.is_dir():
            return []
        names = (path.parent.name for path in self.root.glob(f"*/{FILE}"))
        return sorted(name for name in names if name.isprintable())

    def first(self) -> str | None:
        """The model to begin with: the Shakespeare one, else the first; None where there is none."""
        names = self.names()
        return FIRST if FIRST in names else next(iter(names), None)

    def info(self, name: str) -> ModelInfo:
        """The facts of a model. Raises ModelError for an unknown or unreadable one."""
        return ModelInfo(name, ModelConfig.read(self.folder(name)))

    def folder(self, name: str) -> Path:
        """The folder of a model: a name is looked up, never joined to a path unseen."""
        names = self.names()
        if name in names:
            return self.root / name
        if is_own(name):
            return self._own_folder(name)
        known = ", ".join(names) or f"none in {self.root}"
        raise ModelError(f"there is no model {shorten(name)!r}; the models are: {known}")

    def _own_folder(self, name: str) -> Path:
        if self.own is None:
            raise gone()
        return self.own.folder(name)

    def check(self, name: Any) -> None:
        """Raises ModelError for anything that is not the name of a model."""
        self.folder(name)

    def stamps(self) -> tuple[tuple[str, Stamp | None], ...]:
        """Every model with what tells it from another that took its place; None where it cannot be read."""
        return tuple((name, stamp_or_none(self.root / name)) for name in self.names())

    def loaded(self) -> list[str]:
        """The models in memory, the one asked for last at the end."""
        with self._guard:
            return list(self._models)

    def get(self, name: str) -> Model:
        """The model, loaded at the first call; only who asks for the same one waits. Raises ModelError."""
        stamp = stamp_of(self.folder(name))
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        return self._recall(name, stamp) or self._load(name, lock)

    def _recall(self, name: str, stamp: Stamp) -> Model | None:
        """The model as it is in memory, unless its folder has changed since."""
        with self._guard:
            loaded = self._models.get(name)
            if loaded is None or loaded.stamp != stamp:
                return None
            self._models[name] = self._models.pop(name)  # to the end: asked for last
            return loaded.model

    def _load(self, name: str, lock: threading.Lock) -> Model:
        """Read the model, unless another thread has done so meanwhile."""
        from textgen.models.folder import load

        with lock:
            stamp = stamp_of(self.folder(name))
            if loaded := self._recall(name, stamp):
                return loaded
            model = load(self.folder(name))
            if self._shared:
                model = self._shared_model(model)
            self._keep(name, Loaded(model, stamp, bytes_of(model)))
            return model

    def _shared_model(self, model: Model) -> Model:
        return model if model.stepper is self.scheduler else replace(model, stepper=self.scheduler)

    def _keep(self, name: str, new: Loaded) -> None:
        """Put a model in; what was not asked for longest goes, as far as room is needed."""
        with self._guard:
            self._models.pop(name, None)
            self._models[name] = new
            while (
                len(self._models) > 1
                and sum(loaded.bytes for loaded in self._models.values()) > self.max_bytes
            ):
                del self._models[next(iter(self._models))]


def stamp_of(folder: Path) -> Stamp:
    """What differs between one model of a folder and the next. Raises ModelError."""
    try:
        facts = (folder / FILE).stat()
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be read ({error.strerror}); train or copy the model again"
        ) from error
    return facts.st_mtime_ns, facts.st_size


def stamp_or_none(folder: Path) -> Stamp | None:
    try:
        return stamp_of(folder)
    except ModelError:
        return None


def bytes_of(model: Model) -> int:
    """What a model takes in memory: its numbers twice, since stepping works on a prepared copy."""
    tensors = [*model.net.parameters(), *model.net.buffers()]
    return 2 * sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def default_root() -> Path:
    """`$TEXTGEN_MODELS`, else the models shipped beside the package."""
    return Path(os.environ.get("TEXTGEN_MODELS") or SHIPPED)
