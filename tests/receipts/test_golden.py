"""Receipts of earlier versions replay: `golden/` holds one of every kind, as first written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from textgen import receipts
from textgen.errors import SettingError
from textgen.models.registry import SHIPPED, Registry
from textgen.receipts import Verdict
from textgen.receipts.format_1 import DrawsInCalls
from textgen.stages import STAGES

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
IN_CALLS = Path(__file__).parent / "golden" / "draws-in-several-calls.json"
LATER = {"reading": 3}  # kinds that the first format did not have
SOURCE = {"numbers": "1, 2", "temperatures": [1], "seed": 3}


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return Registry(SHIPPED)


def identical(verdict: Verdict) -> bool:
    """To the last digit, or but for what another processor rounds otherwise."""
    return verdict.identical or "Nothing else differs" in verdict.differences[-1]


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_it_replays(shipped: Registry, path: Path) -> None:
    verdict = receipts.replay(receipts.read(path.read_text(encoding="utf-8")), shipped)
    assert identical(verdict), verdict.differences
    assert not any("leaves out" in note for note in verdict.notes)


def test_they_are_of_the_first_format_that_had_their_kind_and_of_every_kind() -> None:
    held = [json.loads(path.read_text(encoding="utf-8")) for path in GOLDEN]
    assert {receipt["receipt"] for receipt in held if receipt["kind"] not in LATER} == {1}
    assert {receipt["kind"]: receipt["receipt"] for receipt in held if receipt["kind"] in LATER} == LATER
    assert {receipt["kind"] for receipt in held} == set(receipts.KINDS)


def test_other_calls_of_the_first_format_made_other_draws(shipped: Registry) -> None:
    receipt: dict[str, Any] = json.loads(IN_CALLS.read_text(encoding="utf-8"))
    receipt["request"]["calls"] = [sum(n * times for n, times in receipt["request"]["calls"])]
    verdict = receipts.replay(receipts.read(json.dumps(receipt)), shipped)
    assert not identical(verdict)
    assert "counts" in verdict.differences[1]


def test_receipts_of_today_hold_no_calls(shipped: Registry) -> None:
    receipt: dict[str, Any] = json.loads(IN_CALLS.read_text(encoding="utf-8"))
    with pytest.raises(SettingError, match="a request of the kind draws has no calls"):
        receipts.replay(receipts.read(json.dumps({**receipt, "receipt": 2})), shipped)


@pytest.mark.parametrize(
    ("calls", "sentence"),
    [
        ([], "calls must be from 1 to 20,000, got 0"),
        ([10**9], "draws must be a whole number from 1 to 1,000,000, got 1000000000"),
        ([[10**6, 101]], "draws in total must be a whole number from 1 to 100,000,000"),
        ([[1, 20_000], 1], "the number of calls must be a whole number"),
        ([[1, 2, 3]], "the numbers of a call must be from 2 to 2, got 3"),
    ],
)
def test_wrong_calls(calls: list[Any], sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        DrawsInCalls.from_json({**SOURCE, "calls": calls})
    assert sentence in str(caught.value)


def without(value: Any, stage: str) -> Any:
    """A receipt as a version wrote it that did not know a stage, which was neutral."""
    if isinstance(value, list):
        return [without(one, stage) for one in value if one != stage]
    if not isinstance(value, dict):
        return value
    return {name: without(one, stage) for name, one in value.items() if name != stage}


@pytest.mark.parametrize("name", ["distribution-numbers", "draws", "text", "beam", "sweep", "chaos"])
def test_a_receipt_of_a_version_with_fewer_stages_replays(
    shipped: Registry, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = {**STAGES, "typical": replace(STAGES["typical"], added_later=True)}
    monkeypatch.setattr("textgen.stages.STAGES", added)
    (path,) = (path for path in GOLDEN if path.stem == name)
    held = without(json.loads(path.read_text(encoding="utf-8")), "typical")
    verdict = receipts.replay(receipts.read(json.dumps(held)), shipped)
    assert identical(verdict), verdict.differences
    assert not any("leaves out" in note for note in verdict.notes)
