"""Four combinations that guides to text generation name, to be compared side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from textgen.stages import STAGES


@dataclass(frozen=True, slots=True)
class Combination:
    """A pane's own way of choosing, and what to expect of it."""

    temperature: float
    strategy: str
    expect: str  # one sentence
    changes: dict[str, Any] = field(default_factory=dict)  # stages; none comes from the sidebar
    width: int = 0  # of its beam search, if it is one


def alone(**stages: float) -> dict[str, Any]:
    """These stages, and every other one off."""
    neutral = {name: stage.neutral for name, stage in STAGES.items() if name != "temperature"}
    return {**neutral, **stages}


GUIDE = (
    Combination(0.2, "greedy", "Steady, the same at every run, and soon walking in circles.", alone()),
    Combination(
        0.5,
        "sampling",
        "Fluent, with a surprise now and then; the unlikely tenth never comes.",
        alone(top_p=0.9),
    ),
    Combination(0.8, "sampling", "More variety; now and then the thread is lost.", alone(top_k=40)),
    Combination(
        1.2,
        "beam_sampling",
        "Flattened for invention, then held together by the beams: tamer than its heat.",
        alone(top_p=0.95),
        3,
    ),
)
