"""Sweeps in memory and in files: the same wherever they lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.experiments.sweep.sweeps import swept
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.summary import summarize
from textgen.models.registry import Registry
from textgen.ui.sweep.runs import Shelf


@pytest.fixture(scope="module")
def result(models: Registry) -> SweepResult:
    return swept(models)


def tokens(result: SweepResult) -> int:
    return sum(len(text.ids) for text in result.texts)


def test_memory_holds_so_many_tokens_and_files_the_rest(result: SweepResult) -> None:
    shelf, size = Shelf(9, 10**9, in_memory=2 * tokens(result)), tokens(result)
    cells = summarize(result)
    for run in "abcde":
        own = replace(result, seconds=ord(run))
        shelf.put(run, own)
        shelf.put_cells(run, own, cells)
        assert shelf.loaded() <= 2 * size
    for run in "abcdea":
        found = shelf.get(run)
        assert found is not None
        assert shelf.loaded() <= 2 * size
        assert repr(found) == repr(replace(result, seconds=ord(run)))
        kept = shelf.cells(run, found)
        assert repr(kept) == repr(cells)
        assert kept
        assert kept[0].texts[0] is found.by_key[kept[0].texts[0].key]


def test_means_are_those_of_their_own_state(result: SweepResult) -> None:
    shelf, before = Shelf(9, 10**9, 0), replace(result, texts=result.texts[:3])
    shelf.put("a", before)
    shelf.put("a", result)
    shelf.put_cells("a", before, summarize(before))
    assert shelf.cells("a", result) is None


def test_the_one_not_asked_for_longest_goes(result: SweepResult) -> None:
    shelf = Shelf(2, 10**9, in_memory=0)
    for run in "ab":
        shelf.put(run, result)
    shelf.get("a")
    shelf.put("c", result)
    assert [shelf.get(run) is not None for run in "abc"] == [True, False, True]
