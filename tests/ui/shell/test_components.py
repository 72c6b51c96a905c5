"""What our components make of answers before a browser reads them."""

from __future__ import annotations

import json

import gradio as gr

from textgen.settings import check_whole
from textgen.ui.shell.components import LabComponent, exact, server_function


def test_whole_numbers_stay_exact_in_a_browser() -> None:
    """A browser reads JSON's numbers as doubles, exact up to 2^53."""
    answer = {"seed": 2**63 - 1, "n": 2**53 - 1, "p": 0.1, "rows": [{"seed": 2**60}], "on": True}
    shown = exact(answer)
    assert shown == {
        "seed": "9223372036854775807",
        "n": 2**53 - 1,
        "p": 0.1,
        "rows": [{"seed": str(2**60)}],
        "on": True,
    }
    assert json.loads(json.dumps(shown), parse_int=float)["n"] == answer["n"]


def test_a_server_function_takes_anything() -> None:
    double = server_function("double", lambda data: {"n": 2 * data["n"]})
    assert double({"n": 2**62}) == {"n": str(2**63)}
    assert "must be an object, got 3" in double(3)["problem"]  # type: ignore[arg-type]


def test_a_mistake_names_the_setting_that_it_is_about() -> None:
    look = server_function("look", lambda data: {"n": check_whole("n", data["n"], 1, 9, "1 is usual")})
    sentence = "n must be a whole number from 1 to 9, got 10; 1 is usual"
    assert look({"n": 10}) == {"problem": sentence, "setting": "n"}


def test_a_page_carries_nothing_of_the_work_behind_it() -> None:
    """Gradio copies a page's configuration at every load: with a room in it, it would copy all models."""
    answers = {"look": lambda data: data}
    with gr.Blocks() as page:
        LabComponent("room", {"n": 1}, answers=answers, streams={"run": lambda data: iter([data])})
    (props,) = [part["props"] for part in page.config["components"] if part["type"] == "html"]
    assert props["props"]["config"] == {"n": 1}
    assert {"streams", "answers"}.isdisjoint(props)
