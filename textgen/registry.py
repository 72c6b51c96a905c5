"""Which models there are; loads each once, when first asked for."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.errors import ModelError, shorten

if TYPE_CHECKING:
    from textgen.checkpoint import Model

SHIPPED = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model's facts, read from its config.json without loading torch."""

    name: str
    config: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.config.get("title", self.name))


class Registry:
    """The models in a folder. Safe to use from many threads."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._models: dict[str, Model] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def names(self) -> list[str]:
        """The folders that hold a config.json, in alphabetical order."""
        if not self.root.is_dir():
            return []
        return sorted(path.parent.name for path in self.root.glob("*/config.json"))

    def info(self, name: str) -> ModelInfo:
        """The facts of a model. Raises ModelError for an unknown or unreadable one."""
        path = self.folder(name) / "config.json"
        try:
            return ModelInfo(name, dict(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise ModelError(f"{path} cannot be read ({error}); train or copy the model again") from error

    def folder(self, name: str) -> Path:
        """The folder of a listed model: a name is looked up, never joined to a path unseen."""
        self.check(name)
        return self.root / name

    def check(self, name: Any) -> None:
        """Raises ModelError for anything that is not the name of a listed model."""
        names = self.names()
        if name not in names:
            known = ", ".join(names) or f"none in {self.root}"
            raise ModelError(f"there is no model {shorten(name)!r}; the models are: {known}")

    def get(self, name: str) -> Model:
        """The model, loaded at the first call. Raises ModelError."""
        self.check(name)
        with self._guard:
            if name in self._models:
                return self._models[name]
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._models:
                from textgen.checkpoint import load

                self._models[name] = load(self.folder(name))
        return self._models[name]


def default_root() -> Path:
    """`$TEXTGEN_MODELS`, else the models shipped beside the package."""
    return Path(os.environ.get("TEXTGEN_MODELS") or SHIPPED)
