"""A few hundred of the calls that `scripts.fuzz` makes by the thousand."""

from __future__ import annotations

import pytest

from scripts import fuzz
from tests.ui.server.asked import Here
from textgen.models.registry import Registry
from textgen.ui.server.laboratory import Laboratory


def test_no_call_of_a_stranger_is_an_error_of_ours(registry: Registry) -> None:
    report = fuzz.fuzz(Laboratory(registry, fuzz.LIMITS, new_workers=Here), calls=200, seed=1)
    assert report.good, "\n".join(report.lines())
    assert {200, 400, 404, 415} <= set(report.statuses)


@pytest.mark.parametrize(
    ("status", "text"), [(500, ""), (200, '{"problem":""}'), (200, "event: error\ndata: null")]
)
def test_errors_are_found(status: int, text: str) -> None:
    assert fuzz.fault(fuzz.Call("GET", "/", b""), status, text)
