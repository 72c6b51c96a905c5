"""`rate` in the terminal: a sheet, its key, and the scores."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.running import Command, assert_complaint, cells


@pytest.fixture
def sweep(textgen: Command, tmp_path: Path) -> Path:
    """A small sweep's file."""
    path = tmp_path / "sweep.json"
    run = (
        "sweep",
        "Ta",
        "-t",
        "0.5",
        "-t",
        "1",
        "-t",
        "2",
        "-s",
        "plain",
        "-s",
        "greedy",
        "--seeds",
        "3",
        "-l",
        "12",
    )
    assert textgen(*run, "--out", str(path)).code == 0
    return path


@pytest.fixture
def make(textgen: Command, sweep: Path, tmp_path: Path) -> Command:
    """`rate sheet` on it."""
    files = ("--out", str(tmp_path / "sheet.csv"), "--key", str(tmp_path / "key.csv"))
    return lambda *argv: textgen("rate", "sheet", str(sweep), *files, *argv)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines(keepends=True)))


def rated(path: Path, sheet: Path, rater: str, scores: list[int]) -> str:
    """The sheet filled in."""
    rows = rows_of(sheet)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(
            {**row, "rater": rater, "score": score} for row, score in zip(rows, scores, strict=True)
        )
    return str(path)


def test_a_sheet_hides_what_its_key_tells(make: Command, tmp_path: Path, sweep: Path) -> None:
    found = make("--cells", "plain:0.50", "greedy", "--per-cell", "2", "--json").json
    sheet, key = rows_of(tmp_path / "sheet.csv"), rows_of(tmp_path / "key.csv")
    assert found["texts"] == len(sheet) == len(key) == 3
    assert set(sheet[0]) == {"set", "item", "rater", "score", "prompt", "text"}
    assert {row["set"] for row in sheet} == {found["set"]}
    assert sorted((row["strategy"], row["temperature"], row["seed"]) for row in key) == [
        ("greedy", "0.0", ""),
        ("plain", "0.5", "0"),
        ("plain", "0.5", "1"),
    ]
    written = {
        (
            text["strategy"],
            str(text["temperature"]),
            str(text["seed"] if text["seed"] is not None else ""),
        ): text["text"]
        for text in json.loads(sweep.read_text("utf-8"))["texts"]
    }
    for shown, hidden in zip(sheet, key, strict=True):
        assert shown["item"] == hidden["item"]
        assert shown["text"] == written[hidden["strategy"], hidden["temperature"], hidden["seed"]]


def test_one_seed_one_set(make: Command, tmp_path: Path) -> None:
    first = make("--json").json["set"]
    sheet = (tmp_path / "sheet.csv").read_bytes()
    assert make("--json").json["set"] == first
    assert (tmp_path / "sheet.csv").read_bytes() == sheet
    assert make("--json", "--seed", "2").json["set"] != first


def test_means_and_agreement(textgen: Command, make: Command, tmp_path: Path) -> None:
    """Both raters give the colder texts 5, the hotter ones 2 and 3: means 5 and 2.5."""
    assert make("--cells", "plain:0.5", "plain:2", "--per-cell", "3").code == 0
    cold = [row["temperature"] == "0.5" for row in rows_of(tmp_path / "key.csv")]
    files = [
        rated(tmp_path / f"{rater}.csv", tmp_path / "sheet.csv", rater, [5 if one else hot for one in cold])
        for rater, hot in (("ann", 2), ("bob", 3))
    ]
    result = textgen("rate", "score", "--key", str(tmp_path / "key.csv"), *files)
    assert result.code == 0
    lines = cells(result.out)
    assert [line[:5] for line in lines[2:5]] == [
        ["strategy", "T", "coherence by people", "texts", "ratings"],
        ["plain", "0.5", "5.00 (5.00–5.00)", "3", "6"],
        ["plain", "2", "2.50 (2.50–2.50)", "3", "6"],
    ]
    assert "Krippendorff's alpha over the 6 texts" in result.out
    found = textgen("rate", "score", "--json", "--key", str(tmp_path / "key.csv"), *files).json
    assert [cell["score"]["mean"] for cell in found["cells"]] == [5, 2.5]
    assert found["agreement"]["raters"] == 2


def test_a_sheet_that_excel_saved_on_windows_is_read(textgen: Command, make: Command, tmp_path: Path) -> None:
    make("--cells", "plain:0.5", "--per-cell", "2")
    path = Path(rated(tmp_path / "sheet2.csv", tmp_path / "sheet.csv", "Jörg", [4, 5]))
    rows = rows_of(path)
    with path.open("w", newline="", encoding="cp1252") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=";")
        writer.writeheader()
        writer.writerows({**row, "score": f"{row['score']},0"} for row in rows)
    result = textgen("rate", "score", "--json", "--key", str(tmp_path / "key.csv"), str(path)).json
    assert [one["score"]["mean"] for one in result["cells"]] == [4.5]


def test_scores_of_another_set_and_other_mistakes(textgen: Command, make: Command, tmp_path: Path) -> None:
    make("--cells", "plain:0.5", "--per-cell", "2")
    other = rated(tmp_path / "old.csv", tmp_path / "sheet.csv", "me", [1, 2])
    make("--cells", "plain:2", "--per-cell", "2")
    key = str(tmp_path / "key.csv")
    mine = rated(tmp_path / "mine.csv", tmp_path / "sheet.csv", "me", [1, 9])
    good = rated(tmp_path / "good.csv", tmp_path / "sheet.csv", "me", [1, 3])
    for files, sentence in (
        ([other], "old.csv: row 2 belongs to the set"),
        ([mine], "mine.csv: row 3: a score must be a whole number from 1 to 5, got 9"),
        ([good, good], "got me twice"),
        ([str(tmp_path / "none.csv")], "none.csv could not be read: No such file"),
        ([str(tmp_path)], "could not be read"),
    ):
        assert_complaint(textgen("rate", "score", "--key", key, *files), sentence)
    assert_complaint(textgen("rate", "score", "--key", good, good), "a key must have the columns")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("--cells", "plain:9"), "the sweep has no texts of 'plain:9'; it has plain:0.5, greedy:0"),
        (("--cells", "<b>"), "no texts of '<b>'"),
        (("--per-cell", "0"), "texts of each setting must be a whole number from 1 to 20, got 0"),
        (("--per-cell", "many"), "got many"),
        (("--question", "beauty"), "question must be one of coherence, creativity, got beauty"),
        (("--seed", "-1"), "seed"),
        (("--out", "/nowhere/at/all.csv"), "cannot be written"),
    ],
)
def test_a_sheet_that_cannot_be_made(make: Command, argv: tuple[str, ...], sentence: str) -> None:
    assert_complaint(make(*argv), sentence)


def test_a_file_that_is_no_sweep(textgen: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    files = ("--out", str(tmp_path / "a"), "--key", str(tmp_path / "b"))
    for content, sentence in (
        ("{", "line 1, column 2 is not JSON"),
        ("[" * 100_000, "at most 32 deep"),
        ("{}", "must hold its texts"),
    ):
        bad.write_text(content, encoding="utf-8")
        assert_complaint(textgen("rate", "sheet", str(bad), *files), sentence)
    assert_complaint(
        textgen("rate", "sheet", str(tmp_path / "gone.json"), *files), "gone.json could not be read: No"
    )
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 10_000_001)
    assert_complaint(
        textgen("rate", "score", "--key", str(large), str(bad)), "large.csv must be at most 10,000,000"
    )
    large.unlink()
    same = ("--out", str(tmp_path / "a"), "--key", str(tmp_path / "a"))
    assert_complaint(textgen("rate", "sheet", str(bad), *same), "two files, got one name")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]
