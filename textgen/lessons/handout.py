"""What a worksheet needs: exact probabilities at some temperatures, and dice that play one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textgen.experiments.panels import distribution
from textgen.records import Floats, NextToken
from textgen.settings import DecodeSettings

TEMPERATURES = (0.5, 1.0, 2.0)
NEUTRAL = DecodeSettings()
SHOWN = 6  # tokens with a row of their own
THROWS = tuple(f"{first}-{second}" for first in range(1, 7) for second in range(1, 7))  # of two dice


def sheet(expectation: NextToken, played: DecodeSettings = NEUTRAL) -> dict[str, Any]:
    """Tokens, all others as one, with their probability at each temperature, and the throws that play one.

    What else is set, such as top-p, holds at every temperature.
    """
    temperatures = sorted({*TEMPERATURES, played.temperature})
    order = np.argsort(-expectation.logits, kind="stable")
    shown = order[: SHOWN if len(order) > SHOWN + 1 else len(order)]
    labels = [expectation.labels[token] for token in shown]
    columns = [distribution(expectation, played.at(t)).probabilities for t in temperatures]
    shares = np.stack([column[shown] for column in columns])
    if len(shown) < len(order):
        labels.append("…")
        shares = np.column_stack([shares, np.clip(1 - shares.sum(axis=1), 0, 1)])
    place = temperatures.index(played.temperature)
    return {
        "temperatures": temperatures,
        "played": place,
        "labels": labels,
        "shares": shares.tolist(),
        "throws": [ranges(throws) for throws in dice(shares[place])],
    }


def dice(shares: Floats) -> list[list[str]]:
    """Shares (R,) that sum to 1 → the throws of two dice that stand for each, as near as 36 can be.

    Largest remainders (Hamilton): whole 36ths first, those left over to the largest fractions.
    """
    exact = np.asarray(shares) * len(THROWS)
    counts = np.floor(exact + 1e-9).astype(int)
    left = len(THROWS) - int(counts.sum())
    counts[np.argsort(-(exact - counts), kind="stable")[:left]] += 1
    ends = np.cumsum(counts)
    return [list(THROWS[end - count : end]) for count, end in zip(counts, ends, strict=True)]


def ranges(throws: Sequence[str]) -> str:
    """`1-1 to 3-4`; one throw alone; "–" for none."""
    if not throws:
        return "–"
    return throws[0] if len(throws) == 1 else f"{throws[0]} … {throws[-1]}"
