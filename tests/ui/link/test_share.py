"""Share: what the server makes of a link."""

from __future__ import annotations

import re
from typing import Any

import pytest

from textgen.errors import SettingError, TextgenError
from textgen.models.registry import Registry
from textgen.ui.link.link import elsewhere, qr_code
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits

NEXT = "#v=1&tab=next&model=tiny&context=Tab&temperature=0.5"


@pytest.fixture
def lab(registry: Registry) -> Laboratory:
    return Laboratory(registry, Limits())


def test_a_link_is_python_commands_and_a_request(lab: Laboratory) -> None:
    made = elsewhere(lab, {"link": f"http://127.0.0.1:7860/{NEXT}"})
    assert "model = load('tiny')" in made["python"]
    assert made["terminal"].startswith("python -m textgen next --model tiny --prompt Tab -t 0.5")
    assert made["request"]["kind"] == "distribution"


def test_where_there_is_no_command_the_reason_stands(lab: Laboratory) -> None:
    made = elsewhere(lab, {"link": "#v=1&tab=beam&numbers=1"})
    assert made["terminal"] == ""
    assert "not in a table" in made["note"]


@pytest.mark.parametrize(
    "link", [None, 5, "", "#tabs", "#v=1&tab=model", "#v=1&tab=generate&numbers=1", "x" * 10**6]
)
def test_what_shows_no_result_is_refused(lab: Laboratory, link: Any) -> None:
    with pytest.raises(TextgenError):
        elsewhere(lab, {"link": link})


def test_a_qr_code_has_a_white_margin_of_four() -> None:
    code = qr_code({"text": NEXT})
    places = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)", code["path"])]
    assert min(map(min, places)) == 4
    assert max(map(max, places)) == code["size"] - 5


def test_what_no_qr_code_holds_is_refused() -> None:
    with pytest.raises(SettingError, match="shorten the context"):
        qr_code({"text": "x" * 3000})
