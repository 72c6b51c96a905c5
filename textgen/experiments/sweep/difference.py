"""Two settings of a sweep against each other: same seed, same luck."""

from __future__ import annotations

from textgen.experiments.metrics.bootstrap import Interval, intervals
from textgen.experiments.sweep.records import CellKey, SweepResult
from textgen.experiments.sweep.summary import NAMES, texts_of, values_of


def paired_differences(result: SweepResult, first: CellKey, second: CellKey) -> dict[str, Interval]:
    """By the names of the metrics: the mean of first − second over the seeds that both have.

    As `paired_difference`, all metrics at once. Where neither draws anything there is one pair.
    """
    texts = [texts_of(result, key) for key in (first, second)]
    means, lows, highs, counts = intervals(values_of(texts[0]) - values_of(texts[1]))
    drawn = any(text is not None and text.key.seed is not None for side in texts for text in side)
    most = len(result.settings.seeds) if drawn else 1
    return {
        name: Interval(float(mean), float(low), float(high), min(int(n), most))
        for name, mean, low, high, n in zip(NAMES, means, lows, highs, counts, strict=True)
    }
