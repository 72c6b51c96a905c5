"""Counts over their band: record → figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from textgen.experiments.draws.counts import draw
from textgen.plots import draws as bars
from textgen.plots import theme
from textgen.records import Draws

RNG_SEED = 5


def softmax_rows(size: int, temperatures: tuple[float, ...]) -> np.ndarray:
    logits = np.sort(np.random.default_rng(RNG_SEED).normal(0, 2, size))[::-1]
    weights = np.exp(logits / np.array(temperatures)[:, None])
    return weights / weights.sum(axis=1, keepdims=True)


def drawn(size: int = 30, n: int = 500, temperatures: tuple[float, ...] = (0.5, 2.0)) -> Draws:
    labels = [f"t{i}" for i in range(size)]
    return draw(softmax_rows(size, temperatures), temperatures, n, seed=3, labels=labels)


def rows_of(record: Draws, removed: np.ndarray | None = None) -> bars.Rows:
    gone = np.zeros(record.counts.shape, dtype=bool) if removed is None else removed
    return bars.pooled(record, gone, np.arange(len(record.labels)))


@pytest.mark.parametrize("size", [2, 13, 14, 15, 10_000])
def test_every_draw_is_in_a_bar_and_plotly_accepts_the_figure(size: int) -> None:
    record = drawn(size)
    rows = rows_of(record)
    for k in range(2):
        figure = bars.bars(rows, k, bars.axis_end(rows))
        go.Figure(figure)  # raises for what Plotly does not know
        assert sum(figure["data"][1]["x"]) == 500
        assert len(figure["data"][1]["x"]) <= bars.ROWS + 2


def test_first_tokens_as_they_are_and_the_rest_as_one() -> None:
    record = drawn()
    counts = bars.bars(rows_of(record), 1, 1)["data"][1]
    assert counts["x"] == [*record.counts[1, :12], record.counts[1, 12:].sum()]
    assert counts["marker"]["color"] == [theme.thermal(2.0)] * 12 + [bars.GREY]


def test_the_order_is_the_one_asked_for() -> None:
    record = drawn(4)
    rows = bars.pooled(record, np.zeros((2, 4), dtype=bool), np.array([2, 0, 3, 1]))
    assert rows.draws.labels == ("t2", "t0", "t3", "t1")
    assert bars.bars(rows, 0, 1)["data"][1]["x"] == record.counts[0, [2, 0, 3, 1]].tolist()


def test_mark_and_band_are_binomial_also_for_the_tail() -> None:
    record = drawn()
    band, _, mark, _ = bars.bars(rows_of(record), 0, 1)["data"]
    p = np.append(record.probabilities[0, :12], record.probabilities[0, 12:].sum())
    sigma = np.sqrt(500 * p * (1 - p))
    np.testing.assert_allclose(mark["x"], 500 * p)
    np.testing.assert_allclose(band["base"], np.maximum(500 * p - 2 * sigma, 0))
    np.testing.assert_allclose(np.add(band["base"], band["x"]), np.minimum(500 * p + 2 * sigma, 500))


def test_all_panels_have_one_axis_with_room_for_the_longest_bar() -> None:
    rows = rows_of(drawn())
    end = bars.axis_end(rows)
    ranges = [bars.bars(rows, k, end)["layout"]["xaxis"]["range"] for k in range(2)]
    assert ranges[0] == ranges[1] == [0, end]
    assert end > rows.draws.counts.max() * 1.1


def test_a_removed_token_is_struck_through_with_count_0_and_no_mark() -> None:
    p = np.array([[0.7, 0.3, 0.0]])
    record = draw(p, [1.0], 50, 0, labels=["a", "b", "<c>"])
    figure = bars.bars(rows_of(record, p == 0), 0, 60)
    assert figure["layout"]["yaxis"]["ticktext"] == ["a", "b", "<s>&lt;c&gt;</s>"]
    assert figure["data"][1]["x"][2] == 0
    assert figure["data"][2]["x"][2] is None
    assert figure["data"][3]["text"][2] == "0"


def test_before_the_first_draw_there_are_bands_and_no_figures() -> None:
    record = drawn()
    empty = replace(record, counts=np.zeros_like(record.counts), n=500)
    band, _, mark, text = bars.bars(rows_of(empty), 0, 500)["data"]
    assert mark["x"][0] == pytest.approx(500 * record.probabilities[0, 0])
    assert sum(band["x"]) > 0
    assert set(text["text"]) == {bars.BLANK}


def test_a_token_that_looks_like_the_tail_is_none() -> None:
    record = draw(np.array([[0.5, 0.5]]), [2.0], 10, 0, labels=["a", "… 5 more"])
    figure = bars.bars(rows_of(record), 0, 10)
    assert figure["data"][1]["marker"]["color"] == [theme.thermal(2.0)] * 2
    assert figure["layout"]["yaxis"]["ticktext"] == ["a", "… 5 more"]


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0"), (999, "999"), (999_999, "999,999"), (1_234_567, "1.23M"), (100_000_000, "100M")]
)
def test_counts_are_short(n: int, text: str) -> None:
    assert bars.short(n) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.0"), (0.0004, "<0.001"), (0.123, "0.12"), (34.56, "34.6"), (12345, "12,345.0")]
)
def test_expected_counts_are_rounded(value: float, text: str) -> None:
    assert bars.amount(value) == text


def test_long_labels_are_cut_and_hostile_ones_are_text() -> None:
    record = draw(np.array([[0.5, 0.5]]), [1.0], 10, 0, labels=["x" * 60, "<img src=x>"])
    figure = bars.bars(rows_of(record), 0, 10)
    assert figure["layout"]["yaxis"]["ticktext"] == ["x" * 11 + "…", "&lt;img src=x&gt;"]
    assert figure["data"][1]["customdata"][1][0] == "&lt;img src=x&gt;"
