"""The Draws tab's answers, called as the page calls them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import save_tiny_model
from textgen.api import predict
from textgen.errors import TextgenError
from textgen.experiments.draws.counts import MAX_TOTAL
from textgen.experiments.panels import draw_side_by_side, side_by_side
from textgen.experiments.requests import DrawsRequest, request_from_json
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.draws.tab import KEPT, Counting, Recent, view_config
from textgen.ui.server.laboratory import Laboratory

FRESH = 77  # what the laboratory's source of seeds gives
TINY = {"model": "tiny", "context": "abc"}
NUMBERS = {"numbers": "0.45, 0.3, 0.25", "numbers_kind": "auto"}
ASKED = {
    "settings": DecodeSettings().to_dict(),
    "temperatures": [0.5, 1, 2],
    "seed": "1234",
    "drawn": 0,
    "n": 100,
    "at": 0,
    "page": 0,
}


def counting_of(registry: Registry) -> Counting:
    return Counting(
        Laboratory(registry, new_seed=lambda: FRESH, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    )


@pytest.fixture
def counting(registry: Registry) -> Counting:
    return counting_of(registry)


def look(counting: Counting, source: dict[str, Any] = NUMBERS, **asked: Any) -> dict[str, Any]:
    return as_json(counting.look({**source, **ASKED, **asked}))


def draw(counting: Counting, source: dict[str, Any] = NUMBERS, **asked: Any) -> dict[str, Any]:
    return as_json(counting.draw({**source, **ASKED, **asked}))


def as_json(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer as the page gets it."""
    return json.loads(json.dumps(answer, allow_nan=False))


def counts(answer: dict[str, Any], panel: int = 0) -> list[int]:
    return answer["panels"][panel]["figure"]["data"][1]["x"]


def settings(**changes: Any) -> dict[str, Any]:
    return {**ASKED["settings"], **changes}


def test_a_first_look_draws_nothing_and_shows_what_to_expect(counting: Counting) -> None:
    answer = look(counting, n=1000)
    marks = answer["panels"][1]["figure"]["data"][2]["x"]
    assert answer["n"] == 0
    assert marks == pytest.approx([450, 300, 250], rel=1e-6)
    assert [row[3] for row in answer["table"]["rows"]] == ["–"] * 3
    assert "request" not in answer


def test_draws_are_those_of_the_library(counting: Counting, registry: Registry) -> None:
    answer = draw(counting, TINY, n=500)
    expectation = predict(registry.get("tiny"), "abc")
    same = draw_side_by_side(side_by_side(expectation, (0.5, 1.0, 2.0), DecodeSettings()), 500, 1234)
    order = np.argsort(-expectation.logits, kind="stable")
    assert answer["n"] == 500
    for k in range(3):
        assert counts(answer, k) == same.counts[k, order].tolist()


def test_draws_in_pieces_are_the_draws_at_once(counting: Counting, registry: Registry) -> None:
    """Also on a server that never saw the first ones: it was started again, or holds them no longer."""
    draw(counting, TINY, n=100)
    pieces = draw(counting, TINY, drawn=100, n=50)
    assert pieces["n"] == 150
    assert pieces == draw(counting_of(registry), TINY, drawn=100, n=50)
    assert pieces == draw(counting_of(registry), TINY, n=150)


def test_a_look_shows_the_counts_again(counting: Counting) -> None:
    drawn = draw(counting, n=100)
    assert look(counting, drawn=100)["panels"] == drawn["panels"]


def test_fewer_draws_than_are_held_are_drawn_anew(counting: Counting) -> None:
    few = draw(counting, n=20)
    draw(counting, n=5000)
    assert draw(counting, n=20) == few


def test_the_request_gives_the_counts_again(counting: Counting, registry: Registry) -> None:
    answer = draw(counting, TINY, drawn=20, n=30, temperatures=[0.7])
    request = request_from_json(answer["request"])
    assert isinstance(request, DrawsRequest)
    assert sorted(request.run(registry).draws.counts[0]) == sorted(counts(answer))


def test_more_draws_than_are_made_in_one_go_can_be_made_again(counting: Counting) -> None:
    answer = draw(counting, drawn=2_000_000, n=500_000, temperatures=[1])
    again = request_from_json(answer["request"]).run(counting.lab.registry).to_json()
    assert again["n"] == 2_500_000
    assert again["counts"][0] == counts(answer)


@pytest.mark.parametrize(("seed", "shown"), [(None, str(FRESH)), ("5", "5"), (2**60 + 1, str(2**60 + 1))])
def test_the_seed_is_the_one_asked_for_or_a_fresh_one(counting: Counting, seed: Any, shown: str) -> None:
    assert draw(counting, seed=seed)["seed"] == shown


def test_typed_numbers_and_stages_decide(counting: Counting) -> None:
    assert draw(counting)["panels"] != draw(counting, NUMBERS | {"numbers": "0.5, 0.3, 0.2"})["panels"]
    answer = draw(counting, settings=settings(top_k=2), n=1000)
    assert answer["panels"][1]["removed"] == 1
    assert counts(answer, 1)[2] == 0
    assert answer["table"]["rows"][2] == ["3", "removed", "0", "0", "", "gone"]


def test_panels_at_one_temperature_draw_the_same(counting: Counting) -> None:
    answer = draw(counting, temperatures=[1, 1])
    assert counts(answer, 0) == counts(answer, 1)


MISTAKES = [
    ({"n": 0}, "from 1 to 1,000,000, got 0"),
    ({"n": 10**12}, "got 1000000000000"),
    ({"n": float("nan")}, "got nan"),
    ({"n": "abc"}, "got abc"),
    ({"n": ""}, "got nothing"),
    ({"n": True}, "got True"),
    ({"n": 1.5}, "got 1.5"),
    ({"temperatures": []}, "number of temperatures must be a whole number from 1 to 6, got 0"),
    ({"temperatures": [0.1 * i for i in range(1, 8)]}, "got 7"),
    ({"temperatures": ["slider"]}, "got slider"),
    ({"temperatures": [float("nan")]}, "temperature must be 0 or in [0.01, 100], got nan"),
    ({"temperatures": [-1]}, "got -1"),
    ({"temperatures": [1e9]}, "got 1000000000.0"),
    ({"temperatures": ["<b>"]}, "got <b>"),
    ({"temperatures": [[1]]}, "got [1]"),
    ({"temperatures": [""]}, "got nothing"),
    ({"temperatures": None}, "got nothing"),
    ({"drawn": -1}, "the draws shown"),
    ({"drawn": 10**12}, "the draws shown"),
    ({"drawn": "x"}, "the draws shown"),
    ({"at": 99}, "the table's temperature"),
    ({"page": -1}, "the table's page"),
    ({"seed": -1}, "seed must be"),
    ({"seed": "abc"}, "seed must be"),
    ({"seed": float("nan")}, "seed must be"),
    ({"seed": 2**70}, "seed must be"),
    ({"settings": 3}, "settings must be an object"),
    ({"settings": {"top_p": 2}}, "top_p must be in (0, 1], got 2"),
    ({"numbers": ["1"]}, "numbers must be a text"),
    ({"numbers": "0.45, x"}, "'x' is not a number"),
    ({"numbers_kind": []}, "numbers_kind must be a text"),
    ({"model": "tiny"}, "got both"),
    ({"numbers": None}, "needs a model or numbers"),
    ({"numbers": None, "model": "../etc"}, "there is no model"),
    ({"numbers": None, "model": 7}, "model must be"),
    ({"numbers": None, "model": "tiny", "context": 7}, "context must be a text"),
]


@pytest.mark.parametrize("ask", [look, draw])
@pytest.mark.parametrize(("asked", "sentence"), MISTAKES)
def test_a_mistake_is_a_sentence(counting: Counting, ask: Any, asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError) as error:
        ask(counting, **asked)
    assert sentence in str(error.value)


def test_a_request_of_nothing_is_a_sentence(counting: Counting) -> None:
    for answer in (counting.look, counting.draw):
        with pytest.raises(TextgenError, match="must be"):
            answer({})


def test_the_last_draws_fill_the_count_and_then_it_is_full(counting: Counting) -> None:
    answer = draw(counting, drawn=MAX_TOTAL - 30, temperatures=[1])
    assert answer["n"] == MAX_TOTAL == view_config()["total"]
    with pytest.raises(TextgenError, match=r"100,000,000, got 100000100"):
        draw(counting, drawn=MAX_TOTAL, temperatures=[1])


def test_the_model_is_not_asked_again_for_more_draws(
    counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(counting, TINY)
    monkeypatch.setattr("textgen.experiments.texts.predict", lambda *_: pytest.fail("asked again"))
    assert draw(counting, TINY, drawn=100)["n"] == 200
    assert draw(counting, TINY, seed="9")["n"] == 100


def test_a_model_that_took_the_place_of_another_is_asked(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "tiny", "abc")
    counting = counting_of(Registry(tmp_path))
    first = draw(counting, TINY)
    config = save_tiny_model(tmp_path / "tiny", "abc", seed=1) / "config.json"
    os.utime(config, ns=(0, config.stat().st_mtime_ns + 10**9))
    second = draw(counting, TINY)
    assert first["panels"] != second["panels"]


def test_only_the_last_few_counts_are_held() -> None:
    now = 0.0
    recent: Recent[str] = Recent(2, clock=lambda: now)
    for key in ("a", "b", "a", "c"):
        recent.put(key, key)
    assert [recent.get(key) for key in ("a", "b", "c")] == ["a", None, "c"]
    now = KEPT + 1
    recent.put("d", "d")
    assert [recent.get(key) for key in ("a", "c", "d")] == [None, None, "d"]


def test_counts_keep_none_of_those_that_led_to_them(counting: Counting) -> None:
    draw(counting, TINY, n=100_000)
    ((_, draws),) = counting.recent_draws._held.values()
    assert draws.counts.base is None


def test_the_distance_of_a_million_draws_falls_along_its_law(counting: Counting) -> None:
    answer = draw(counting, TINY, n=1_000_000)
    laws, lines = answer["distance"]["data"][:3], answer["distance"]["data"][3:]
    for law, line in zip(laws, lines, strict=True):
        assert line["x"][-1] == 1_000_000
        assert law["y"][-1] / 4 < line["y"][-1] < law["y"][-1] * 4


def test_greedy_takes_one_token_and_there_is_nothing_to_test(counting: Counting) -> None:
    answer = draw(counting, temperatures=[0])
    assert counts(answer) == [100, 0, 0]
    assert answer["panels"][0]["distance"] == "0.000"
    assert "nothing to test" in answer["panels"][0]["meaning"]


def test_unknown_characters_are_named(counting: Counting) -> None:
    assert "é" in look(counting, TINY | {"context": "aé"})["note"]
