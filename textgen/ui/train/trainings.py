"""The trainings of visitors: a folder each, which only its name leads to, and a process that outlives ours.

    NAME/  text.txt      as it came, in its own encoding
           text.json     what is known of it: file, encoding, characters, lines, different, changes, beginning
           plan.json     title, level, net, steps, …    once it was begun: see `runner.py`
           events.jsonl  what has happened since
           model.json    its name among the visitor's models, once it has ended well

All that is known lies there, so that any process of a server, and the next server, can go on with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textgen.errors import ModelError, TextError, shorten
from textgen.models.own import HOUR, OwnModels, as_title
from textgen.text.encodings import NO_TEXT, TITLES, guess, is_readable, title_of
from textgen.text.files import text_blocks
from textgen.ui.server.limits import Limits
from textgen.ui.server.visitors import ASKING, CLASS, EVERYBODY, Visitor
from textgen.ui.server.workers import FLAGS, GROUP, environment
from textgen.ui.train.runner import (
    END,
    EVENTS,
    LOG,
    MODELS,
    PLAN,
    RUNS,
    TEXT,
    WAITING,
    Events,
    acquire_soon,
    before,
    end_process,
    estimated,
    is_alive,
    planned,
    read_plan,
    run_name,
    write_json,
)
from textgen.validation import one_of

FOLDER = ".trainings"  # in that of the visitors' models
FACTS, MODEL = "text.json", "model.json"
NAME = re.compile(r"[0-9a-f]{32}")
LEVELS, NETS = ("char", "word", "subword"), ("small", "medium")
LEAST, MOST_DIFFERENT = 200, 65_536  # characters
BEGINNING = 400  # characters that are shown of a text
STARTING = 20.0  # seconds that a process may take to begin
STARTS = 4  # of a training's process, until it is given up
UNBEGUN = 2.0  # hours that a text stays when nothing is done with it
MOST_KEPT = 300  # trainings and texts
MOST_ACTIVE = 100
COMMAND = (sys.executable, "-P", "-c", "from textgen.ui.train.runner import main; main()")
GONE = (
    "this training is no longer here: it was deleted, or not looked at for {hours:g} hours; begin a new one"
)


@dataclass(frozen=True)
class Trainings:
    """A folder of them. Safe to use from many threads and processes."""

    own: OwnModels
    limits: Limits
    clock: Callable[[], float] = time.time

    @property
    def root(self) -> Path:
        return self.own.root / FOLDER

    # ---- texts

    def add(self, data: bytes, file: str, encoding: Any = None, instead: Any = None) -> dict[str, Any]:
        """Keep a text to learn from, in place of one that nothing was done with. Raises TextError."""
        check_size(data, self.limits.training_bytes)
        known = guess(data) if encoding in (None, "", "auto") else given_encoding(data, encoding)
        self.sweep()
        if sum(1 for _ in self._all()) >= MOST_KEPT:
            raise TextError("this server holds as many texts as it can; try again in an hour")
        folder = self.root / secrets.token_hex(16)
        folder.mkdir(mode=0o700, parents=True)
        try:
            (folder / TEXT).write_bytes(data)
            write_json(folder / FACTS, facts_of(folder / TEXT, file, known))
        except Exception:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if self._is(instead) and not (self.root / instead / PLAN).exists():
            shutil.rmtree(self.root / instead, ignore_errors=True)
        return self.look(folder.name)

    def look(self, name: Any) -> dict[str, Any]:
        """All that the page needs of a training, but for its events. Raises TextError."""
        folder = self.folder(name)
        plan = read_json(folder / PLAN)
        seen = ("title", "level", "net", "steps", "seconds", "shortened")
        return {
            "training": name,
            "text": read_json(folder / FACTS),
            "plan": plan and {key: plan[key] for key in seen if key in plan},
            "status": self.status(folder) if plan else "text",
        }

    def folder(self, name: Any) -> Path:
        """Where a training lies; that counts as a look at it. Raises TextError for one that is gone."""
        if not self._is(name):
            raise TextError(GONE.format(hours=self.limits.own_hours))
        folder = self.root / name
        with suppress(OSError):
            os.utime(folder)
        return folder

    def _is(self, name: Any) -> bool:
        return isinstance(name, str) and bool(NAME.fullmatch(name)) and (self.root / name / FACTS).exists()

    # ---- the course of one

    def plan(self, name: Any, level: Any, net: Any, title: Any = "") -> dict[str, Any]:
        """What a training is to be. Raises TextgenError."""
        facts = read_json(self.folder(name) / FACTS) or {}
        return {
            "level": one_of(LEVELS, "char suits any text")("level", level),
            "net": one_of(NETS, "small is quick")("net", net),
            "title": as_title(title or facts.get("title")),
            "encoding": facts.get("encoding", "utf-8"),
        }

    def begin(self, name: Any, plan: Mapping[str, Any]) -> None:
        """Train, as soon as it is its turn; what was trained of it before is begun anew. Raises TextError."""
        folder = self.folder(name)
        if self.status(folder) not in ("text", "over"):
            raise TextError("this text is being learned already; end that first")
        owners = self._admitted()
        for path in (EVENTS, END, MODEL, PLAN):
            (folder / path).unlink(missing_ok=True)
        for path in (RUNS, MODELS):
            shutil.rmtree(folder / path / run_name(plan), ignore_errors=True)
        with suppress(OSError):  # else it is measured when it is its turn
            plan = {**plan, **planned(estimated(folder, plan), self.limits.training_minutes)}
        write_json(folder / PLAN, {**plan, "owners": owners, "starts": 0})
        self._start(folder)

    def more(self, name: Any) -> None:
        """Go on with a training that has ended: to its last step, or half as far again. Raises TextError."""
        folder = self.folder(name)
        plan, course = read_json(folder / PLAN), Course.read(folder)
        if self.status(folder) != "over" or plan is None:
            raise TextError("only a training that has ended can go on; end it first")
        if course.exhausted:
            raise TextError(
                "it has stopped getting better: more steps would only learn the text by heart; "
                "another size or more text may help"
            )
        owners = self._admitted()
        steps = plan.get("steps", 0)
        if steps and course.step >= steps:
            plan["steps"] = steps + steps // 2
        (folder / END).unlink(missing_ok=True)
        write_json(folder / PLAN, {**plan, "owners": owners, "starts": 0})
        self._start(folder)

    def end(self, name: Any) -> None:
        """End a training where it is; the best so far becomes the model."""
        (self.folder(name) / END).touch()

    def forget(self, name: Any) -> None:
        """Delete a training, but not the model that came of it."""
        folder = self.folder(name)
        (folder / END).touch()
        end_process(folder)
        shutil.rmtree(folder, ignore_errors=True)

    def status(self, folder: Path) -> str:
        """text, waiting, running, lost or over."""
        if not (folder / PLAN).exists():
            return "text"
        if is_alive(folder):
            return "waiting" if (folder / WAITING).exists() else "running"
        if Course.read(folder).over:
            return "over"
        since = self.clock() - modified(folder / WAITING, folder / PLAN)
        return "waiting" if since < STARTING else "lost"

    def revive(self, folder: Path) -> None:
        """Go on with a training whose process is gone, from its last checkpoint."""
        plan = read_json(folder / PLAN)
        if plan is None or self.status(folder) != "lost":
            return
        if plan["starts"] >= STARTS:
            events = Events(folder)
            events.tell("failed", problem="it broke off several times; go on, or take a smaller size")
            events.tell("ended")
        else:
            self._start(folder)

    def revive_all(self) -> None:
        """Go on with all that a server which is gone has left."""
        for folder in self._all():
            with suppress(OSError, ValueError, KeyError):
                self.revive(folder)

    def before(self, folder: Path) -> int:
        """How many have to end before a training that waits."""
        return before(folder) + 1

    def adopted(self, name: Any) -> str:
        """The name that the finished model has among the visitor's models. Raises TextgenError."""
        folder = self.folder(name)
        lock = acquire_soon(folder / ".adopt.lock", STARTING)
        try:
            plan, known = read_plan(folder), read_json(folder / MODEL) or {}
            made = folder / MODELS / run_name(plan)
            if made.is_dir():
                known = {"name": put(self.own, made, plan["title"], known.get("name", ""))}
                write_json(folder / MODEL, known)
            if "name" not in known:
                raise ModelError("this training has left no model; begin it anew")
            return known["name"]
        finally:
            if lock:
                lock.close()

    # ---- inside

    def _admitted(self) -> list[str]:
        """Who begins a training, as far as it counts. Raises TextgenError for one too many."""
        active = [read_json(folder / PLAN) or {} for folder in self._all() if self._is_active(folder)]
        if len(active) >= MOST_ACTIVE:
            raise TextError(f"{MOST_ACTIVE} trainings wait on this server; try again in an hour")
        visitor = ASKING.get() or Visitor("", "")
        accounts = [(visitor, 1), (Visitor(visitor.address, EVERYBODY), CLASS)]
        owners = [hashlib.sha256(repr(who).encode()).hexdigest()[:16] for who, _ in accounts]
        for owner, (_, most) in zip(owners, accounts, strict=True):
            if sum(owner in plan.get("owners", ()) for plan in active) >= most:
                raise TextError("one visitor trains one model at a time here; end that one, or wait for it")
        return owners

    def _is_active(self, folder: Path) -> bool:
        return self.status(folder) in ("waiting", "running", "lost")

    def _start(self, folder: Path) -> None:
        """Start a training's process, which belongs to no other; it waits for its turn by itself."""
        plan = read_plan(folder)
        write_json(folder / PLAN, {**plan, "starts": plan["starts"] + 1})
        (folder / WAITING).touch()
        arguments = map(str, (folder, self.limits.trainings, self.limits.training_minutes))
        with (folder / f"runner-{LOG}").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [*COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                process_group=GROUP,
                creationflags=FLAGS,
            )
        threading.Thread(target=process.wait, daemon=True).start()  # so that nothing is left of it

    def _all(self) -> Iterator[Path]:
        return (path.parent for path in self.root.glob(f"*/{FACTS}"))

    def sweep(self) -> None:
        """Delete what nobody has looked at for too long, and trains no more."""
        for folder in list(self._all()):
            hours = self.limits.own_hours if (folder / PLAN).exists() else UNBEGUN
            unused = self.clock() - modified(folder)
            if unused > hours * HOUR and not is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)


# ---- what has happened


@dataclass(frozen=True, slots=True)
class Course:
    """What a training's events say, all in all."""

    step: int = 0  # the last
    done: bool = False  # whether a model came of it, since it was last gone on with
    over: bool = False
    exhausted: bool = False  # it ended by itself, before its last step, since nothing better came

    @classmethod
    def read(cls, folder: Path) -> Course:
        step, done, early, ended, goal = 0, False, False, False, 0
        for event in events_from(folder, 0)[0]:
            kind = event.get("event")
            if kind == "turn":
                done = early = ended = False
            step = max(step, event.get("step", 0)) if kind in ("step", "row") else step
            goal = event.get("steps", goal) if kind == "text" else goal
            early = early or kind == "ending"
            done, ended = done or kind == "done", ended or kind == "ended"
        return cls(step, done, done or ended, done and not early and step < goal)


def events_from(folder: Path, at: int) -> tuple[list[dict[str, Any]], int]:
    """The whole events behind a place of the file, and the place behind them."""
    try:
        with (folder / EVENTS).open("rb") as file:
            file.seek(at)
            data = file.read()
    except (OSError, ValueError):
        return [], 0
    whole = data[: data.rfind(b"\n") + 1]
    found = []
    for line in whole.splitlines():
        with suppress(ValueError):  # of a process that was killed while it wrote
            if isinstance(event := json.loads(line), dict):
                found.append(event)
    return found, at + len(whole)


# ---- a text


def check_size(data: bytes, most: int) -> None:
    """Raises TextError for a text that is too long."""
    if len(data) > most:
        raise too_long(len(data), most)
    if not data.strip():
        raise TextError(f"the text must have at least {LEAST} characters, got none; paste or drop one")


def too_long(size: int, most: int) -> TextError:
    return TextError(
        f"a text may have at most {most / 1e6:g} MB here, got {size / 1e6:.1f} MB or more; cut it, or train "
        "in the terminal: python -m textgen train --corpus FILE"
    )


def given_encoding(data: bytes, encoding: Any) -> str:
    """An encoding that somebody chose. Raises TextgenError where the text is none of it."""
    name = one_of(tuple(TITLES), "auto finds it out")("encoding", encoding)
    if not is_readable(data, name):
        raise TextError(f"this text is not in {title_of(name)}: some of its bytes mean nothing there")
    return name


def facts_of(path: Path, file: str, encoding: str) -> dict[str, Any]:
    """What the page says of a text, read as the training reads it. Raises TextError."""
    changes = set[str]()
    text = "".join(text_blocks(path, encoding, changes))
    different = len(set(text))
    if len(text) < LEAST:
        raise TextError(
            f"the text must have at least {LEAST} characters, got {len(text):,}; a few pages are better"
        )
    if not 2 <= different <= MOST_DIFFERENT:
        raise TextError(
            f"the text must have 2 to {MOST_DIFFERENT:,} different characters, got {different:,}; "
            "give one with something to learn in it"
        )
    if "\0" in text:
        raise TextError(NO_TEXT)
    name = shorten(Path(file.replace("\\", "/")).name, 80)
    return {
        "file": name,
        "title": title_from(name),
        "encoding": encoding,
        "encoding_title": title_of(encoding),
        "bytes": path.stat().st_size,
        "characters": len(text),
        "lines": text.count("\n") + 1,
        "different": different,
        "changes": sorted(changes),
        "beginning": text[:BEGINNING],
    }


def title_from(file: str) -> str:
    """What a model is called after a file."""
    with suppress(TextError):
        return as_title(Path(file).stem)
    return "My text"


# ---- files


def read_json(path: Path) -> dict[str, Any] | None:
    """What a file says; None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def modified(*paths: Path) -> float:
    """When the first of some files that is there was written; 0 for none."""
    for path in paths:
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def put(own: OwnModels, folder: Path, title: str, known: str) -> str:
    """Put a finished model among the visitor's, in place of the one it goes on from. Raises TextgenError."""
    if known:
        with suppress(ModelError):
            own.replace(known, folder)
            return known
    return own.add(folder, title)
