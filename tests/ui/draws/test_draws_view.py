"""What the Draws tab says and sends of a record."""

from __future__ import annotations

import json

import numpy as np
import pytest

from textgen.experiments.draws.counts import draw
from textgen.experiments.panels import draw_side_by_side, side_by_side
from textgen.records import ChiSquared, Encoded, NextToken
from textgen.settings import DecodeSettings
from textgen.ui.draws import view as draws_view
from textgen.ui.draws.view import (
    PAGE,
    Asked,
    Board,
    board,
    chi_line,
    meaning,
    percent,
    share,
    sigmas,
    view,
)


def made(size: int, n: int = 1000) -> Board:
    """Draws from a random distribution over that many tokens at three temperatures."""
    labels = tuple(f"token {i}" for i in range(size))
    logits = np.random.default_rng(0).normal(0, 3, size).astype(np.float32)
    expectation = NextToken(labels, labels, logits, Encoded((), (), ()), "")
    panels = side_by_side(expectation, (0.5, 1.0, 2.0), DecodeSettings())
    return board(draw_side_by_side(panels, n, seed=2), panels)


@pytest.mark.parametrize("size", [2, PAGE, PAGE + 1, 1234])
def test_every_token_is_on_exactly_one_page_in_the_order_of_its_probability(size: int) -> None:
    shown = made(size)
    pages = [
        draws_view.table(shown, 1, page, 1000) for page in range(draws_view.table(shown, 1, 0, 1)["pages"])
    ]
    labels = [row[0] for page in pages for row in page["rows"]]
    assert labels == [shown.draws.labels[i] for i in shown.order]
    assert max(len(page["rows"]) for page in pages) <= PAGE
    drawn = sum(int(row[3].replace(",", "")) for page in pages for row in page["rows"])
    assert drawn == 1000


def test_a_page_beyond_the_last_is_the_last() -> None:
    assert draws_view.table(made(450), 0, 99, 1000)["page"] == 2


def test_a_row_holds_probability_expectation_count_and_difference() -> None:
    record = draw(np.array([[0.8, 0.2]]), [1.0], 100, 0, labels=["a", "b"])
    shown = Board(record, np.zeros((1, 2), dtype=bool), np.array([0, 1]), Encoded((), (), ()))
    count = int(record.counts[0, 0])
    off = (count - 80) / 4  # σ = √(100 · 0.8 · 0.2)
    assert draws_view.row(shown, 0, 0, 80.0, 4.0)[:4] == ["a", "80.00%", "80.0", str(count)]
    assert draws_view.row(shown, 0, 0, 80.0, 4.0)[4] == sigmas(off)
    assert draws_view.row(shown, 0, 0, count + 9.0, 4.0)[5] == "far"


def test_ten_thousand_tokens_at_six_temperatures_stay_a_small_message() -> None:
    shown = made(10_000, n=100_000)
    text = json.dumps(view(shown, Asked(planned=100, at=0, page=0)), allow_nan=False)
    assert len(text) < 60_000


def test_without_enough_draws_there_is_no_p() -> None:
    fit = ChiSquared(0.0, 0, None, 1)
    assert chi_line(fit) == "no χ² test"
    assert "two bins that each expect 5" in meaning(fit, kept=3)
    assert "nothing to test" in meaning(fit, kept=1)


@pytest.mark.parametrize(
    ("p", "sentence"),
    [
        (0.593, "59 of 100 fair runs stray at least this far: chance explains it."),
        (0.05, "5 of 100 fair runs stray at least this far: chance explains it."),
        (0.03, "3 of 100 fair runs stray this far: rare, not impossible. Draw again and see."),
        (0.0005, "Fewer than 1 of 1,000 fair runs stray this far: rare, not impossible. Draw again and see."),
    ],
)
def test_a_p_value_is_told_in_fair_runs(p: float, sentence: str) -> None:
    assert meaning(ChiSquared(9.0, 11, p, 12), kept=12) == sentence


def test_the_test_is_told_with_its_bins() -> None:
    fit = ChiSquared(9.314, 11, 0.593, 12)
    assert chi_line(fit) == "χ² = 9.31, p = 0.593"
    assert draws_view.bins_line(fit) == "11 degrees of freedom from 12 bins"
    assert chi_line(ChiSquared(99.0, 1, 1e-9, 2)) == "χ² = 99.00, p < 0.001"
    assert draws_view.bins_line(ChiSquared(99.0, 1, 1e-9, 2)) == "1 degree of freedom from 2 bins"


@pytest.mark.parametrize(("p", "text"), [(1.0, "99 of 100"), (0.0042, "4 of 1,000"), (0.011, "1 of 100")])
def test_shares_of_runs(p: float, text: str) -> None:
    assert share(p) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "0.00%"), (0.4619, "46.19%"), (0.00005, "0.0050%"), (1e-9, "<0.0001%")]
)
def test_probabilities_keep_two_decimals_that_say_something(p: float, text: str) -> None:
    assert percent(p) == text


@pytest.mark.parametrize(
    ("off", "text"), [(0.04, "0.0 σ"), (-0.04, "0.0 σ"), (1.25, "+1.2 σ"), (-3.0, "−3.0 σ")]
)
def test_differences_have_a_sign(off: float, text: str) -> None:
    assert sigmas(off) == text


@pytest.mark.parametrize(("distance", "text"), [(0.0, "0.000"), (0.0549, "0.055"), (0.00123, "0.0012")])
def test_distances_keep_what_matters(distance: float, text: str) -> None:
    assert draws_view.decimals(distance) == text
