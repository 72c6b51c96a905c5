"""A distribution's bars: every probability has its place, removed tokens keep their former length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textgen.experiments.panels import distribution
from textgen.plots import next_token
from textgen.records import Distribution
from textgen.settings import DecodeSettings
from textgen.text.numbers import parse_numbers

LETTERS = ", ".join(f"t{i}: {20 - i}" for i in range(20))


def of_letters(**settings: Any) -> Distribution:
    return distribution(parse_numbers(LETTERS, "logits"), DecodeSettings(**settings))


def traces(record: Distribution, rows: int = next_token.ROWS) -> Any:
    figure: Any = next_token.next_token(record, rows)
    return figure.data


def labels(record: Distribution) -> list[str]:
    return list(next_token.next_token(record).to_plotly_json()["layout"]["yaxis"]["ticktext"])


def test_bars_are_the_probabilities_and_the_tail_is_their_rest() -> None:
    record = of_letters(temperature=3)
    kept, removed, _ = traces(record, rows=5)
    assert list(kept["x"][:5]) == pytest.approx(list(record.probabilities[:5]))
    assert kept["x"][5] == pytest.approx(record.probabilities[5:].sum())
    assert sum(kept["x"]) == pytest.approx(1)
    assert not any(removed["x"])


def test_the_order_is_that_of_the_logits_whatever_the_temperature() -> None:
    record = distribution(parse_numbers("c: 1, a: 3, b: 2"), DecodeSettings(temperature=0.1))
    assert labels(record) == ["a", "b", "c"]


def test_a_removed_token_has_the_length_it_had_before() -> None:
    record = of_letters(temperature=3, top_k=2)
    before = of_letters(temperature=3).probabilities
    kept, removed, text = traces(record, rows=5)
    assert list(kept["x"][2:5]) == [0, 0, 0]
    assert list(removed["x"][:2]) == [0, 0]
    assert list(removed["x"][2:5]) == pytest.approx(list(before[2:5]))
    assert text["text"][2].startswith("<s>")
    assert not text["text"][1].startswith("<s>")


def test_a_label_is_text_and_never_markup() -> None:
    record = distribution(parse_numbers("<b>: 1, &: 2"), DecodeSettings())
    assert labels(record) == ["&amp;", "&lt;b&gt;"]


def test_the_skeleton_has_the_traces_of_the_figure() -> None:
    skeleton = next_token.skeleton(rows=5)
    figure = next_token.next_token(of_letters(), rows=5).to_plotly_json()
    assert [trace["type"] for trace in skeleton["data"]] == [trace["type"] for trace in figure["data"]]
    assert len(skeleton["data"][0]["y"]) == len(figure["data"][0]["y"]) == 6
    assert np.asarray(skeleton["layout"]["xaxis"]["range"]).tolist() == [0, next_token.TEXT_AT]
