"""The Beam search tab's handler: what the page may send, and what it gets back."""

from __future__ import annotations

from typing import Any

import gradio as gr
import numpy as np
import pytest

from textgen.api import generate
from textgen.decoding.table_model import FIGURE_12
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.beam.tab import BeamTab, view_config
from textgen.ui.shell.page import build
from textgen.ui.shell.sidebar import NUMBERS

NEUTRAL = [getattr(DecodeSettings(), name) for name in DecodeSettings.__slots__ if name != "order"]
ORDER = ",".join(DecodeSettings().order)


@pytest.fixture(scope="module")
def tab(registry: Registry) -> BeamTab:
    with gr.Blocks():
        found = BeamTab.__new__(BeamTab)
        found.registry, found.new_seed = registry, lambda: 77
    return found


def search(tab: BeamTab, model: str = "tiny", context: Any = "bad", locked: bool = True, **form: Any) -> Any:
    event = gr.EventData(None, {**view_config()["form"], **form})
    return tab.search(event, model, context, 5, locked, *NEUTRAL, ORDER)


def test_the_view_holds_every_candidate_and_a_ranking(tab: BeamTab) -> None:
    view, seed = search(tab, width=2, length=4)
    assert seed == 5
    assert [len(column) for column in view["columns"]] == [8, 8, 8, 8]
    for before, column in zip(view["columns"], view["columns"][1:], strict=False):
        for candidate in column:
            parent = before[candidate["parent"]]
            assert parent["state"] == "kept"
            assert candidate["total"] == pytest.approx(parent["total"] + candidate["local"])
    totals = [found["total"] for found in view["hypotheses"]]
    assert totals == sorted(totals, reverse=True)
    for found in view["hypotheses"]:
        end = view["columns"][found["end"]["step"]][found["end"]["row"]]
        assert end["total"] == pytest.approx(found["total"])
        assert end["state"] == "finished"


def test_greedy_and_sample_beside_it_are_those_of_generate(tab: BeamTab, registry: Registry) -> None:
    view, _ = search(tab, width=1, length=6)
    tiny = registry.get("tiny")
    labels = tiny.tokenizer.labels
    greedy = generate(tiny, "bad", temperature=0, length=6)
    sampled = generate(tiny, "bad", seed=5, length=6)
    assert view["greedy"]["text"] == "".join(labels[i] for i in greedy.ids)
    assert view["sampled"]["text"] == "".join(labels[i] for i in sampled.ids)
    assert view["sampled"]["total"] == pytest.approx(-np.log(2) * sampled.surprise.sum())
    assert view["hypotheses"][0]["text"] == view["greedy"]["text"]
    assert "greedy's own" in view["verdict"]


def test_the_blackboard_example_plays_as_in_the_figure(tab: BeamTab) -> None:
    view, _ = search(tab, NUMBERS, width=2, length=3, table=FIGURE_12)
    kept = [[c["label"] for c in column if c["state"] != "pruned"] for column in view["columns"]]
    assert kept == [["A", "B"], ["B", "A"], ["C", "B"]]
    assert [found["text"] for found in view["hypotheses"]] == ["BAC", "ABB"]
    assert "nats likelier than greedy's" in view["verdict"]


def test_where_greedy_is_likelier_the_page_says_when_it_was_pruned(tab: BeamTab) -> None:
    trap = (
        ": A 0.4, B 0.3, C 0.3\nA: A 0.34, B 0.33, C 0.33\nB: A 0.5, B 0.5\nC: A 0.5, B 0.5\n"
        "A A: A 1\nB A: A 0.4, B 0.6\nB B: A 0.4, B 0.6"
    )
    view, _ = search(tab, NUMBERS, width=2, length=3, table=trap)
    assert "its path was pruned at step 2" in view["verdict"]


def test_settings_that_the_search_ignores_are_named(tab: BeamTab) -> None:
    values = [*NEUTRAL]
    values[1] = 5  # top-k
    event = gr.EventData(None, view_config()["form"])
    view, _ = tab.search(event, "tiny", "bad", 5, True, *values, ORDER)
    assert "top-k has no effect" in view["note"]


def test_an_unlocked_seed_is_fresh_and_returned(tab: BeamTab) -> None:
    assert search(tab, locked=False, sample=True)[1] == 77


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"width": 0}, "width must be a whole number from 1 to 8, got 0"),
        ({"width": 1e12}, "width must be"),
        ({"length": float("nan")}, "length must be a whole number from 1 to 60, got nan"),
        ({"length_penalty": "x"}, "length_penalty must be"),
        ({"early": "sometimes"}, "early stopping must be one of no, yes, never"),
    ],
)
def test_a_bad_form_is_a_sentence(tab: BeamTab, form: dict[str, Any], sentence: str) -> None:
    view, _ = search(tab, **form)
    assert sentence in view["problem"]


@pytest.mark.parametrize("table", ["", "A 0.5", ": A -1", ": A nan", None, ": A 1, A 1", "x" * 10**6])
def test_a_bad_table_is_a_sentence(tab: BeamTab, table: Any) -> None:
    view, _ = search(tab, NUMBERS, table=table)
    assert len(view["problem"]) > 20


@pytest.mark.parametrize("data", [None, 3, "form", []])
def test_an_event_without_a_form_is_a_sentence(tab: BeamTab, data: Any) -> None:
    view, _ = tab.search(gr.EventData(None, data), "tiny", "bad", 5, True, *NEUTRAL, ORDER)
    assert "must carry an object" in view["problem"]


@pytest.mark.parametrize(("model", "context"), [("../tiny", "bad"), ("tiny", "a" * 30_000), (None, "bad")])
def test_a_bad_source_is_a_sentence(tab: BeamTab, model: Any, context: str) -> None:
    assert search(tab, model, context)[0]["problem"]


def test_the_page_holds_the_tab(registry: Registry) -> None:
    page = build(registry)
    assert any(getattr(block, "elem_id", None) == "lab-beam" for block in page.blocks.values())
