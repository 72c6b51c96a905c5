"""The page inside a notebook."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import pytest

import textgen as lab
from textgen.errors import TextgenError
from textgen.link import read_link
from textgen.models.folder import Model
from textgen.models.registry import Registry


def test_it_opens_with_the_state_and_may_stand_in_a_frame_of_this_machine(
    tiny: Model, registry: Registry
) -> None:
    changes: dict[str, Any] = {"temperature": 0.5, "top_k": 4, "logit_bias": {"a": -1.0}}
    shown = lab.show(tiny, "T <b> & a", registry=registry, **changes)
    link = read_link(shown.url)
    assert (link.problems, link.tab, link.values["model"], link.values["context"]) == (
        (),
        "next",
        "tiny",
        "T <b> & a",
    )
    assert link.settings == lab.DecodeSettings.from_dict(changes)
    assert "<b>" not in shown._repr_html_()
    assert lab.show("tiny", registry=registry, tab="draws").url.split("/#")[0] == shown.url.split("/#")[0]
    with urllib.request.urlopen(shown.url.split("#")[0]) as answer:
        assert "http://localhost:*" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("wrong", [{"temperature": -1}, {"heat": 2}, {"height": 7}, {"tab": "<b>"}])
def test_mistakes_are_sentences(tiny: Model, registry: Registry, wrong: dict[str, Any]) -> None:
    with pytest.raises(TextgenError):
        lab.show(tiny, registry=registry, **wrong)


def test_a_model_that_lies_elsewhere_is_named(tiny: Model, tmp_path: Path) -> None:
    with pytest.raises(TextgenError, match="tiny"):
        lab.show(tiny, registry=Registry(tmp_path))
