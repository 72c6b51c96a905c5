"""`train --corpus my.txt --name mine`: a recipe to fit any text, and sentences for what is none."""

from __future__ import annotations

import math
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from textgen.cli import main
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.training.job import TrainOptions, plan, prepare
from textgen.training.recipe import LEVELS, make_recipe, own_recipe
from textgen.training.run import train

Options = Callable[..., TrainOptions]


@pytest.fixture
def my_text(tmp_path: Path) -> Path:
    """10 kB of made-up sentences."""
    words = random.Random(1).choices(
        ["the king", "is dead,", '"long live', 'the queen!"\n', "so they say."], k=950
    )
    path = tmp_path / "my.txt"
    path.write_text(" ".join(words), encoding="utf-8")
    assert path.stat().st_size > 9_000
    return path


@pytest.mark.parametrize("level", ["char", "word", "subword"])
def test_a_text_of_ones_own_becomes_a_model_that_the_app_lists(
    level: str, my_text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--models", str(tmp_path / "m"), "--runs", str(tmp_path / "r")]
    command = ["train", "--corpus", str(my_text), "--level", level, "--name", "mine", *places]
    assert main([*command, "--max-steps", "40", "--accelerator", "cpu"]) == 0
    lines = capsys.readouterr().err
    assert "validation" in lines
    assert "it writes: " in lines
    registry = Registry(tmp_path / "m")
    assert registry.names() == ["mine"]
    assert registry.info("mine").config.level == level
    assert registry.get("mine").text([1, 2, 3])
    losses = registry.info("mine").config.losses
    bits, per_token = losses.bits_per_character(losses.validation_windows), losses.validation_windows
    assert bits
    assert per_token
    assert bits < per_token / math.log(2) or level == "char"


def test_the_recipe_grows_with_the_text() -> None:
    for level in LEVELS:
        sizes = 10_000, 400_000, 5_000_000
        small, middle, large = (make_recipe(own_recipe(size, level, "mine")) for size in sizes)
        assert small.net.sizes["hidden"] < middle.net.sizes["hidden"] < large.net.sizes["hidden"]
        assert 100 <= small.schedule.steps < middle.schedule.steps < large.schedule.steps < 50_000


@pytest.mark.parametrize(("level", "start"), [("char", "o"), ("word", "spot")])
def test_a_text_in_one_line_begins_with_its_most_frequent_token(
    level: str, start: str, tmp_path: Path, options: Options
) -> None:
    path = tmp_path / "line.txt"
    path.write_text("look spot spot ooooo run " * 40 + "rare words", encoding="utf-8")
    assert prepare(plan(None, path, options(level=level))).recipe.start == start


def test_overfitting_ends_the_run_early_and_is_said(tmp_path: Path, options: Options) -> None:
    path, lines = tmp_path / "chance.txt", list[str]()
    # how often each letter comes is soon learned; the rest is chance, and can only be known by heart
    path.write_text("".join(random.Random(0).choices("eeeeeaaaabcdefgh  \n", k=900)), encoding="utf-8")
    steps = ("log.every=10", "log.window=32", "log.sample=0", "log.beam=0", "schedule.stop_after=3")
    eager = ("optimiser.rate=0.02", "net.dropout={}", "averaging=0", "batches.streams=4", "batches.length=32")
    train(None, path, options(report=lines.append, overrides=(*steps, *eager), max_steps=300))
    assert any("it begins to learn its text by heart" in line for line in lines)
    measured = [int(line.split()[1].strip(":,")) for line in lines if line.startswith("step ")]
    assert max(measured) < 300


BAD = {
    "missing": (lambda path: None, {}, "there is no corpus"),
    "empty": (lambda path: path.write_bytes(b""), {}, "an empty file"),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 50), {}, "not UTF-8 text|NUL"),
    "one character": (lambda path: path.write_bytes(b"z" * 20_000), {}, "1 different"),
    "slashes": (lambda path: path.write_text("a word\n" * 2000), {"name": "../x"}, "name must be"),
    "level": (
        lambda path: path.write_text("a word\n" * 2000),
        {"level": "line"},
        "level must be one of char, word",
    ),
    "vocabulary": (
        lambda path: path.write_text(" ".join(f"w{i} w{i}" for i in range(80_000))),
        {"level": "word"},
        "vocabulary must have 3 to 65,536 words, got 72",
    ),
    "no words": (
        lambda path: path.write_text("once upon a time " * 3),
        {"level": "word"},
        "at least 100 words",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_learned_ends_with_a_sentence_and_nothing_half_made(
    case: str, tmp_path: Path, options: Options
) -> None:
    make, changes, says = BAD[case]
    make(tmp_path / "my.txt")
    with pytest.raises(TextgenError, match=says):
        train(None, tmp_path / "my.txt", options(**{"name": "mine", **changes}))
    assert not (tmp_path / "models").exists()
    assert not list(tmp_path.glob("runs/*/*"))


def test_a_full_disk_is_seen_before_the_work_begins(
    my_text: Path, tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(10**12, 10**12 - 10**6, 10**6)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(TextgenError, match=r"MB free .* got 1 MB; make room"):
        train(None, my_text, options(name="mine"))
    assert not (tmp_path / "runs").exists()
