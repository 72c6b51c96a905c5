"""A typed-in table of conditional probabilities: what it means and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.decoding.table_model import FIGURE_12, TableModel, parse_table
from textgen.errors import TextError


def shares(model: TableModel, *text: str) -> dict[str, float]:
    """The probabilities above 0 after a text, by label."""
    row = np.exp(model.after(model.labels.index(token) for token in text))
    return {label: round(float(p), 6) for label, p in zip(model.labels, row, strict=True) if p}


def test_a_line_says_what_follows() -> None:
    model = parse_table(FIGURE_12)
    assert model.labels == ("A", "B", "C")
    assert model.vocab_size == 3
    assert model.notes == ()
    assert shares(model) == {"A": 0.5, "B": 0.4, "C": 0.1}
    assert shares(model, "A") == {"A": 0.1, "B": 0.6, "C": 0.3}
    assert shares(model, "A", "B") == {"A": 0.2, "B": 0.5, "C": 0.3}


def test_the_longest_line_that_fits_the_end_holds() -> None:
    model = parse_table(": a 0.5, b 0.5\nb: a 1\na b: b 1")
    assert shares(model, "b", "b") == {"a": 1}
    assert shares(model, "b", "a", "b") == {"b": 1}
    assert shares(model, "b", "a") == {"a": 0.5, "b": 0.5}, "no line ends so: the start holds"


def test_forms_that_people_type() -> None:
    expected = {"cat": 0.75, "dog": 0.25}
    for text in (
        ": cat 75%, dog 25%",
        ":cat=0.75;dog=0.25",
        "\n\n  : cat 3 , dog 1,\n",
        ": cat .75, dog 2.5e-1",
    ):
        assert shares(parse_table(text)) == expected


@pytest.mark.parametrize(
    "typed", [": A 0,7, 2 0,3", ": A 0,7,2 0,3", ":A=0,7;2 = 0,3", ": A 70,0%, 2 30%", ": A 0.7,2 0.3"]
)
def test_a_decimal_comma_is_one(typed: str) -> None:
    assert shares(parse_table(typed)) == pytest.approx({"A": 0.7, "2": 0.3})


def test_shares_that_do_not_sum_to_1_are_noted() -> None:
    assert parse_table(": a 2, b 2\na: b 1").notes == (
        "the start: The numbers sum to 4, not 1: they are used as shares of that sum.",
    )


def test_tokens_are_shown_visibly() -> None:
    assert parse_table(": a\u200b 1").labels == ("aU+200B",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the table has no start; begin with a line like `: A 0.5, B 0.4, C 0.1`"),
        ("A: A 1", "the table has no start; begin with a line like"),
        (": A 1\nA 0.5", "line 2: A 0.5 has no colon; write like `A: A 0.1, B 0.9`"),
        (": A 1\n: B 1", "line 2: the start has two lines; put all that may follow into one"),
        (": A 1\n\nA: A 1\nA: A 1", "line 4: A has two lines"),
        (": A 1, A 2", "line 1: A has two numbers; keep one"),
        (":", "line 1: no token has a probability above 0"),
        (": A 0, B 0", "line 1: no token has a probability above 0"),
        (": A", "line 1: A is not a token and a number; write like `A 0.2`"),
        (": A B 1", "line 1: A B 1 is not a token and a number"),
        (": A x", "line 1: A x is not a token and a number; write like `A 0.2`"),
        (": A nan", "line 1: A nan is not a token and a number"),
        (": A 1e400", "line 1: A 1e400 is not a token and a number"),
        (": A -0.5, B 1", "line 1: a probability must be 0 or more, got A -0.5"),
        (": A -inf, B 1", "line 1: a probability must be 0 or more, got A -inf"),
        (": A 1\nB: A 1", "B stands before a colon, but no line gives it a probability"),
        (": " + "x" * 61 + " 1", "line 1: "),
        (":" + ",".join(f"t{i} 1" for i in range(201)), "a table must have at most 200 tokens, got 201"),
        (": A 1\n" * 501, "a table must have at most 500 lines, got 501; shorten it"),
        ("x" * 20_001, "a table must be a text of at most 20,000 characters, got 20,001 characters"),
        (None, "a table must be a text of at most 20,000 characters, got None"),
    ],
)
def test_what_is_wrong_is_said(text: Any, sentence: str) -> None:
    with pytest.raises(TextError) as caught:
        parse_table(text)
    assert sentence in str(caught.value).replace("'", "")
    assert len(str(caught.value)) < 250


@given(st.text(alphabet=":;, \n=%AB0.1-einf<&", max_size=40) | st.text(max_size=40))
def test_any_text_is_a_model_or_a_sentence(text: str) -> None:
    try:
        model = parse_table(text)
    except TextError:
        return
    assert np.exp(model.after(())).sum() == pytest.approx(1)
