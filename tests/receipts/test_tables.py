"""Results as CSV and as JSON that can be read."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.receipts.asked import REQUESTS, Make
from textgen.experiments.requests.sweep import Swept
from textgen.experiments.sweep.export import cells_csv
from textgen.experiments.sweep.run import SweepSettings, collect, plan, run, summarize
from textgen.models.registry import Registry
from textgen.receipts.records import as_json as as_text


def table(make: Make, name: str) -> tuple[list[str], list[list[str]], dict[str, Any]]:
    """The head, the rows and the result."""
    made = make(REQUESTS[name])
    head, *rows = csv.reader(io.StringIO(made.csv))
    assert {len(row) for row in rows} == {len(head)}
    return head, rows, made.receipt["result"]


def test_a_distribution_has_a_row_a_token(make: Make) -> None:
    head, rows, result = table(make, "distribution")
    assert head == [
        "token",
        "id",
        "logit",
        "1: T=0.5",
        "2: T=2 repetition_penalty=1.3 top_k=5 top_p=0.9",
        "3: T=0",
    ]
    assert [row[0] for row in rows] == result["labels"]
    assert [row[1] for row in rows] == [str(number) for number in range(12)]
    for place, panel in enumerate(result["panels"], 3):
        assert [float(row[place]) for row in rows] == panel["probabilities"]


def test_a_token_that_cannot_come_has_no_logit(make: Make) -> None:
    _, rows, result = table(make, "typed-in numbers")
    assert (
        [row[2] == "" for row in rows]
        == [logit is None for logit in result["logits"]]
        == [False, False, True]
    )


def test_draws_have_a_row_a_token(make: Make) -> None:
    head, rows, result = table(make, "draws")
    assert head[:4] == ["token", "id", "1: probability T=0.5", "1: count T=0.5"]
    assert [[int(row[place]) for row in rows] for place in (3, 5, 7)] == result["counts"]
    assert sum(int(row[3]) for row in rows) == result["n"] == 191


def test_texts_have_a_row_a_token(make: Make) -> None:
    head, rows, result = table(make, "text")
    assert head == ["text", "position", "id", "token", "surprise (bits)"]
    assert len(rows) == 25 + 25 + 10
    second = [row for row in rows if row[0] == "2"]
    assert [int(row[2]) for row in second] == result["texts"][1]["ids"]
    assert [float(row[4]) for row in second] == result["texts"][1]["surprise_bits"]
    assert [int(row[1]) for row in second] == list(range(25))


def test_a_beam_has_a_row_a_text(make: Make) -> None:
    head, rows, result = table(make, "beam")
    assert head[:3] == ["rank", "ids", "text"]
    assert [float(row[5]) for row in rows] == [found["score"] for found in result["finished"]]


def test_a_sweep_has_the_rows_of_its_own_export(make: Make, models: Registry) -> None:
    made = make(REQUESTS["sweep"])
    settings = SweepSettings.from_dict(REQUESTS["sweep"]["settings"])
    result = collect(settings, run(plan(settings, models), models))
    assert made.csv == cells_csv(summarize(result))
    given_ = make(REQUESTS["sweep"], result=Swept(result, summarize(result)))
    assert given_.receipt == made.receipt


def test_chaos_has_a_row_a_temperature(make: Make) -> None:
    _, rows, result = table(make, "chaos")
    assert [float(row[0]) for row in rows] == [0.5, 0.9, 1.3]
    assert [row[2] for row in rows] == result["texts"]
    assert rows[0][1] == ""


def test_a_reading_has_a_row_a_piece_of_its_text(make: Make) -> None:
    head, rows, result = table(make, "reading")
    assert "".join(row[0] for row in rows) == REQUESTS["reading"]["text"]
    known = [row for row in rows if row[2]]
    assert [row[0] for row in rows if row not in known] == ["Z"]  # which the model does not know
    assert [int(row[head.index("rank")]) for row in known] == result["ranks"]
    assert [float(row[head.index("surprise (bits)")]) for row in known] == result["surprise_bits"]
    assert {row[head.index("removed by")] for row in known} == {"", "top_k"}


def test_perplexity_has_a_row_a_temperature(make: Make) -> None:
    _, rows, result = table(make, "perplexity")
    assert [float(row[1]) for row in rows] == result["perplexities"]
    assert np.argmin(result["perplexities"]) == [0.5, 1, 2].index(result["best"])


@pytest.mark.parametrize("name", REQUESTS)
def test_every_kind_has_a_table(make: Make, name: str) -> None:
    head, rows, _ = table(make, name)
    assert len(set(head)) == len(head) > 1
    assert rows


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(JSON)
def test_the_layout_changes_nothing(value: Any) -> None:
    text = as_text(value)
    assert json.loads(text) == value
    assert text.isascii()


def test_numbers_stand_in_one_line() -> None:
    text = as_text({"a": [1, 2.5, None], "b": [[1], [2]], "c": {}, "d": []})
    assert text == '{\n "a": [1, 2.5, null],\n "b": [\n  [1],\n  [2]\n ],\n "c": {},\n "d": []\n}\n'
