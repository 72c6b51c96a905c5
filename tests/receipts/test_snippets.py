"""The source in a receipt runs, and gives the receipt's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.receipts.asked import REQUESTS, Make, asked
from textgen.stages import TEMPERATURE_LAST


@pytest.fixture(autouse=True)
def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTGEN_MODELS", str(folder))


def run(source: str) -> dict[str, Any]:
    """Execute source as a file of its own → its names."""
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(source, "receipt", "exec"), names)
    return names


def same(result: Mapping[str, Any], request: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
    """Whether what a snippet holds in the end is the receipt's result, exactly."""
    match request["kind"]:
        case "distribution":
            found = [panel.probabilities.tolist() for panel in names["panels"]]
            return found == [panel["probabilities"] for panel in result["panels"]]
        case "draws":
            return names["draws"].counts.tolist() == result["counts"]
        case "text":
            return names["texts"] == [text["text"] for text in result["texts"]]
        case "beam":
            found = [(list(one.ids), one.logprob, one.score) for one in names["last"].finished]
            return found == [(one["ids"], one["logprob"], one["score"]) for one in result["finished"]]
        case "sweep":
            found = [(text.text, text.metrics.surprise) for text in names["result"].texts]
            return found == [(text["text"], text["metrics"]["surprise"]) for text in result["texts"]]
        case "chaos":
            return list(names["result"].texts) == result["texts"]
        case "reading":
            return names["result"].to_json() == result
        case _:
            return names["result"].perplexities.tolist() == result["perplexities"]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_snippet_repeats_the_result(make: Make, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = make(REQUESTS[name]).receipt
    names = run(receipt["python"])
    assert same(receipt["result"], receipt["request"], names)
    assert len(capsys.readouterr().out) > 20
    for model in receipt["models"]:
        assert model["weights_sha256"] in receipt["python"]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_comparison_can_fail(make: Make, name: str) -> None:
    """Another seed or temperature gives another result, or these tests would see nothing."""
    receipt = make(REQUESTS[name]).receipt
    old, new = {
        "distribution": ("temperature=0.5", "temperature=0.6"),
        "draws": ("191, 7)", "191, 8)"),
        "text": ("seed = 'bad', 3", "seed = 'bad', 4"),
        "beam": ("length_penalty=0.5", "length_penalty=0.6") if name == "beam" else ("B 0.9", "B 0.8"),
        "sweep": ("'top_k': 3", "'top_k': 4"),
        "chaos": ("seed=4", "seed=5"),
        "perplexity": ("0.5, ", "0.6, "),
        "reading": ("top_k=3", "top_k=4"),
    }[receipt["kind"]]
    source = receipt["python"].replace(old, new)
    assert source != receipt["python"]
    assert not same(receipt["result"], receipt["request"], run(source))


@pytest.mark.parametrize(
    "prompt", ["'''\"\"\"\\", "a\nb\r\t", "\N{RIGHT-TO-LEFT OVERRIDE}ab", "{0} %s $x", "ab\ud800"]
)
def test_a_prompt_stays_a_text(make: Make, prompt: str) -> None:
    receipt = make(asked("chaos", prompt=prompt)).receipt
    assert same(receipt["result"], receipt["request"], run(receipt["python"]))


def test_an_order_of_ones_own_is_kept(make: Make) -> None:
    order = [*TEMPERATURE_LAST[3:], *TEMPERATURE_LAST[:3]]
    panels = [{"order": order, "top_p": 0.8, "temperature": 3, "repetition_penalty": 1.5}]
    receipt = make(asked("distribution", panels=panels)).receipt
    assert same(receipt["result"], receipt["request"], run(receipt["python"]))
    default = make(asked("distribution", panels=[{**panels[0], "order": "temperature first"}])).receipt
    assert not np.allclose(
        default["result"]["panels"][0]["probabilities"], receipt["result"]["panels"][0]["probabilities"]
    )
