"""Saving a result: what a tab shows and the file that the server makes of it are the same numbers."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.ui.beam.test_beam import search
from tests.ui.draws.test_draws import Visitor
from textgen import receipts
from textgen.decoding.table_model import FIGURE_12
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.beam.tab import BeamTab
from textgen.ui.draws.tab import DrawsTab, one_more
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.save import FORMATS, Exports
from textgen.ui.shell.sidebar import NUMBERS, build_controls

LIMITS = Limits(chaos_tokens=100, scored_characters=50)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PANELS = [DecodeSettings(temperature=t, top_k=3).to_dict() for t in (0.5, 2)]


@pytest.fixture
def exports(registry: Registry) -> Exports:
    with gr.Blocks():
        return Exports(registry, LIMITS, lambda: NOON)


@pytest.fixture
def controls(registry: Registry) -> Any:
    with gr.Blocks():
        return build_controls(registry)


def asked(exports: Exports, request: Any, kind: str = "json", serial: Any = 7) -> dict[str, Any]:
    """What the page gets for one press in the menu."""
    found = exports.export(gr.EventData(None, {"request": request, "format": kind, "serial": serial}))
    assert found["serial"] == (serial if isinstance(serial, int) else 0)
    return found


def result(exports: Exports, request: Any) -> dict[str, Any]:
    return json.loads(asked(exports, request)["content"])["result"]


def test_a_distribution_is_that_of_the_view(exports: Exports, registry: Registry, controls: Any) -> None:
    with gr.Blocks():
        tab = NextTokenTab(registry, controls, lambda: 1)
    view = tab.show("tiny", "abc", "", "auto")
    found = result(exports, {"kind": "distribution", **view["source"], "panels": PANELS})
    raw = np.frombuffer(base64.b64decode(view["logits"]), "<f4")
    assert np.allclose(found["logits"], raw, rtol=0, atol=0)
    assert [np.count_nonzero(panel["probabilities"]) for panel in found["panels"]] == [3, 3]


def test_typed_in_numbers_too(exports: Exports, registry: Registry, controls: Any) -> None:
    with gr.Blocks():
        tab = NextTokenTab(registry, controls, lambda: 1)
    view = tab.show(NUMBERS, "abc", "a: 0.5, b: 0.3, c: 0.2", "auto")
    found = result(exports, {"kind": "distribution", **view["source"], "panels": [{}]})
    assert found["panels"][0]["probabilities"] == pytest.approx([0.5, 0.3, 0.2])


def test_draws_are_those_of_the_session(exports: Exports, registry: Registry, controls: Any) -> None:
    with gr.Blocks():
        visitor = Visitor(DrawsTab(registry, controls, lambda: 1))
    visitor.source.update(model="tiny", context="abc")
    visitor.settings["top_k"] = 5
    assert visitor.send("look")["request"] is None
    visitor.send("draw", n=100)
    for n in (10, 10, 10, 500):
        view = visitor.send("more", n=n)
    assert view["request"]["calls"] == [[100, 1], [10, 3], [500, 1]]
    assert result(exports, view["request"])["counts"] == visitor.draws.counts.tolist()
    fresh = visitor.send("draw", n=20)
    assert fresh["request"]["calls"] == [[20, 1]]
    assert result(exports, fresh["request"])["counts"] == visitor.draws.counts.tolist()


def test_calls_of_one_size_are_counted() -> None:
    assert one_more(((5, 2),), 5) == ((5, 3),)
    assert one_more(((5, 2),), 6) == ((5, 2), (6, 1))
    assert one_more((), 6) == ((6, 1),)


@pytest.mark.parametrize("form", [{"width": 2, "length": 4}, {"width": 3, "length": 5, "sample": True}])
@pytest.mark.parametrize(("model", "context"), [("tiny", "bad"), (NUMBERS, "")])
def test_a_search_is_that_of_the_view(
    exports: Exports, registry: Registry, model: str, context: str, form: dict[str, Any]
) -> None:
    with gr.Blocks():
        tab = BeamTab.__new__(BeamTab)
        tab.registry, tab.new_seed = registry, lambda: 77
    view, _ = search(tab, model, context, table=FIGURE_12, **form)
    found = result(exports, view["request"])
    assert [one["total"] for one in found["finished"]] == [one["total"] for one in view["hypotheses"]]


def test_the_limits_of_the_server_are_those_of_its_menus(exports: Exports) -> None:
    chaos = {"kind": "chaos", "model": "tiny", "prompt": "a", "seed": 1, "length": 50}
    assert result(exports, {**chaos, "temperatures": [0.5, 1]})["texts"]
    assert "at most 100 tokens" in asked(exports, {**chaos, "temperatures": [0.5, 1, 2]})["problem"]
    scored = {"kind": "perplexity", "model": "tiny", "temperatures": [1]}
    assert result(exports, {**scored, "text": "abc" * 16})["perplexities"]
    assert "at most 50 characters, got 51" in asked(exports, {**scored, "text": "abc" * 17})["problem"]


def test_every_format(exports: Exports) -> None:
    request = {"kind": "distribution", "model": "tiny", "context": "abc", "panels": PANELS}
    files = {kind: asked(exports, request, kind) for kind in FORMATS}
    assert len({file["name"] for file in files.values()}) == len(FORMATS)
    rows = list(csv.reader(io.StringIO(files["csv"]["content"])))
    numbers = json.loads(files["json"]["content"])["result"]
    assert len(rows) == 1 + len(numbers["labels"])
    receipt = receipts.read(files["receipt"]["content"])
    assert receipts.replay(receipt, exports.registry).identical
    assert receipt.time == NOON.isoformat()


HOSTILE: list[Any] = [
    None,
    [],
    "sweep",
    {},
    {"kind": "sweep", "settings": {"models": ["tiny"]}},
    {"kind": "nonsense"},
    {"kind": ["text"]},
    {"kind": "distribution", "model": "../tiny", "context": "", "panels": [{}]},
    {"kind": "distribution", "model": "tiny", "context": 3, "panels": [{}]},
    {"kind": "distribution", "model": "tiny", "context": "", "panels": []},
    {"kind": "distribution", "model": "tiny", "context": "", "panels": [{"temperature": float("nan")}]},
    {"kind": "draws", "model": "tiny", "temperatures": [1], "seed": 1, "calls": [[10**9, 10**9]]},
    {"kind": "text", "model": "tiny", "prompt": "", "seed": 1, "texts": [{"length": 10**9}]},
    {"kind": "beam", "model": "tiny", "prompt": "", "beam": {"width": 10**6}, "settings": {}},
]  # fmt: skip


@pytest.mark.parametrize("request_", HOSTILE, ids=range(len(HOSTILE)))
def test_nonsense_is_a_sentence(exports: Exports, request_: Any) -> None:
    found = asked(exports, request_)
    assert found.keys() == {"serial", "problem"}
    assert len(found["problem"]) > 20


@pytest.mark.parametrize("data", [None, [], 3, {"format": "exe"}, {"format": ["csv"]}, {"serial": "x"}])
def test_events_of_any_shape(exports: Exports, data: Any) -> None:
    assert exports.export(gr.EventData(None, data))["problem"]
