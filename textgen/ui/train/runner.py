"""A training's own process: waits for its turn, then runs the terminal's `train` in the training's folder.

    python -c "from textgen.ui.train.runner import main; main()" FOLDER PLACES MINUTES

It outlives the page's process. What `train --json` says goes to the folder's `events.jsonl`, with a few events
of this file: `turn`, when it has begun, `failed` with a `problem`, and `ended` at the end of all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from textgen.models.lock import acquire, holder
from textgen.ui.server.worker import step_back
from textgen.ui.server.workers import environment

EVENTS, LOG, PLAN, WAITING, END, LOCK = "events.jsonl", "train.log", "plan.json", "waiting", "end", ".lock"
TEXT, RUNS, MODELS = "text.txt", "runs", "models"
LOOK = 0.3  # seconds between two looks at who is first
PATIENCE = 60.0  # seconds for an estimate of the same run that is about to end
COMMAND = (sys.executable, "-P", "-m", "textgen", "train", "--corpus", TEXT)
ROW_EVERY = 4.0  # seconds at least between two rows of the log
ROWS_SHARE = 0.2  # of the time that rows may take
SPARE = 0.9  # of the time that there is, to be filled with steps
LEAST = 50  # steps
PATIENT = 0.25  # of the run without a better loss, that end it
FAILED = "the training's process ended ({how}): the machine may be short of memory; go on, or take less"


def main() -> None:
    """Train what the command line names."""
    folder, places, minutes = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    step_back()
    if (lock := acquire_soon(folder / LOCK)) is None:
        return  # another process trains it
    events = Events(folder)
    try:
        if slot := turn(folder, places):
            events.tell("turn")
            train(folder, minutes, events, (lock, slot))
    except Exception as error:
        events.tell("failed", problem=FAILED.format(how=type(error).__name__))
        raise
    finally:
        (folder / WAITING).unlink(missing_ok=True)
        events.tell("ended")


def acquire_soon(path: Path) -> TextIO | None:
    """A lock that somebody may look at just now."""
    for _ in range(5):
        if lock := acquire(path):
            return lock
        time.sleep(0.1)
    return None


class Events:
    """The file that the page reads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / EVENTS

    def tell(self, event: str, **facts: Any) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"event": event, **facts}) + "\n")


# ---- whose turn it is


def turn(folder: Path, places: int) -> TextIO | None:
    """One of the places where trainings run, once those that waited before have theirs; None if it was ended
    meanwhile.
    """
    while not (folder / END).exists():
        if before(folder) == 0:
            for number in range(places):
                if slot := acquire(folder.parent / f"place-{number}.lock"):
                    (folder / WAITING).unlink(missing_ok=True)
                    return slot
        time.sleep(LOOK)
    return None


def before(folder: Path) -> int:
    """How many trainings wait that came earlier; those whose process is gone do not count."""
    own = waiting_since(folder)
    return sum(waiting_since(other) < own and is_alive(other) for other in waiting(folder.parent))


def waiting(root: Path) -> Iterator[Path]:
    return (marker.parent for marker in root.glob(f"*/{WAITING}"))


def waiting_since(folder: Path) -> tuple[float, str]:
    """When a training was begun: infinitely late where it does not wait."""
    try:
        return (folder / WAITING).stat().st_mtime, folder.name
    except OSError:
        return float("inf"), folder.name


def is_alive(folder: Path) -> bool:
    """Whether a training has a process."""
    lock = acquire(folder / LOCK) if (folder / LOCK).exists() else None
    if lock is None:
        return (folder / LOCK).exists()
    lock.close()
    return False


# ---- its work


def train(folder: Path, minutes: float, events: Events, held: tuple[TextIO, ...]) -> None:
    """Run `train` to its end; the locks stay held as long as that runs, whatever becomes of this process."""
    plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    if "steps" not in plan:
        plan |= planned(estimate(folder, plan), minutes)
        write_json(folder / PLAN, plan)
    wait_until_free(folder / RUNS / f".{run_name(plan)}.lock")
    for file in held:
        os.set_inheritable(file.fileno(), True)
    with (folder / EVENTS).open("a", encoding="utf-8") as out, (folder / LOG).open("w", encoding="utf-8") as log:
        command = [*train_command(plan), "--resume", "--json", "--minutes", f"{minutes:g}", "--end-file", END]
        code = subprocess.run(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=log, close_fds=False
        ).returncode
    if code:
        events.tell("failed", problem=complaint(folder / LOG, code))


def estimate(folder: Path, plan: Mapping[str, Any]) -> dict[str, Any]:
    """What the run would take, as `train --estimate` measures it; kept in the folder. Raises ValueError with a
    sentence where it refuses the text.
    """
    kept = folder / f"{run_name(plan)}.json"
    if not kept.exists():
        log = folder / f"{run_name(plan)}.log"
        with log.open("w", encoding="utf-8") as errors:
            done = subprocess.run(
                [*train_command(plan), "--estimate"],
                cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            )
        if done.returncode:
            raise ValueError(complaint(log, done.returncode))
        write_json(kept, json.loads(done.stdout))
    return json.loads(kept.read_text(encoding="utf-8"))
