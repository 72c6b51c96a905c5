"""training_log.csv: what a run measured and wrote on its way."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("step", "tokens", "train_loss", "validation_loss", "learning_rate")


@dataclass(frozen=True, slots=True)
class LogRow:
    """The state of a run after a step."""

    step: int
    tokens: int  # tokens learned from so far
    train_loss: float  # nats per token since the last row, dropout on; NaN before the first step
    validation_loss: float  # nats per token in windows from a zero state, of the net that would be kept
    learning_rate: float
    samples: tuple[str, ...]  # one text a temperature
    beam: str = ""  # what a beam search of width 3 finds

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "samples": list(self.samples)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> LogRow:
        return cls(**{**values, "samples": tuple(values["samples"])})

    def cells(self) -> list[str]:
        losses = f"{self.train_loss:.4f}", f"{self.validation_loss:.4f}", f"{self.learning_rate:.3g}"
        return [str(self.step), str(self.tokens), *losses, *self.samples, self.beam]


def write_log(path: Path, rows: Sequence[LogRow], temperatures: Sequence[float]) -> None:
    """Write all rows; a reader sees the old file or the new one, never half of one."""
    draft = path.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *(f"sample_{temperature:g}" for temperature in temperatures), "beam_3"])
        writer.writerows(row.cells() for row in rows)
    draft.replace(path)
