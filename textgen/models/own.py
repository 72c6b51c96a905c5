"""Models of visitors: folders that only their names lead to, and that go when nobody uses them any more.

    own = OwnModels(Path("visitors"), OwnLimits(hours=24))
    with own.draft() as folder:                 # nobody sees what lies there
        …                                       # make a model folder of it
        name = own.add(folder, "Grandma's letters")   # own-3f2a…: 128 bits of chance
    own.folder(name)                            # as often as it is used; each time counts as a use

A name is on no list: whoever has it may use the model. Whoever has its key besides may rename, download and
delete it. The page's process and the workers each hold an `OwnModels` on the same folder.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textgen.errors import ModelError, TextError
from textgen.files import named
from textgen.graphemes import clip
from textgen.models.config import FILE, ModelConfig
from textgen.models.draft import OLD, appearing, shelf_beside

NAME = re.compile(r"own-[0-9a-f]{32}")
SECRET = ".secret"  # from which keys are made
HOUR = 3600.0
NOTED = 60.0  # seconds after which another use is noted
RESTED = HOUR  # seconds unused after which a model gives way to a new one, where there is no room
LONGEST_TITLE = 80  # characters
AGAIN = "bring or train it again in the Model tab, or choose another model"
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """How long models of visitors stay, and how large they may be."""

    hours: float = 24  # unused
    bytes: int = 1_000 * MEGABYTE  # of one
    total: int = 10_000 * MEGABYTE  # of all


@dataclass(frozen=True)
class OwnModels:
    """A folder of such models. Safe to use from many threads and processes."""

    root: Path
    limits: OwnLimits = OwnLimits()
    clock: Callable[[], float] = time.time
    _guard: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return OwnModels, (self.root, self.limits, self.clock)

    # ---- using one

    def folder(self, name: str) -> Path:
        """Where a model lies; that counts as a use of it. Raises ModelError for one that is gone."""
        folder = self.root / name
        unused = self._unused(folder) if is_own(name) else None
        if unused is None or unused > self.limits.hours * HOUR:
            raise gone(self.limits.hours)
        if unused > NOTED:
            self._note_use(folder)
        return folder

    def key(self, name: str) -> str:
        """What only whoever made a model is told. Raises OSError."""
        return hmac.digest(self._secret(), name.encode(), "sha256").hex()[:32]

    def check_key(self, name: str, key: Any) -> None:
        """Raises ModelError for a model that is gone, or for another key than its own."""
        self.folder(name)
        given = key.encode("utf-8", "replace") if isinstance(key, str) else b""
        if not hmac.compare_digest(self.key(name).encode(), given):
            raise ModelError("only whoever brought or trained this model can do that; you can use it")

    # ---- making and changing one

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """An empty folder that nobody sees, and that vanishes with the block."""
        self._make_root()
        with shelf_beside(self.root / "draft") as shelf:
            folder = shelf / "draft"
            folder.mkdir()
            yield folder

    def add(self, folder: Path, title: str) -> str:
        """Move a model folder in, and give it a name. Raises ModelError for one too large, TextError."""
        name = f"own-{secrets.token_hex(16)}"
        self._put(folder, name, as_title(title))
        return name

    def replace(self, name: str, folder: Path) -> None:
        """Put a newer model folder in a model's place, under its title. Raises ModelError."""
        title = ModelConfig.read(self.folder(name)).title
        self._put(folder, name, title)

    def rename(self, name: str, title: str) -> None:
        """Give a model another title. Raises ModelError, TextError."""
        folder = self.folder(name)
        entitle(folder, as_title(title))
        self._note_use(folder)

    def remove(self, name: str) -> None:
        """Delete a model, if it is there."""
        if not is_own(name):
            return
        with suppress(FileNotFoundError), shelf_beside(self.root / name) as shelf:
            (self.root / name).rename(shelf / OLD)

    def sweep(self) -> None:
        """Delete what nobody has used for too long."""
        for folder, unused in self._all():
            if unused > self.limits.hours * HOUR:
                self.remove(folder.name)

    # ---- inside

    def _put(self, folder: Path, name: str, title: str) -> None:
        entitle(folder, title)
        with self._guard:
            self.sweep()
            self._make_room(size_of(folder), name)
            with appearing(self.root / name) as draft:
                draft.rmdir()
                shutil.move(folder, draft)
                self._note_use(draft)

    def _make_room(self, size: int, name: str) -> None:
        """Let go what was not used longest, as far as a new model needs it. Raises ModelError."""
        if size > self.limits.bytes:
            raise ModelError(
                f"a model of a visitor may take at most {megabytes(self.limits.bytes)} here, "
                f"got {megabytes(size)}; bring a smaller one, or use it in the terminal"
            )
        others = sorted((pair for pair in self._all() if pair[0].name != name), key=lambda pair: -pair[1])
        taken = size + sum(size_of(folder) for folder, _ in others)
        for folder, unused in others:
            if taken <= self.limits.total or unused < RESTED:
                break
            taken -= size_of(folder)
            self.remove(folder.name)
        if taken > self.limits.total:
            raise ModelError(
                f"this server holds at most {megabytes(self.limits.total)} of visitors' models, and they are "
                "all in use; delete one of yours, or try again in an hour"
            )

    def _all(self) -> list[tuple[Path, float]]:
        """Every model with the seconds since its last use."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        ages = [(folder, self._unused(folder)) for folder in folders if is_own(folder.name)]
        return [(folder, unused) for folder, unused in ages if unused is not None]

    def _unused(self, folder: Path) -> float | None:
        """Seconds since the last use of a model; None where there is none."""
        try:
            return self.clock() - folder.stat().st_mtime
        except OSError:
            return None

    def _note_use(self, folder: Path) -> None:
        with suppress(OSError):  # it has just gone
            os.utime(folder, (self.clock(), self.clock()))

    def _make_root(self) -> None:
        with named(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _secret(self) -> bytes:
        """The same for all processes that share the folder. Raises OSError."""
        path = self.root / SECRET
        if not path.exists():
            self._make_root()
            new = path.with_suffix(f".{secrets.token_hex(8)}")
            new.write_bytes(secrets.token_bytes(32))
            new.replace(path)
        return path.read_bytes()


def is_own(name: Any) -> bool:
    """Whether a name is that of a visitor's model, there or gone."""
    return isinstance(name, str) and bool(NAME.fullmatch(name))


def gone(hours: float | None = None) -> ModelError:
    """The error for a visitor's model that is not there. `hours`: after which one that is not used goes."""
    unused = f", or not used for {hours:g} hours" if hours else ""
    return ModelError(f"this visitor's model is no longer here: it was deleted{unused}; {AGAIN}")


def as_title(value: Any) -> str:
    """What a visitor calls a model, in one line. Raises TextError."""
    if not isinstance(value, str):
        raise TextError(f"a model's title must be a text of 1 to {LONGEST_TITLE} characters; name it")
    line = " ".join("".join(char if char.isprintable() else " " for char in value).split())
    if not line:
        raise TextError(f"a model's title must have 1 to {LONGEST_TITLE} characters, got none; name it")
    return clip(line, LONGEST_TITLE)


def entitle(folder: Path, title: str) -> None:
    """Write a title into a model folder, whole or not at all. Raises ModelError."""
    config = ModelConfig.read(folder)
    if config.title != title:
        written = folder / f"{FILE}.new"
        with named(written):
            written.write_text(replace(config, title=title).to_text(), encoding="utf-8")
            written.replace(folder / FILE)


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder; one that has just gone has none."""
    try:
        return sum(path.lstat().st_size for path in folder.rglob("*"))
    except OSError:
        return 0


def megabytes(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
