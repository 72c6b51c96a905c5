"""The Generate tab answers any client with a sentence, never with a traceback."""

from __future__ import annotations

import re
from typing import Any

import gradio as gr
import pytest

from tests.ui.generate.generate_lab import PROMPT, Lab, head, pane, text
from textgen.models.registry import Registry
from textgen.ui.shell.errors import told
from textgen.ui.shell.sidebar import NUMBERS

ESCAPE = "<img src=x onerror=alert(1)> ${7*6}"


@pytest.fixture
def lab(registry: Registry) -> Lab:
    return Lab(registry)


BAD_WRITES: list[tuple[dict[str, Any], str]] = [
    ({"panes": [pane(float("nan"))]}, "temperature must be 0 or in"),
    ({"panes": [pane(-1)]}, "temperature must be 0 or in"),
    ({"panes": [pane(1e9)]}, "got 1000000000"),
    ({"panes": [pane(True)]}, "temperature must be 0 or in"),
    ({"panes": [pane("nothing")]}, "got nothing"),
    ({"panes": []}, "panes must be a list of 1 to 4"),
    ({"panes": [pane(1)] * 5}, "panes must be a list of 1 to 4"),
    ({"panes": None}, "panes must be a list of 1 to 4"),
    ({"panes": ["x"]}, "a pane must be an object"),
    ({"panes": [pane(1, changes=3)]}, "a pane's changes must be an object"),
    ({"panes": [pane(1, changes={"top_q": 1})]}, "unknown setting top_q"),
    ({"panes": [pane(1, changes={"top_p": 2})]}, "top_p must be in (0, 1]"),
    ({"panes": [pane(1, changes={"order": [ESCAPE]})]}, "order must be"),
    ({"panes": [pane(1, strategy="luck")]}, "strategy must be one of sampling"),
    ({"panes": [pane(1, strategy=["beam"])]}, "strategy must be one of sampling"),
    ({"panes": [pane(1, strategy="beam")]}, "beam width must be a whole number from 1 to 8"),
    ({"panes": [pane(1, strategy="beam", width=10**9)]}, "beam width must be a whole number from 1 to 8"),
    ({"panes": [pane(1, strategy="beam", width=2)], "length": 2_000}, "at most 1,000 tokens more for a beam"),
    ({"length": 0}, "length must be a whole number from 1 to 5,000"),
    ({"length": 10**12}, "length must be a whole number from 1 to 5,000"),
    ({"length": "many"}, "length must be a whole number from 1 to 5,000"),
    ({"length": 1.5}, "length must be a whole number from 1 to 5,000"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD_WRITES)
def test_a_bad_write_is_answered_with_a_sentence(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gr.Error, match=re.escape(sentence)) as caught:
        lab.write(**data)
    assert not caught.value.print_exception


BAD_TEXTS: list[tuple[Any, str]] = [
    ("x", "a text must be an object"),
    ({}, "a text's settings must be an object"),
    ({"settings": {"temperature": float("inf")}, "ids": []}, "temperature must be"),
    (text([12]), "ids must be from 0 to 11"),
    (text([-1]), "ids must be from 0 to 11"),
    ({**text([]), "ids": ["1"]}, "ids must be from 0 to 11"),
    ({**text([]), "ids": [True]}, "ids must be from 0 to 11"),
    ({**text([]), "ids": [1.0]}, "ids must be from 0 to 11"),
    ({**text([]), "ids": "123"}, "ids must be a list"),
    ({**text([]), "ids": None}, "ids must be a list"),
    (text([0] * 5_001), "ids must be a list of at most 5,000"),
    (text([0], pick=12), "token must be a whole number from 0 to 11"),
    (text([0], pick="e"), "token must be a whole number from 0 to 11"),
    (text([0] * 30), "length must be more than the 30 tokens"),
    (text([0] * 31), "length must be more than the 31 tokens"),
]


@pytest.mark.parametrize(("one", "sentence"), BAD_TEXTS)
def test_a_bad_text_is_answered_with_a_sentence(lab: Lab, one: Any, sentence: str) -> None:
    with pytest.raises(gr.Error, match=re.escape(sentence)):
        lab.go_on([one])


BAD_RECORDS: list[tuple[dict[str, Any], str]] = [
    ({"texts": None}, "texts must be a list of 1 to 4"),
    ({"texts": [text([])] * 5}, "texts must be a list of 1 to 4"),
    ({"goal": 5_001}, "length must be a whole number from 1 to 5,000"),
    ({"goal": None}, "length must be a whole number from 1 to 5,000"),
    ({"seed": -1}, "seed must be a whole number"),
    ({"seed": float("nan")}, "seed must be a whole number"),
    ({"model": "../../etc/passwd"}, "there is no model"),
    ({"model": None}, "there is no model"),
    ({"model": NUMBERS}, "Generate needs a model"),
    ({"prompt": 3}, "the context must be a text"),
    ({"prompt": "a" * 1_000_000}, "at most 20,000 characters, got 1,000,000"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD_RECORDS)
def test_a_bad_record_is_answered_with_a_sentence(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gr.Error, match=re.escape(sentence)):
        lab.go_on(**{"texts": [text([])], **data})


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("model", "../tiny", "there is no model"),
        ("model", ["tiny"], "there is no model"),
        ("model", NUMBERS, "Generate needs a model"),
        ("context", "a" * 1_000_000, "at most 20,000 characters"),
        ("context", None, "the context must be a text"),
        ("seed", None, "seed must be a whole number"),
        ("seed", 1e30, "seed must be a whole number"),
    ],
)
def test_a_bad_sidebar_is_answered_with_a_sentence(lab: Lab, part: str, value: Any, sentence: str) -> None:
    setattr(lab, part, value)
    with pytest.raises(gr.Error, match=re.escape(sentence)):
        lab.write()


@pytest.mark.parametrize("data", [None, "x", [1], 3])
def test_an_event_without_an_object_is_answered_with_a_sentence(lab: Lab, data: Any) -> None:
    event = gr.EventData(None, data)
    for call in (
        lambda: list(told(lab.tab.write)(event, "tiny", PROMPT, 5, True, *sidebar_stages(lab))),
        lambda: list(told(lab.tab.go_on)(event)),
        lambda: told(lab.tab.open_in(lab.next_token))(event),
    ):
        with pytest.raises(gr.Error, match="the event must carry an object"):
            call()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"prompt": {}}, "the context must be a text"),
        ({"prompt": "a" * 19_999, "ids": [1, 1]}, "at most 20,000 characters"),
        ({"model": "/etc"}, "there is no model"),
        ({"ids": [12]}, "ids must be from 0 to 11"),
    ],
)
def test_a_bad_place_opens_nowhere(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    event = gr.EventData(None, {"model": "tiny", "prompt": PROMPT, **text([1]), **data})
    with pytest.raises(gr.Error, match=re.escape(sentence)):
        told(lab.tab.open_in(lab.next_token))(event)


@pytest.mark.parametrize(("leg", "back"), [(7, 7), (-1, 0), (2**60, 0), ("7", 0), (None, 0), ([7], 0)])
def test_the_pages_number_of_a_request_comes_back(lab: Lab, leg: Any, back: int) -> None:
    assert {value["leg"] for value in lab.write(leg=leg, length=1)} == {back}


@pytest.mark.parametrize("prompt", ["", ESCAPE, "\u202e\x00\ud800"])
def test_any_prompt_is_only_text(lab: Lab, prompt: str) -> None:
    lab.context = prompt
    assert head(lab.write())["prompt"] == prompt


def sidebar_stages(lab: Lab) -> list[Any]:
    stages = [part.value for part in lab.controls.stages.values()]  # type: ignore[attr-defined]
    return [*stages, lab.controls.order.value]
