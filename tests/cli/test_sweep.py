"""`sweep` in the terminal: its table, its files, its mistakes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command, assert_complaint, cells
from textgen.api import generate
from textgen.experiments.sweep import run as experiments
from textgen.experiments.sweep.records import Progress
from textgen.models.folder import Model

FEW = ("sweep", "Ta", "-t", "0.5", "-t", "1:2:0.5", "-s", "plain", "-s", "greedy", "--seeds", "2", "-l", "20")


def test_the_table_of_the_guide(textgen: Command) -> None:
    result = textgen(*FEW, "--metrics", "coherence,creativity,surprise")
    assert result.code == 0
    rows = cells(result.out)
    assert rows[0] == ["strategy", "T", "coherence (proxy)", "creativity (proxy)", "surprise"]
    assert [row[:2] for row in rows[1:5]] == [["plain", t] for t in ("0.5", "1", "1.5", "2")]
    assert [row[0] for row in rows[5:]] == ["greedy"] * 4
    assert len({tuple(row[2:]) for row in rows[5:]}) == 1
    mean, low, high = (
        float(x) for x in rows[1][4].replace("(", "").replace(")", "").replace("–", " ").split()
    )
    assert low <= mean <= high
    assert "100%  180 of 180 tokens" in result.err
    assert "ngrams.bin: novelty and real words are not measured" in result.err


def test_the_texts_are_those_of_generate(textgen: Command, tiny: Model) -> None:
    found = textgen(*FEW, "--seed", "7", "--json").json
    assert found["complete"]
    assert found["settings"]["seeds"] == [7, 8]
    assert found["settings"]["temperatures"] == [0.5, 1, 1.5, 2]
    for text in found["texts"]:
        alone = generate(tiny, "Ta", temperature=text["temperature"], seed=text["seed"] or 0, length=20)
        assert text["text"] == alone.text
        assert text["metrics"]["surprise"] == alone.surprisal.mean()
    assert len(found["texts"]) == 9
    assert found["cells"][0]["metrics"]["novelty"] == {"mean": None, "low": None, "high": None, "n": 0}


def test_files(textgen: Command, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("cells.csv", "texts.csv", "all.json")]
    flags = [str(part) for pair in zip(("--cells", "--texts", "--out"), paths, strict=True) for part in pair]
    result = textgen(*FEW, *flags, "--json")
    means, texts = (list(csv.DictReader(io.StringIO(path.read_text("utf-8")))) for path in paths[:2])
    whole = json.loads(paths[2].read_text("utf-8"))
    assert whole == result.json
    for row, cell in zip(means, whole["cells"], strict=True):
        assert (row["strategy"], float(row["temperature"])) == (cell["strategy"], cell["temperature"])
        assert float(row["surprise"]) == cell["metrics"]["surprise"]["mean"]
        assert float(row["surprise_low"]) == cell["metrics"]["surprise"]["low"]
        assert row["novelty"] == ""
    assert [row["text"] for row in texts] == [text["text"] for text in whole["texts"]]
    assert [row["seed"] for row in texts if row["strategy"] == "greedy"] == [""]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.json", "cells.csv", "texts.csv"]


def test_joblib_gives_the_same(textgen: Command) -> None:
    alone = textgen(*FEW, "--json")
    threads = textgen(*FEW, "--json", "--backend", "threading", "--jobs", "2")
    assert threads.code == 0
    assert threads.out == alone.out


def test_a_judge_and_a_strategy_of_ones_own(textgen: Command) -> None:
    command = [*FEW, "-s", "mine: top-k=3, typical=0.9", "--judge", "tiny", "--json"]
    found = textgen(*command).json
    assert list(found["settings"]["strategies"]) == ["plain", "greedy", "mine"]
    assert found["settings"]["strategies"]["mine"]["top_k"] == 3
    assert all(text["metrics"]["surprise_elsewhere"] > 0 for text in found["texts"])


def test_a_strategy_may_search(textgen: Command) -> None:
    command = ["sweep", "Ta", "-t", "1", "--seeds", "1", "-l", "5", "--json"]
    found = textgen(*command, "-s", "top-p 0.95 + beam 3", "-s", "mine: beams=2, top-p=0.9").json
    assert [of["beams"] for of in found["settings"]["strategies"].values()] == [3, 2]
    assert len(found["texts"]) == 2


def test_several_prompts_get_a_column(textgen: Command) -> None:
    result = textgen("sweep", "-p", "Ta", "-p", "be", "-t", "1", "-s", "plain", "--seeds", "2", "-l", "5")
    rows = cells(result.out)
    assert rows[0][:3] == ["strategy", "T", "prompt"]
    assert [row[2] for row in rows[1:]] == ["'Ta'", "'be'"]


def test_ctrl_c_keeps_what_is_finished(textgen: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    real = experiments.run

    def interrupted(*args: Any) -> Iterator[Progress]:
        for step in real(*args):
            yield step
            if step.texts:
                raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "run", interrupted)
    monkeypatch.setattr(
        "textgen.experiments.sweep.run.even",
        lambda tasks, most=64: [tuple(tasks[:5]), tuple(tasks[5:])] if tasks else [],
    )
    result = textgen(*FEW)
    assert result.code == 0
    assert "stopped; 5 of 9 texts are finished" in result.err
    assert len(cells(result.out)) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-m", "gone"), "there is no model 'gone'; the models are: tiny"),
        (("-t", "1", "-t", "1"), "temperatures must be different from each other"),
        (("-t", "hot"), "temperature must be 0 or in"),
        (("-t", "0:1"), "a range of temperatures must be FROM:TO:STEP, got 0:1"),
        (("-t", "0:1:0"), "got 0:1:0; 0.1:2:0.1 is the default"),
        (("-t", "0:1:1e-9"), "got 0:1:1e-9"),
        (("-t", "nan:1:0.1"), "got nan:1:0.1"),
        (("--seeds", "1000", "-l", "5000"), "at most 1,000,000 tokens here, got 400,0"),
        (("--seeds", "0"), "seeds must be a whole number from 1 to 1,000, got 0"),
        (("-s", "wild"), "a strategy must be one of 'greedy', 'plain'"),
        (("-s", "mine: heat=3"), "unknown setting heat"),
        (("-s", "mine: top_p=3"), "top_p must be in (0, 1], got 3"),
        (("--metrics", "beauty"), "there is no metric 'beauty'; the metrics are distinct_1"),
        (("--out", "no/such/folder/x.json"), "no/such/folder/x.json cannot be written"),
        (("--jobs", "0"), "jobs must be -1 or at least 1, got 0"),
        (("--backend", "abacus"), "the backend 'abacus' is not there"),
        (("--max-tokens", "0"), "max-tokens must be a whole number"),
        (("--judge", "gone"), "there is no model 'gone'"),
    ],
)
def test_mistakes(textgen: Command, arguments: tuple[str, ...], sentence: str) -> None:
    result = textgen("sweep", *arguments)
    complaint = result.err.splitlines()[-1]
    assert result.code == 2
    assert result.out == ""
    assert complaint.startswith("textgen: ")
    assert sentence in complaint


def test_a_full_disk_loses_nothing(textgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    target = tmp_path / "cells.csv"
    target.write_text("before")
    monkeypatch.setattr(Path, "write_text", full)
    result = textgen(*FEW, "--cells", str(target))
    assert result.code == 2
    assert "could not be written: No space left on device; the result stands above" in result.err
    assert len(cells(result.out)) == 9
    assert target.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["cells.csv"]


def test_the_complaint_is_one_line(textgen: Command) -> None:
    assert_complaint(textgen("sweep", "--models", "/nowhere"), "there are no models in /nowhere")
