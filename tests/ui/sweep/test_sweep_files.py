"""The files of a sweep."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from typing import Any

import pytest

from tests.ui.sweep.sweep_lab import Visitor
from textgen import receipts
from textgen.experiments.sweep.export import as_json, cells_csv, texts_csv
from textgen.models.folder import weights_sha256
from textgen.models.registry import Registry
from textgen.ui.sweep.files import MAX_CHART
from textgen.ui.sweep.runs import SweepStore

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0,0"/></svg>'


@pytest.fixture(scope="module")
def visitor(models: Registry) -> Visitor:
    visitor = Visitor(models)
    visitor.run(judge="names")
    return visitor


def saved(visitor: Visitor, kind: str, **data: Any) -> dict[str, Any]:
    return visitor.ask("file", kind=kind, **data)


def test_tables_and_numbers_are_those_of_the_terminal(visitor: Visitor) -> None:
    result, cells = visitor.store.summary(visitor.run_id)
    assert saved(visitor, "cells")["content"] == cells_csv(cells)
    assert saved(visitor, "texts")["content"] == texts_csv(result.texts)
    assert json.loads(saved(visitor, "json")["content"]) == json.loads(json.dumps(as_json(result, cells)))
    names = [saved(visitor, kind)["name"] for kind in ("cells", "texts", "json", "receipt")]
    assert names == ["sweep-cells.csv", "sweep-texts.csv", "sweep-sweep.json", "sweep-receipt.json"]


def test_the_receipt_repeats_the_numbers(visitor: Visitor, models: Registry) -> None:
    found = receipts.replay(receipts.read(saved(visitor, "receipt")["content"]), models)
    assert found.identical
    assert found.compared > 100


def test_a_stopped_sweep_has_a_receipt_of_what_is_there(models: Registry) -> None:
    visitor = Visitor(models)
    messages = visitor.messages(seeds=[*range(30)])
    next(message for message in messages if message["texts"])
    messages.close()  # type: ignore[attr-defined]
    receipt = receipts.read(saved(visitor, "receipt")["content"])
    assert receipt.request["texts"] < 181
    assert receipts.replay(receipt, models).identical


def test_the_report_brings_all_its_files(visitor: Visitor, models: Registry) -> None:
    made = saved(visitor, "report", charts={"surprise": SVG, "entropy": SVG})
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(made["content"]))) as archive:
        files = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    assert made["name"] == "sweep-report.zip"
    assert files["charts/surprise.svg"] == files["charts/entropy.svg"] == SVG
    assert set(files) == {
        "report.md",
        "receipt.json",
        "settings.json",
        "cells.csv",
        "texts.csv",
        "charts/surprise.svg",
        "charts/entropy.svg",
    }
    assert files["receipt.json"] == saved(visitor, "receipt")["content"]
    for part in ("charts/entropy.svg", "receipt.json", "2026-01-02T12:00:00+00:00"):
        assert part in files["report.md"]
    for name in ("chars", "names"):  # the judge, too
        assert weights_sha256(models.folder(name)) in files["report.md"]
    rows = list(csv.DictReader(io.StringIO(files["cells.csv"])))
    assert len(rows) == 9


@pytest.mark.parametrize(
    "charts",
    [
        None,
        [SVG],
        {"warmth": SVG},
        {"../surprise": SVG},
        {"surprise": 7},
        {"surprise": "<html></html>"},
        {"surprise": f" {SVG}"},
        {"surprise": "<svg><script>alert(1)</script></svg>"},
        {"surprise": "<svg>< SCRIPT>alert(1)</svg>"},
        {"surprise": '<svg onload="alert(1)"></svg>'},
        {"surprise": '<svg><a href="javascript:alert(1)"/></svg>'},
        {"surprise": "<svg><foreignObject/></svg>"},
        {"surprise": "<svg>" + "x" * MAX_CHART},
    ],
)
def test_charts_that_are_no_drawings(visitor: Visitor, charts: Any) -> None:
    assert "without scripts" in (found := visitor.ask("file", kind="report", charts=charts)["problem"]) or (
        "drawings by metric" in found
    )
    assert len(found) < 400


# ---- the store


def test_the_store_drops_what_was_not_asked_for_longest(visitor: Visitor) -> None:
    result = visitor.store.get(visitor.run_id)
    names = iter("abcdef")
    store = SweepStore(lambda: next(names), most=2)
    store.put(result)
    store.put(result)
    store.get("a")
    store.put(result)
    assert store.get("a") is result
    with pytest.raises(Exception, match="does not hold the sweep 'b'"):
        store.summary("b")


def test_the_store_holds_no_more_tokens_than_it_may_but_always_the_newest(visitor: Visitor) -> None:
    result = visitor.store.get(visitor.run_id)
    size = sum(len(text.ids) for text in result.texts)
    names = iter("abcdef")
    store = SweepStore(lambda: next(names), most_tokens=2 * size)
    for _ in range(3):
        store.put(result)
    with pytest.raises(Exception, match="'a'"):
        store.get("a")
    assert store.get("b") is store.get("c") is result
    tight = SweepStore(lambda: "only", most_tokens=1)
    assert tight.get(tight.put(result)) is result


def test_means_are_made_once_a_state(visitor: Visitor) -> None:
    result = visitor.store.get(visitor.run_id)
    store = SweepStore(lambda: "a")
    run = store.put(result)
    assert store.summary(run)[1] is store.summary(run)[1]
    later = type(result)(result.settings, result.texts[:4])
    store.put(later, run)
    assert store.summary(run)[0] is later
    assert len(store.summary(run)[1]) < 9
