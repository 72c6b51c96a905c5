"""Means over seeds, and differences at equal luck."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.experiments.sweep.sweeps import save_models, small, swept
from textgen.errors import SettingError
from textgen.experiments.metrics.bootstrap import interval
from textgen.experiments.metrics.diversity import self_bleu
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.records import Cell, CellKey, SweepResult
from textgen.experiments.sweep.run import paired_difference, summarize
from textgen.models.registry import Registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return save_models(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture(scope="module")
def result(registry: Registry) -> SweepResult:
    return swept(registry, length=120)


@pytest.fixture(scope="module")
def cells(result: SweepResult) -> dict[tuple[str, float], Cell]:
    return {(cell.key.strategy, cell.key.temperature): cell for cell in summarize(result)}


def test_there_is_a_cell_for_every_setting(result: SweepResult, cells: dict[tuple[str, float], Cell]) -> None:
    assert len(cells) == 6 * 3
    assert all(list(cell.metrics) == [metric.name for metric in METRICS] for cell in cells.values())


def test_means_are_over_seeds(result: SweepResult, cells: dict[tuple[str, float], Cell]) -> None:
    cell = cells["plain", 1]
    assert [text.key.seed for text in cell.texts] == [0, 1, 5]
    values = np.array([text.metrics.surprise for text in cell.texts])
    assert cell.metrics["surprise"] == pytest.approx(interval(values))
    assert cell.metrics["self_bleu"].mean == pytest.approx(
        self_bleu([text.words for text in cell.texts]).mean()
    )
    assert math.isnan(cell.metrics["surprise_elsewhere"].mean)
    assert cell.metrics["surprise_elsewhere"].n == 0


def test_greedy_is_the_same_everywhere(cells: dict[tuple[str, float], Cell]) -> None:
    first, last = cells["greedy", 0.5], cells["greedy", 3]
    assert first.texts == last.texts
    assert len(first.texts) == 1
    assert first.metrics["self_bleu"].mean == 1
    found = first.metrics["surprise"]
    assert found.mean == found.low == found.high == first.texts[0].metrics.surprise
    assert found.n == 1


def test_heat_shows(cells: dict[tuple[str, float], Cell]) -> None:
    for name in ("surprise", "entropy"):
        assert cells["plain", 0.5].metrics[name].high < cells["plain", 3].metrics[name].low
    assert cells["greedy", 3].metrics["entropy"].mean == 0


def test_differences_are_paired(result: SweepResult) -> None:
    hot, cold = CellKey("chars", "", "plain", 3), CellKey("chars", "", "plain", 0.5)
    found = paired_difference(result, "entropy", hot, cold)
    pairs = [(result.find(hot, seed), result.find(cold, seed)) for seed in (0, 1, 5)]
    differences = [a.metrics.entropy - b.metrics.entropy for a, b in pairs if a and b]
    assert found == pytest.approx(interval(np.array(differences)))
    same = paired_difference(result, "surprise", hot, CellKey("chars", "", "top-k 40", 3))
    assert (same.mean, same.low, same.high, same.n) == (0, 0, 0, 3)
    greedy = CellKey("chars", "", "greedy", 3)
    assert paired_difference(result, "entropy", hot, greedy).mean > 0
    with pytest.raises(SettingError, match="there is no metric 'beauty'; the metrics are distinct_1"):
        paired_difference(result, "beauty", hot, cold)


def test_a_sweep_that_was_stopped_is_summed_up_as_far_as_it_came(result: SweepResult) -> None:
    kept = tuple(text for text in result.texts if text.key.seed in (None, 0))
    part = SweepResult(small(), kept)
    cells = summarize(part)
    assert len(cells) == 18
    assert all(cell.metrics["surprise"].n == 1 for cell in cells)
    assert all(math.isnan(cell.metrics["self_bleu"].mean) for cell in cells if cell.key.strategy == "plain")
    assert summarize(SweepResult(small(), ())) == ()
