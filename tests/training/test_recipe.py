"""Recipes: the bundled ones hold, and a slip is named, not ignored."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from textgen.errors import SettingError, TextError, TextgenError
from textgen.training.recipe import Recipe, ScheduleRecipe, bundled, read_recipe
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


@pytest.mark.parametrize("sha256", ["", "0f" * 32])
def test_a_recipe_says_nothing_of_its_own_text_when_another_is_trained(sha256: str) -> None:
    own, other = read_recipe("novels-word-lstm"), read_recipe("novels-word-lstm", [f"corpus.sha256={sha256}"])
    assert (own.text.spaces, other.text.spaces) == ("prose", "exact")
    assert (other.corpus.name, other.corpus.status, other.corpus.sha256) == ("", "", sha256)
    assert (other.title, other.prompt, other.target, other.target_note) == ("", "", 0, "")
    assert (other.net, other.optimiser, other.text.min_count) == (own.net, own.optimiser, own.text.min_count)
    kept = read_recipe("novels-word-lstm", ["corpus.sha256=", "text.spaces=prose", "title=Mine"])
    assert (kept.text.spaces, kept.title) == ("prose", "Mine")


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("optimiser.rat=1", "optimiser has no rat, perhaps rate; it has name, rate, weight_decay"),
        (
            "optimiser.rate=fast",
            r"optimiser.rate must be in \[1e-08, 10\], got fast; 0.001 to 0.01 are usual",
        ),
        ("optimiser.rate=nan", "optimiser.rate must be in"),
        ("optimiser=3", "optimiser must be an object, got 3"),
        ("schedule.steps=0", "schedule.steps must be a whole number from 1"),
        ("split.train=1.0", "split.train must be in"),
        ("seed=-1", "seed must be"),
        ("averaging=1.0", "averaging must be"),
        ("title.x=1", "title is a value"),
        ("level=wrod", "level must be one of char, word, subword, got wrod"),
        ("nonsense", "section.key=value"),
        ("optimizer.rate=1", "a recipe has no optimizer, perhaps optimiser; it has name, title"),
        ("optimiser.rate=-0.001", "optimiser.rate must be in"),
        ("optimiser.rate=inf", "optimiser.rate must be in"),
        (
            "optimiser.weight_decay=-1",
            r"optimiser.weight_decay must be in \[0, 100\], got -1; 0 turns it off",
        ),
        (
            "optimiser.betas=[1.0,0.99]",
            r"optimiser.betas must be in \[0, 1\), got 1.0; 0.9 and 0.99 are usual",
        ),
        ("optimiser.betas=[]", "the number of optimiser.betas must be from 2 to 2, got 0; AdamW has two"),
        ("optimiser.betas=0.9", "optimiser.betas must be a list, got 0.9"),
        ("optimiser.alpha=1", r"optimiser.alpha must be in \[0, 1\), got 1"),
        ("optimiser.eps=0", "optimiser.eps must be in"),
        ("optimiser.clip=0", "optimiser.clip must be in .*; 1e6 never clips"),
        ("optimiser.name=sgd", "optimiser.name must be one of adamw, rmsprop, got sgd; adamw is usual"),
        ("batches.streams=0", "batches.streams must be a whole number from 1 to 65,536, got 0; 32 is usual"),
        ("batches.length=1.5", "batches.length must be a whole number"),
        ("batches.reset=nan", "batches.reset must be in"),
        ("schedule.factor=1", r"schedule.factor must be in \[0, 1\), got 1"),
        ("schedule.warmup=true", "schedule.warmup must be a whole number"),
        ("log.temperatures=[0.5,-1]", "log.temperatures must be .*, got -1"),
        ("log.temperatures=[[1]]", "log.temperatures must be"),
        ("log.beam=1001", "log.beam must be a whole number from 0 to 1,000, got 1001; 0 searches no text"),
        ("text.lower=1", "text.lower must be true or false, got 1"),
        ("text.min_count=0", "text.min_count must be a whole number from 1"),
        ("corpus.sha256=abc", "corpus.sha256 must be 64 digits from 0 to f, got abc; an empty one takes any"),
        ("corpus.name=[]", "corpus.name must be a text"),
        ("net.architecture=lstn", "net.architecture must be one of lstm, gru, .*, got lstn; lstm is usual"),
        ("net.sizes=[]", "net.sizes must be an object"),
        ("net.dropout=0.5", "net.dropout must be an object, got 0.5"),
        ("published.train_loss=-1", "published.train_loss must be in"),
        ("target=nan", "target must be in"),
        ("seed=9223372036854775808", "seed must be a whole number from 0 to 9,223,372,036,854,775,807"),
        (f"seed=1{'0' * 5000}", "seed must be a whole number"),
        (f"seed={'[' * 5000}", "seed must be a whole number"),
        (f"title={'x' * 20_001}", "title must be at most 20,000 characters, got 20,001; shorten it"),
        ("calibrate=yes", "calibrate must be true or false, got yes"),
    ],
)
def test_a_slip_is_named(override: str, says: str) -> None:
    with pytest.raises((SettingError, TextError), match=says):
        read_recipe("shakespeare-char-lstm", [override])


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("net.sizes.hidden=0", "net.sizes.hidden must be a whole number from 1 to 1,000,000, got 0"),
        ("net.sizes.hidden=-8", "net.sizes.hidden must be a whole number"),
        ("net.sizes.hiden=8", "net.sizes has no hiden, perhaps hidden; it has vocab_size, embedding"),
        ("net.sizes.tied=1", "net.sizes.tied must be true or false, got 1"),
        ("net.dropout.output=1.5", r"net.dropout.output must be in \[0, 1\), got 1.5; 0 turns it off"),
        ("net.dropout.output=nan", "net.dropout.output must be in"),
        ("net.dropout.weigths=0.1", "net.dropout has no weigths, perhaps weights"),
        ("net.architecture=windowed_lstm", "net.dropout has no embedding; it has nothing to set"),
    ],
)
def test_what_the_net_does_not_take_is_named(override: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_recipe("shakespeare-char-lstm", [override]).net.check()


def paths(values: dict[str, Any], section: str = "") -> Iterator[str]:
    """The name of each value, `optimiser.rate`, and of each section."""
    for name, value in values.items():
        yield section + name
        if isinstance(value, dict):
            yield from paths(value, f"{section}{name}.")


WHOLE = Recipe("whole").to_json()


@pytest.mark.parametrize("name", list(paths(WHOLE)))
@pytest.mark.parametrize(
    "value",
    [None, True, -1, 1.5, float("nan"), float("inf"), 10**400, 10**5000, "", "x\0", [], [None], {}, {"x": 1}],
    ids=lambda value: type(value).__name__,
)
def test_any_value_is_taken_or_named(name: str, value: Any) -> None:
    """A recipe holds what it was given and can be read again, or a sentence says which value is wrong."""
    values = deepcopy(WHOLE)
    *sections, last = name.split(".")
    reduce(operator.getitem, sections, values)[last] = value
    recipe, mistake = None, ""
    try:
        recipe = Recipe.from_json(values)
    except SettingError as error:
        mistake = str(error)
    if recipe is None:
        assert mistake.removeprefix("the number of ").startswith(name)
        assert "; " in mistake
    elif not name.startswith(("net.sizes", "net.dropout")):
        assert Recipe.from_json(json.loads(json.dumps(recipe.to_json(), allow_nan=False))) == recipe


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
