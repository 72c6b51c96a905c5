"""The transformers source in a receipt runs, on our own nets, and agrees with the receipt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput

from tests.receipts.asked import REQUESTS, Make, asked
from textgen.experiments.draws.chi_squared import chi_squared
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.receipts.transformers import OWN_ORDER, SUPPRESSED_LATE, TOP_FIRST

NO_SIGMA = "transformers has no top-n-sigma"

Run = Callable[..., dict[str, Any]]


class Driven(PreTrainedModel, GenerationMixin):
    """One of our nets as a model of transformers."""

    config_class = PretrainedConfig

    def __init__(self, model: Model) -> None:
        config = PretrainedConfig(vocab_size=model.net.vocab_size, is_encoder_decoder=False)  # pyright: ignore[reportCallIssue]
        super().__init__(config)
        self.net = model.net
        self.generation_config.use_cache = False

    def forward(self, input_ids: Tensor, **_: Any) -> CausalLMOutput:
        return CausalLMOutput(logits=self.net.unroll(input_ids)[0])  # type: ignore[arg-type]

    def prepare_inputs_for_generation(self, input_ids: Tensor, *_: Any, **__: Any) -> dict[str, Any]:
        return {"input_ids": input_ids}


@pytest.fixture
def run(make: Make, models: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A request → the names in its transformers source once it has run, beside its receipt."""
    plain = torch.sort  # theirs leaves ties in any order
    monkeypatch.setattr(torch, "sort", lambda *args, **named: plain(*args, stable=True, **named))
    monkeypatch.chdir(tmp_path)

    def running(request: dict[str, Any]) -> dict[str, Any]:
        made = make(request)
        (tmp_path / "receipt.json").write_text(made.receipt_text(), encoding="utf-8")
        model = Driven(models.get(request["model"])) if "model" in request else None
        names: dict[str, Any] = {"model": model}
        exec(compile(made.receipt["transformers"], "receipt", "exec"), names)
        return {**names, "receipt": made.receipt, "result": made.receipt["result"]}

    return running


STAGES = {
    "temperature": st.sampled_from([0, 0.3, 1, 2.5]),
    "top_k": st.integers(0, 12),
    "top_p": st.floats(0.05, 1),
    "min_p": st.floats(0, 0.5),
    "typical": st.floats(0.05, 1),
    "epsilon": st.floats(0, 0.2),
    "eta": st.floats(0, 0.2),
    "repetition_penalty": st.floats(0.5, 2),
    "logit_bias": st.sampled_from([{"#0": -2.0, "#1": None}, {"#3": 1.5}]),
    "min_length": st.sampled_from([0, 3]),
    "order": st.sampled_from(["temperature first", "temperature last"]),
}


@given(panels=st.lists(st.fixed_dictionaries({}, optional=STAGES), min_size=1, max_size=3))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_distributions_agree_whatever_the_stages(run: Run, panels: list[dict[str, Any]]) -> None:
    names = run(asked("distribution", panels=panels))
    for theirs, ours in zip(names["panels"], names["result"]["panels"], strict=True):
        np.testing.assert_allclose(theirs[0].numpy(), ours["probabilities"], rtol=0, atol=1e-6)


def test_ends_that_come_too_soon_are_removed_by_both(run: Run) -> None:
    names = run(asked("distribution", model="names", panels=[{"min_length": 2, "top_p": 0.9}, {}]))
    early, free = (panel[0].numpy() for panel in names["panels"])
    np.testing.assert_allclose(early, names["result"]["panels"][0]["probabilities"], rtol=0, atol=1e-6)
    assert np.count_nonzero(early) < np.count_nonzero(free)


def test_typed_in_numbers_agree(run: Run) -> None:
    names = run(REQUESTS["typed-in numbers"])
    assert names["panels"][0][0].tolist() == pytest.approx(names["result"]["panels"][0]["probabilities"])


def test_what_transformers_lacks_is_said(run: Run, make: Make) -> None:
    names = run(asked("distribution", panels=[{"top_n_sigma": 1}, {"top_k": 2}]))
    assert names["panels"][0] is None
    assert names["receipt"]["transformers_note"].startswith(NO_SIGMA)
    alone = make(asked("distribution", panels=[{"top_n_sigma": 1}])).receipt
    assert alone["transformers"] is None
    assert NO_SIGMA in alone["transformers_note"]
    # At T = 0 it has no effect, wherever it stands.
    cold = make(
        asked("distribution", panels=[{"top_n_sigma": 1, "temperature": 0, "order": "temperature last"}])
    )
    assert NO_SIGMA in cold.receipt["transformers_note"]


def test_the_order_of_generate_is_told_where_it_is_another(make: Make) -> None:
    panel = {"temperature": 2, "top_p": 0.5}
    first = make(asked("distribution", panels=[panel])).receipt
    last = make(asked("distribution", panels=[{**panel, "order": "temperature last"}])).receipt
    assert first["transformers_note"] == ""
    assert "generate() has its own" in last["transformers_note"]


def test_draws_agree_within_chance(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    names = run(asked("draws", n=20_000))
    rows = [eval(line) for line in capsys.readouterr().out.splitlines()]
    assert [sum(row) for row in rows] == [20_000] * 3
    for row, truth in zip(rows, names["result"]["probabilities"], strict=True):
        fit = chi_squared(np.array(row), np.array(truth))
        assert fit.p_value is not None
        assert fit.p_value > 1e-3
    wrong = chi_squared(np.array(rows[0]), np.array(names["result"]["probabilities"][2]))
    assert wrong.p_value is not None
    assert wrong.p_value < 1e-6  # the test can fail


def texts(model: str, *wanted: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "text", "model": model, "prompt": "ab", "seed": 0, "texts": list(wanted)}


GREEDY = {"settings": {}, "strategy": "greedy", "length": 15}
PENALTY = {"settings": {"repetition_penalty": 1.4, "no_repeat_ngram": 3}, "strategy": "greedy", "length": 15}
FURTHER = {
    "settings": {"logit_bias": {"#3": 1.5, "#4": None}, "min_length": 6},
    "strategy": "greedy",
    "length": 15,
}
BEAM = {"settings": {"temperature": 0.4, "top_k": 2}, "strategy": "beam", "width": 3, "length": 8}


@pytest.mark.parametrize("model", ["tiny", "names", "words"])
def test_greedy_and_beam_texts_are_the_same(run: Run, model: str) -> None:
    names = run(texts(model, GREEDY, PENALTY, FURTHER, BEAM))
    prompt = names["ids"].shape[1]
    assert len(names["texts"]) == 4
    for theirs, ours in zip(names["texts"], names["result"]["texts"], strict=True):
        found = theirs[0].tolist()[prompt:]
        assert found[: len(ours["ids"])] == ours["ids"]
        assert all(token == found[-1] for token in found[len(ours["ids"]) :])  # filled up behind the end
    assert "the same" in names["receipt"]["transformers_note"]


def test_sampled_texts_have_the_same_distribution(run: Run, models: Registry) -> None:
    """One token, drawn 4,000 times by their rules, against our distribution."""
    sampled = {"temperature": 1.7, "top_k": 8, "top_p": 0.95, "repetition_penalty": 1.2}
    receipt = run(texts("tiny", {"settings": sampled, "length": 1}))["receipt"]
    source = receipt["transformers"].replace(
        "max_new_tokens=1", "max_new_tokens=1, num_return_sequences=4000"
    )
    names: dict[str, Any] = {"model": Driven(models.get("tiny"))}
    exec(source, names)
    counts = np.bincount(names["texts"][0][:, -1].numpy(), minlength=12)
    request = asked("distribution", context="ab", panels=[sampled, {"temperature": 1.7}])
    ours, plain = (np.array(panel["probabilities"]) for panel in run(request)["result"]["panels"])
    fit, other = chi_squared(counts, ours), chi_squared(counts, plain)
    assert fit.p_value is not None
    assert fit.p_value > 1e-3
    assert other.p_value is not None
    assert other.p_value < 1e-6


@pytest.mark.parametrize("model", ["tiny", "names", "words"])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_beam_searches_find_the_same(run: Run, model: str, penalty: float) -> None:
    beam = {"width": 4, "length": 7, "length_penalty": penalty}
    further = {"repetition_penalty": 1.2, "min_length": 3, "logit_bias": {"#2": 0.7, "#4": None}}
    changes = {} if model == "words" else further
    names = run(asked("beam", model=model, beam=beam, settings=changes))
    prompt, finished = names["ids"].shape[1], names["result"]["finished"]
    rows = [row.tolist()[prompt:] for row in names["output"].sequences]
    assert [row[: len(ours["ids"])] for row, ours in zip(rows, finished, strict=True)] == [
        ours["ids"] for ours in finished
    ]
    scores = [ours["score"] for ours in finished]
    np.testing.assert_allclose(names["output"].sequences_scores.tolist(), scores, rtol=0, atol=1e-4)


def test_a_suppressed_token_and_a_penalty_have_no_call(make: Make) -> None:
    penalty = {"repetition_penalty": 1.2}
    receipt = make(asked("beam", model="words", beam={"width": 4}, settings=penalty)).receipt
    assert receipt["transformers"] is None
    assert SUPPRESSED_LATE in receipt["transformers_note"]


def test_perplexity_agrees(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for window in (3, 100):
        result = run(asked("perplexity", window=window))["result"]
        printed = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()]
        assert printed == pytest.approx(result["perplexities"], rel=1e-6)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ({"settings": {"top_n_sigma": 1}}, NO_SIGMA),
        ({"settings": {"presence_penalty": 1}}, "transformers has no presence-penalty"),
        ({"settings": {"mirostat": 3}}, "transformers has no mirostat"),
        ({"settings": {"temperature": 2, "top_p": 0.5, "order": "temperature last"}}, OWN_ORDER),
        (
            {"settings": {"temperature": 0, "typical": 0.5, "order": "temperature last"}},
            f"typical {TOP_FIRST}",
        ),
        ({"settings": {}, "picks": [[3, 1]]}, "chosen by hand"),
        (
            {"settings": {}, "strategy": "beam", "width": 2, "legs": [[0, 9], [4, 12]]},
            "several beam searches",
        ),
        ({"settings": {}, "strategy": "beam", "width": 2, "legs": [[0, 40]]}, "stopped before its end"),
    ],
)
def test_why_there_is_no_call_for_a_text(make: Make, text: dict[str, Any], reason: str) -> None:
    receipt = make(texts("tiny", {**text, "length": 8})).receipt
    assert receipt["transformers"] is None
    assert reason in receipt["transformers_note"]
    both = make(texts("tiny", {**text, "length": 8}, GREEDY)).receipt
    assert "None,  # " in both["transformers"]


@pytest.mark.parametrize("name", ["typed-in table", "sweep", "chaos"])
def test_kinds_without_a_call_say_why(make: Make, name: str) -> None:
    receipt = make(REQUESTS[name]).receipt
    assert receipt["transformers"] is None
    assert len(receipt["transformers_note"]) > 30


@pytest.mark.parametrize("model", ["tiny", "names", "words"])
def test_readings_agree(run: Run, model: str) -> None:
    names = run(asked("reading", model=model, text="bad abc\nfed a bad"))
    assert len(names["surprises"]) > 3
    assert names["surprises"] == pytest.approx(names["result"]["surprise_bits"], rel=1e-5)
    assert names["ranks"] == names["result"]["ranks"]
