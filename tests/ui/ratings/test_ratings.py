"""The Blind ratings part: its answers, asked as the page asks them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from tests.experiments.sweep.sweeps import save_models, swept
from textgen.experiments.ratings.rating_set import items_of, rating_set
from textgen.experiments.sweep.records import CellKey, SweepResult
from textgen.ui.ratings.tab import Ratings
from textgen.ui.shell.components import server_function
from textgen.ui.sweep.runs import SweepStore

COLD, HOT, GREEDY = (["chars", "", *end] for end in (("plain", 0.5), ("plain", 3.0), ("greedy", 0.0)))
ASKED: dict[str, Any] = {
    "run": "run",
    "cells": [COLD, HOT, GREEDY],
    "each": 2,
    "question": "coherence",
    "seed": 1,
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    return swept(save_models(tmp_path_factory.mktemp("models")))


@pytest.fixture
def tab(result: SweepResult) -> Ratings:
    store = SweepStore(lambda: "run")
    store.put(result)
    return Ratings(store)


def send(tab: Ratings, name: str, **data: Any) -> dict[str, Any]:
    """One question of the page; a mistake is the answer's `problem`."""
    answer = server_function(name, getattr(tab, name))(data)
    return json.loads(json.dumps(answer, allow_nan=False))


def begun(tab: Ratings) -> dict[str, Any]:
    """A set as the page goes on with it."""
    return {**ASKED, "set": send(tab, "begin", **ASKED)["set"], "ratings": []}


def test_what_there_is_to_choose_from(tab: Ratings) -> None:
    view = send(tab, "choices", run="run")
    assert view["complete"]
    keys = [cell["key"] for cell in view["cells"]]
    assert keys[0] == GREEDY  # in the order of the sweep
    assert [cell["texts"] for cell in view["cells"] if cell["key"] in (COLD, GREEDY)] == [1, 3]
    assert [cell["key"] for cell in view["cells"] if cell["usual"]] == [
        ["chars", "", "plain", t] for t in (0.5, 1, 3)
    ]
    assert {cell["label"] for cell in view["cells"]} >= {"greedy", "plain", "penalty"}


def test_the_page_is_not_told_which_is_which(tab: Ratings, result: SweepResult) -> None:
    view = send(tab, "begin", **ASKED)
    assert set(view) == {"set", "question", "sentence", "sheet"}
    expected = rating_set(
        items_of(result.texts), [CellKey(*key) for key in ASKED["cells"]], 2, "coherence", 1
    )
    assert view["set"] == expected.name
    assert view["sheet"] == [[code, "", item.text] for code, item in expected.items.items()]
    for word in ("plain", "greedy", "0.5", "3.0", "temperature"):
        assert word not in json.dumps(view)


def test_the_result_by_hand(tab: Ratings, result: SweepResult) -> None:
    """Ann gives the cold texts 5 and the hot ones 1, Bob 4 and 2."""
    page = begun(tab)
    of = rating_set(items_of(result.texts), [CellKey(*key) for key in ASKED["cells"]], 2, "coherence", 1)
    cold = {
        code: item.cell.temperature == 0.5 for code, item in of.items.items() if item.cell.strategy == "plain"
    }
    ratings = [
        [c, who, scores[not is_cold]]
        for c, is_cold in cold.items()
        for who, scores in (("Ann", (5, 1)), ("Bob", (4, 2)))
    ]
    found = send(tab, "reveal", **{**page, "ratings": ratings})
    rows = [(row["label"], row["t"], row["mean"], row["texts"], row["ratings"]) for row in found["rows"]]
    assert rows == [("plain", 0.5, "4.50", 2, 4), ("plain", 3, "1.50", 2, 4)]
    cell = [text for text in result.texts if text.key[2:4] == ("plain", 0.5)][:2]
    assert found["rows"][0]["proxy"] == f"{sum(text.metrics.coherence for text in cell) / 2:.2f}"
    assert found["raters"] == ["Ann", "Bob"]
    assert "over the 4 texts that two or more rated" in found["agreement"][0]
    assert found["figure"]["data"][0]["y"] == [4.5, 1.5]
    by_code = {row["code"]: row for row in found["key"]}
    assert by_code[ratings[0][0]]["scores"] in ("Ann: 5, Bob: 4", "Ann: 1, Bob: 2")
    assert sum(row["scores"] == "not rated" for row in found["key"]) == 1
    assert "two or three, they are far too narrow" in found["caution"]


def test_scores_of_others_come_in_once(tab: Ratings) -> None:
    page = {**begun(tab), "ratings": [["T1", "Ann", 5]]}
    csv = f"set,item,rater,score\n{page['set']},T1,Ann,5\n{page['set']},T2,Bob,3\n"
    loaded = send(tab, "add_scores", **page, csv=csv)["ratings"]
    assert loaded == [["T1", "Ann", 5], ["T2", "Bob", 3]]
    again = send(tab, "add_scores", **{**page, "ratings": loaded}, csv=csv)["ratings"]
    assert again == loaded
    assert (
        "Ann twice for T1" in send(tab, "add_scores", **page, csv="item,rater,score\nT1,Ann,4\n")["problem"]
    )
    assert (
        "belongs to the set 'ffff'"
        in send(tab, "add_scores", **page, csv="set,item,rater,score\nffff,T1,B,4\n")["problem"]
    )


def test_a_sweep_that_has_grown_or_gone_is_told(tab: Ratings, result: SweepResult) -> None:
    page = {**begun(tab), "ratings": [["T1", "Ann", 5]]}
    part = SweepResult(result.settings, tuple(text for text in result.texts if text.key.seed != 0))
    tab.sweeps.put(part, "run")
    assert not send(tab, "choices", run="run")["complete"]
    assert "begin again" in send(tab, "reveal", **page)["problem"]
    assert "does not hold the sweep 'gone'" in send(tab, "reveal", **{**page, "run": "gone"})["problem"]


@pytest.mark.parametrize(
    "changes",
    [
        {"cells": None},
        {"cells": []},
        {"cells": [COLD] * 13},
        {"cells": [COLD[:3]]},
        {"cells": [["chars", "", "plain", math.nan]]},
        {"cells": [["chars", "", "plain", 10**400]]},
        {"cells": [["chars", "", "plain", True]]},
        {"cells": [["chars", "", ["plain"], 0.5]]},
        {"cells": [["chars", "", "plain", 9]]},
        {"cells": [GREEDY]},
        {"each": 0},
        {"each": 10**400},
        {"each": "3"},
        {"each": math.nan},
        {"question": "<b>"},
        {"question": ["coherence"]},
        {"seed": None},
        {"seed": 1.5},
        {"run": None},
        {"run": ["run"]},
        {"run": "x" * 100_000},
    ],
)
def test_hostile_selections_end_with_a_sentence(tab: Ratings, changes: dict[str, Any]) -> None:
    problem = send(tab, "begin", **{**ASKED, **changes})["problem"]
    assert len(problem) < 400


@pytest.mark.parametrize(
    "ratings",
    [
        None,
        [],
        [["T1", "Ann"]],
        [["T1", "Ann", 6]],
        [["T1", "Ann", math.nan]],
        [["T1", "Ann", "5"]],
        [["T1", "Ann", True]],
        [["T1", "", 5]],
        [["T1", None, 5]],
        [["T1", "\ud800", 5]],
        [["T99", "Ann", 5]],
        [[["T1"], "Ann", 5]],
        [["T1", "Ann", 5], ["T1", "Ann", 5]],
        [["T1", "Ann", 5]] * 10_001,
    ],
)
def test_hostile_ratings_end_with_a_sentence(tab: Ratings, ratings: Any) -> None:
    problem = send(tab, "reveal", **{**begun(tab), "ratings": ratings})["problem"]
    assert len(problem) < 400


@pytest.mark.parametrize("data", [None, [], "x", {}])
@pytest.mark.parametrize("name", ["choices", "begin", "add_scores", "reveal"])
def test_questions_that_are_none(tab: Ratings, name: str, data: Any) -> None:
    assert server_function(name, getattr(tab, name))(data)["problem"]
