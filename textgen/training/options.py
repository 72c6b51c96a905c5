"""How a recipe is carried out: what depends on the machine and the user, not on the model."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import torch

from textgen.errors import TextgenError, shorten
from textgen.models.registry import default_root

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Where a run reads and writes, on what it runs, and how it tells of itself."""

    name: str | None = None  # of the model; None = the recipe's
    level: str = "char"  # "char" or "word", of a text without a recipe
    models: Path = field(default_factory=default_root)  # the finished folder appears here
    runs: Path = Path("runs")  # checkpoints of the run, at runs/NAME
    resume: bool = False  # go on from the run's last checkpoint
    restart: bool = False  # throw away the run's checkpoints
    replace: bool = False  # the model folder may exist already
    seed: int | None = None  # None = the recipe's
    max_steps: int | None = None  # None = the recipe's; the schedule shrinks with it
    overrides: tuple[str, ...] = ()  # "section.key=value", over the recipe's values
    accelerator: str = "auto"  # these four go to Lightning's Trainer as they are
    devices: str | int = "auto"
    strategy: str = "auto"
    precision: str = "auto"  # "auto" = bf16 autocast where the machine has it
    tell: Callable[[str], None] | None = to_stderr  # one line of progress; None = silent
    pause: float = 10.0  # seconds between two lines of progress
    clock: Callable[[], float] = time.monotonic  # seconds
    today: Callable[[], date] = date.today

    def all_overrides(self) -> list[str]:
        """The overrides, those with an option of their own last."""
        own = {"seed": self.seed, "schedule.steps": self.max_steps}
        return [*self.overrides, *(f"{key}={value}" for key, value in own.items() if value is not None)]


def check_name(name: str) -> str:
    """A name that is one folder on every system. Raises TextgenError."""
    if not NAME.fullmatch(name) or name.endswith("."):
        raise TextgenError(
            f"a model's name must be 1 to 64 letters, digits, '.', '_' or '-', got {shorten(name)!r}; "
            "for example my-model"
        )
    return name


def is_leader() -> bool:
    """Whether this is the first of the run's processes; Lightning numbers the others it starts."""
    return int(os.environ.get("LOCAL_RANK", "0")) == 0 and int(os.environ.get("NODE_RANK", "0")) == 0


def precision(options: TrainOptions) -> str:
    """What Lightning's Trainer takes: bf16 autocast (float32 weights) if the machine computes in bf16."""
    if options.precision != "auto":
        return options.precision
    cuda = options.accelerator in {"auto", "gpu", "cuda"} and torch.cuda.is_available()
    able = torch.cuda.is_bf16_supported(including_emulation=False) if cuda else cpu_has_bf16()
    return "bf16-mixed" if able else "32-true"


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AVX512-BF16, AMX); emulated it is slower."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def machine() -> str:
    """The processor that training runs on, in words."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    threads = torch.get_num_threads()
    return f"{names[0] if names else 'CPU'}, {threads} thread{'s' if threads > 1 else ''}"
