"""Typed-in numbers: what they mean, what is refused, and that labels are data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import TextError
from textgen.experiments.panels import distribution
from textgen.settings import DecodeSettings
from textgen.text.numbers import MAX_TEXT, parse_numbers


def shares(text: str, temperature: float = 1.0, kind: str = "auto") -> list[float]:
    """The probabilities that a typed-in text stands for."""
    return list(
        distribution(parse_numbers(text, kind), DecodeSettings(temperature=temperature)).probabilities
    )


class TestMeaning:
    @pytest.mark.parametrize(("temperature", "ratio"), [(1, 4.84), (0.5, 23.4256), (2, 2.2)])
    def test_the_seed_documents_ratio_table(self, temperature: float, ratio: float) -> None:
        first, second = shares("0.726, 0.15", temperature)
        assert first / second == pytest.approx(ratio, rel=1e-6)

    def test_probabilities_that_sum_to_1_stay_as_they_are(self) -> None:
        parsed = parse_numbers("0.73, 0.15, 0.12")
        assert parsed.labels == ("1", "2", "3")
        assert parsed.note == ""
        assert shares("0.73, 0.15, 0.12") == pytest.approx([0.73, 0.15, 0.12], abs=1e-7)

    def test_other_sums_are_shares_and_the_note_says_so(self) -> None:
        parsed = parse_numbers("0.6, 0.2")
        assert "sum to 0.8, not 1" in parsed.note
        assert shares("0.6, 0.2") == pytest.approx([0.75, 0.25], abs=1e-7)

    def test_numbers_above_1_are_logits_unless_told_otherwise(self) -> None:
        assert shares("a: 2.0, b: 1.0") == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.e)], abs=1e-7)
        assert shares("3, 1", kind="probabilities") == pytest.approx([0.75, 0.25], abs=1e-7)

    def test_a_negative_number_makes_logits_of_all(self) -> None:
        assert parse_numbers("-0.1, 0.2").logits.tolist() == pytest.approx([-0.1, 0.2])

    @pytest.mark.parametrize(("total", "kind"), [("0.501", "probabilities"), ("0.502", "logits")])
    def test_rounding_a_little_over_1_is_forgiven(self, total: str, kind: str) -> None:
        automatic, named = parse_numbers(f"0.5, {total}"), parse_numbers(f"0.5, {total}", kind)
        assert automatic.logits.tolist() == named.logits.tolist()

    def test_percentages_are_probabilities_whatever_their_sum(self) -> None:
        assert shares("90%, 60%") == pytest.approx([0.6, 0.4], abs=1e-7)

    def test_minus_infinity_removes_a_token(self) -> None:
        assert shares("a: 0, b: -inf, c: 0") == [0.5, 0.0, 0.5]

    def test_a_zero_probability_is_a_removed_token(self) -> None:
        assert parse_numbers("0.5, 0, 0.5").logits[1] == -math.inf

    @pytest.mark.parametrize(
        "text",
        [
            "a: .5\nb: .25\nc: .25",
            "a=0.5;b=0.25;c=0.25",
            "a: 50%,\r\nb : 25 %\nc: 2.5e-1;",
            " a:+0.5,,b:0.25,c:.25,",
        ],
    )
    def test_every_way_to_write_it(self, text: str) -> None:
        assert parse_numbers(text).labels == ("a", "b", "c")
        assert shares(text) == pytest.approx([0.5, 0.25, 0.25], abs=1e-7)

    def test_a_typographic_minus_counts(self) -> None:
        assert parse_numbers("\N{MINUS SIGN}1, 2").logits.tolist() == [-1, 2]

    def test_the_last_sign_divides_label_and_number(self) -> None:
        assert parse_numbers("a:b: 1, c=d=2").labels == ("a:b", "c=d")

    def test_nothing_is_claimed_of_a_model_or_a_context(self) -> None:
        parsed = parse_numbers("0.5, 0.5")
        assert parsed.model == ""
        assert parsed.context.ids == ()

    @given(st.lists(st.floats(-50, 50), min_size=2, max_size=200))
    def test_logits_come_back_as_typed(self, values: list[float]) -> None:
        text = "; ".join(map(repr, values))
        assert parse_numbers(text, "logits").logits.tolist() == [np.float32(value) for value in values]

    @given(st.lists(st.integers(1, 1000), min_size=2, max_size=50), st.sampled_from([0.5, 2.0]))
    def test_the_ratio_law(self, weights: list[int], temperature: float) -> None:
        result = shares(", ".join(map(str, weights)), temperature, "probabilities")
        law = (weights[0] / weights[1]) ** (1 / temperature)
        assert result[0] / result[1] == pytest.approx(law, rel=1e-5)


class TestLabels:
    @pytest.mark.parametrize(
        ("label", "shown"),
        [
            ("the king", "the␣king"),
            ("${7*6}", "${7*6}"),
            ("<img src=x onerror=alert(1)>", "<img␣src=x␣onerror=alert(1)>"),
            ("\0", "U+0000"),
            ("\u202eabc", "U+202Eabc"),
            ("😀", "😀"),
        ],
    )
    def test_any_text_is_a_label_and_stays_data(self, label: str, shown: str) -> None:
        parsed = parse_numbers(f"{label}: 0.5\nb: 0.5")
        assert parsed.labels == (shown, "b")
        assert parsed.texts == (label, "b")


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "from 2 to 200, got 0"),
            ("1", "from 2 to 200, got 1"),
            ("1," * 201, "from 2 to 200, got 201"),
            ("1," * MAX_TEXT, "at most 20,000 characters, got 40,000"),
            ("a: 1, a: 2", "once, got 'a' twice"),
            ("a␣b: 1, aU+2423b: 2", "once"),
            ("a: 1, 2", "1 of 2"),
            ("nan, 1", "'nan'"),
            ("inf, 1", "only a logit may be -inf"),
            ("1e999, 1", "'1e999'"),
            ("-1e999, 1", "'-1e999'"),
            ("1e7, 1", "from -1,000,000 to 1,000,000"),
            ("-inf, -inf", "at least one logit"),
            ("0, 0", "at least one probability must be above 0"),
            ("0x10, 1", "is not a number"),
            ("1_000, 1", "is not a number"),
            ("١, 1", "is not a number"),
            ("one, two", "is not a number"),
            ("a:, b: 1", "is not a number"),
            (": 1, b: 1", "1 to 60 characters"),
            ("a" * 61 + ": 1, b: 1", "1 to 60 characters"),
            ("%, 1", "is not a number"),
            ("<img src=x onerror=alert(1)>, 1", "is not a number"),
        ],
    )
    def test_with_a_sentence(self, text: str, sentence: str) -> None:
        with pytest.raises(TextError) as refusal:
            parse_numbers(text)
        assert sentence in str(refusal.value)
        assert len(str(refusal.value)) < 250

    def test_negative_probabilities(self) -> None:
        with pytest.raises(TextError, match=r"0 or more, got -0\.5"):
            parse_numbers("-0.5, 1", "probabilities")

    def test_an_unknown_kind(self) -> None:
        with pytest.raises(TextError, match="auto, probabilities, logits, got odds"):
            parse_numbers("1, 2", "odds")

    @pytest.mark.parametrize("text", [None, 0.5, [0.5, 0.5]])
    def test_what_is_no_text(self, text: object) -> None:
        with pytest.raises(TextError, match="must be a text"):
            parse_numbers(text)  # type: ignore[arg-type]

    @given(st.text(max_size=200))
    def test_any_text_is_read_or_refused_with_a_sentence(self, text: str) -> None:
        try:
            parsed = parse_numbers(text)
        except TextError:
            return
        assert 2 <= len(parsed.labels) == len(set(parsed.labels))
        assert np.isfinite(parsed.logits).any()
        assert not np.isnan(parsed.logits).any()


@pytest.mark.parametrize("text", ["0,73; 0,15", "a: 0,73\nb: 0,15", "a = 73,0 %; b = 15,0%", "0,73;\n0,15;"])
def test_a_decimal_comma_is_one_where_nothing_else_can_be_meant(text: str) -> None:
    """Split at every comma these would be four numbers."""
    shares = np.exp(parse_numbers(text, "probabilities").logits)
    assert shares.tolist() == pytest.approx([0.73 / 0.88, 0.15 / 0.88], rel=1e-6)
