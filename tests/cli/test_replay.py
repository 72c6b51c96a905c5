"""`--receipt FILE` and `replay`: what was printed, repeated from a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import COIN, Command, Result, assert_complaint
from tests.conftest import save_tiny_model
from textgen.experiments.sweep import run as experiments

Wanted = dict[str, list[str]]
COMMANDS: Wanted = {
    "next": ["next", "bad", *"-t 0.5 -t 2 --top-k 4".split()],
    "numbers": ["next", *COIN],
    "draw": ["draw", "bad", *"-t 0.5 -t 2 -n 50".split()],
    "sample": ["sample", "-p", "bad", *"-l 20 -t 0.8".split()],
    "samples": ["sample", "-p", "bad", *"-l 20 -t 0.2 -t 1.2 --seed 3".split()],
    "beam": ["beam", "bad", *"--width 2 --length 5 --stop a --repetition-penalty 1.2".split()],
    "sampled beam": ["beam", "bad", *"--width 2 --length 5 --sampling --ranking".split()],
    "sweep": ["sweep", "bad", *"-t 0.5 -t 1 -s plain -s greedy --seeds 2 -l 12".split()],
}
each = pytest.mark.parametrize("name", COMMANDS)
Receipt = Callable[..., Path]


@pytest.fixture
def saved(textgen: Command, tmp_path: Path) -> Receipt:
    """A command → the receipt that it wrote."""

    def run(name: str, *more: str) -> Path:
        path = tmp_path / "receipt.json"
        assert textgen(*COMMANDS[name], *more, "--receipt", str(path)).code == 0
        assert [file.name for file in tmp_path.iterdir()] == ["receipt.json"]
        return path

    return run


def content(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8"))


def change(path: Path, changes: Callable[[dict[str, Any]], Any]) -> str:
    """Change a receipt by hand → its path."""
    receipt = content(path)
    changes(receipt)
    path.write_text(json.dumps(receipt), encoding="utf-8")
    return str(path)


@each
def test_every_command_can_be_repeated(textgen: Command, saved: Receipt, name: str) -> None:
    path = saved(name)
    result = textgen("replay", str(path))
    assert (result.code, result.err) == (0, "")
    head, verdict = result.out.splitlines()
    assert head.startswith(f"{content(path)['kind']}")
    assert verdict.startswith("identical: all ")


@each
def test_the_result_stays_on_stdout(textgen: Command, saved: Receipt, name: str, tmp_path: Path) -> None:
    alone = textgen(*COMMANDS[name])
    beside = textgen(*COMMANDS[name], "--receipt", str(tmp_path / "receipt.json"))
    assert beside == alone


def test_a_receipt_holds_exactly_what_was_printed(textgen: Command, tmp_path: Path) -> None:
    def both(name: str) -> tuple[Any, dict[str, Any]]:
        printed = textgen(*COMMANDS[name], "--json", "--receipt", str(tmp_path / "r.json")).json
        return printed, content(tmp_path / "r.json")["result"]

    printed, kept = both("next")
    assert [panel["probabilities"] for panel in printed["panels"]] == [
        panel["probabilities"] for panel in kept["panels"]
    ]
    printed, kept = both("draw")
    assert [panel["counts"] for panel in printed["panels"]] == kept["counts"]
    printed, kept = both("samples")
    assert [(text["text"], text["surprise_bits"]) for text in printed] == [
        (text["text"], text["surprise_bits"]) for text in kept["texts"]
    ]
    printed, kept = both("beam")
    assert [found["score"] for found in printed["finished"]] == [found["score"] for found in kept["finished"]]
    assert printed["ended"] == kept["ended"]
    printed, kept = both("sweep")
    assert {name: printed[name] for name in ("complete", "cells", "texts")} == kept


def test_a_new_seed_is_kept(saved: Receipt) -> None:
    assert content(saved("sample"))["request"]["seed"] == 4242


def test_a_model_by_its_folder_has_its_name_alone(textgen: Command, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "elsewhere" / "mine", "\n 'Tabcdefgh", seed=5)
    path = tmp_path / "receipt.json"
    assert textgen("next", "bad", "-m", str(folder), "--receipt", str(path)).code == 0
    assert str(tmp_path) not in path.read_text("utf-8")
    assert_complaint(textgen("replay", str(path)), "needs the model 'mine'")
    assert textgen("replay", str(path), "--models", str(folder.parent)).code == 0


def test_a_sweep_that_was_stopped_is_repeated(
    textgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = experiments.run

    def interrupted(*args: Any) -> Any:
        for step in real(*args):
            yield step
            if step.texts:
                raise KeyboardInterrupt

    monkeypatch.setattr(experiments, "run", interrupted)
    path = tmp_path / "receipt.json"
    stopped = textgen("sweep", *"-p a -p b -t 1 -s plain --seeds 2 -l 5 --receipt".split(), str(path))
    assert "stopped; 2 of 4 texts are finished" in stopped.err
    monkeypatch.setattr(experiments, "run", real)
    assert content(path)["request"]["texts"] == 2
    assert textgen("replay", str(path)).code == 0
    wrong = change(path, lambda receipt: receipt["request"].update(texts=3))
    assert textgen("replay", wrong).code == 1


class TestDifferences:
    def test_another_number_ends_with_1(self, textgen: Command, saved: Receipt) -> None:
        def nudge(receipt: dict[str, Any]) -> None:
            receipt["result"]["panels"][0]["probabilities"][2] += 0.25

        result = textgen("replay", change(saved("next"), nudge))
        assert (result.code, result.err) == (1, "")
        _, verdict, count, first, largest = result.out.splitlines()
        assert verdict == "not identical"
        assert count.startswith("1 of ")
        assert first.startswith("The first is panels[0].probabilities[2]: ")
        assert largest == "Numbers differ by 0.25 at most, at panels[0].probabilities[2]."

    def test_json(self, textgen: Command, saved: Receipt) -> None:
        path = change(saved("sample"), lambda receipt: receipt["result"]["texts"][0].update(text="?"))
        result = textgen("replay", path, "--json")
        assert result.code == 1
        assert result.json["identical"] is False
        assert (result.json["differing"], result.json["kind"]) == (1, "text")

    def test_another_version_is_a_remark(self, textgen: Command, saved: Receipt) -> None:
        result = textgen("replay", change(saved("next"), lambda receipt: receipt.update(version="0.0.9")))
        assert result.code == 0
        assert "made by version 0.0.9" in result.err

    def test_help_says_the_exit_codes(self, textgen: Command, capsys: pytest.CaptureFixture[str]) -> None:
        assert textgen("replay", "--help").code == 0
        assert "1 = something differs" in capsys.readouterr().out


class TestMistakes:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"receipt": 7}, "of format 7, and this version reads formats up to 3"),
            ({"app": None}, "this is no receipt of the Temperature Lab"),
            ({"models": []}, "no checksum of 'tiny'"),
        ],
    )
    def test_of_a_receipt(
        self, textgen: Command, saved: Receipt, changes: dict[str, Any], sentence: str
    ) -> None:
        path = change(saved("next"), lambda receipt: receipt.update(changes))
        assert_complaint(textgen("replay", path), sentence)

    def test_other_weights(self, textgen: Command, saved: Receipt, tmp_path: Path) -> None:
        path = saved("next")
        save_tiny_model(tmp_path / "other" / "tiny", "\n 'Tabcdefgh", seed=9)
        result = textgen("replay", str(path), "--models", str(tmp_path / "other"))
        assert_complaint(result, "other weights of tiny")

    def test_too_large_for_here(self, textgen: Command, saved: Receipt) -> None:
        assert_complaint(textgen("replay", str(saved("sample")), "--max-tokens", "19"), "at most 19 tokens")

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [("gone.json", "No such file"), (".", "Is a directory"), ("a\0b", "there is no such file")],
    )
    def test_no_file(self, textgen: Command, tmp_path: Path, name: str, sentence: str) -> None:
        assert_complaint(textgen("replay", f"{tmp_path}/{name}"), sentence)

    def test_no_text(self, textgen: Command, tmp_path: Path) -> None:
        path = tmp_path / "receipt.json"
        path.write_bytes(b"\xff\xfe\x00")
        assert_complaint(textgen("replay", str(path)), "receipt.json could not be read: byte 3 is not UTF-16")

    def test_the_pages_own_files_with_a_mark_are_read(self, textgen: Command, saved: Receipt) -> None:
        path = saved("next")
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
        assert textgen("replay", str(path)).code == 0


class TestWriting:
    @each
    def test_a_place_that_takes_no_file_is_told_before_any_work(
        self, textgen: Command, tmp_path: Path, name: str
    ) -> None:
        for place in (tmp_path / "no" / "receipt.json", tmp_path):
            result = textgen(*COMMANDS[name], "--receipt", str(place))
            assert_complaint(result, "cannot be written: there is no such folder")

    @each
    def test_a_full_disk_loses_nothing(
        self, textgen: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        def full(*_: Any, **__: Any) -> int:
            raise OSError(28, "No space left on device")

        path = tmp_path / "receipt.json"
        path.write_text("before")
        expected = textgen(*COMMANDS[name])
        monkeypatch.setattr(Path, "write_text", full)
        result: Result = textgen(*COMMANDS[name], "--receipt", str(path))
        assert (result.code, result.out) == (2, expected.out)
        assert "could not be written: No space left on device; the result stands above" in result.err
        assert path.read_bytes() == b"before"
        assert [file.name for file in tmp_path.iterdir()] == ["receipt.json"]
