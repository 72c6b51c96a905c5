"""A sweep's numbers in words, as the terminal, the page and the report show them."""

from __future__ import annotations

import math

from textgen.experiments.metrics.bootstrap import Interval

DASH = "–"  # between the ends of an interval, and alone for what was not measured


def interval_text(found: Interval) -> str:
    """`0.41 (0.38–0.45)`; the mean alone where there is nothing to vary."""
    if math.isnan(found.mean):
        return DASH
    if found.n < 2:
        return f"{found.mean:.2f}"
    return f"{found.mean:.2f} ({found.low:.2f}{DASH}{found.high:.2f})"


def signed_text(found: Interval) -> str:
    """A difference: `+0.12 (+0.08 to +0.15)`."""
    if math.isnan(found.mean):
        return DASH
    if found.n < 2:
        return signed(found.mean)
    return f"{signed(found.mean)} ({signed(found.low)} to {signed(found.high)})"


def signed(value: float) -> str:
    size = f"{abs(value):.2f}"
    return size if float(size) == 0 else f"{'+' if value > 0 else '−'}{size}"
