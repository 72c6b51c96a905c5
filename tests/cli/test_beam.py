"""`beam`: the frontier, the ranking, and what it refuses."""

from __future__ import annotations

import itertools
import math

import pytest

from tests.cli.running import Command, assert_complaint, cells
from textgen import api
from textgen.models.folder import Model
from textgen.settings import BeamSettings

SHORT = ("bad", "-w", "2", "-l", "3")


def log_likelihood(model: Model, prompt: str, ids: tuple[int, ...]) -> float:
    """Σ ln p, one next_token at a time."""
    text, total = prompt, 0.0
    for token in ids:
        total += math.log(api.next_token(model, text).probabilities[token])
        text += model.tokenizer.texts[token]
    return total


def test_every_step_shows_its_candidates_and_their_fate(textgen: Command) -> None:
    steps = textgen("beam", *SHORT).out.split("\n\n")
    assert len(steps) == 4
    for number, step in enumerate(steps[:3], start=1):
        rows = cells(step)
        assert rows[0] == [f"step {number}"]
        assert rows[1] == ["text", "no.", "from", "ln p", "Σ ln p", "fate"]
        assert len(rows) == 2 + 8
        assert [row[-1] for row in rows[2:4]] == ["kept" if number < 3 else "finished"] * 2
        assert all(row[-1] == "pruned" for row in rows[4:])


def test_a_texts_sum_is_its_parents_and_its_own(textgen: Command) -> None:
    steps = [cells(step)[2:] for step in textgen("beam", *SHORT).out.split("\n\n")[:3]]
    for before, after in itertools.pairwise(steps):
        for text, _, parent, own, total, _ in after:
            source = before[int(parent) - 1]
            assert text.startswith(source[0])
            assert float(total) == pytest.approx(float(source[4]) + float(own), abs=0.0021)


def test_the_ranking_is_that_of_the_librarys_search(textgen: Command, tiny: Model) -> None:
    rows = cells(textgen("beam", *SHORT, "--ranking").out)
    *_, last = api.beam_search(tiny, "bad", BeamSettings(width=2, length=3))
    assert rows[0] == ["ended: all are as long as allowed"]
    assert rows[1] == ["text", "tokens", "Σ ln p", "score", "end"]
    for row, found in zip(rows[2:], last.finished, strict=True):
        assert row[0] == "".join(tiny.tokenizer.labels[token] for token in found.ids)
        assert float(row[2]) == pytest.approx(log_likelihood(tiny, "bad", found.ids), abs=1e-3)
        assert float(row[3]) == pytest.approx(found.logprob / 3, abs=1e-4)


def test_a_beam_as_wide_as_all_texts_finds_the_likeliest(tiny: Model) -> None:
    *_, last = api.beam_search(tiny, "bad", BeamSettings(width=64, length=2))
    every = itertools.product(range(tiny.net.vocab_size), repeat=2)
    assert last.finished[0].ids == max(every, key=lambda ids: log_likelihood(tiny, "bad", ids))


def test_a_stop_may_be_named_by_its_label(textgen: Command) -> None:
    line = (
        "beam",
        "bad",
        "-w",
        "12",
        "-l",
        "5",
        "--length-penalty",
        "-2",
        "--early-stopping",
        "true",
        "--json",
    )
    found = textgen(*line, "--stop", "⏎", "--stop", " ").json
    assert found["beam"]["stops"] == [0, 1]
    assert found["beam"]["early_stopping"] is True
    assert {end["ids"][-1] for end in found["finished"] if end["stopped"]} <= {0, 1}
    assert any(end["stopped"] for end in found["finished"])


def test_settings_without_effect_are_named(textgen: Command) -> None:
    result = textgen("beam", *SHORT, "--top-p", "0.9", "-t", "0.5")
    assert "(--sampling draws them): temperature, top_p." in result.err
    assert result.out == textgen("beam", *SHORT).out


def test_sampling_draws_and_repeats(textgen: Command) -> None:
    line = ("beam", "bad", "-l", "8", "--sampling", "-t", "2", "--ranking")
    assert textgen(*line).err == "seed 4242 (repeat with --seed 4242)\n"
    assert textgen(*line, "--seed", "4242").out == textgen(*line).out
    assert textgen(*line, "--seed", "1").out != textgen(*line).out
    assert "compared" in textgen(*line[:-1]).out


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["-w", "0"], "width must be a whole number from 1"),
        (["-w", "wide"], "got wide"),
        (["-l", "100000"], "length must be"),
        (["--length-penalty", "nan"], "length_penalty must be"),
        (["--early-stopping", "perhaps"], 'early_stopping must be true, false or "never", got perhaps'),
        (["--stop", "xyz"], "a stop must be one token of the model, got 'xyz'"),
        (["-t", "1", "-t", "2"], "one temperature, got 2"),
        (["-t", "nan"], "temperature must be"),
    ],
)
def test_mistakes(textgen: Command, argv: list[str], sentence: str) -> None:
    assert_complaint(textgen("beam", "bad", *argv), sentence)
