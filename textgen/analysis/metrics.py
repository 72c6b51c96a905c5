"""A distribution in a few numbers."""

from __future__ import annotations

import numpy as np

from textgen.records import Floats, Summary


def entropy_bits(probabilities: Floats) -> float:
    """probabilities (V,) → −Σ p·log2 p in bits (Shannon 1948), with 0·log 0 = 0."""
    present = probabilities[probabilities > 0]
    return float(max(0.0, -(present * np.log2(present)).sum()))


def summarize(probabilities: Floats) -> Summary:
    """probabilities (V,), summing to 1 → entropy in bits, 2^H choices, top probability, tokens kept."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    entropy = entropy_bits(probabilities)
    kept = int(np.count_nonzero(probabilities > 0))
    return Summary(entropy=entropy, choices=2.0**entropy, top=float(probabilities.max()), kept=kept)
