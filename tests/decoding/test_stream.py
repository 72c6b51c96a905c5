"""Writing: the text that settings and seed stand for, however it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.decoding.fakes import ALPHABET, FakeNet, coin, next_letter
from textgen import stages
from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.stream import NO_TOKEN, Stream, Writer, generate, likeliest
from textgen.models import folder as checkpoint
from textgen.nets.base import LanguageModel
from textgen.nets.lstm import LSTM
from textgen.records import Step
from textgen.settings import DecodeSettings
from textgen.stages import TEMPERATURE_LAST

GREEDY = DecodeSettings(temperature=0)
SHIPPED = Path(__file__).parents[2] / "models" / "shakespeare-char-lstm"
MORE: Any = {"#3": 1.5, "#5": None}
PANES = (
    DecodeSettings(temperature=0.2),
    DecodeSettings(temperature=1.2, top_k=10, top_p=0.9),
    DecodeSettings(repetition_penalty=1.3, no_repeat_ngram=3, min_p=0.01),
    DecodeSettings(temperature=0.7, typical=0.9, top_n_sigma=2.0, order=TEMPERATURE_LAST),
    DecodeSettings(temperature=0.2),
    DecodeSettings(repetition_penalty=1.3, no_repeat_ngram=3, min_p=0.01),
    DecodeSettings(mirostat=2.0, mirostat_eta=0.4, temperature=1.3, presence_penalty=0.4),
    DecodeSettings(dynamic_temperature=0.5, smoothing=0.2, frequency_penalty=0.2, logit_bias=MORE),
)


def ids_of(steps: Sequence[Step], row: int = 0) -> list[int]:
    return [int(step.ids[row]) for step in steps]


def write(net: FakeNet, settings: DecodeSettings, prompt: str, length: int, seed: int = 0) -> str:
    steps = list(generate(net, [Stream(settings, seed, net.ids(prompt))], length))
    return net.text(ids_of(steps))


def random_lstm() -> LanguageModel:
    torch.manual_seed(0)
    net = LSTM(LSTM.Sizes(40, embedding=8, hidden=64)).eval().requires_grad_(False)
    torch.nn.init.normal_(net.head.weight, 0, 1)  # far from uniform, so that stages have work
    return net


@pytest.fixture(scope="module", params=["random", "shipped"])
def net(request: pytest.FixtureRequest) -> LanguageModel:
    if request.param == "random":
        return random_lstm()
    return checkpoint.load(SHIPPED).net


def test_greedy_writes_the_alphabet() -> None:
    assert write(FakeNet(next_letter), GREEDY, "xa", 10) == "bcdefghijk"


def test_length_0_writes_nothing() -> None:
    assert list(generate(FakeNet(next_letter), [Stream(GREEDY, 0, (0,))], 0)) == []


def test_no_repeat_ngram_reads_the_prompt_and_what_was_written() -> None:
    """After "ab" comes "a" in a net that only alternates; bigrams may come once, so it must leave."""

    def alternate(text: str) -> list[float]:
        favourite = "b" if text[-1] == "a" else "a"
        return [8.0 if letter == favourite else -float(i) for i, letter in enumerate(ALPHABET)]

    assert write(FakeNet(alternate), GREEDY, "a", 6) == "bababa"
    assert write(FakeNet(alternate), replace(GREEDY, no_repeat_ngram=2), "a", 6) == "baacad"
    assert write(FakeNet(alternate), replace(GREEDY, no_repeat_ngram=2), "abac", 4) == "aada"


def test_a_pane_keeps_only_what_it_may() -> None:
    text = write(FakeNet(next_letter), DecodeSettings(temperature=5, top_k=2), "a", 200)
    gaps = {(ALPHABET.index(b) - ALPHABET.index(a)) % len(ALPHABET) for a, b in pairwise("a" + text)}
    assert gaps == {1, 2}


def test_seeds_are_luck() -> None:
    net = FakeNet(coin, "ab")
    texts = {write(net, DecodeSettings(), "a", 30, seed) for seed in range(20)}
    assert len(texts) == 20
    assert write(net, DecodeSettings(), "a", 30, seed=7) == write(net, DecodeSettings(), "a", 30, seed=7)


def test_a_text_is_the_same_alone_beside_others_and_continued(net: LanguageModel) -> None:
    context = (1, 2, 3, 1, 2)
    streams = [Stream(settings, 5 + i // 2, context) for i, settings in enumerate(PANES)]
    together = list(generate(net, streams, 120))
    for row, stream in enumerate(streams):
        expected = ids_of(together, row)
        assert ids_of(list(generate(net, [stream], 120))) == expected, "alone"
        again = Stream(stream.settings, stream.seed, (*context, *expected[:50]), start=50)
        assert ids_of(list(generate(net, [again], 70))) == expected[50:], "continued"
    assert len({tuple(ids_of(together, row)) for row in range(len(streams))}) == len(streams)


def test_streams_may_have_their_own_contexts_and_starts(net: LanguageModel) -> None:
    streams = [Stream(PANES[i % 4], i % 3, (i, 2 * i, 1), start=10 * i) for i in range(8)]
    together = list(generate(net, streams, 30))
    for row, stream in enumerate(streams):
        assert ids_of(list(generate(net, [stream], 30))) == ids_of(together, row)


def test_rows_that_differ_in_temperature_alone_share_their_stages(net: LanguageModel) -> None:
    bases = (DecodeSettings(), PANES[1], PANES[2], PANES[3])
    settings = [base.at(t) for t in (0.0, 0.3, 1.0, 0.7, 3.0) for base in bases]
    streams = [Stream(chosen, i % 3, (1, 2)) for i, chosen in enumerate(settings)]
    assert len(Writer(net, streams, frozenset()).stages.groups) == 2 * len(bases), "0 stands apart"
    together = list(generate(net, streams, 60))
    for row, stream in enumerate(streams):
        assert ids_of(list(generate(net, [stream], 60))) == ids_of(together, row)


def test_mirostat_holds_the_surprise_at_its_target(net: LanguageModel) -> None:
    """Over 400 tokens their mean comes near the target, whatever the temperature would make of it."""
    for target, temperature in [(1.0, 1.0), (1.0, 1.6), (1.7, 1.6)]:
        settings = DecodeSettings(mirostat=target, mirostat_eta=0.2, temperature=temperature)
        steps = list(generate(net, [Stream(settings, 2, (1, 2))], 400))
        bits = -np.log2([float(step.decoded[0]) for step in steps])
        assert abs(bits.mean() - target) < 0.1
        other = DecodeSettings(temperature=temperature)
        free = list(generate(net, [Stream(other, 2, (1, 2))], 400))
        assert abs(-np.log2([float(step.decoded[0]) for step in free]).mean() - target) > 0.1, "it can fail"


def test_a_text_does_not_end_before_its_least_length(net: LanguageModel) -> None:
    stops = frozenset(range(0, net.vocab_size, 2))
    for least in (0, 5, 30):
        stream = Stream(DecodeSettings(min_length=least), 1, (1, 2))
        ids = ids_of(list(generate(net, [stream], 60, stops)))
        assert least < len(ids) < 60
        assert not stops.intersection(ids[:-1])
        again = Stream(stream.settings, 1, (1, 2, *ids[:4]), start=4) if least else stream
        assert ids_of(list(generate(net, [again], 60 - again.start, stops))) == ids[again.start :]


def test_stopping_early_changes_nothing(net: LanguageModel) -> None:
    stream = Stream(PANES[1], 3, (4, 5))
    first = list(islice(generate(net, [stream], 1000), 20))
    assert ids_of(first) == ids_of(list(generate(net, [stream], 20)))


def test_it_is_the_walk_that_the_design_describes(net: LanguageModel) -> None:
    """context → model → logits → stages → pick → token → context, written down without any speed."""
    settings = replace(PANES[1], repetition_penalty=1.2, no_repeat_ngram=2)
    pipeline, noise, text = Pipeline(settings), GumbelNoise(11, net.vocab_size), [1, 2, 3]
    for index, step in enumerate(generate(net, [Stream(settings, 11, (1, 2, 3))], 25)):
        with torch.inference_mode():
            logits = net(torch.tensor([text]))[0, -1].double().numpy()
        token = int(pick(pipeline(logits, text), noise.at(index)))
        assert step.ids.tolist() == [token]
        assert step.decoded[0] == pytest.approx(pipeline.probabilities(logits, text)[token], abs=1e-5)
        assert step.probabilities[0] == pytest.approx(stages.softmax(logits)[token], abs=1e-5)
        text.append(token)


def test_a_step_tells_what_the_model_thought() -> None:
    net = FakeNet(lambda text: [3.0, 1.0, 3.0, 2.0, 0.0, -1.0], "abcdef")
    steps = list(generate(net, [Stream(DecodeSettings(temperature=2), seed, (0,)) for seed in range(50)], 2))
    learned = stages.softmax(np.array(net.score("")))
    assert [step.index for step in steps] == [0, 1]
    for token, probability, rank in zip(steps[0].ids, steps[0].probabilities, steps[0].ranks, strict=True):
        assert probability == pytest.approx(learned[token])
        assert rank == 1 + (learned > learned[token]).sum()
    assert (steps[0].top_ids == [0, 2, 3, 1, 4]).all()
    np.testing.assert_allclose(steps[0].top_probabilities[0], learned[[0, 2, 3, 1, 4]])
    np.testing.assert_allclose(steps[0].surprisal, -np.log2(steps[0].probabilities))


def test_likeliest_is_a_stable_sort_of_any_vocabulary() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 3, 6, 2000):
        values = rng.integers(0, 4, (3, size)).astype(np.float64)
        expected = np.argsort(-values, axis=1, kind="stable")[:, :5]
        assert np.array_equal(likeliest(values, 5), expected)


def test_a_stream_ends_at_its_stop_and_the_others_go_on() -> None:
    net = FakeNet(next_letter)
    streams = [Stream(GREEDY, 0, net.ids(letter)) for letter in "aw"]
    steps = list(generate(net, streams, 10, stops=frozenset(net.ids("z"))))
    assert net.text(ids_of(steps, 0)) == "bcdefghijk"
    assert ids_of(steps, 1) == [*net.ids("xyz"), *[NO_TOKEN] * 7]
    assert [step.decoded[1] for step in steps[3:]] == [1.0] * 7


def test_it_ends_when_all_have_ended() -> None:
    net = FakeNet(next_letter)
    streams = [Stream(GREEDY, 0, net.ids(letter)) for letter in "tw"]
    steps = list(generate(net, streams, 1000, stops=frozenset(net.ids("z"))))
    assert len(steps) == 6


def test_a_shared_context_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    net, read = FakeNet(next_letter), []
    plain = net.prefill
    monkeypatch.setattr(net, "prefill", lambda ids: read.append(ids.tolist()) or plain(ids))
    streams = [Stream(DecodeSettings(), seed, context) for seed, context in enumerate([(0,), (1,), (0,)])]
    assert len(next(generate(net, streams, 1)).ids) == 3
    assert read == [[[0], [1]]]
