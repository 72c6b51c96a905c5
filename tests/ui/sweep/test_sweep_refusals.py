"""The Sweep part: what it refuses, and what it offers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ui.server.asked import told
from tests.ui.sweep.sweep_lab import CELL, VIEW, Visitor, answer
from textgen.errors import TextgenError
from textgen.experiments.sweep.settings import SweepSettings, temperatures_in
from textgen.models.registry import Registry
from textgen.settings import NAMED
from textgen.ui.server.limits import Limits
from textgen.ui.sidebar.model_choice import NUMBERS
from textgen.ui.sweep.tab import PRESETS, view_config


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"seeds": [*range(64)], "length": 5000, "temperatures": "0.1:2:0.1"},
            "at most 1,000,000 tokens here",
        ),
        ({"temperatures": ""}, "got nothing"),
        ({"temperatures": " , "}, "temperatures must be numbers"),
        ({"temperatures": "0.5, 0.5"}, "got '0.5' twice"),
        ({"temperatures": "0.5 warm"}, "must be a number, got warm"),
        ({"temperatures": "nan"}, "must be a number, got nan"),
        ({"temperatures": "1e999"}, "temperature must be 0 or in"),
        ({"temperatures": "-1"}, "temperature must be 0 or in"),
        ({"temperatures": "0:1"}, "FROM:TO:STEP"),
        ({"temperatures": "0:100:0.0001"}, "at most 1,000 temperatures, got 0:100:0.0001"),
        ({"temperatures": [float("nan")]}, "temperature must be 0 or in"),
        ({"temperatures": None}, "temperatures must be a list"),
        ({"models": []}, "1 to 1,000 models, got 0; name one at least"),
        ({"models": ["chars", "chars"]}, "got 'chars' twice"),
        ({"models": ["../chars"]}, "there is no model"),
        ({"models": [["chars"]]}, "must be texts"),
        ({"models": [NUMBERS]}, "there is no model"),
        ({"models": "chars"}, "models must be a list"),
        ({"prompts": ["a", "a"]}, "got 'a' twice"),
        ({"prompts": []}, "takes 1 to 1,000 prompts"),
        ({"prompts": "a"}, "prompts must be a list"),
        ({"prompts": [7]}, "must be texts"),
        ({"prompts": ["\ud800"]}, "a prompt must be"),
        ({"prompts": ["a" * 30_000]}, "at most 20,000 characters"),
        ({"strategies": {}}, "1 to 1,000 strategies"),
        ({"strategies": ["plain"]}, "a strategy must be a Strategy"),
        ({"strategies": {"mine": 7}}, "the strategy 'mine' must be an object"),
        ({"strategies": {"mine": {"top_p": float("nan")}}}, "top_p must be"),
        ({"strategies": {"mine": {"warmth": 1}}}, "unknown setting warmth"),
        ({"strategies": {"": {}}}, "a strategy's name must be"),
        ({"seeds": []}, "1 to 1,000 seeds"),
        ({"seeds": [*range(65)]}, "from 1 to 64, got 65"),
        ({"seeds": 8}, "seeds must be a list"),
        ({"seeds": [-1]}, "seed must be"),
        ({"seeds": [2**63]}, "seed must be"),
        ({"seeds": [float("nan")]}, "seed must be"),
        ({"length": "long"}, "length must be"),
        ({"length": 10**9}, "length must be"),
        ({"length": True}, "length must be"),
        ({"judge": "nobody"}, "there is no model 'nobody'"),
        ({"judge": 7}, "must be texts"),
        ({"warmth": 1}, "unknown setting warmth"),
        ({"temperatures": "0.01:9:0.01", "seeds": [0], "length": 1}, "at most 2,000 on this page, got 2,700"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_the_first_token(
    visitor: Visitor, settings: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TextgenError) as refused:
        visitor.run(**settings)
    assert sentence in str(refused.value)
    assert visitor.run_id is None


def test_the_servers_limit_is_the_servers(models: Registry) -> None:
    visitor = Visitor(models, Limits(sweep_tokens=100))
    assert view_config(visitor.part.lab.limits)["limits"]["tokens"] == 100
    with pytest.raises(TextgenError, match="at most 100 tokens here, got 573"):
        visitor.run()
    assert visitor.run(seeds=[0], temperatures="1", length=30)[-1]["done"]


@pytest.mark.parametrize("data", [None, 7, "x", [], [1], {}])
@pytest.mark.parametrize("name", ["look", "texts", "difference", "file"])
def test_questions_that_are_none(visitor: Visitor, name: str, data: Any) -> None:
    assert answer(visitor.part, name, data)["problem"]


@pytest.mark.parametrize("run", [None, 7, "x", ["run 1"], {}])
def test_a_sweep_that_is_not_held(visitor: Visitor, run: Any) -> None:
    for name in ("look", "texts", "difference", "file"):
        found = visitor.ask(name, run=run, view=VIEW, cell=CELL)
        assert "does not hold the sweep" in found["problem"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("look", {"view": None}, "the view must be an object"),
        ("look", {"view": {**VIEW, "lines": "seed"}}, "lines must be one of"),
        ("look", {"view": {**VIEW, "lines": []}}, "lines must be one of"),
        ("look", {"view": {**VIEW, "model": 1}}, "the place of the model must be"),
        ("look", {"view": {**VIEW, "prompt": -1}}, "the place of the prompt must be"),
        ("look", {"view": {**VIEW, "strategy": "plain"}}, "the place of the strategy must be"),
        ("texts", {"cell": 7}, "the point must be an object"),
        ("texts", {"cell": {**CELL, "temperature": 3}}, "the place of the temperature must be"),
        ("texts", {"cell": {**CELL, "temperature": None}}, "got nothing"),
        ("difference", {"first": CELL}, "the point must be an object"),
        ("file", {"kind": "exe"}, "the file must be one of"),
        ("file", {"kind": ["json"]}, "the file must be one of"),
        ("file", {}, "the file must be one of"),
    ],
)
def test_hostile_questions(finished: Visitor, name: str, data: dict[str, Any], sentence: str) -> None:
    assert sentence in finished.ask(name, **data)["problem"]


def test_every_strategy_has_a_button() -> None:
    config = view_config(Limits())
    assert [each["name"] for each in config["strategies"]] == list(NAMED)


def test_the_first_preset_is_the_default_of_the_library() -> None:
    values = PRESETS[0]["values"]
    default = SweepSettings(models=("chars",))
    assert temperatures_in(values["temperatures"]) == default.temperatures
    assert values["strategies"] == [strategy.name for strategy in default.strategies]
    assert (values["first"], values["seeds"], values["length"]) == (0, len(default.seeds), default.length)


@pytest.mark.parametrize("request_", [None, 7, [], {}, {"kind": "text"}, {"settings": 7}, {"settings": {}}])
def test_requests_that_are_none(visitor: Visitor, request_: Any) -> None:
    with pytest.raises(TextgenError):
        list(told(visitor.part.run({"request": request_})))


def test_a_full_store_drops_the_oldest(models: Registry) -> None:
    visitor = Visitor(models, most=2)
    for _ in range(3):
        visitor.run(seeds=[0])
    assert "does not hold" in visitor.ask("texts", run="run 1", cell=CELL)["problem"]
    assert "texts" in visitor.ask("texts", run="run 2", cell=CELL)
