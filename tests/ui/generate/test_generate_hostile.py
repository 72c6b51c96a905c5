"""The Generate tab answers any client with a sentence, never with a traceback."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.ui.generate.generate_lab import PROMPT, Lab, head, held
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.ui.shell.components import as_object
from textgen.ui.sidebar.sidebar import NUMBERS

ESCAPE = "<img src=x onerror=alert(1)> ${7*6}"
NEUTRAL = held([])["settings"]


@pytest.fixture
def lab(registry: Registry) -> Lab:
    return Lab(registry)


def one(**fields: Any) -> dict[str, Any]:
    """A text that begins, with fields of its own."""
    return {"ids": [], **fields}


def at(temperature: Any, **settings: Any) -> dict[str, Any]:
    """A text that begins at a temperature."""
    return one(settings={**NEUTRAL, "temperature": temperature, **settings})


BAD_TEXTS: list[tuple[Any, str]] = [
    ("x", "a text must be an object"),
    (None, "a text must be an object"),
    (at(float("nan")), "temperature must be 0 or in"),
    (at(float("inf")), "temperature must be 0 or in"),
    (at(-1), "temperature must be 0 or in"),
    (at(1e9), "got 1000000000"),
    (at(True), "temperature must be 0 or in"),
    (at("nothing"), "got nothing"),
    (at(1, top_q=1), "unknown setting top_q"),
    (at(1, top_p=2), "top_p must be in (0, 1]"),
    (at(1, order=[ESCAPE]), "order must be"),
    (one(settings=3), "settings must be an object"),
    (one(changes={}), "a text has no changes"),
    (one(strategy="luck"), "strategy must be one of sampling"),
    (one(strategy=["beam"]), "strategy must be one of sampling"),
    (one(strategy="beam"), "width must be a whole number from 1"),
    (one(strategy="beam", width=10**9), "width must be a whole number from 1"),
    (one(strategy="beam", width=9), "beam width must be a whole number from 1 to 8"),
    (held([12]), "ids must be from 0 to 11"),
    (held([-1]), "ids must be from 0 to 11"),
    (one(ids=["1"]), "ids must be from 0 to 11"),
    (one(ids=[True]), "ids must be from 0 to 11"),
    (one(ids=[1.0]), "ids must be from 0 to 11"),
    (one(ids="123"), "ids must be a list"),
    (one(ids=None), "ids must be a list"),
    (held([0] * 5_001), "ids must be a list of at most 5,000"),
    (held([0], pick=12), "token must be a whole number from 0 to 11"),
    (held([0], pick="e"), "token must be a whole number from 0 to 11"),
    (held([0] * 30), "length must be more than the 30 tokens"),
    (held([0] * 31), "length must be more than the 31 tokens"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD_TEXTS)
def test_a_bad_text_is_answered_with_a_sentence(lab: Lab, text: Any, sentence: str) -> None:
    with pytest.raises(TextgenError, match=re.escape(sentence)):
        lab.go_on([text])


BAD_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"texts": []}, "texts must be from 1 to 4"),
    ({"texts": None}, "texts must be a list"),
    ({"texts": [held([])] * 5}, "texts must be from 1 to 4"),
    ({"texts": [one(strategy="beam", width=2)], "goal": 2_000}, "at most 1,000 tokens more for a beam"),
    ({"goal": 0}, "length must be a whole number from 1 to 5,000"),
    ({"goal": 5_001}, "length must be a whole number from 1 to 5,000"),
    ({"goal": 10**12}, "length must be a whole number from 1 to 5,000"),
    ({"goal": "many"}, "length must be a whole number from 1 to 5,000"),
    ({"goal": 1.5}, "length must be a whole number from 1 to 5,000"),
    ({"goal": None}, "length must be a whole number from 1 to 5,000"),
    ({"seed": -1}, "seed must be a whole number"),
    ({"seed": ""}, "seed must be a whole number"),
    ({"seed": "5e3"}, "seed must be a whole number"),
    ({"seed": "9" * 1_000}, "seed must be a whole number"),
    ({"seed": float("nan")}, "seed must be a whole number"),
    ({"seed": 1e30}, "seed must be a whole number"),
    ({"model": "../../etc/passwd"}, "there is no model"),
    ({"model": ["tiny"]}, "there is no model"),
    ({"model": None}, "there is no model"),
    ({"model": NUMBERS}, "Generate needs a model"),
    ({"prompt": 3}, "the context must be a text"),
    ({"prompt": None}, "the context must be a text"),
    ({"prompt": "a" * 1_000_000}, "at most 20,000 characters, got 1,000,000"),
]


@pytest.mark.parametrize(("data", "sentence"), BAD_REQUESTS)
def test_a_bad_request_is_answered_with_a_sentence(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError, match=re.escape(sentence)):
        lab.go_on(**{"texts": [held([])], **data})


@pytest.mark.parametrize("data", [None, "x", [1], 3])
def test_an_event_without_an_object_is_answered_with_a_sentence(data: Any) -> None:
    with pytest.raises(TextgenError, match="the request must be an object"):
        as_object(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"prompt": {}}, "the context must be a text"),
        ({"prompt": "a" * 19_999, "ids": [1, 1]}, "at most 20,000 characters"),
        ({"model": "/etc"}, "there is no model"),
        ({"model": NUMBERS}, "Generate needs a model"),
        ({"ids": [12]}, "ids must be from 0 to 11"),
    ],
)
def test_a_bad_place_opens_nowhere(lab: Lab, data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TextgenError, match=re.escape(sentence)):
        lab.room.context_at({"model": "tiny", "prompt": PROMPT, "ids": [1], **data})


@pytest.mark.parametrize("prompt", ["", ESCAPE, "\u202e\x00\ud800"])
def test_any_prompt_is_only_text(lab: Lab, prompt: str) -> None:
    lab.prompt = prompt
    assert head(lab.write())["prompt"] == prompt
