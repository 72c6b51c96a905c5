"""Requests and receipts come from anybody: each ends with a result or with a sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receipts.asked import REQUESTS, Make, asked
from textgen import receipts
from textgen.errors import SettingError, TextgenError
from textgen.models.registry import Registry
from textgen.receipts.records import ReceiptError

TEXT, SWEEP = REQUESTS["text"], REQUESTS["sweep"]["settings"]


def of_text(**changes: Any) -> dict[str, Any]:
    """A request of one text with something else in it."""
    return {**TEXT, "texts": [{"settings": {}, "length": 5, **changes}]}


def of_beam(**changes: Any) -> dict[str, Any]:
    return of_text(**{"strategy": "beam", "width": 2, **changes})


REFUSED: list[tuple[Any, str]] = [
    (None, "a request must be an object, got None"),
    ([], "a request must be an object"),
    ({}, "kind must be one of distribution, draws, text, beam, sweep, chaos, perplexity, reading, got None"),
    ({"kind": "poem"}, "got poem"),
    ({"kind": ["text"]}, "got ['text']"),
    (asked("text", heat=3), "has no heat; it has model, prompt, seed, texts"),
    (asked("text", model=3), "model must be the name of a model, got 3"),
    (asked("text", model="gone"), "there is no model 'gone'; the models are: names, tiny, words"),
    (asked("text", model="../tiny"), "there is no model"),
    (asked("text", prompt="x" * 20_001), "prompt must be at most 20,000 characters, got 20,001"),
    (asked("text", prompt=5), "prompt must be a text, got 5"),
    (asked("text", seed=-1), "seed must be a whole number"),
    (asked("text", texts=[]), "the number of texts must be from 1 to 64, got 0"),
    (asked("text", texts=[{}] * 65), "texts must be from 1 to 64, got 65"),
    (asked("text", texts={"0": {}}), "texts must be a list"),
    (asked("text", texts=["a"]), "a text must be an object, got a"),
    (of_text(length=10**9), "length must be a whole number from 0 to 5,000, got 1000000000"),
    (of_text(length=None), "length must be a whole number"),
    (of_text(settings={"heat": 3}), "unknown setting heat"),
    (of_text(settings={"temperature": 1e9}), "temperature must be 0 or in"),
    (of_text(strategy="magic"), "strategy must be one of sampling, greedy, beam, beam_sampling, got magic"),
    (of_text(picks=[[2]]), "one of picks must be from 2 to 2, got 1"),
    (of_text(picks=[[3, 1], [2, 1]]), "picks must stand in the order of their positions"),
    (of_text(picks=[[-1, 1]]), "a position in picks must be a whole number"),
    (of_text(picks=[[1, 999]]), "a token chosen by hand must be an id below 12 that can be written, got 999"),
    (of_text(picks=[[1, "a"]]), "a number in picks must be a whole number"),
    ({**of_text(picks=[[1, 0]]), "model": "words"}, "an id below 37 that can be written, got 0"),
    (of_beam(width=0), "width must be a whole number from 1 to 64, got 0"),
    (of_beam(width=65), "got 65"),
    (of_beam(legs=[[0, 2000]]), "tokens of a beam search's leg must be a whole number from 1 to 1,000"),
    (of_beam(legs=[[3, 9]]), "a search stands at position 3, but the text ends after 0 tokens"),
    (of_beam(legs=[[4, 4]]), "got 0"),
    (of_beam(legs=7), "legs must be a list, got 7"),
    (asked("distribution", panels=[]), "panels must be from 1 to 64, got 0"),
    (asked("distribution", panels=[{}] * 65), "got 65"),
    (asked("distribution", model=None), "a request needs a model or numbers, got neither"),
    (asked("distribution", numbers="1,2"), "numbers stand instead of a model, got both"),
    (asked("typed-in numbers", numbers="1"), "from 2 to 200, got 1"),
    (asked("typed-in numbers", numbers_kind="odds"), "kind must be one of"),
    (asked("draws", n=None), "draws in total must be a whole number from 1 to 100,000,000, got None"),
    (asked("draws", n=10**9), "draws in total must be a whole number from 1 to 100,000,000, got 1000000000"),
    (asked("draws", calls=[100]), "a request of the kind draws has no calls; it has model, context, numbers"),
    (asked("draws", temperatures=[]), "temperatures must be from 1 to 64, got 0"),
    (asked("draws", temperatures=["hot"]), "temperature must be 0 or in [0.01, 100], got hot"),
    (asked("beam", table=": A 1"), "a table stands instead of a model, got both"),
    (asked("beam", beam={"width": 10**9}), "width must be a whole number from 1 to 64"),
    (asked("beam", beam=[]), "beam must be an object"),
    (asked("typed-in table", table="A"), "has no colon"),
    (asked("sweep", settings={}), "a sweep must name its models"),
    (asked("sweep", settings={**SWEEP, "judge": "gone"}), "there is no model 'gone'"),
    (asked("sweep", settings={**SWEEP, "strategies": 3}), "strategies must be a list"),
    (asked("sweep", texts=0), "finished texts must be a whole number from 1 to 10, got 0"),
    (asked("sweep", settings={**SWEEP, "seeds": [*range(500)], "length": 5000}), "at most 1,000,000 tokens"),
    (asked("chaos", temperatures=[1]), "the number of temperatures must be a whole number from 2 to 500"),
    (asked("chaos", temperatures=[1, 1]), "must rise"),
    (asked("chaos", temperatures=[t / 100 for t in range(1, 501)], length=5000), "at most 1,000,000 tokens"),
    (asked("chaos", length=10**9), "length must be a whole number from 1 to 5,000"),
    (asked("perplexity", temperatures=[0, 1]), "perplexity takes temperatures above 0, got 0"),
    (asked("perplexity", text=""), "must have at least 2 tokens"),
    (asked("perplexity", window=0), "window must be a whole number from 1 to 100,000, got 0"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "sentence"), REFUSED, ids=[sentence[:40] for _, sentence in REFUSED])
def test_a_wrong_request_ends_with_a_sentence(make: Make, request_: Any, sentence: str) -> None:
    with pytest.raises(TextgenError) as caught:
        make(request_)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400


def test_many_tokens_in_many_searches_are_refused(make: Make) -> None:
    legs = [[start, start + 1000] for start in range(40)]
    text = {"settings": {}, "strategy": "beam", "width": 64, "length": 41, "legs": legs}
    with pytest.raises(SettingError, match="at most 1,000,000 tokens to read and write here, got 2,5"):
        make({**TEXT, "texts": [text]})


def test_the_servers_own_bound_counts(make: Make) -> None:
    make(TEXT, max_tokens=66)
    with pytest.raises(SettingError, match="at most 65 tokens to read and write here, got 66"):
        make(TEXT, max_tokens=65)


JUNK: list[Any] = [
    None, True, -1, 0, 3, 10**9, 10**30, 0.5, 1e308, "", "tiny", "../tiny", "\ud800\0", "x" * 30_000, [], {},
    [[]], [1, 2], {"kind": "text"}, [[0, 1], [1, 2]], [None] * 70, {"a": {"b": []}},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every object or list of a JSON value with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


def spoiled(value: Any, place: float, junk: Any) -> Any:
    """A copy with something else at one place; `place` from 0 to 1 goes through all of them."""
    copied = copy.deepcopy(value)
    found = list(places(copied))
    container, key = found[int(place * (len(found) - 1))]
    container[key] = junk
    return copied


anywhere, junk = st.floats(0, 1), st.sampled_from(JUNK)


def outcome(work: Callable[[], Any]) -> Any:
    """What work gives, or the error whose sentence a user sees; no other error."""
    try:
        return work()
    except TextgenError as error:
        return error


fuzzed = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("name", REQUESTS)
@given(place=anywhere, value=junk)
@fuzzed
def test_junk_in_a_request(make: Make, name: str, place: float, value: Any) -> None:
    request = spoiled(REQUESTS[name], place, value)
    found = outcome(lambda: make(request, max_tokens=2_000))
    if isinstance(found, TextgenError):
        assert 10 < len(str(found)) < 1_000
    else:
        json.loads(found.receipt_text())
        found.csv.encode("utf-8")


@pytest.mark.parametrize("name", REQUESTS)
@given(place=anywhere, value=junk)
@fuzzed
def test_junk_in_a_receipt(
    made: Mapping[str, Any], models: Registry, name: str, place: float, value: Any
) -> None:
    text = json.dumps(spoiled(made[name], place, value))
    found = outcome(lambda: receipts.replay(receipts.read(text), models, 2_000))
    if isinstance(found, TextgenError):
        assert 10 < len(str(found)) < 1_000
    else:
        json.dumps(found.to_dict(), allow_nan=False)
        assert all(len(sentence) < 1_000 for sentence in found.differences)


@pytest.fixture(scope="module")
def made(make: Make) -> Mapping[str, Any]:
    """A receipt of every kind."""
    return {name: make(request).receipt for name, request in REQUESTS.items()}


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_other_text_is_a_receipt(text: str) -> None:
    with pytest.raises(ReceiptError):
        receipts.read(text)


@pytest.fixture
def receipt(make: Make) -> dict[str, Any]:
    return json.loads(make(TEXT).receipt_text())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"app": "Other"}, "this is no receipt of the Temperature Lab"),
        ({"receipt": 4}, "of format 4, and this version reads formats up to 3; take a newer version"),
        ({"receipt": "1"}, "format must be a whole number from 1 to 3, got 1"),
        ({"receipt": True}, "got True"),
        ({"receipt": 10**30}, "of format 1000000000000"),
        ({"kind": "beam"}, "of the kind beam, its request of text"),
        ({"kind": {}}, "kind must be one of"),
        ({"request": None}, "the receipt's request must be an object, got None"),
        ({"result": None}, "holds no result to compare with, got None"),
        ({"version": 1}, "version must be a text, got 1"),
        ({"version": "9" * 61}, "version must be at most 60 characters"),
        ({"time": "yesterday"}, "time must be ISO 8601, got 'yesterday'"),
        ({"models": {}}, "models must be a list"),
        ({"models": [{"name": "tiny"}]}, "weights_sha256 must be 64 digits from 0 to f, got None for tiny"),
        ({"models": [{"weights_sha256": "0" * 64}]}, "model must be the name of a model, got None"),
        ({"models": [{"name": "tiny", "weights_sha256": "G" * 64}]}, "64 digits from 0 to f"),
    ],
)
def test_a_wrong_receipt_ends_with_a_sentence(
    receipt: dict[str, Any], changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TextgenError) as caught:
        receipts.read(json.dumps({**receipt, **changes}))
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 40 + "]" * 40, "nested too deep"),
        ('{"a": NaN}', "NaN is no number of JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "it is not JSON"),
        ("[]", "it must be a JSON object, got []"),
        ("3", "it must be a JSON object, got 3"),
    ],
)
def test_what_is_no_receipt_at_all(text: str, sentence: str) -> None:
    with pytest.raises(ReceiptError) as caught:
        receipts.read(text)
    assert sentence in str(caught.value)


def test_a_number_beyond_all_floats_differs(receipt: dict[str, Any], models: Registry) -> None:
    text = json.dumps(receipt)
    first = receipt["result"]["texts"][0]["surprise_bits"][0]
    verdict = receipts.replay(receipts.read(text.replace(repr(first), "1e999", 1)), models)
    assert not verdict.identical
    json.dumps(verdict.to_dict(), allow_nan=False)
