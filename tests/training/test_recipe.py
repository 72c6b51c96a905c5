"""Recipes: the bundled ones hold, and a slip is named, not ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from textgen.errors import SettingError, TextgenError
from textgen.training.recipe import ScheduleRecipe, bundled, read_recipe
from textgen.training.schedule import rate_factor


@pytest.mark.parametrize("name", bundled())
def test_bundled_recipes_are_whole(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.name == name
    assert len(recipe.corpus.sha256) == 64
    assert recipe.title
    assert recipe.corpus.status


def test_overrides_replace_single_values() -> None:
    changes = ["optimiser.rate=1e-4", "net.sizes.hidden=7", "title=My text", "log.temperatures=[1]"]
    recipe = read_recipe("shakespeare-char-lstm", changes)
    assert recipe.optimiser.rate == 1e-4
    assert recipe.net.sizes["hidden"] == 7
    assert recipe.net.sizes["layers"] == 2
    assert recipe.title == "My text"
    assert recipe.log.temperatures == (1,)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("optimiser.rat=1", "unknown recipe value optimiser.rat; known: name, rate"),
        ("optimiser.rate=fast", "optimiser.rate must be of type float, got fast"),
        ("optimiser.rate=nan", "optimiser.rate must be in"),
        ("optimiser=3", "optimiser must be of type dict"),
        ("schedule.steps=0", "schedule.steps must be a whole number from 1"),
        ("split.train=1.0", "split.train must be in"),
        ("seed=-1", "seed must be"),
        ("averaging=1.0", "averaging must be"),
        ("title.x=1", "title is a value"),
        ("level=wrod", "level must be one of char, word, got wrod"),
        ("nonsense", "section.key=value"),
    ],
)
def test_a_slip_is_named(override: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_recipe("shakespeare-char-lstm", [override])


def test_unknown_recipe_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TextgenError, match=r"one of: .*shakespeare-char-lstm"):
        read_recipe("shakespear")
    broken = tmp_path / "broken.toml"
    broken.write_text("= 3")
    with pytest.raises(TextgenError, match="must be a TOML file"):
        read_recipe(broken)


def test_cosine_schedule_at_its_known_points() -> None:
    schedule = ScheduleRecipe(steps=1000, warmup=99, floor=0.1)
    assert rate_factor(0, schedule) == pytest.approx(0.01)
    assert rate_factor(500, schedule) == pytest.approx(0.55)
    assert rate_factor(1000, schedule) == pytest.approx(0.1)
    assert all(rate_factor(s, schedule) > rate_factor(s + 1, schedule) for s in range(100, 1000))


def test_constant_schedule_stays_after_the_warm_up() -> None:
    schedule = ScheduleRecipe(name="constant", steps=1000, warmup=10)
    assert rate_factor(0, schedule) < 0.1
    assert {rate_factor(step, schedule) for step in range(10, 1001)} == {1.0}
