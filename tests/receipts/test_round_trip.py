"""A result, its receipt, the receipt read and computed again: the same to the last digit, or told apart."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.receipts.asked import REQUESTS, Make, asked
from textgen import receipts
from textgen.models.registry import Registry
from textgen.receipts import Built, ReceiptError, Verdict

Replay = Callable[[dict[str, Any]], Verdict]
each = pytest.mark.parametrize("name", REQUESTS)


@pytest.fixture
def replay(models: Registry) -> Replay:
    """A receipt as JSON gives it → the verdict."""
    return lambda receipt: receipts.replay(receipts.read(json.dumps(receipt)), models)


def whole(made: Built) -> dict[str, Any]:
    """The receipt as its file holds it."""
    return json.loads(made.receipt_text())


@each
def test_what_is_replayed_is_identical(make: Make, replay: Replay, name: str) -> None:
    receipt = whole(make(REQUESTS[name]))
    verdict = replay(receipt)
    assert verdict.identical
    assert (verdict.differences, verdict.notes, verdict.largest) == ((), (), None)
    assert verdict.compared > 10


@each
def test_a_receipt_says_all_that_it_takes(make: Make, models: Registry, name: str) -> None:
    receipt = whole(make(REQUESTS[name]))
    assert list(receipt)[:5] == ["app", "receipt", "kind", "version", "time"]
    assert receipt["kind"] == receipt["request"]["kind"] == REQUESTS[name]["kind"]
    assert receipt["time"] == "2026-11-20T09:30:00+00:00"
    assert make(receipt["request"]).receipt == receipt  # nothing is left to a default
    for model in receipt["models"]:
        assert len(model["weights_sha256"]) == 64
        assert model["title"] == models.info(model["name"]).title
    assert (receipt["transformers"] is None) <= bool(receipt["transformers_note"])


def test_the_models_are_named_with_their_texts(make: Make) -> None:
    (model,) = make(REQUESTS["text"]).receipt["models"]
    assert (model["name"], model["title"]) == ("tiny", "Tiny")
    assert model["corpus"] == {"name": "plays", "sha256": "ab" * 32}
    judged = make(REQUESTS["sweep"]).receipt["models"]
    assert [model["name"] for model in judged] == ["tiny", "names"]
    assert make(REQUESTS["typed-in table"]).receipt["models"] == []


def test_settings_stand_in_full_and_in_their_order(make: Make) -> None:
    request = asked("distribution", panels=[{"order": "temperature last", "min_p": 0.1}])
    (panel,) = make(request).receipt["request"]["panels"]
    assert panel["order"][-1] == "temperature"
    assert (panel["min_p"], panel["top_k"], panel["temperature"]) == (0.1, 0, 1.0)


CHANGES: dict[str, tuple[list[Any], Any, str]] = {
    "distribution": (["panels", 1, "probabilities", 3], 0.25, "panels[1].probabilities[3]"),
    "typed-in numbers": (["panels", 0, "entropy_bits"], 0.5, "panels[0].entropy_bits"),
    "draws": (["counts", 2, 0], 10**6, "counts[2][0]"),
    "text": (["texts", 1, "ids", 5], 99, "texts[1].ids[5]"),
    "text by hand": (["texts", 0, "text"], "else", "texts[0].text"),
    "beam": (["finished", 0, "score"], -9.5, "finished[0].score"),
    "typed-in table": (["ended"], "enough", "ended"),
    "sweep": (["cells", 0, "metrics", "surprise", "mean"], 0.125, "cells[0].metrics.surprise.mean"),
    "chaos": (["divergences", 2], 0.5, "divergences[2]"),
    "perplexity": (["perplexities", 1], 1.0, "perplexities[1]"),
    "reading": (["surprise_bits", 1], 2.5, "surprise_bits[1]"),
}


def put(value: Any, path: list[Any], new: Any) -> Any:
    """Replace what stands at a path → what stood there."""
    *way, last = path
    for step in way:
        value = value[step]
    old, value[last] = value[last], new
    return old


@each
def test_one_changed_value_is_told(make: Make, replay: Replay, name: str) -> None:
    receipt = whole(make(REQUESTS[name]))
    path, new, place = CHANGES[name]
    old = put(receipt["result"], path, new)
    verdict = replay(receipt)
    assert (verdict.identical, verdict.count) == (False, 1)
    assert verdict.differences[0] == f"1 of {verdict.compared:,} values differ."
    assert verdict.differences[1].startswith(f"The first is {place}: ")
    assert repr(old)[:20] in verdict.differences[1]
    if isinstance(new, float) and isinstance(old, (int, float)):
        assert verdict.largest == abs(new - old)
        assert f"at most, at {place}." in verdict.differences[2]


@each
def test_the_last_digit_counts(make: Make, replay: Replay, name: str) -> None:
    """Nudge the first number with digits behind its point by its last bit."""
    receipt = whole(make(REQUESTS[name]))
    text = json.dumps(receipt["result"])
    numbers = [word for word in text.replace("]", ",").replace("}", ",").split(",") if word.count(".") == 1]
    found = [word.split()[-1].strip("[") for word in numbers if len(word.split()[-1]) > 16]
    if not found:
        assert name == "chaos"  # which holds no such number
        return
    nudged = repr(math.nextafter(float(found[0]), math.inf))
    verdict = replay({**receipt, "result": json.loads(text.replace(found[0], nudged))})
    assert not verdict.identical
    assert verdict.largest is not None
    assert 0 < verdict.largest < 1e-9
    assert "rounds last digits otherwise" in verdict.differences[-1]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda result: result["texts"].pop(), "texts[2]: nothing in the receipt"),
        (lambda result: result["texts"][0].pop("ids"), "texts[0].ids: nothing in the receipt"),
        (
            lambda result: result["texts"][0]["ids"].append(4),
            "texts[0].ids[25]: 4 in the receipt, nothing now",
        ),
        (lambda result: result.update(more=1), "more: 1 in the receipt, nothing now"),
        (lambda result: result.update(texts="none"), "texts: 'none' in the receipt, [{"),
        (lambda result: result["texts"][0].update(ids=[True] * 25), "texts[0].ids[0]: True in the receipt"),
        (
            lambda result: result["texts"][0].update(surprise_bits=[10**400]),
            "texts[0].surprise_bits[0]: 1000",
        ),
        (lambda result: result["texts"][0].update(surprise_bits=[None] * 25), "surprise_bits[0]: None in"),
    ],
)
def test_results_of_another_shape(
    make: Make, replay: Replay, change: Callable[[Any], Any], sentence: str
) -> None:
    receipt = whole(make(REQUESTS["text"]))
    change(receipt["result"])
    verdict = replay(receipt)
    assert not verdict.identical
    assert sentence in " ".join(verdict.differences)
    json.dumps(verdict.to_dict(), allow_nan=False)


def test_a_changed_request_is_told_by_its_result(make: Make, replay: Replay) -> None:
    receipt = whole(make(REQUESTS["text"]))
    receipt["request"]["seed"] += 1
    assert replay(receipt).count > 10


def test_a_sweep_that_was_stopped_is_repeated_as_far_as_it_came(make: Make, replay: Replay) -> None:
    complete = make(REQUESTS["sweep"]).receipt
    part = whole(make(asked("sweep", texts=7)))
    assert part["request"]["texts"] == 7
    assert part["result"]["complete"] is False
    assert part["result"]["texts"] == json.loads(json.dumps(complete["result"]["texts"]))[:7]
    assert replay(part).identical


@dataclass(frozen=True)
class Wrong:
    """A result that nobody computed."""

    values: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return self.values


def test_a_result_that_is_given_is_not_computed(make: Make, replay: Replay) -> None:
    found = make(REQUESTS["chaos"]).receipt["result"]
    receipt = whole(make(REQUESTS["chaos"], result=Wrong({**found, "texts": ["a", "b", "c"]})))
    assert receipt["result"]["texts"] == ["a", "b", "c"]
    verdict = replay(receipt)
    assert verdict.count == 3
    assert "rounds" not in verdict.differences[-1]


class TestModels:
    def test_other_weights_are_refused(self, make: Make, replay: Replay) -> None:
        receipt = whole(make(REQUESTS["text"]))
        here = receipt["models"][0]["weights_sha256"]
        receipt["models"][0]["weights_sha256"] = "0" * 64
        with pytest.raises(ReceiptError) as caught:
            replay(receipt)
        for part in ("other weights of tiny", "000000000000…", f"{here[:12]}…", "--models"):
            assert part in str(caught.value)

    def test_a_model_that_is_not_there_is_refused(self, make: Make, replay: Replay) -> None:
        receipt = json.loads(make(REQUESTS["text"]).receipt_text().replace('"tiny"', '"gone"'))
        sha256 = receipt["models"][0]["weights_sha256"]
        with pytest.raises(ReceiptError) as caught:
            replay(receipt)
        for part in ("needs the model 'gone'", sha256[:12], "are: names, tiny, words", "--models"):
            assert part in str(caught.value)

    @pytest.mark.parametrize("name", ["../tiny", "/etc", "tiny/", "", "a\0b", "."])
    def test_a_name_is_never_a_folder(self, make: Make, replay: Replay, name: str) -> None:
        receipt = whole(make(REQUESTS["text"]))
        receipt["request"]["model"] = receipt["models"][0]["name"] = name
        with pytest.raises(ReceiptError, match="needs the model"):
            replay(receipt)

    def test_every_model_needs_its_checksum(self, make: Make, replay: Replay) -> None:
        receipt = whole(make(REQUESTS["sweep"]))
        receipt["models"].pop()
        with pytest.raises(ReceiptError, match="no checksum of 'names'"):
            replay(receipt)


class TestNotes:
    def test_another_version_is_told_and_goes_on(self, make: Make, replay: Replay) -> None:
        verdict = replay({**whole(make(REQUESTS["text"])), "version": "0.0.1"})
        assert verdict.identical
        assert "made by version 0.0.1, this is" in verdict.notes[0]

    def test_what_the_request_leaves_out_is_told(self, make: Make, replay: Replay) -> None:
        receipt = whole(make(REQUESTS["text"]))
        del receipt["request"]["texts"][0]["settings"]["eta"]
        verdict = replay(receipt)
        assert verdict.identical
        assert "took its default" in verdict.notes[0]


def test_names_of_files_are_plain(make: Make) -> None:
    assert make(REQUESTS["text"]).name == "text-tiny-20261120-093000"
    assert make(REQUESTS["typed-in table"]).name == "beam-own-numbers-20261120-093000"


def test_numbers_alone_are_the_result_and_what_was_asked(make: Make) -> None:
    made = make(REQUESTS["beam"])
    numbers = json.loads(made.numbers_text())
    assert numbers["result"] == whole(made)["result"]
    assert numbers["request"]["beam"]["width"] == 4
    assert "python" not in numbers


def test_a_half_of_a_character_stays_ascii(make: Make, replay: Replay) -> None:
    made = make(asked("chaos", prompt="ba\ud800d"))
    assert made.receipt_text().isascii()
    made.csv.encode("utf-8")
    assert replay(whole(made)).identical
