"""Saving a result: what a tab shows and the file that the server makes of it are the same numbers."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from anyio.from_thread import start_blocking_portal

from tests.ui.server.asked import as_work, messages_of, told
from tests.ui.server.jobs import until
from textgen import receipts
from textgen.errors import TextgenError
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.saving.save import FORMATS, export
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.server.limits import Limits
from textgen.ui.shell.components import streamed

LIMITS = Limits(chaos_tokens=100, scored_characters=50)
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PANELS = [DecodeSettings(temperature=t, top_k=3).to_dict() for t in (0.5, 2)]


@pytest.fixture
def lab(registry: Registry) -> Laboratory:
    return Laboratory(registry, LIMITS, now=lambda: NOON)


def asked(lab: Laboratory, request: Any, kind: str = "json") -> dict[str, str]:
    """What the page gets for one press in the menu."""
    (message,) = told(export(lab, {"request": request, "format": kind}))
    return message


def result(lab: Laboratory, request: Any) -> dict[str, Any]:
    return json.loads(asked(lab, request)["content"])["result"]


def floats(view: dict[str, Any]) -> Any:
    return np.frombuffer(base64.b64decode(view["logits"]), "<f4")


def test_a_distribution_is_that_of_the_view(lab: Laboratory) -> None:
    source = {"model": "tiny", "context": "abc"}
    view = NextTokenTab(lab).look(source)
    found = result(lab, {"kind": "distribution", **source, "panels": PANELS})
    assert np.allclose(found["logits"], floats(view), rtol=0, atol=0)
    assert [np.count_nonzero(panel["probabilities"]) for panel in found["panels"]] == [3, 3]


def test_typed_in_numbers_too(lab: Laboratory) -> None:
    source = {"numbers": "a: 0.5, b: 0.3, c: 0.2", "numbers_kind": "auto"}
    view = NextTokenTab(lab).look(source)
    found = result(lab, {"kind": "distribution", **source, "panels": [{}]})
    assert np.allclose(found["logits"], floats(view), rtol=0, atol=0)
    assert found["panels"][0]["probabilities"] == pytest.approx([0.5, 0.3, 0.2])


def test_the_limits_of_the_server_are_those_of_its_menus(lab: Laboratory) -> None:
    chaos = {"kind": "chaos", "model": "tiny", "prompt": "a", "seed": 1, "length": 49}
    assert result(lab, {**chaos, "temperatures": [0.5, 1]})["texts"]
    with pytest.raises(TextgenError, match="at most 100 tokens"):
        asked(lab, {**chaos, "temperatures": [0.5, 1, 2]})
    scored = {"kind": "perplexity", "model": "tiny", "temperatures": [1]}
    assert result(lab, {**scored, "text": "abc" * 16})["perplexities"]
    with pytest.raises(TextgenError, match="at most 50 characters, got 51"):
        asked(lab, {**scored, "text": "abc" * 17})


def test_every_format(lab: Laboratory) -> None:
    request = {"kind": "distribution", "model": "tiny", "context": "abc", "panels": PANELS}
    files = {kind: asked(lab, request, kind) for kind in FORMATS}
    assert len({file["name"] for file in files.values()}) == len(FORMATS)
    rows = list(csv.reader(io.StringIO(files["csv"]["content"])))
    numbers = json.loads(files["json"]["content"])["result"]
    assert len(rows) == 1 + len(numbers["labels"])
    receipt = receipts.read(files["receipt"]["content"])
    assert receipts.replay(receipt, lab.registry).identical
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
    {"kind": "draws", "model": "tiny", "temperatures": [1], "seed": 1, "n": 10**12},
    {"kind": "text", "model": "tiny", "prompt": "", "seed": 1, "texts": [{"length": 10**9}]},
    {"kind": "beam", "model": "tiny", "prompt": "", "beam": {"width": 10**6}, "settings": {}},
]  # fmt: skip


@pytest.mark.parametrize("request_", HOSTILE, ids=range(len(HOSTILE)))
def test_nonsense_is_a_sentence(lab: Laboratory, request_: Any) -> None:
    with pytest.raises(TextgenError, match=r".{20}"):
        asked(lab, request_)


@pytest.mark.parametrize("data", [None, [], 3, {"format": "exe"}, {"format": ["csv"]}, {"request": "x"}])
def test_requests_of_any_shape(lab: Laboratory, data: Any) -> None:
    (message,) = told(as_work(streamed(partial(export, lab))(data)))
    assert message["problem"]


def test_two_long_files_keep_nobody_from_a_quick_one(lab: Laboratory, tmp_path: Path) -> None:
    long = {"kind": "text", "model": "tiny", "prompt": "a", "seed": 1, "texts": [{"length": 2_000}]}
    quick = {**long, "texts": [{"length": 20}]}
    with start_blocking_portal() as portal:

        def menu(request: Any) -> Iterator[dict[str, Any]]:
            return messages_of(portal, portal.call(export, lab, {"request": request, "format": "json"}))

        others = [messages_of(portal, lab.workers.work("files", until, tmp_path / "go")) for _ in range(2)]
        assert all(next(other)["pid"] for other in others)
        third = menu(long)
        assert next(third) == {"before": 1}
        assert next(menu(quick))["done"] == "made"
        third.close()  # type: ignore[attr-defined]
        (tmp_path / "go").touch()
        assert [list(other) for other in others] == [[], []]
    lab.workers.close()
