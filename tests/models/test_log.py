"""training_log.csv, as a run writes it and as a stranger might."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.ui.model.model_folders import HEAD, ROWS, write_log
from textgen.models.calibration import read_calibration
from textgen.models.log import MAX_ROWS, MAX_TEXT, read_log, temperature_of
from textgen.models.registry import SHIPPED, Registry
from textgen.records import TrainingLog


def read(folder: Path, head: list[str], rows: list[list[str]]) -> TrainingLog:
    found = read_log(write_log(folder, head, rows) / "training_log.csv")
    assert found is not None
    return found


def test_a_log_as_a_record(tmp_path: Path) -> None:
    log = read(tmp_path, HEAD, ROWS)
    assert log.steps.tolist() == [0, 10, 20, 40]
    assert log.tokens.tolist() == [0, 640, 1280, 2560]
    np.testing.assert_array_equal(log.train, [np.nan, 2.9, 2.5, 2.1])
    np.testing.assert_array_equal(log.validation, [3.091, 2.8, 2.6, 2.7])
    assert log.columns == ("sample_0.5", "sample_1", "beam")
    assert log.texts[1] == ("Q!x;", "teh oht", "thy knig", "<b>thy king</b>")


def test_other_columns_are_no_texts(tmp_path: Path) -> None:
    head = [
        "step",
        "tokens",
        "validation_rare",
        "sample_x",
        "sample_-1",
        "sample_0.8",
        "note",
        "beam_5",
        "beam_9",
    ]
    log = read(tmp_path, head, [["1", "64", "3", "a", "b", "c", "d", "e", ""]])
    assert log.columns == ("sample_0.8", "beam_5")
    assert [temperature_of(column) for column in log.columns] == [0.8, None]


def test_rows_without_a_step_and_cells_without_a_number(tmp_path: Path) -> None:
    rows = [["x", "1"], ["5", "64", "nan", "inf", "0"], [], ["6"], ["-7", "9"], ["8", "1", "-2", "1e9"]]
    log = read(tmp_path, HEAD, rows)
    assert log.steps.tolist() == [5, 6, 8]
    assert log.tokens.tolist() == [5, 6, 8]  # one is not known: steps stand for all
    assert np.isnan(log.train).all()
    assert np.isnan(log.validation).all()
    assert log.columns == ()  # none of them holds a text


def test_a_long_log_is_thinned_and_keeps_its_ends(tmp_path: Path) -> None:
    rows = [[str(i), str(64 * i), "1", "1", "0", "t" * 9_000 if i == 0 else ""] for i in range(1_000)]
    log = read(tmp_path, HEAD, rows)
    assert len(log.steps) == MAX_ROWS
    assert (log.steps[0], log.steps[-1]) == (0, 999)
    assert len(log.texts[0][0]) == MAX_TEXT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"step\n",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        b"step\nx\n",
        b"step,sample_1\n1," + b"x" * 200_000,
        b'"' * 99,
    ],
)
def test_what_is_no_log_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "training_log.csv"
    path.write_bytes(content)
    assert read_log(path) is None


def test_a_file_beyond_all_bounds_is_none(tmp_path: Path) -> None:
    path = tmp_path / "training_log.csv"
    path.write_bytes(b"step\n" + b"1\n" * 5_000_000)
    assert read_log(path) is None
    assert read_log(tmp_path / "nothing.csv") is None
    assert read_log(tmp_path) is None


@pytest.mark.parametrize("name", Registry(SHIPPED).names())
def test_the_log_of_a_shipped_model(name: str) -> None:
    log = read_log(SHIPPED / name / "training_log.csv")
    assert log is not None
    assert np.isfinite(log.validation).all()
    assert all(texts[-1] for texts in log.texts)
    assert len(log.columns) >= 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_logs_and_curves_are_read_with_any_mark_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    log = [
        "step,tokens,train_loss,validation_loss,learning_rate,sample_1",
        "0,0,nan,4.5,0.1,a",
        "2,9,3.5,3,0.1,é",
    ]
    (tmp_path / "log.csv").write_bytes(end.join(log).encode(encoding))
    read = read_log(tmp_path / "log.csv")
    assert read is not None
    assert (read.steps.tolist(), read.texts) == ([0, 2], (("a", "é"),))
    curve = ["temperature,nats,part", "0.5,3.5,validation", "1,3,validation"]
    (tmp_path / "calibration.csv").write_bytes(end.join(curve).encode(encoding))
    known = read_calibration(tmp_path)
    assert known is not None
    assert known.nats.tolist() == [3.5, 3.0]
