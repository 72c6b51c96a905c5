"""The Beam search tab's answer: what the page may send, and what it gets back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from textgen.api import generate
from textgen.decoding.table_model import FIGURE_12
from textgen.errors import TextgenError
from textgen.experiments.requests import BeamRequest, request_from_json
from textgen.models.registry import Registry
from textgen.records import Hypothesis
from textgen.settings import DecodeSettings
from textgen.ui.beam.tab import searched, view_config
from textgen.ui.beam.view import verdict
from textgen.ui.frame.page import build
from textgen.ui.server.laboratory import Laboratory

SETTINGS = DecodeSettings().to_dict()
TINY = {"model": "tiny", "context": "bad"}
TYPED: dict[str, Any] = {}  # no model: the form's table


@pytest.fixture(scope="module")
def lab(registry: Registry) -> Laboratory:
    return Laboratory(registry, new_seed=lambda: 77)


def search(lab: Laboratory, source: dict[str, Any] = TINY, seed: Any = "5", **form: Any) -> dict[str, Any]:
    """The answer to the page as it gets it."""
    form = {**view_config()["form"], **form}
    data = {**source, "form": form, "settings": SETTINGS, "seed": seed}
    return json.loads(json.dumps(searched(lab, data), allow_nan=False))


def test_the_view_holds_every_candidate_and_a_ranking(lab: Laboratory) -> None:
    view = search(lab, width=2, length=4)
    assert view["seed"] == "5"
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


def test_greedy_and_sample_beside_it_are_those_of_generate(lab: Laboratory, registry: Registry) -> None:
    view = search(lab, width=1, length=6)
    tiny = registry.get("tiny")
    labels = tiny.tokenizer.labels
    greedy = generate(tiny, "bad", temperature=0, length=6)
    sampled = generate(tiny, "bad", seed=5, length=6)
    assert view["greedy"]["text"] == "".join(labels[i] for i in greedy.ids)
    assert view["sampled"]["text"] == "".join(labels[i] for i in sampled.ids)
    assert view["sampled"]["total"] == pytest.approx(-np.log(2) * sampled.surprisal.sum())
    assert view["hypotheses"][0]["text"] == view["greedy"]["text"]
    assert "greedy's own" in view["verdict"]


def test_the_blackboard_example_plays_as_in_the_figure(lab: Laboratory) -> None:
    view = search(lab, TYPED, width=2, length=3, table=FIGURE_12)
    kept = [[c["label"] for c in column if c["state"] != "pruned"] for column in view["columns"]]
    assert kept == [["A", "B"], ["B", "A"], ["C", "B"]]
    assert [found["text"] for found in view["hypotheses"]] == ["BAC", "ABB"]
    assert "nats likelier than greedy's" in view["verdict"]


def test_where_greedy_is_likelier_the_page_says_when_it_was_pruned(lab: Laboratory) -> None:
    trap = (
        ": A 0.4, B 0.3, C 0.3\nA: A 0.34, B 0.33, C 0.33\nB: A 0.5, B 0.5\nC: A 0.5, B 0.5\n"
        "A A: A 1\nB A: A 0.4, B 0.6\nB B: A 0.4, B 0.6"
    )
    view = search(lab, TYPED, width=2, length=3, table=trap)
    assert "its path was pruned at step 2" in view["verdict"]


def finished(*logprobs: float) -> Hypothesis:
    return Hypothesis(tuple(map(round, map(abs, logprobs))), logprobs, sum(logprobs), 0.0, False, ())


def test_another_text_as_likely_as_greedys_is_no_likelier_one() -> None:
    sentence = verdict([], finished(-1.0, -2.0), [finished(-2.0, -1.001)])
    assert sentence == "The search's best text and greedy's differ, but are equally likely."
    gain = verdict([], finished(-1.0, -2.02), [finished(-2.0, -1.0)])
    assert gain == "The search's best text is 0.02 nats likelier than greedy's, 1.02 times as likely."


def test_without_a_seed_it_is_fresh_and_returned(lab: Laboratory) -> None:
    view = search(lab, seed=None, sample=True)
    assert view["seed"] == "77"
    assert view["request"]["beam"]["seed"] == 77


@pytest.mark.parametrize("source", [TINY, TYPED])
def test_the_request_finds_the_same_texts_again(
    lab: Laboratory, registry: Registry, source: dict[str, Any]
) -> None:
    view = search(lab, source, width=2, length=3, stop="line")
    request = request_from_json(view["request"])
    assert isinstance(request, BeamRequest)
    totals = [hypothesis.total for hypothesis in request.run(registry).last.finished]
    assert [found["total"] for found in view["hypotheses"]] == pytest.approx(totals)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"width": 0}, "width must be a whole number from 1 to 8, got 0; 1 is greedy"),
        ({"width": 1e12}, "width must be"),
        ({"width": None}, "got nothing"),
        ({"length": float("nan")}, "length must be a whole number from 1 to 60, got nan; 12 is the default"),
        ({"length_penalty": "x"}, "length_penalty must be"),
        ({"early": "sometimes"}, "early stopping must be one of no, yes, never"),
    ],
)
def test_a_bad_form_is_a_sentence(lab: Laboratory, form: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError) as error:
        search(lab, **form)
    assert sentence in str(error.value)


def test_the_form_begins_where_its_sentence_says(lab: Laboratory) -> None:
    assert view_config()["form"]["length"] == 12
    assert view_config()["highest"] == {"width": 8, "length": 60}


@pytest.mark.parametrize("table", ["", "A 0.5", ": A -1", ": A nan", None, ": A 1, A 1", "x" * 10**6])
def test_a_bad_table_is_a_sentence(lab: Laboratory, table: Any) -> None:
    with pytest.raises(TextgenError):
        search(lab, TYPED, table=table)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"form": 3},
        {**TINY, "form": []},
        {**TINY, "form": view_config()["form"], "settings": []},
        {**TINY, "form": view_config()["form"], "seed": "x"},
        {"model": "../tiny", "context": "bad", "form": view_config()["form"]},
        {"model": "tiny", "context": "a" * 30_000, "form": view_config()["form"]},
        {"model": "tiny", "context": None, "form": view_config()["form"]},
        {"model": ["tiny"], "context": "bad", "form": view_config()["form"]},
    ],
)
def test_what_no_page_sends_is_a_sentence(lab: Laboratory, data: dict[str, Any]) -> None:
    with pytest.raises(TextgenError):
        searched(lab, data)


def test_the_page_holds_the_tab(registry: Registry) -> None:
    page = build(registry)
    assert any(getattr(block, "elem_id", None) == "lab-beam" for block in page.blocks.values())
