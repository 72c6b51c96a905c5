"""`evaluate --temperatures`, and calibration.csv in model folders."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_models import TEXT, save_tiny_words_model
from textgen.cli import main
from textgen.cli.evaluate import grid_of, read_documents
from textgen.errors import SettingError
from textgen.experiments.metrics.scoring import held_out_perplexity
from textgen.models import folder as checkpoint
from textgen.models.calibration import COLUMNS, FILE, TEMPERATURES
from textgen.models.config import ModelConfig
from textgen.models.registry import SHIPPED, Registry
from textgen.training.job import TrainOptions
from textgen.training.run import train

NAMES = Registry(SHIPPED).names()


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A folder with a tiny model of words."""
    save_tiny_words_model(tmp_path / "m" / "words")
    return tmp_path / "m"


@pytest.fixture
def evaluate(words: Path, text_file: Path) -> Callable[..., int]:
    place = ["evaluate", "words", "--models", str(words), "--corpus", str(text_file)]
    return lambda *argv: main([*place, *argv])


def test_the_file_is_what_the_library_measures(
    evaluate: Callable[..., int], words: Path, text_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "curve.csv"
    assert evaluate("--temperatures", "0.5:1.5:0.25", "--window", "32", "--out", str(path)) == 0
    rows = rows_of(path)
    assert tuple(rows[0]) == COLUMNS
    model = checkpoint.load(words / "words")
    read = read_documents(model, text_file, "validation")
    found = held_out_perplexity(model, read.documents, [0.5, 0.75, 1, 1.25, 1.5], 32)
    assert [float(row["temperature"]) for row in rows] == found.temperatures.tolist()
    assert [float(row["nats"]) for row in rows] == pytest.approx(np.log(found.perplexities), abs=1e-6)
    assert [float(row["perplexity"]) for row in rows] == pytest.approx(found.perplexities, rel=1e-5)
    about = [("validation", "32", str(found.targets), read.sha256[:12])] * 5
    assert [(row["part"], row["window"], row["targets"], row["corpus"]) for row in rows] == about
    assert [file.name for file in tmp_path.iterdir() if file.suffix == ".part"] == []


@pytest.mark.parametrize("part", ["validation", "all"])
def test_a_word_models_loss_has_bits_per_character(
    words: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    file = tmp_path / "known.txt"
    file.write_text(TEXT * 30, encoding="utf-8")
    asked = ["evaluate", "words", "--models", str(words), "--corpus", str(file), "--part", part]
    assert main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    model = checkpoint.load(words / "words")
    documents = [ids.tolist() for ids in read_documents(model, file, part).documents]
    written = sum(len(model.tokenizer.decode(ids)) - len(model.tokenizer.texts[ids[0]]) for ids in documents)
    expected = found["windows"]["bits"] * found["targets"] / written
    assert found["bits_per_character"]["windows"] == pytest.approx(expected, rel=0.01)
    assert main(asked) == 0
    assert f"{found['bits_per_character']['streamed']:.4f}" in capsys.readouterr().out


def test_the_table_marks_the_least_and_json_has_it(
    evaluate: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--temperatures", "1, 0.5 3", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["temperatures"] == [0.5, 1, 3]
    best = min(zip(found["perplexities"], found["temperatures"], strict=True))[1]
    assert found["best"] == best
    assert found["nats"] == pytest.approx([math.log(p) for p in found["perplexities"]])
    assert evaluate("--temperatures", "0.5,1,3") == 0
    told = capsys.readouterr().out.splitlines()
    (marked,) = (line for line in told if line.endswith("least"))
    assert float(marked.split()[0]) == best
    assert told[-1].startswith(f"The least perplexity is at T = {best:g}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0:1:0.1", "above 0 and up to 100, got 0:1:0.1"),
        ("-1", "above 0"),
        ("101", "up to 100"),
        ("1,1", "once, got 1,1"),
        ("nan", "must be a number, got nan"),
        ("", "got nothing"),
        ("1:2", "FROM:TO:STEP"),
        ("1:2:0", "FROM:TO:STEP"),
        ("0.1:2:1e-9", "at most 1,000 temperatures"),
    ],
)
def test_temperatures_that_cannot_be(text: str, sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        grid_of(text)


def test_the_usual_grid() -> None:
    assert grid_of("0.5:2:0.05") == TEMPERATURES


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    evaluate: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for argv, sentence in (
        (("--temperatures", "1", "--out", str(tmp_path / "no" / "file.csv")), "there is no such folder"),
        (("--temperatures", "1", "--out", str(tmp_path)), "or it is one itself"),
        (("--out", str(tmp_path / "a.csv")), "--out needs --temperatures"),
    ):
        assert evaluate(*argv, "--models", "/nowhere") == 2  # what comes next would fail otherwise
        assert sentence in capsys.readouterr().err


def test_a_new_model_comes_with_its_curve(
    recipe_file: Path, text_file: Path, options: Callable[..., TrainOptions]
) -> None:
    folder = train(recipe_file, text_file, options(max_steps=5))
    rows, config = rows_of(folder / FILE), Registry(folder.parent).info("made-up").config
    assert [float(row["temperature"]) for row in rows] == list(TEMPERATURES)
    assert_fits(rows, config)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_curves_agree_with_the_shipped_losses(name: str) -> None:
    rows, config = rows_of(SHIPPED / name / FILE), Registry(SHIPPED).info(name).config
    assert tuple(rows[0]) == COLUMNS
    assert [float(row["temperature"]) for row in rows] == list(TEMPERATURES)
    assert_fits(rows, config)
    for row in rows:
        assert math.exp(float(row["nats"])) == pytest.approx(float(row["perplexity"]), rel=1e-5)
    nats = [float(row["nats"]) for row in rows]
    least = nats.index(min(nats))  # one minimum: the loss is convex in 1 / T
    assert nats[: least + 1] == sorted(nats[: least + 1], reverse=True)
    assert nats[least:] == sorted(nats[least:])


def assert_fits(rows: list[dict[str, str]], config: ModelConfig) -> None:
    """At T = 1 the loss is the config's, which has four decimals; both name the same text and window."""
    (one,) = (row for row in rows if float(row["temperature"]) == 1)
    loss, window = config.losses.validation_windows, config.recipe.window
    assert float(one["nats"]) == pytest.approx(loss, abs=0.5e-4 + 1e-6)  # halves of the last digits of both
    assert {int(row["window"]) for row in rows} == {window}
    assert {int(row["targets"]) for row in rows} == {config.losses.validation_targets}
    assert {row["corpus"] for row in rows} == {config.corpus.sha256[:12]}
    assert {row["part"] for row in rows} == {"validation"}
