"""Requests: what a receipt of the last version held, read, written and run; and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from textgen.errors import ModelError, SettingError
from textgen.experiments.requests import (
    KINDS,
    REQUESTS,
    BeamRequest,
    DrawsRequest,
    ModelSource,
    NextTokenRequest,
    NumbersSource,
    PerplexityRequest,
    TextRequest,
    TextSpec,
    request_from_json,
)
from textgen.models.registry import Registry
from textgen.receipts.replaying import with_later_stages
from textgen.settings import DecodeSettings

GOLDEN = Path(__file__).parents[2] / "receipts" / "golden"
RECEIPTS = [path for path in sorted(GOLDEN.glob("*.json")) if not path.stem.startswith("draws")]
DRAWS = {"temperatures": [0.5, 2], "seed": 7, "n": 100}


@pytest.mark.parametrize("path", RECEIPTS, ids=[path.stem for path in RECEIPTS])
def test_json_goes_round(path: Path) -> None:
    asked: dict[str, Any] = with_later_stages(json.loads(path.read_text(encoding="utf-8"))["request"])
    request = request_from_json(asked)
    assert type(request) is REQUESTS[asked["kind"]]
    assert with_later_stages(request.to_json()) == asked
    assert list(request.to_json()) == list(asked)
    assert request_from_json(request.to_json()) == request


def test_all_kinds_have_a_golden_receipt() -> None:
    assert {json.loads(path.read_text(encoding="utf-8"))["kind"] for path in GOLDEN.glob("*")} == set(KINDS)


def test_a_source_is_a_model_or_numbers() -> None:
    numbers = DrawsRequest.from_json({"numbers": "1, 2", "model": None, **DRAWS})
    assert numbers.source == NumbersSource(numbers="1, 2", numbers_kind="auto")
    assert (numbers.models(), numbers.to_json()["numbers_kind"]) == ((), "auto")
    model = DrawsRequest.from_json({"model": "tiny", "numbers": None, **DRAWS})
    assert model.source == ModelSource(model="tiny", context="")
    assert list(model.to_json())[:3] == ["kind", "model", "context"]


def test_made_in_python_and_read_are_the_same(registry: Registry) -> None:
    source, settings = ModelSource(model="tiny", context="ba"), DecodeSettings(top_k=3)
    request = NextTokenRequest(source=source, panels=(settings, settings.at(2)))
    data = {"model": "tiny", "context": "ba", "panels": [{"top_k": 3}, {"top_k": 3, "temperature": 2}]}
    assert request == NextTokenRequest.from_json(data)
    assert [panel.summary.kept for panel in request.run(registry).panels] == [3, 3]


def test_another_kind_is_refused() -> None:
    with pytest.raises(SettingError, match="the kind must be draws here, got beam; leave it out"):
        DrawsRequest.from_json({"kind": "beam"})


def test_what_a_model_decides(registry: Registry) -> None:
    scored = PerplexityRequest(model="tiny", text="bad", temperatures=(1.0,))
    assert (scored.window, scored.resolved(registry).window) == (None, 256)
    table = BeamRequest.from_json({"table": ": A 0.5, B 0.5"})
    assert table.resolved(registry) is table


def test_models_and_tokens_are_checked_before_any_work(registry: Registry) -> None:
    request = TextRequest(model="tiny", seed=1, texts=(TextSpec(length=30), TextSpec(length=20)))
    request.check(registry, max_tokens=52)
    with pytest.raises(SettingError, match="at most 51 tokens to read and write here, got 52"):
        request.check(registry, max_tokens=51)
    with pytest.raises(ModelError, match="there is no model 'gone'"):
        TextRequest(model="gone", seed=1, texts=(TextSpec(length=3),)).check(registry)


CONTEXT = {"model": "tiny", "context": "a" * 100}
PROMPT = {"model": "tiny", "prompt": "a" * 100}
COSTS: list[tuple[dict[str, Any], int]] = [
    ({"kind": "distribution", **CONTEXT, "panels": [{}] * 3}, 100 + 3),
    ({"kind": "distribution", "numbers": "3, 1", "panels": [{}]}, 4 + 1),
    ({"kind": "draws", **CONTEXT, **DRAWS, "n": 50_000}, 100 + 2 * (1 + 5)),
    ({"kind": "text", **PROMPT, "seed": 1, "texts": [{"length": 30}, {"length": 30}]}, 100 + 30 + 30),
    ({"kind": "text", **PROMPT, "seed": 1, "texts": [{"length": 30}, {"length": 20}]}, 2 * 100 + 50),
    # read for the first stretch, for the token chosen by hand, and for what follows
    ({"kind": "text", **PROMPT, "seed": 1, "texts": [{"length": 9, "picks": [[4, 1]]}]}, 3 * 100 + 4 + 5 + 9),
    (
        {"kind": "text", **PROMPT, "seed": 1, "texts": [{"length": 9, "strategy": "beam", "width": 3}]},
        100 + 27,
    ),
    ({"kind": "beam", **PROMPT, "beam": {"width": 3, "length": 9}}, 100 + 27),
    ({"kind": "beam", "table": ": A 1", "beam": {"width": 3, "length": 9}}, 5 + 27),
    ({"kind": "chaos", **PROMPT, "temperatures": [1, 2], "seed": 1, "length": 9}, 100 + 18),
    ({"kind": "perplexity", "model": "tiny", "text": "a" * 50, "temperatures": [1.0]}, 50),
    ({"kind": "perplexity", "model": "tiny", "text": "a" * 50, "temperatures": [1.0] * 31}, 4 * 50),
    ({"kind": "reading", "model": "tiny", "text": "a" * 50}, 2 * 50),
]


@pytest.mark.parametrize(("data", "cost"), COSTS, ids=[f"{data['kind']}-{cost}" for data, cost in COSTS])
def test_what_a_result_costs_is_known_before_any_work(data: dict[str, Any], cost: int) -> None:
    assert request_from_json(data).cost() == cost


def test_values_of_another_strategy_count_for_nothing() -> None:
    greedy = TextSpec(length=9, strategy="greedy", width=0, legs=((3, 1),), settings=DecodeSettings(top_k=2))
    assert greedy == TextSpec(length=9, strategy="greedy", settings=DecodeSettings(top_k=2, temperature=0))
    assert set(greedy.to_json()) == {"settings", "strategy", "length", "picks"}


def test_more_draws_than_fit_one_go_are_run() -> None:
    """The page adds up to a million at a time; its receipt names the total."""
    request = DrawsRequest.from_json({"numbers": "3, 1", **DRAWS, "n": 2_000_001})
    drawn = request.run(Registry(GOLDEN)).draws
    assert (drawn.n, drawn.counts.sum(axis=1).tolist()) == (2_000_001, [2_000_001] * 2)
