"""`chaos` in the terminal: the texts under each other, where they part, the exact flip."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.running import Command, assert_complaint, cells
from textgen.experiments.chaos.flips import flips_above
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos, grid
from textgen.models.folder import Model
from textgen.settings import DecodeSettings

ASKED = ("chaos", "Ta", "--from", "0.05", "--to", "4", "--rows", "12", "-l", "30", "--seed", "7")


def made(model: Model, **stages: float) -> Chaos:
    return chaos(model, "Ta", ChaosSettings(grid(0.05, 4, 12), 7, 30, DecodeSettings(**stages)))  # type: ignore[arg-type]


def first_divergence(picture: Chaos) -> int:
    return next(row for row, at in enumerate(picture.divergences) if at is not None)


def test_the_texts_are_those_of_the_library_with_points_for_what_they_share(
    textgen: Command, tiny: Model
) -> None:
    picture = made(tiny)
    lines = textgen(*ASKED).out.splitlines()
    assert lines[0].split() == ["row", "T", "differs", "at", "text"]
    start = lines[0].index("text")
    for row, line in enumerate(lines[1:13]):
        at, text = picture.divergences[row], picture.texts[row].replace("\n", "⏎")
        assert line[:start].split()[:2] == [str(row), f"{picture.settings.temperatures[row]:.9g}"]
        written = line[start:]
        shared = len(written) - len(written.lstrip("·"))
        assert shared == (0 if row == 0 else 30 if at is None else at)
        assert written[shared:].replace("␣", " ") == text[shared:].rstrip()
        told = line[:start].split()[2:]
        assert told == ([] if row == 0 else ["="] if at is None else [str(at + 1)])
    assert lines[14].startswith(f"{sum(at is not None for at in picture.divergences)} of 11 rows differ")


def test_the_flip_of_a_row(textgen: Command, tiny: Model) -> None:
    picture = made(tiny)
    row = first_divergence(picture)
    out = textgen(*ASKED, "--magnify", str(row)).out
    flips = flips_above(tiny, picture, row)
    for flip in flips:
        assert f"token {flip.step + 1} flips at T = {flip.temperature!r} (exact)" in out
    found = {line[0]: line[1:] for line in cells(out[out.index("just below") :]) if len(line) == 3}
    first = flips[-1]
    assert found["logit, as the model gave it"] == [
        f"{first.below.logit:.4f}",
        f"{first.above.logit:.4f}",
    ]
    below, above = found["score: the two above together"]
    assert below == above


def test_a_row_that_does_not_part_and_one_that_is_bisected(textgen: Command, tiny: Model) -> None:
    unchanged = next(row for row, at in enumerate(made(tiny).divergences) if row and at is None)
    assert (
        f"Row {unchanged} is like the row above: nothing flips"
        in textgen(*ASKED, "--magnify", str(unchanged)).out
    )
    row = first_divergence(made(tiny, min_p=0.5))
    assert "(bisected to the last digit" in textgen(*ASKED, "--min-p", "0.5", "--magnify", str(row)).out


def test_json(textgen: Command, tiny: Model) -> None:
    picture = made(tiny, top_k=6)
    row = first_divergence(picture)
    found = textgen(*ASKED, "--top-k", "6", "--magnify", str(row), "--json").json
    assert [line["text"] for line in found["rows"]] == list(picture.texts)
    assert [line["parts_at_step"] for line in found["rows"]] == list(picture.divergences)
    assert found["settings"]["top_k"] == 6
    assert found["magnified"] == row
    (flip, *_) = flips_above(tiny, picture, row)
    assert found["flips"][0]["temperature"] == flip.temperature
    assert found["flips"][0]["above"]["noise"] == flip.above.noise


def test_a_new_seed_is_shown(textgen: Command) -> None:
    assert "seed 4242 (repeat with --seed 4242)" in textgen(*ASKED[:-2]).err


def test_its_receipt_replays(textgen: Command, tmp_path: Path) -> None:
    path = str(tmp_path / "chaos.json")
    assert textgen(*ASKED, "--top-p", "0.9", "--receipt", path).code == 0
    replayed = textgen("replay", path)
    assert replayed.code == 0
    assert re.search("identical", replayed.out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--from", "2", "--to", "1"), "the first temperature must be below the last, got 2 and 1"),
        (("--from", "cold"), "temperature must be 0 or in [0.01, 100], got cold"),
        (("--rows", "1"), "rows must be a whole number from 2 to 500, got 1"),
        (("--rows", "999999999"), "rows must be"),
        (("--length", "0"), "length must be a whole number from 1 to 5,000, got 0"),
        (("--magnify", "21"), "row must be a whole number from 1 to 20, got 21"),
        (("--magnify", "0"), "rows are numbered from 0, which has none above it"),
        (("--top-p", "3"), "top_p must be in (0, 1], got 3"),
        (("-m", "gone"), "there is no model 'gone'"),
        (("--receipt", "no/such/folder/x.json"), "no/such/folder/x.json cannot be written"),
    ],
)
def test_mistakes(textgen: Command, arguments: tuple[str, ...], sentence: str) -> None:
    assert_complaint(textgen("chaos", "Ta", "--seed", "1", *arguments), sentence)


def test_temperatures_go_by_the_grid_alone(textgen: Command) -> None:
    assert textgen("chaos", "Ta", "-t", "1").code == 2
