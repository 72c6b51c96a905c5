"""A training's own process: waits for its turn, then runs the terminal's `train` in the training's folder.

    python -c "from textgen.ui.train.runner import main; main()" FOLDER PLACES MINUTES

It outlives the page's process. What `train --json` says goes to the folder's `events.jsonl`, with a few
events of this file: `turn`, when it has begun, `failed` with a `problem`, and `ended` at the end of all.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from textgen.errors import TextError, TextgenError
from textgen.models.lock import acquire
from textgen.ui.server.worker import step_back
from textgen.ui.server.workers import environment

EVENTS, LOG, PLAN, WAITING, END, LOCK = "events.jsonl", "train.log", "plan.json", "waiting", "end", ".lock"
TEXT, RUNS, MODELS = "text.txt", "runs", "models"
LOOK = 0.3  # seconds between two looks at who is first
PATIENCE = 60.0  # seconds for an estimate of the same run that is about to end
COMMAND = (sys.executable, "-P", "-m", "textgen", "train", "--corpus", TEXT)
USER_ERROR, OURS = 2, "textgen: "  # how the terminal's commands tell of a mistake
MINUTE = 60.0
Plan = Mapping[str, Any]  # plan.json: title, encoding, level, net; steps, every, patience once measured
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
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
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


def acquire_soon(path: Path, patience: float = 1.0) -> TextIO | None:
    """A lock that somebody may look at just now, or is about to leave; None where it stays taken."""
    path.parent.mkdir(exist_ok=True)
    until = time.monotonic() + patience
    while (lock := acquire(path)) is None and time.monotonic() < until:
        time.sleep(0.1)
    return lock


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
    meanwhile, unless something was trained already, of which a model is made.
    """
    while not (folder / END).exists() or any((folder / RUNS).glob("*/*.ckpt")):
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


def is_queued(folder: Path) -> bool:
    """Whether a training's process waits since others run."""
    return is_alive(folder) and (folder / WAITING).exists()


def is_alive(folder: Path) -> bool:
    """Whether a training has a process."""
    lock = acquire(folder / LOCK) if (folder / LOCK).exists() else None
    if lock is None:
        return (folder / LOCK).exists()
    lock.close()
    return False


def end_process(folder: Path) -> None:
    """Kill a training's process, with all that it has started; on Windows it ends by itself soon."""
    if is_alive(folder) and sys.platform != "win32":
        with suppress(OSError, ValueError):
            os.killpg(int((folder / LOCK).read_text(encoding="utf-8")), signal.SIGKILL)


# ---- its work


def train(folder: Path, minutes: float, events: Events, held: tuple[TextIO, ...]) -> None:
    """Run `train` to its end; the locks stay held as long as that runs, whatever becomes of this process."""
    try:
        plan = whole_plan(folder, minutes)
    except TextgenError as error:
        events.tell("failed", problem=str(error))
        return
    if wait := acquire_soon(folder / RUNS / f".{run_name(plan)}.lock", PATIENCE):
        wait.close()
    for file in held:
        os.set_inheritable(file.fileno(), True)
    command = [*train_command(plan), "--resume", "--json", "--minutes", f"{minutes:g}", "--end-file", END]
    with (
        (folder / EVENTS).open("a", encoding="utf-8") as out,
        (folder / LOG).open("w", encoding="utf-8") as log,
    ):
        code = process(command, folder, out, log).wait()
    if code:
        events.tell("failed", problem=complaint(folder / LOG, code))


def whole_plan(folder: Path, minutes: float) -> Plan:
    """The plan with how many steps it takes. Raises TextgenError where the text is refused."""
    plan = read_plan(folder)
    if "steps" not in plan:
        for _ in estimating(folder, plan):
            pass
        plan |= planned(estimated(folder, plan), minutes)
        write_json(folder / PLAN, plan)
    return plan


def process(command: Sequence[str], folder: Path, out: TextIO, log: TextIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=log,
        close_fds=False,
    )


def estimating(folder: Path, plan: Plan) -> Iterator[None]:
    """Measure what a run would take, unless that is known; can be ended wherever it yields. Raises
    TextgenError where the text is refused.
    """
    kept, log = folder / f"{run_name(plan)}.json", folder / f"{run_name(plan)}.log"
    if kept.exists():
        return
    part = kept.with_suffix(".part")
    with part.open("w", encoding="utf-8") as out, log.open("w", encoding="utf-8") as errors:
        measuring = process([*train_command(plan), "--estimate"], folder, out, errors)
        try:
            while measuring.poll() is None:
                yield
                time.sleep(LOOK)
        finally:
            measuring.kill()
            measuring.wait()
    if measuring.returncode:
        raise TextError(complaint(log, measuring.returncode))
    part.replace(kept)


def estimated(folder: Path, plan: Plan) -> dict[str, Any]:
    """What was measured of a run. Raises OSError where nothing was yet."""
    return json.loads((folder / f"{run_name(plan)}.json").read_text(encoding="utf-8"))


def measure(_registry: Any, asked: Mapping[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The same for a worker: what is measured for each of some plans."""
    folder, minutes = Path(asked["folder"]), asked["minutes"]
    for plan in asked["plans"]:
        for _ in estimating(folder, plan):
            yield None
        yield {"net": plan["net"], "level": plan["level"], **planned(estimated(folder, plan), minutes)}
    yield {"done": "measured"}


def planned(measured: Mapping[str, Any], minutes: float) -> dict[str, Any]:
    """How many steps of a run fit into the time, and how often it is measured on the way."""
    step, row = max(1e-6, measured["step"]), measured["row"]
    every = max(1, round(max(ROW_EVERY, row / ROWS_SHARE) / step))
    a_step = step + row / every
    fitting = int(SPARE * minutes * MINUTE / a_step)
    steps = max(LEAST, min(measured["steps"], fitting))
    every = min(every, max(1, steps // 4))
    return {
        "steps": steps,
        "every": every,
        "patience": max(5, round(PATIENT * steps / every)),
        "seconds": steps * a_step + 2 * row,
        "shortened": fitting < measured["steps"],
    }


def train_command(plan: Plan) -> list[str]:
    """The command of the terminal for a plan, without where its progress goes."""
    values = {"title": json.dumps(plan["title"], ensure_ascii=False), "log.beam": 0}
    if "steps" in plan:
        values |= {
            "schedule.steps": plan["steps"],
            "schedule.stop_after": plan["patience"],
            "log.every": plan["every"],
        }
    places = ["--models", MODELS, "--runs", RUNS, "--name", run_name(plan), "--encoding", plan["encoding"]]
    sets = [part for name, value in values.items() for part in ("--set", f"{name}={value}")]
    return [*COMMAND, "--level", plan["level"], "--net", plan["net"], *places, *sets]


def run_name(plan: Plan) -> str:
    """What the terminal calls a run: one for each level and size."""
    return f"{plan['level']}-{plan['net']}"


def complaint(log: Path, code: int) -> str:
    """Why a process has ended: its own sentence, if it had one."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    if code == USER_ERROR and lines and lines[-1].startswith(OURS):
        return lines[-1].removeprefix(OURS)
    return FAILED.format(how=f"signal {-code}" if code < 0 else f"exit status {code}")


def read_plan(folder: Path) -> dict[str, Any]:
    """What a training is to be. Raises OSError, ValueError."""
    return json.loads((folder / PLAN).read_text(encoding="utf-8"))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a file, whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(value), encoding="utf-8")
    part.replace(path)
