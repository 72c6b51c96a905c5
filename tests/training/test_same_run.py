"""A run goes on with the text, vocabulary and recipe that it began with, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.training.job import RUN, TrainOptions
from textgen.training.run import train

Options = Callable[..., TrainOptions]
QUICK = ("log.sample=0", "log.beam=0", "log.every=2")


@pytest.fixture
def own(text_file: Path, tmp_path: Path) -> Path:
    """A text that may be changed."""
    path = tmp_path / "own.txt"
    path.write_bytes(text_file.read_bytes()[:2000])
    return path


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("king", "kind", r"another text \(sha256\): [0-9a-f]{19}…, now [0-9a-f]{19}…; --restart begins anew"),
        ("king", "kinß", r"text \(bytes\): 2006, now \d+; vocabulary \(tokens\): \d+, now \d+"),
    ],
)
def test_another_text_is_refused_before_a_step_and_the_model_stays(
    old: str, new: str, says: str, recipe_file: Path, own: Path, options: Options
) -> None:
    own.write_text(own.read_text("utf-8") + "\ncafé", encoding="utf-8")
    folder = train(recipe_file, own, options(max_steps=2, overrides=QUICK))
    before = bytes_of(folder)
    own.write_text(own.read_text("utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(TextgenError, match=says):
        train(recipe_file, own, options(max_steps=4, overrides=QUICK, resume=True, replace=True))
    assert bytes_of(folder) == before


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("optimiser.rate=0.5", "another optimiser.rate: 0.01, now 0.5"),
        ("net.sizes.hidden=8", "another net.sizes.hidden: 24, now 8"),
        ("text.lower=true", "another text.lower: False, now True"),
        ("log.temperatures=[2]", r"another log.temperatures: \[0.5, 1.0\], now \[2.0\]"),
    ],
)
def test_another_recipe_is_refused_with_what_differs(
    override: str, says: str, recipe_file: Path, own: Path, options: Options
) -> None:
    train(recipe_file, own, options(max_steps=2, overrides=QUICK))
    again = options(max_steps=2, overrides=(*QUICK, override), resume=True, replace=True)
    with pytest.raises(TextgenError, match=says):
        train(recipe_file, own, again)


def test_a_run_that_does_not_say_how_it_began_is_not_gone_on_with(
    recipe_file: Path, own: Path, tmp_path: Path, options: Options
) -> None:
    train(recipe_file, own, options(max_steps=2, overrides=QUICK))
    again = options(max_steps=2, overrides=QUICK, resume=True, replace=True)
    for content in (None, b"\xff", b"[]", b"{}"):
        path = tmp_path / "runs" / "made-up" / RUN
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(TextgenError, match="was begun"):
            train(recipe_file, own, again)


def test_max_steps_extends_a_finished_run(recipe_file: Path, own: Path, options: Options) -> None:
    lines: list[str] = []
    train(recipe_file, own, options(max_steps=3, overrides=QUICK))
    with pytest.raises(TextgenError, match=r"another schedule.steps: 3, now 60"):
        train(recipe_file, own, options(overrides=QUICK, resume=True, replace=True))
    longer = options(max_steps=7, overrides=QUICK, resume=True, replace=True, report=lines.append)
    folder = train(recipe_file, own, longer)
    assert [line.split()[1] for line in lines if line.startswith("step ")] == ["4:", "6:", "7:"]
    assert "the learning rate's schedule is now that of 7 steps" in lines
    assert Registry(folder.parent).info("made-up").config.training.steps == 7
    with pytest.raises(TextgenError, match=r"schedule.steps must be at least 7, where the run is, got 5"):
        train(recipe_file, own, options(max_steps=5, overrides=QUICK, resume=True, replace=True))
    assert json.loads((folder.parents[1] / "runs" / "made-up" / RUN).read_text())["schedule.steps"] == 7
