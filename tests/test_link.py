"""Links as Python reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen.errors import SettingError
from textgen.link import LONGEST, SHARED, TABS, read_link
from textgen.settings import DecodeSettings
from textgen.stages import PARAMETERS
from textgen.ui.frame.page import CLASS, EXPERIMENTS, MODEL
from textgen.ui.frame.page import TABS as PAGE_TABS

GOLDEN: list[dict[str, Any]] = json.loads(Path("tests/golden_links.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda one: one["link"][:60])
def test_links_of_the_first_version_are_read_for_ever(golden: dict[str, Any]) -> None:
    link = read_link(golden["link"])
    assert link.tab == golden["tab"]
    assert {name: link.values[name] for name in golden["values"]} == golden["values"]
    assert list(link.problems) == golden["problems"]
    assert isinstance(link.settings, DecodeSettings)


def test_every_tab_and_every_stage_can_be_in_a_link() -> None:
    assert set(TABS) == {name for _, name, _ in (*PAGE_TABS, *EXPERIMENTS, CLASS, MODEL)}
    assert {field.name for field in SHARED} >= set(PARAMETERS)


def test_what_is_left_out_is_neutral() -> None:
    assert read_link("#v=1").settings == DecodeSettings()


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    link = read_link(f"#v=1&{text}")
    assert link.tab in TABS
    assert all("\n" not in problem for problem in link.problems)


@pytest.mark.parametrize("text", ["", "https://example.org/", "#temperature=1", "#v=1&" + "x" * LONGEST])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="a link must"):
        read_link(text)
