"""The Chaos tab's handlers, called as the page calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.conftest import save_tiny_model
from tests.tiny_models import save_tiny_names_model
from tests.ui.server.asked import Here, told
from textgen import generate
from textgen.errors import TextgenError
from textgen.experiments.chaos.flips import flips_above
from textgen.experiments.chaos.rows import ChaosSettings, chaos
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.chaos.tab import ChaosPart
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import server_function
from textgen.ui.sidebar.model_choice import NUMBERS

FRESH = 77  # what the page's source of seeds gives
FORM = {"low": 0.3, "high": 1.8, "rows": 16, "length": 30}


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
    """What the page sends: the sidebar's values with those of the form."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = lambda: 0.0) -> None:
        limits = Limits(chaos_tokens=1000)
        lab = Laboratory(registry, limits, new_seed=lambda: FRESH, clock=clock, new_workers=Here)
        self.part = ChaosPart(lab)
        self.sidebar: dict[str, Any] = {"model": "chars", "prompt": "Ta", "seed": 11}
        self.stages: dict[str, Any] = {}

    def messages(self, **changes: Any) -> list[dict[str, Any]]:
        """All that one "Write" brings."""
        data = {**FORM, **self.sidebar, "settings": DecodeSettings().to_dict() | self.stages, **changes}
        messages = list(told(self.part.picture(data)))
        json.dumps(messages, allow_nan=False)
        return messages

    def write(self, **changes: Any) -> dict[str, Any]:
        """The picture."""
        last = self.messages(**changes)[-1]
        assert last["done"] == "written"
        return json.loads(last["picture"])

    def refused(self, **changes: Any) -> str:
        with pytest.raises(TextgenError) as caught:
            self.messages(**changes)
        return str(caught.value)

    def compare(self, request: dict[str, Any], low: Any, high: Any, length: Any = 30) -> dict[str, Any]:
        answer = server_function("compare", self.part.compare)
        source = {name: request[name] for name in ("model", "prompt", "seed", "settings")}
        shown = answer({**source, "low": low, "high": high, "length": length})
        json.dumps(shown, allow_nan=False)
        return shown


@pytest.fixture
def visitor(models: Registry) -> Visitor:
    return Visitor(models)


def test_the_picture_is_that_of_the_library(visitor: Visitor, models: Registry) -> None:
    visitor.stages["top_k"] = 8
    found = visitor.write()
    temperatures = found["request"]["temperatures"]
    assert (len(temperatures), temperatures[0], temperatures[-1]) == (16, 0.3, 1.8)
    texts = [row["tokens"] for row in found["rows"]]
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
    shares = [message["share"] for message in visitor.messages()[:-1]]
    assert shares == sorted(shares)
    assert 2 < len(shares) < 30, "not at every token"
    assert 0 < shares[0] < shares[-1] <= 1


@pytest.mark.parametrize(("asked", "seed"), [(11, 11), ("12", 12), (None, FRESH)])
def test_the_seed_is_kept_or_fresh_and_shown(visitor: Visitor, asked: Any, seed: int) -> None:
    assert visitor.write(seed=asked)["request"]["seed"] == seed


def test_texts_that_end_carry_their_sign(visitor: Visitor) -> None:
    visitor.sidebar |= {"model": "names", "prompt": "a"}
    rows = visitor.write()["rows"]
    ends = {row["tokens"][-1] for row in rows}
    assert "∎" in ends
    assert all(row["tokens"].count("∎") <= 1 for row in rows)


def test_what_a_context_lacks_is_told(visitor: Visitor) -> None:
    assert "%" in visitor.write(prompt="Ta%")["note"]


HOSTILE = [
    ({"rows": 1}, "rows must be a whole number from 2 to 500, got 1"),
    ({"rows": 10**9}, "rows must be"),
    ({"rows": ""}, "rows must be a whole number from 2 to 500, got nothing"),
    ({"length": 0}, "length must be a whole number from 1 to 5,000, got 0"),
    ({"length": "<img src=x>"}, "got <img src=x>"),
    ({"rows": 100, "length": 50}, "a picture must take at most 1,000 tokens on this server, got 5,0"),
    ({"low": 2}, "from T must be below to T, got 2 and 1.8"),
    ({"low": float("nan")}, "from T must be 0 or in [0.01, 100], got nan"),
    ({"high": True}, "to T must be 0 or in [0.01, 100], got True"),
    ({"high": None}, "to T must be 0 or in [0.01, 100], got nothing"),
    ({"low": 0, "high": 0.05}, "temperature must be 0 or in [0.01, 100]"),
    ({"low": 0.5, "high": 0.5 + 1e-9}, "must lie at least 1e-09 apart"),
    ({"model": NUMBERS}, "Chaos needs a model: typed-in numbers say nothing"),
    ({"model": "../x"}, "no model"),
    ({"model": None}, "model must be the name of a model"),
    ({"prompt": 3}, "prompt must be a text"),
    ({"prompt": "a" * 20_001}, "at most 20,000 characters"),
    ({"seed": -1}, "seed must be"),
    ({"seed": "abc"}, "seed must be"),
    ({"seed": "9" * 40}, "seed must be"),
    ({"settings": {"heat": 1}}, "unknown setting heat"),
    ({"settings": {"top_p": 7}}, "top_p must be in (0, 1], got 7"),
    ({"settings": None}, "settings must be an object"),
]


@pytest.mark.parametrize(("changes", "sentence"), HOSTILE)
def test_mistakes_end_with_a_sentence(visitor: Visitor, changes: dict[str, Any], sentence: str) -> None:
    assert sentence in visitor.refused(**changes)


def first_divergence(found: dict[str, Any]) -> int:
    return next(row for row, value in enumerate(found["rows"]) if value["at"] is not None)


def test_the_flips_are_those_of_the_library(visitor: Visitor, models: Registry) -> None:
    found = visitor.write()
    row = first_divergence(found)
    low, high = found["request"]["temperatures"][row - 1 : row + 1]
    shown = visitor.compare(found["request"], low, high)
    model = models.get("chars")
    flips = flips_above(model, chaos(model, "Ta", ChaosSettings((low, high), seed=11, length=30)), 1)
    assert [flip["temperature"] for flip in shown["flips"]] == [repr(flip.temperature) for flip in flips]
    assert [flip["t"] for flip in shown["flips"]] == [flip.temperature for flip in flips]
    first = shown["flips"][0]
    assert first["below"]["label"] == flips[0].below.label
    assert first["below"]["logit"] == f"{flips[0].below.logit:.4f}".replace("-", "−")
    assert first["below"]["score"] == first["above"]["score"]
    assert shown["step"] == found["rows"][row]["at"]
    assert any("Exact: T = difference of the logits" in sentence for sentence in shown["sentences"])
    tokens = [found["rows"][r]["tokens"] for r in (row - 1, row)]
    for side, written in zip(("below", "above"), tokens, strict=True):
        assert "".join(written[shown["step"] :]).startswith(shown["texts"][side])
        assert shown["texts"][side]


def test_the_lines_cross_at_the_flip_alone(visitor: Visitor) -> None:
    found = visitor.write()
    row = first_divergence(found)
    shown = visitor.compare(found["request"], *found["request"]["temperatures"][row - 1 : row + 1])
    below, above = shown["figure"]["data"][:2]
    flip = shown["flips"][0]["t"]
    for t, a, b in zip(below["x"], below["y"], above["y"], strict=True):
        assert (a > b) == (t < flip) or abs(a - b) < 2e-6
    assert flip in below["x"]


def test_a_short_look_is_enough_for_a_row(visitor: Visitor) -> None:
    found = visitor.write()
    row = first_divergence(found)
    pair = found["request"]["temperatures"][row - 1 : row + 1]
    step = found["rows"][row]["at"]
    short, whole = (visitor.compare(found["request"], pair[0], pair[1], n) for n in (step + 1, 30))
    assert short["flips"] == whole["flips"]


def test_two_temperatures_that_write_the_same(visitor: Visitor) -> None:
    record = visitor.write()["request"]
    shown = visitor.compare(record, 0.3, 0.3000001)
    assert (shown["step"], shown["flips"]) == (None, [])
    assert "write the same 30 tokens: there is nothing between them" in shown["sentences"][0]


@pytest.mark.parametrize("low", [0, 0.01])
def test_from_greedy(visitor: Visitor, low: float) -> None:
    shown = visitor.compare(visitor.write()["request"], low, 1.8)
    assert shown["flips"]
    assert min(shown["figure"]["data"][0]["x"]) >= 0.01


def test_stages_that_bend_the_lines_are_bisected_and_say_so(visitor: Visitor) -> None:
    visitor.stages["top_p"] = 0.7
    found = visitor.write()
    row = first_divergence(found)
    shown = visitor.compare(found["request"], *found["request"]["temperatures"][row - 1 : row + 1])
    assert not shown["flips"][0]["exact"]
    assert any(sentence.startswith("Bisected to two neighbouring") for sentence in shown["sentences"])


@pytest.mark.parametrize(
    ("low", "high", "length", "sentence"),
    [
        (1, 0.5, 30, "from T must be below to T, got 1 and 0.5"),
        ("", 0.5, 30, "from T must be 0 or in [0.01, 100], got nothing"),
        (0.5, "abc", 30, "to T must be 0 or in [0.01, 100], got abc"),
        (0.5, 1, 10**9, "length must be a whole number from 1 to 5,000"),
        (0.5, 1, 600, "at most 1,000 tokens on this server, got 1,201 (2 rows × 600, and"),
    ],
)
def test_no_comparison(visitor: Visitor, low: Any, high: Any, length: Any, sentence: str) -> None:
    request = {"model": "chars", "prompt": "", "seed": 1, "settings": {}}
    assert sentence in visitor.compare(request, low, high, length)["problem"]
