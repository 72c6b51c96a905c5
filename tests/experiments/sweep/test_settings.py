"""A sweep is checked before it begins, and every mistake has its sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from textgen.errors import SettingError, TextError
from textgen.experiments.sweep.settings import (
    TEMPERATURES,
    SweepSettings,
    check_size,
    temperatures_in,
)
from textgen.settings import STRATEGIES, DecodeSettings, Strategy


def test_the_default_sweep() -> None:
    sweep = SweepSettings(models=("m",))
    assert (sweep.temperatures[0], sweep.temperatures[-1], len(sweep.temperatures)) == (0.1, 2.0, 20)
    assert [strategy.name for strategy in sweep.strategies] == [
        "greedy",
        "plain",
        "top-k 40",
        "top-p 0.9",
        "min-p 0.05",
    ]
    assert (len(sweep.seeds), sweep.length) == (8, 200)
    assert sweep.texts == 1 + 4 * 20 * 8, "greedy once"
    assert sweep.tokens == 641 * 200


def test_at_temperature_0_nothing_is_drawn() -> None:
    sweep = SweepSettings(models=("a", "b"), temperatures=(0, 0.5, 1), seeds=(1, 2, 3), prompts=("", "x"))
    assert sweep.texts == 2 * 2 * (1 + 4 * (1 + 2 * 3))


def test_strategies_take_the_temperature_but_greedy() -> None:
    greedy, _, top_k, *_ = STRATEGIES
    assert greedy.at(1.3) == DecodeSettings(temperature=0)
    assert top_k.at(1.3) == DecodeSettings(temperature=1.3, top_k=40)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"temperatures": ()}, "a sweep takes 1 to 1,000 temperatures, got 0"),
        (
            {"temperatures": (0.5, 1, 0.5)},
            r"temperatures must be different from each other, got '?0.5'? twice",
        ),
        ({"temperatures": (0.5, -1)}, "temperature must be 0 or in .* got -1"),
        ({"temperatures": ("hot",)}, "temperature must be 0 or in .* got hot"),
        ({"temperatures": 0.5}, "temperatures must be a list, got 0.5"),
        ({"temperatures": range(1001)}, "1 to 1,000 temperatures, got 1,001"),
        ({"seeds": ()}, "1 to 1,000 seeds, got 0"),
        ({"seeds": (1, 1)}, "seeds must be different"),
        ({"seeds": (-1,)}, "seed must be a whole number"),
        ({"models": ()}, "1 to 1,000 models, got 0"),
        ({"models": ("m", "m")}, "models must be different from each other, got 'm' twice; leave one out"),
        ({"models": "m"}, "models must be a list, got m"),
        ({"prompts": ("", "")}, "prompts must be different"),
        ({"prompts": (3,)}, "must be texts, got 3"),
        ({"strategies": ()}, "1 to 1,000 strategies, got 0"),
        ({"strategies": ("plain",)}, "a strategy must be a Strategy, got plain"),
        ({"strategies": (STRATEGIES[0], STRATEGIES[0])}, "strategies must be different .* 'greedy' twice"),
        (
            {"strategies": (STRATEGIES[1], Strategy("plain", DecodeSettings(top_k=3)))},
            "names of strategies must be different from each other, got 'plain' twice",
        ),
        ({"length": 0}, "length must be a whole number from 1 to 5,000, got 0"),
        ({"judge": None}, "judge must be texts, got None"),
    ],
)
def test_mistakes_end_with_a_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingError, match=sentence):
        SweepSettings(**{"models": ("m",), **values})


@pytest.mark.parametrize(
    ("name", "settings"), [("", DecodeSettings()), ("x" * 61, DecodeSettings()), ("x", 3)]
)
def test_a_strategy_has_a_name_and_settings(name: str, settings: Any) -> None:
    with pytest.raises(SettingError, match="a strategy's"):
        Strategy(name, settings)


def test_too_many_tokens_are_refused_with_what_they_are() -> None:
    sweep = SweepSettings(models=("m",), seeds=tuple(range(1000)), length=5000)
    with pytest.raises(SettingError, match=r"at most 1,000,000 tokens here, got 400,006,251 \(80,001 texts"):
        check_size(sweep)
    check_size(sweep, limit=sweep.cost)
    with pytest.raises(SettingError):
        check_size(sweep, limit=sweep.cost - 1)


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({}, 2 * 10 + 2 * 1),  # two texts, a batch for each prompt
        ({"prompts": ["a" * 7]}, 10 + 7),
        ({"prompts": ["a" * 7], "seeds": range(65), "temperatures": [1]}, 65 * 10 + 2 * 7),
        ({"models": ["m", "n"]}, 2 * 22),
        ({"judge": "m"}, 22 + 2 * (1 + 10)),
        ({"prompts": ["a" * 7], "strategies": {"b": {"beams": 3}}}, 3 * 10 + 2 * 7),
    ],
)
def test_reading_counts_as_writing_does(changes: dict[str, Any], cost: int) -> None:
    sweep = {"models": ["m"], "prompts": ["a", "b"], "temperatures": [1], "seeds": [0], "length": 10}
    plain = {"strategies": {"plain": {}}}
    assert SweepSettings.from_dict({**sweep, **plain, **changes}).cost == cost


def test_many_long_prompts_are_much_work_however_short_the_texts() -> None:
    prompts = tuple(f"{i:03}".ljust(20_000, "a") for i in range(500))
    sweep = SweepSettings(models=("m",), prompts=prompts, temperatures=(0,), seeds=(0,), length=2)
    with pytest.raises(SettingError, match="at most 1,000,000 tokens here, got "):
        check_size(sweep)
    with pytest.raises(TextError, match="a prompt must be at most 20,000 characters, got 20,001"):
        SweepSettings(models=("m",), prompts=("a" * 20_001,))


def test_settings_go_through_json() -> None:
    sweep = SweepSettings(models=("m",), prompts=("", "ROMEO:"), temperatures=(0, 1.5), judge="j", seeds=(7,))
    assert SweepSettings.from_dict(json.loads(json.dumps(sweep.to_dict()))) == sweep
    with pytest.raises(SettingError, match="unknown setting heat"):
        SweepSettings.from_dict({"models": ["m"], "heat": 3})
    with pytest.raises(SettingError, match="must name its models"):
        SweepSettings.from_dict({"length": 3})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5", (0.5,)),
        ("0.2, 0.5;1 \n 2", (0.2, 0.5, 1, 2)),
        ("0.1:2:0.1", TEMPERATURES),
        ("0, 0.5:1:0.25, 3", (0, 0.5, 0.75, 1, 3)),
        (".5 1. 1e-1", (0.5, 1, 0.1)),
        ("1:1:0.1", (1,)),
        ("0.3:0.7:0.2", (0.3, 0.5, 0.7)),  # (0.7 − 0.3) / 0.2 is a little below 2
    ],
)
def test_temperatures_as_people_write_them(text: str, expected: tuple[float, ...]) -> None:
    assert temperatures_in(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "got nothing"),
        (" ,; ", "temperatures must be numbers such as 0.2"),
        (None, "got nothing"),
        (0.5, "got 0.5"),
        ("0.5 " * 5000, "temperatures must be numbers such as 0.2"),
        ("warm", "a temperature must be a number, got warm"),
        ("1_0", "got 1_0"),
        ("٣", "got ٣"),
        ("inf", "got inf"),
        ("0x1", "got 0x1"),
        ("1:2", "FROM:TO:STEP"),
        ("1:2:0", "FROM:TO:STEP"),
        ("2:1:0.1", "FROM:TO:STEP"),
        ("0:1:1e-9", "at most 1,000 temperatures, got 0:1:1e-9; take a larger step"),
        ("0.1:5:0.001", "at most 1,000 temperatures"),
        ("0:1:1e-999", "FROM:TO:STEP"),
        ("1e999:1e999:1", "FROM:TO:STEP"),
        ("0:nan:1", "FROM:TO:STEP"),
        ("0:1:0.002, 1.1:2:0.001", "at most 1,000 temperatures"),
    ],
)
def test_texts_that_are_no_temperatures(text: Any, sentence: str) -> None:
    with pytest.raises(SettingError) as refused:
        temperatures_in(text)
    assert sentence in str(refused.value)
