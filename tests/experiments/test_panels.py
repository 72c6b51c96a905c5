"""One expectation side by side."""

from __future__ import annotations

import numpy as np
import pytest

from textgen.errors import SettingError
from textgen.experiments.panels import distribution, draw_side_by_side, side_by_side
from textgen.settings import DecodeSettings
from textgen.text.numbers import parse_numbers

ABC = parse_numbers("a: 0.5, b: 0.3, c: 0.2")


def test_the_trace_ends_with_the_probabilities() -> None:
    panel = distribution(ABC, DecodeSettings(temperature=2.0, top_k=2))
    assert [stage.name for stage in panel.trace] == ["raw", "temperature", "top_k"]
    assert panel.trace[-1].probabilities is panel.probabilities
    weights = np.sqrt([0.5, 0.3])
    assert panel.probabilities == pytest.approx([*(weights / weights.sum()), 0.0], abs=1e-7)


def test_the_summary_is_that_of_what_is_left() -> None:
    summary = distribution(ABC, DecodeSettings(top_k=1)).summary
    assert (summary.entropy, summary.choices, summary.top, summary.kept) == (0.0, 1.0, 1.0, 1)


def test_settings_are_named_in_full() -> None:
    assert DecodeSettings.from_dict(distribution(ABC, DecodeSettings(top_p=0.9)).settings).top_p == 0.9


def test_the_likeliest_tokens_by_label() -> None:
    assert distribution(ABC, DecodeSettings()).top(2) == [
        ("a", pytest.approx(0.5)),
        ("b", pytest.approx(0.3)),
    ]


def test_only_the_temperature_differs_side_by_side() -> None:
    panels = side_by_side(ABC, [0, 1], DecodeSettings(temperature=3.0, top_k=2))
    assert [panel.settings["temperature"] for panel in panels] == [0, 1]
    assert panels[0].probabilities.tolist() == [1.0, 0.0, 0.0]
    assert panels[1].probabilities == pytest.approx([0.625, 0.375, 0.0], abs=1e-7)


@pytest.mark.parametrize("count", [0, 65])
def test_the_number_of_panels_has_bounds(count: int) -> None:
    with pytest.raises(SettingError, match="number of temperatures must be"):
        side_by_side(ABC, [1.0] * count, DecodeSettings())


def test_draws_come_from_the_panels() -> None:
    panels = side_by_side(ABC, [0, 1], DecodeSettings())
    record = draw_side_by_side(panels, 50, 3)
    assert record.labels == ("a", "b", "c")
    assert record.temperatures == (0.0, 1.0)
    assert record.counts[0].tolist() == [50, 0, 0]
    assert draw_side_by_side(panels, 50, 3, record).n == 100
