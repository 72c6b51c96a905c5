"""Which texts a picture of temperature chaos is made of: one seed at rising temperatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from textgen.errors import SettingError
from textgen.experiments.sweep.settings import as_temperature, check_length
from textgen.settings import DecodeSettings, check_seed
from textgen.validation import check_whole

MAX_ROWS = 500
BATCH = 64  # texts that step together, and for which the prompt is read once
DIGITS, FINEST = 9, 1e-9  # of the temperatures of a grid


@dataclass(frozen=True, slots=True)
class ChaosSettings:
    """What is written at every temperature. Raises SettingError for a value outside its range."""

    temperatures: tuple[float, ...]  # rising, 2 or more
    seed: int = 0
    length: int = 200  # tokens at most
    decode: DecodeSettings = field(default_factory=DecodeSettings)  # its temperature gives way to those above

    def __post_init__(self) -> None:
        check_whole("the number of temperatures", len(self.temperatures), 2, MAX_ROWS, "use a coarser grid")
        temperatures = tuple(map(as_temperature, self.temperatures))
        if any(later <= earlier for earlier, later in pairwise(temperatures)):
            raise SettingError("the temperatures of a chaos must rise; sort them and leave out doubles")
        object.__setattr__(self, "temperatures", temperatures)
        object.__setattr__(self, "seed", check_seed(self.seed))
        object.__setattr__(self, "length", check_length(self.length))


def grid(low: float, high: float, rows: int) -> tuple[float, ...]:
    """`rows` temperatures from `low` to `high`, equally far apart, rounded so that they can be read.

    Raises SettingError.
    """
    check_whole("rows", rows, 2, MAX_ROWS, "a finer look needs a narrower range")
    low, high = as_temperature(low), as_temperature(high)
    if low >= high:
        raise SettingError(
            f"the first temperature must be below the last, got {low:g} and {high:g}; swap them"
        )
    if high - low < FINEST * (rows - 1):
        raise SettingError(
            f"the temperatures must lie at least {FINEST:g} apart, got {rows:,} from {low:.12g} to "
            f"{high:.12g}; take fewer, or compare two rows: that finds the exact temperature of a flip"
        )
    return tuple(float(value) for value in np.round(np.linspace(low, high, rows), DIGITS))
