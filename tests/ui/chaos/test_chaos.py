"""The Chaos tab's handlers, called as the page calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import gradio as gr
import pytest

from tests.conftest import save_tiny_model
from tests.tiny_models import save_tiny_names_model
from textgen import generate
from textgen.experiments.chaos.flips import magnify
from textgen.experiments.chaos.rows import ChaosSettings, chaos
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.chaos.tab import ChaosTab
from textgen.ui.chaos.view import BETWEEN
from textgen.ui.shell.laboratory import Laboratory
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.sidebar import NUMBERS, build_controls
from textgen.ui.sweep.store import SweepStore

FRESH = 77  # what the page's source of seeds gives
FORM = {"low": 0.3, "high": 1.8, "rows": 16, "length": 30, "serial": 4}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A model far enough from uniform that temperature has something to do, and one whose texts end."""
    root = tmp_path_factory.mktemp("chaos")
    save_tiny_model(root / "chars", "\n 'Tabcdefgh", seed=3)
    save_tiny_names_model(root / "names")
    registry = Registry(root)
    registry.get("chars").net.scale_logits(12)
    return registry


class Visitor:
    """The sidebar's values; every call is one event of the visitor."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = lambda: 0.0) -> None:
        with gr.Blocks():
            self.controls = build_controls(registry)
            lab = Laboratory(
                registry, self.controls, lambda: FRESH, Limits(chaos_tokens=1000), SweepStore(lambda: "")
            )
            self.tab = ChaosTab(lab, clock)
        self.model, self.lock = "chars", True
        self.context: Any = "Ta"
        self.seed: Any = 11
        self.stages: dict[str, Any] = {}

    def answers(self, data: Any = None, **changes: Any) -> list[tuple[Any, dict[str, Any]]]:
        """All that one "Write" brings."""
        stages = [self.stages.get(name, part.value) for name, part in self.controls.stages.items()]  # type: ignore[attr-defined]
        event = gr.EventData(None, {**FORM, **changes} if data is None else data)
        sidebar = (self.model, self.context, self.seed, self.lock, *stages, self.controls.order.value)
        found = list(self.tab.write(event, *sidebar))
        json.dumps([value for _, value in found], allow_nan=False)
        return found

    def write(self, **changes: Any) -> dict[str, Any]:
        """The picture."""
        value = self.answers(**changes)[-1][1]
        assert (value["serial"], value["event"]) == (4, "write")
        return json.loads(value["picture"])

    def refused(self, data: Any = None, **changes: Any) -> str:
        ((_, value),) = self.answers(data, **changes)
        return value["problem"]

    def magnify(self, record: Any, low: Any, high: Any, length: Any = 30) -> dict[str, Any]:
        event = gr.EventData(
            None, {"serial": 9, "low": low, "high": high, "length": length, "record": record}
        )
        value = self.tab.magnify(event)
        json.dumps(value, allow_nan=False)
        assert (value["serial"], value["event"]) == (9, "magnify")
        return value

    def look(self, *asked: Any) -> dict[str, Any]:
        return json.loads(self.magnify(*asked)["magnified"])


@pytest.fixture
def visitor(models: Registry) -> Visitor:
    return Visitor(models)


def test_the_picture_is_that_of_the_library(visitor: Visitor, models: Registry) -> None:
    visitor.stages["top_k"] = 8
    found = visitor.write()
    temperatures = found["request"]["temperatures"]
    assert (len(temperatures), temperatures[0], temperatures[-1]) == (16, 0.3, 1.8)
    texts = [row["tokens"].split(BETWEEN) for row in found["rows"]]
    for t, tokens in zip(temperatures, texts, strict=True):
        text = generate(models.get("chars"), "Ta", temperature=t, top_k=8, seed=11, length=30).text
        assert "".join(tokens) == text.replace("\n", "⏎")
    for above, here, row in zip(texts, texts[1:], found["rows"][1:], strict=False):
        parted = next((i for i, pair in enumerate(zip(above, here, strict=True)) if pair[0] != pair[1]), None)
        assert row["at"] == parted
    assert found["figure"]["data"][0]["y"] == [
        row["at"] + 1 for row in found["rows"] if row["at"] is not None
    ]


def test_what_a_picture_was_made_of_comes_with_it(visitor: Visitor) -> None:
    visitor.stages["min_p"] = 0.1
    request = visitor.write()["request"]
    assert request == {
        "kind": "chaos",
        "model": "chars",
        "prompt": "Ta",
        "temperatures": request["temperatures"],
        "seed": 11,
        "length": 30,
        "settings": DecodeSettings(min_p=0.1).to_dict(),
    }


def test_the_share_that_is_written_rises(models: Registry) -> None:
    ticks = count()
    visitor = Visitor(models, lambda: next(ticks) * 0.06)
    shares = [value["done"] for _, value in visitor.answers()[:-1]]
    assert shares == sorted(shares)
    assert 2 < len(shares) < 30, "not at every token"
    assert 0 < shares[0] < shares[-1] <= 1


@pytest.mark.parametrize(("lock", "seed"), [(True, 11), (False, FRESH)])
def test_the_seed_is_kept_or_fresh_and_shown(visitor: Visitor, lock: bool, seed: int) -> None:
    visitor.lock = lock
    shown, value = visitor.answers()[-1]
    assert json.loads(value["picture"])["request"]["seed"] == seed
    assert (shown == FRESH) == (not lock)


def test_texts_that_end_carry_their_sign(visitor: Visitor) -> None:
    visitor.model, visitor.context = "names", "a"
    rows = visitor.write()["rows"]
    ends = {row["tokens"][-1] for row in rows}
    assert "∎" in ends
    assert all(row["tokens"].count("∎") <= 1 for row in rows)


def test_a_zoom_shows_the_picture_that_it_zooms_not_the_sidebar(visitor: Visitor) -> None:
    record = visitor.write()["request"]
    visitor.model, visitor.context, visitor.seed, visitor.lock = NUMBERS, "else", 5, False
    visitor.stages["top_k"] = 2
    shown, value = visitor.answers(record=record, low=0.5, high=0.6)[-1]
    request = json.loads(value["picture"])["request"]
    assert {**request, "temperatures": 0} == {**record, "temperatures": 0}
    assert (request["temperatures"][0], request["temperatures"][-1]) == (0.5, 0.6)
    assert shown != FRESH


def test_what_a_context_lacks_is_told(visitor: Visitor) -> None:
    visitor.context = "Ta%"
    assert "%" in visitor.write()["note"]


HOSTILE = [
    ({"rows": 1}, "rows must be a whole number from 2 to 500, got 1"),
    ({"rows": 10**9}, "rows must be"),
    ({"rows": ""}, "rows must be a whole number from 2 to 500, got nothing"),
    ({"length": 0}, "length must be a whole number from 1 to 5,000, got 0"),
    ({"length": "<img src=x>"}, "got <img src=x>"),
    ({"rows": 100, "length": 50}, "a picture must be at most 1,000 tokens on this server, got 100 rows × 50"),
    ({"low": 2}, "from T must be below to T, got 2 and 1.8"),
    ({"low": float("nan")}, "from T must be 0 or in [0.01, 100], got nan"),
    ({"high": True}, "to T must be 0 or in [0.01, 100], got True"),
    ({"high": None}, "to T must be 0 or in [0.01, 100], got nothing"),
    ({"low": 0, "high": 0.05}, "temperature must be 0 or in [0.01, 100]"),
    ({"low": 0.5, "high": 0.5 + 1e-9}, "must lie at least 1e-09 apart"),
    ({"record": 3}, "a picture's record must be an object, got 3"),
    ({"record": {"model": NUMBERS, "prompt": "", "seed": 1}}, "Chaos needs a model"),
    ({"record": {"model": "../x", "prompt": "", "seed": 1}}, "no model"),
    ({"record": {"model": "chars", "prompt": 3, "seed": 1}}, "the context must be a text, got 3"),
    ({"record": {"model": "chars", "prompt": "", "seed": -1}}, "seed must be"),
    (
        {"record": {"model": "chars", "prompt": "", "seed": 1, "settings": {"heat": 1}}},
        "unknown setting heat",
    ),
    ({"record": {"model": "chars", "prompt": "a" * 20_001, "seed": 1}}, "at most 20,000 characters"),
]


@pytest.mark.parametrize(("changes", "sentence"), HOSTILE)
def test_mistakes_end_with_a_sentence(visitor: Visitor, changes: dict[str, Any], sentence: str) -> None:
    assert sentence in visitor.refused(**changes)


@pytest.mark.parametrize("data", ["x", 3, ["low"]])
def test_an_event_that_carries_no_object(visitor: Visitor, data: Any) -> None:
    assert "the event must carry an object" in visitor.refused(data)
    assert "the event must carry an object" in visitor.tab.magnify(gr.EventData(None, data))["problem"]


def test_typed_in_numbers_are_no_model(visitor: Visitor) -> None:
    visitor.model = NUMBERS
    assert visitor.refused().startswith("Chaos needs a model: typed-in numbers say nothing")


def test_a_sidebar_that_cannot_be(visitor: Visitor) -> None:
    visitor.stages["top_p"] = 7
    assert "top_p must be in (0, 1], got 7" in visitor.refused()
    visitor.stages, visitor.seed = {}, "abc"
    assert "seed must be" in visitor.refused()
    visitor.seed, visitor.context = 1, None
    assert "the context must be a text" in visitor.refused()


def first_parting(found: dict[str, Any]) -> int:
    return next(row for row, value in enumerate(found["rows"]) if value["at"] is not None)


def test_the_magnifier_shows_the_flips_of_the_library(visitor: Visitor, models: Registry) -> None:
    found = visitor.write()
    row = first_parting(found)
    low, high = found["request"]["temperatures"][row - 1 : row + 1]
    shown = visitor.look(found["request"], low, high)
    model = models.get("chars")
    flips = magnify(model, chaos(model, "Ta", ChaosSettings((low, high), seed=11, length=30)), 1)
    assert [flip["temperature"] for flip in shown["flips"]] == [repr(flip.temperature) for flip in flips]
    assert [flip["t"] for flip in shown["flips"]] == [flip.temperature for flip in flips]
    first = shown["flips"][0]
    assert first["below"]["label"] == flips[0].below.label
    assert first["below"]["logit"] == f"{flips[0].below.logit:.4f}".replace("-", "−")
    assert first["below"]["score"] == first["above"]["score"]
    assert shown["step"] == found["rows"][row]["at"]
    assert any("Exact: T = difference of the logits" in sentence for sentence in shown["sentences"])
    tokens = [found["rows"][r]["tokens"].split(BETWEEN) for r in (row - 1, row)]
    for side, written in zip(("below", "above"), tokens, strict=True):
        assert "".join(written[shown["step"] :]).startswith(shown["texts"][side])
        assert shown["texts"][side]


def test_the_lines_cross_at_the_flip_alone(visitor: Visitor) -> None:
    found = visitor.write()
    row = first_parting(found)
    shown = visitor.look(found["request"], *found["request"]["temperatures"][row - 1 : row + 1])
    below, above = shown["figure"]["data"][:2]
    flip = shown["flips"][0]["t"]
    for t, a, b in zip(below["x"], below["y"], above["y"], strict=True):
        assert (a > b) == (t < flip) or abs(a - b) < 2e-6
    assert flip in below["x"]


def test_a_short_look_is_enough_for_a_row(visitor: Visitor) -> None:
    found = visitor.write()
    row = first_parting(found)
    pair = found["request"]["temperatures"][row - 1 : row + 1]
    step = found["rows"][row]["at"]
    short, whole = (visitor.look(found["request"], *pair, length) for length in (step + 1, 30))
    assert short["flips"] == whole["flips"]


def test_two_temperatures_that_write_the_same(visitor: Visitor) -> None:
    record = visitor.write()["request"]
    shown = visitor.look(record, 0.3, 0.3000001)
    assert (shown["step"], shown["flips"]) == (None, [])
    assert "write the same 30 tokens: nothing to magnify" in shown["sentences"][0]


@pytest.mark.parametrize("low", [0, 0.01])
def test_from_greedy(visitor: Visitor, low: float) -> None:
    shown = visitor.look(visitor.write()["request"], low, 1.8)
    assert shown["flips"]
    assert min(shown["figure"]["data"][0]["x"]) >= 0.01


def test_stages_that_bend_the_lines_are_bisected_and_say_so(visitor: Visitor) -> None:
    visitor.stages["top_p"] = 0.7
    found = visitor.write()
    row = first_parting(found)
    shown = visitor.look(found["request"], *found["request"]["temperatures"][row - 1 : row + 1])
    assert not shown["flips"][0]["exact"]
    assert any(sentence.startswith("Bisected to two neighbouring") for sentence in shown["sentences"])


@pytest.mark.parametrize(
    ("low", "high", "length", "sentence"),
    [
        (1, 0.5, 30, "from T must be below to T, got 1 and 0.5"),
        ("", 0.5, 30, "from T must be 0 or in [0.01, 100], got nothing"),
        (0.5, "abc", 30, "to T must be 0 or in [0.01, 100], got abc"),
        (0.5, 1, 10**9, "length must be a whole number from 1 to 5,000"),
        (0.5, 1, 600, "at most 1,000 tokens on this server, got 2 rows × 600"),
    ],
)
def test_no_look(visitor: Visitor, low: Any, high: Any, length: Any, sentence: str) -> None:
    record = {"model": "chars", "prompt": "", "seed": 1, "settings": {}}
    assert sentence in visitor.magnify(record, low, high, length)["problem"]
