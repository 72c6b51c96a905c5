"""What a sweep found: means over seeds and differences of equal seeds, with their intervals; and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np

from textgen.errors import SettingError, shorten
from textgen.experiments.metrics.bootstrap import Interval, intervals, paired
from textgen.experiments.metrics.diversity import self_bleu
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.metrics.text_metrics import NOT_MEASURED
from textgen.experiments.sweep.records import Cell, CellKey, SweepResult, SweepText
from textgen.records import Floats

NAMES = tuple(metric.name for metric in METRICS)
DASH = "–"  # between the ends of an interval, and alone for what was not measured

Seeds = tuple[SweepText | None, ...]  # (S,) the text of each seed; None = not written


def summarize(result: SweepResult) -> tuple[Cell, ...]:
    """The cells of which something is written, in the order of the settings; resampled over seeds.

    What draws nothing is one text: its interval has no width, and n is 1. The texts of a cell are not
    independent in self-BLEU, so that its interval is a rough one.
    """
    keys = [key for key in cell_keys(result) if any(texts_of(result, key))]
    if not keys:
        return ()
    rows = [texts_of(result, key) for key in keys]
    means, lows, highs, counts = intervals(np.stack([values_of(texts) for texts in rows]))
    return tuple(
        Cell(key, different(rows[i]), as_intervals((means[i], lows[i], highs[i], counts[i]), rows[i]))
        for i, key in enumerate(keys)
    )


def cell_keys(result: SweepResult) -> list[CellKey]:
    """Every setting of a sweep."""
    chosen = result.settings
    names = [strategy.name for strategy in chosen.strategies]
    return [CellKey(*key) for key in product(chosen.models, chosen.prompts, names, chosen.temperatures)]


def texts_of(result: SweepResult, key: CellKey) -> Seeds:
    return tuple(result.find(key, seed) for seed in result.settings.seeds)


def different(texts: Seeds) -> tuple[SweepText, ...]:
    """The texts that are there, the one of all seeds once."""
    return tuple({text.key: text for text in texts if text is not None}.values())


def values_of(texts: Seeds) -> Floats:
    """(M, S) every metric of every seed's text; NaN = not measured."""
    alike = alikeness(texts)
    table = [
        [NOT_MEASURED] * len(NAMES) if text is None else values_of_text(text, float(alike[place]))
        for place, text in enumerate(texts)
    ]
    return np.array(table).T


def values_of_text(text: SweepText, alike: float) -> list[float]:
    return [alike if name == "self_bleu" else float(getattr(text.metrics, name)) for name in NAMES]


def alikeness(texts: Seeds) -> Floats:
    """(S,) BLEU of each seed's text against the others'; one text for all seeds is like itself."""
    there = different(texts)
    if len(there) == 1 and there[0].key.seed is None:
        return np.full(len(texts), 1.0 if len(texts) > 1 else NOT_MEASURED)
    scores = iter(self_bleu([text.words for text in there]))
    return np.array([NOT_MEASURED if text is None else next(scores) for text in texts])


def as_intervals(found: tuple[Floats, Floats, Floats, Sequence[int]], texts: Seeds) -> dict[str, Interval]:
    """Means, lower and upper ends and counts (M,) by the names of the metrics."""
    drawn = any(text is not None and text.key.seed is not None for text in texts)
    return {
        name: Interval(float(mean), float(low), float(high), int(n) if drawn else min(int(n), 1))
        for name, mean, low, high, n in zip(NAMES, *found, strict=True)
    }


def paired_difference(result: SweepResult, metric: str, first: CellKey, second: CellKey) -> Interval:
    """The mean of first − second over the seeds that both have: the same random numbers in both.

    Raises SettingError for a metric that is not there.
    """
    if metric not in NAMES:
        raise SettingError(f"there is no metric {shorten(metric)!r}; the metrics are {', '.join(NAMES)}")
    row = NAMES.index(metric)
    values = [values_of(texts_of(result, key))[row] for key in (first, second)]
    return paired(*values)


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


# ---- in words, as the terminal, the page and the report show them


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
