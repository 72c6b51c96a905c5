"""The Draws tab's handlers, called as the page calls them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from textgen.api import predict
from textgen.experiments.draws.counts import MAX_TOTAL
from textgen.experiments.panels import draw_side_by_side, side_by_side
from textgen.models.registry import Registry
from textgen.records import Draws
from textgen.ui.draws.tab import LOST, DrawsTab, Session, told_in_view
from textgen.ui.shell.sidebar import NUMBERS, build_controls

FRESH = 77  # what the page's source of seeds gives
ASKED = {"temperatures": [0.5, 1, 2], "n": 100, "at": 0, "page": 0, "shown": 0, "serial": 1}


class Visitor:
    """The sidebar's values and the visitor's session; every call is one event of the visitor."""

    def __init__(self, tab: DrawsTab) -> None:
        self.tab, controls = tab, tab.controls
        named = zip(("model", "context", "numbers", "kind"), controls.source, strict=True)
        self.source = {name: component.value for name, component in named}  # type: ignore[attr-defined]
        self.settings = {name: stage.value for name, stage in controls.stages.items()}  # type: ignore[attr-defined]
        self.order = controls.order.value
        self.seed, self.lock, self.session = 1234, True, None

    def send(self, name: str, data: Any = None, **asked: Any) -> dict[str, Any]:
        """One event, answered as the page would be: skipped outputs stay as they are."""
        event = gr.EventData(None, {**ASKED, **asked} if data is None else data)
        values = [*self.source.values(), *self.settings.values(), self.order]
        handler = told_in_view(getattr(self.tab, name))
        session, seed, view = handler(event, self.session, self.seed, self.lock, *values)
        self.session = self.session if skipped(session) else session
        self.seed = self.seed if skipped(seed) else seed
        json.dumps(view, allow_nan=False)
        return view

    @property
    def draws(self) -> Draws:
        assert isinstance(self.session, Session)
        return self.session.draws


def skipped(output: Any) -> bool:
    return isinstance(output, dict) and output.get("__type__") == "update"


@pytest.fixture(scope="module")
def tab(registry: Registry) -> DrawsTab:
    with gr.Blocks():
        return DrawsTab(registry, build_controls(registry), lambda: FRESH)


@pytest.fixture
def visitor(tab: DrawsTab) -> Visitor:
    visitor = Visitor(tab)
    visitor.source.update(model="tiny", context="abc")
    return visitor


@pytest.fixture
def numbers(tab: DrawsTab) -> Visitor:
    visitor = Visitor(tab)
    visitor.source.update(model=NUMBERS, numbers="0.45, 0.3, 0.25")
    return visitor


def test_a_first_look_draws_nothing_and_shows_what_to_expect(numbers: Visitor) -> None:
    view = numbers.send("look", n=1000)
    marks = view["panels"][1]["figure"]["data"][2]["x"]
    assert view["n"] == 0
    assert marks == pytest.approx([450, 300, 250], rel=1e-6)
    assert [row[3] for row in view["table"]["rows"]] == ["–"] * 3


def test_draws_are_those_of_the_library(visitor: Visitor, registry: Registry) -> None:
    view = visitor.send("draw", n=500)
    expectation = predict(registry.get("tiny"), "abc")
    panels = side_by_side(expectation, (0.5, 1.0, 2.0), visitor.session.source.settings)  # type: ignore[attr-defined]
    same = draw_side_by_side(panels, 500, 1234)
    np.testing.assert_array_equal(visitor.draws.counts, same.counts)
    assert view["n"] == 500
    assert sum(view["panels"][2]["figure"]["data"][1]["x"]) == 500


def test_more_draws_are_added_to_the_counts_with_their_seed(visitor: Visitor) -> None:
    visitor.send("draw", n=100)
    first = visitor.draws
    visitor.seed = 999  # typed by the visitor in between: it stays, and waits for the next fresh run
    view = visitor.send("more", n=50)
    again = draw_side_by_side(visitor.session.panels, 50, 1234, first)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(visitor.draws.counts, again.counts)
    assert (view["n"], view["seed"], visitor.seed) == (150, 1234, 999)


def test_a_kept_seed_draws_the_same_again_and_says_so(visitor: Visitor) -> None:
    first = visitor.send("draw")
    second = visitor.send("draw")
    assert first["note"] == ""
    assert "same draws came again" in second["note"]
    assert second["panels"] == first["panels"]


@pytest.mark.parametrize("event", ["draw", "more"])
def test_an_unlocked_seed_is_fresh_and_shown(visitor: Visitor, event: str) -> None:
    visitor.lock = False
    view = visitor.send(event)
    assert view["seed"] == visitor.seed == visitor.draws.seed == FRESH


CHANGES = {
    "the context": lambda visitor: visitor.source.update(context="abcd"),
    "the model": lambda visitor: visitor.source.update(model=NUMBERS),
    "the stages": lambda visitor: visitor.settings.update(top_k=3),
}


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("event", ["look", "more"])
def test_a_change_clears_the_counts_and_says_so(visitor: Visitor, changed: str, event: str) -> None:
    visitor.send("draw")
    CHANGES[changed](visitor)
    view = visitor.send(event)
    assert f"cleared, since {changed} changed" in view["note"]
    assert view["n"] == (0 if event == "look" else 100)


def test_the_order_of_stages_is_a_stage_too(visitor: Visitor) -> None:
    visitor.send("draw")
    visitor.order = ",".join(reversed(visitor.order.split(",")))
    assert "the stages changed" in visitor.send("look")["note"]


def test_other_temperatures_clear_the_counts(visitor: Visitor) -> None:
    visitor.send("draw")
    view = visitor.send("look", temperatures=[0.5, 1, 1.5])
    assert view["n"] == 0
    assert "the temperatures changed" in view["note"]


def test_typed_numbers_and_their_kind_are_watched_too(numbers: Visitor) -> None:
    numbers.send("draw")
    numbers.source["context"] = "irrelevant to typed-in numbers"
    assert numbers.send("look")["n"] == 100
    numbers.source["kind"] = "logits"
    assert "the kind of your numbers changed" in numbers.send("look")["note"]
    numbers.send("draw")
    numbers.source["numbers"] = "1, 2"
    assert "your numbers changed" in numbers.send("look")["note"]


def test_why_the_counts_went_is_said_until_the_next_draws(visitor: Visitor) -> None:
    visitor.send("draw")
    visitor.source["context"] = "b"
    visitor.send("look")
    assert "the context changed" in visitor.send("look")["note"]
    assert "cleared" not in visitor.send("draw")["note"]


def test_the_slider_counts_only_where_a_panel_follows_it(visitor: Visitor) -> None:
    visitor.send("draw")
    visitor.settings["temperature"] = 1.7
    assert visitor.send("look")["n"] == 100
    visitor.send("draw", temperatures=[1, "slider"])
    visitor.settings["temperature"] = 0.3
    view = visitor.send("look", temperatures=[1, "slider"])
    assert view["n"] == 0
    assert [panel["temperature"] for panel in view["panels"]] == [1, 0.3]
    assert [panel["live"] for panel in view["panels"]] == [False, True]


def test_a_panel_that_follows_the_slider_may_meet_another(visitor: Visitor) -> None:
    view = visitor.send("draw", temperatures=[1, "slider"])
    assert view["panels"][0]["figure"]["data"][1]["x"] == view["panels"][1]["figure"]["data"][1]["x"]


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
    ({"temperatures": [1, 2, 1.0]}, "each temperature must be there once, got 1.0 twice"),
    ({"temperatures": ["slider", "slider"]}, "got slider twice"),
    ({"temperatures": [float("nan")]}, "temperature must be 0 or in [0.01, 100], got nan"),
    ({"temperatures": [-1]}, "got -1"),
    ({"temperatures": [1e9]}, "got 1000000000.0"),
    ({"temperatures": ["<b>"]}, "got <b>"),
    ({"temperatures": [[1]]}, "got [1]"),
    ({"temperatures": None}, "got nothing"),
    ({"at": 99}, "the table's temperature"),
    ({"page": -1}, "the table's page"),
    ({"shown": "x"}, "the draws shown"),
]


@pytest.mark.parametrize("event", ["look", "draw", "more"])
@pytest.mark.parametrize(("asked", "sentence"), MISTAKES)
def test_a_mistake_is_a_sentence_and_loses_nothing(
    numbers: Visitor, event: str, asked: dict[str, Any], sentence: str
) -> None:
    numbers.send("draw")
    before = numbers.session
    view = numbers.send(event, **asked, **({} if "serial" in asked else {"serial": 5}))
    assert sentence in view["problem"]
    assert view["serial"] == 5
    assert numbers.session is before


@pytest.mark.parametrize("data", [[], "look", 3, {"serial": "x"}, {"serial": float("nan")}])
def test_what_no_page_sends_is_refused(numbers: Visitor, data: Any) -> None:
    assert numbers.send("draw", data=data)["problem"]
    assert numbers.session is None


def test_a_request_without_an_event_is_refused(numbers: Visitor) -> None:
    _, _, view = told_in_view(numbers.tab.draw)(None, None, 1, True)
    assert "must carry an object" in view["problem"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("context", 7), ("context", None), ("numbers", ["1"]), ("model", "../etc"), ("kind", [])],
)
def test_a_hostile_sidebar_is_a_sentence(numbers: Visitor, name: str, value: Any) -> None:
    numbers.source[name] = value
    assert numbers.send("draw")["problem"]


def test_while_typing_a_mistake_is_said_in_the_tab_and_the_counts_stay(numbers: Visitor) -> None:
    numbers.send("draw")
    before = numbers.session
    numbers.source["numbers"] = "0.45, x"
    assert "'x' is not a number" in numbers.send("look")["note"]
    assert numbers.session is before
    numbers.source["numbers"] = "0.45, 0.3, 0.25"
    assert numbers.send("look")["n"] == 100


@pytest.mark.parametrize("seed", [None, -1, 1.5, float("nan"), 2**70])
def test_a_kept_seed_must_be_one(numbers: Visitor, seed: Any) -> None:
    numbers.seed = seed
    assert "seed must be" in numbers.send("draw")["problem"]


def test_after_a_restart_it_starts_from_none_and_says_so(numbers: Visitor) -> None:
    numbers.send("draw")
    numbers.session = None
    view = numbers.send("more", shown=100)
    assert (view["n"], view["note"]) == (100, LOST)


def test_a_state_of_something_else_is_no_session(numbers: Visitor) -> None:
    numbers.session = {"source": "forged"}  # type: ignore[assignment]
    assert numbers.send("more")["n"] == 100


def test_the_last_draws_fill_the_record_and_then_it_is_full(numbers: Visitor) -> None:
    numbers.send("draw", temperatures=[1])
    record = numbers.draws
    counts = np.array([[45_000_000, 30_000_000, MAX_TOTAL - 30 - 75_000_000]])
    numbers.session = replace(numbers.session, draws=replace(record, n=MAX_TOTAL - 30, counts=counts))  # type: ignore[type-var]
    view = numbers.send("more", temperatures=[1])
    assert (view["n"], view["full"]) == (MAX_TOTAL, True)
    assert "start again" in numbers.send("more", temperatures=[1])["problem"]


def test_the_model_is_not_asked_again_for_more_draws(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.send("draw")
    monkeypatch.setattr("textgen.ui.draws.tab.expectation", lambda *_: pytest.fail("asked again"))
    assert visitor.send("more")["n"] == 200


def test_a_removed_token_is_never_drawn_and_marked(numbers: Visitor) -> None:
    numbers.settings["top_k"] = 2
    view = numbers.send("draw", n=1000)
    assert view["panels"][1]["removed"] == 1
    assert view["panels"][1]["figure"]["data"][1]["x"][2] == 0
    assert view["table"]["rows"][2] == ["3", "removed", "0", "0", "", "gone"]


def test_greedy_takes_one_token_and_there_is_nothing_to_test(numbers: Visitor) -> None:
    panel = numbers.send("draw", temperatures=[0])["panels"][0]
    assert panel["figure"]["data"][1]["x"] == [100, 0, 0]
    assert panel["distance"] == "0.000"
    assert "nothing to test" in panel["meaning"]


def test_unknown_characters_are_named(visitor: Visitor) -> None:
    visitor.source["context"] = "aé"
    assert "é" in visitor.send("look")["note"]
