"""Beam search on models small enough to know every answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.decoding.fakes import FakeNet
from textgen.decoding.beam import NetScorer, beam_search, best_text, ignored, largest, ranking, single_path
from textgen.decoding.stream import Stream, generate
from textgen.decoding.table_model import FIGURE_12, TableModel, parse_table
from textgen.nets.lstm import LSTM
from textgen.records import BEAM_ENDS, BeamStep, Hypothesis
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import log_softmax


def random_table(tokens: int, depth: int, seed: int) -> TableModel:
    """Another distribution after every text of up to `depth` tokens."""
    rng = np.random.default_rng(seed)
    texts = (text for size in range(depth + 1) for text in itertools.product(range(tokens), repeat=size))
    lines = {text: log_softmax(rng.normal(0, 1.5, tokens)) for text in texts}
    return TableModel(tuple(map(str, range(tokens))), lines)


def search(model: TableModel, decode: DecodeSettings | None = None, **settings: Any) -> list[BeamStep]:
    return list(beam_search(model, BeamSettings(**settings), decode))


def spell(model: TableModel, hypothesis: Hypothesis) -> str:
    return " ".join(model.labels[i] for i in hypothesis.ids)


def every_text(
    model: TableModel, length: int, stops: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], float]]:
    """All texts that end on a stop or at the length, with their Σ ln p."""
    for size in range(1, length + 1):
        for ids in itertools.product(range(model.vocab_size), repeat=size):
            ends = ids[-1] in stops or size == length
            if ends and not any(token in stops for token in ids[:-1]):
                yield ids, float(sum(model.after(ids[:i])[token] for i, token in enumerate(ids)))


def test_the_figure_of_the_report() -> None:
    """Figure 12: width 2 keeps A, B; then A B, B A; then B A C and A B B are the best."""
    model = parse_table(FIGURE_12)
    steps = search(model, width=2, length=3)
    assert [kept_of(model, steps, step.index) for step in steps[:2]] == [["A", "B"], ["A B", "B A"]]
    assert [spell(model, h) for h in steps[-1].finished] == ["B A C", "A B B"]
    assert [math.exp(h.logprob) for h in steps[-1].finished] == pytest.approx(
        [0.4 * 0.7 * 0.6, 0.5 * 0.6 * 0.5]
    )
    assert steps[-1].done == "length"


def kept_of(model: TableModel, steps: list[BeamStep], index: int) -> list[str]:
    """The texts that went on after a step, told by following parents."""
    places = [place for place, fate in enumerate(steps[index].fates) if fate == "kept"]
    return [" ".join(model.labels[i] for i in walk_back(steps, index, place)) for place in places]


def walk_back(steps: list[BeamStep], index: int, place: int) -> list[int]:
    ids: list[int] = []
    for step in reversed(steps[: index + 1]):
        ids.append(int(step.ids[place]))
        place = int(step.parents[place])
    assert place == -1
    return ids[::-1]


@pytest.mark.parametrize("stops", [(), (0,), (0, 2)])
@pytest.mark.parametrize("penalty", [-1.0, 0.0, 1.0, 2.0])
def test_full_width_finds_the_best_of_all(stops: tuple[int, ...], penalty: float) -> None:
    """With room for every text and no early end, beam search is exhaustive enumeration."""
    model = random_table(tokens=3, depth=3, seed=len(stops))
    steps = search(model, width=64, length=4, length_penalty=penalty, stops=stops, early_stopping="never")
    expected = sorted(
        ((total / len(ids) ** penalty, ids) for ids, total in every_text(model, 4, stops)), reverse=True
    )[:64]
    found = steps[-1].finished
    assert [h.ids for h in found] == [ids for _, ids in expected]
    np.testing.assert_allclose([h.score for h in found], [score for score, _ in expected])
    assert [h.stopped for h in found] == [h.ids[-1] in stops for h in found]


@pytest.mark.parametrize("seed", range(5))
def test_width_1_is_greedy(seed: int) -> None:
    model = random_table(tokens=5, depth=3, seed=seed)
    greedy = single_path(model, BeamSettings(length=8), DecodeSettings(temperature=0))
    found = search(model, width=1, length=8)[-1].finished
    assert [h.ids for h in found] == [greedy.ids]
    assert found[0].logprob == pytest.approx(greedy.logprob)
    assert found[0].score == pytest.approx(greedy.score)


@pytest.mark.parametrize("sampling", [False, True])
def test_the_records_tell_the_whole_story(sampling: bool) -> None:
    model = random_table(tokens=6, depth=3, seed=1)
    steps = search(model, width=4, length=6, stops=(0,), sampling=sampling, early_stopping="never")
    before = np.zeros(0)
    for step in steps:
        assert step.index == steps.index(step)
        assert len(step.ids) <= 4 * 4
        assert set(step.fates) <= {"kept", "finished", "pruned"}
        assert sum(fate == "kept" for fate in step.fates) <= 4
        came_from = before[step.parents] if step.index else np.zeros(len(step.ids))
        np.testing.assert_allclose(step.running_logprobs, came_from + step.logprobs)
        np.testing.assert_allclose(step.totals, step.running_logprobs)
        if not sampling:
            assert (np.diff(step.totals) <= 0).all(), "best first"
        if step.index:
            assert {steps[step.index - 1].fates[parent] for parent in step.parents} == {"kept"}
        before = step.running_logprobs
    assert [bool(step.done) for step in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1].done in BEAM_ENDS
    check_finished(steps)


def check_finished(steps: list[BeamStep]) -> None:
    for hypothesis in steps[-1].finished:
        end = len(hypothesis.ids) - 1
        assert steps[end].fates[hypothesis.path[-1]] == "finished"
        assert walk_back(steps, end, hypothesis.path[-1]) == list(hypothesis.ids)
        places = zip(steps, hypothesis.path, hypothesis.ids, hypothesis.logprobs, strict=False)
        for step, place, token, logprob in places:
            assert (step.ids[place], step.logprobs[place]) == (token, logprob)
        assert hypothesis.logprob == pytest.approx(steps[end].running_logprobs[hypothesis.path[-1]])


def test_only_the_best_width_may_finish() -> None:
    """The stop is third best of all: with width 2 it is pruned, with width 3 it finishes."""
    model = parse_table(": A 0.5, B 0.3, end 0.2")
    fates = {width: search(model, width=width, length=2, stops=(2,))[0].fates for width in (2, 3)}
    assert fates == {2: ("kept", "kept", "pruned"), 3: ("kept", "kept", "finished")}


def test_early_stopping_true_takes_the_first_that_finish() -> None:
    """`end` at once has ln 0.4; going on gives 0.6 · 0.99 with a longer text."""
    model = parse_table(": a 0.6, end 0.4\na: end 0.99, a 0.01")
    eager = search(model, width=1, length=5, stops=(1,), early_stopping=True)
    assert [spell(model, h) for h in eager[-1].finished] == ["a end"]
    assert eager[-1].done == "enough"
    two = search(model, width=2, length=5, stops=(1,), early_stopping=True)
    assert [spell(model, h) for h in two[-1].finished] == ["a end", "end"]
    assert (len(two), two[-1].done) == (2, "enough")


def test_never_waits_for_long_texts_that_a_penalty_favours() -> None:
    """`end` finishes first; only at full length does the penalty lift the long text above it."""
    model = parse_table(": a 0.4, end 0.6\na: a 0.9, end 0.1")
    settings = {"width": 1, "length": 8, "stops": (1,), "length_penalty": 2.0}
    found = {early: search(model, early_stopping=early, **settings) for early in (True, False, "never")}
    assert {early: len(steps) for early, steps in found.items()} == {True: 1, False: 1, "never": 8}
    assert {early: steps[-1].done for early, steps in found.items()} == {
        True: "enough",
        False: "no better",
        "never": "length",
    }
    assert spell(model, found["never"][-1].finished[0]) == "a a a a a a a a"


def test_never_hopes_for_length_only_where_length_helps() -> None:
    """With a penalty on length, a running text is judged at the length that it has."""
    model = parse_table(": a 0.5, x 0.3, y 0.2\na: a 0.6, x 0.4")
    steps = search(model, width=2, length=8, stops=(1, 2), early_stopping="never", length_penalty=-1.0)
    assert [spell(model, h) for h in steps[1].finished] == ["x", "a x"]
    assert [step.done for step in steps] == ["", "", "no better"]


def test_as_many_stops_as_you_like_leave_room_to_go_on() -> None:
    model = parse_table(": x 0.3, y 0.29, z 0.28, a 0.13")
    steps = search(model, width=1, length=3, stops=(0, 1, 2), early_stopping="never", length_penalty=9.0)
    assert steps[0].fates == ("finished", "pruned", "pruned", "kept")


def test_ranking_follows_the_length_penalty() -> None:
    model = parse_table(": a 0.6, end 0.4\na: a 0.6, end 0.4")
    found = search(model, width=4, length=6, stops=(1,), early_stopping="never", length_penalty=0.0)[
        -1
    ].finished
    short_first, long_first = ranking(found, 0.0), ranking(found, 3.0)
    assert [len(h.ids) for h in short_first] == [1, 2, 3, 4]
    assert [len(h.ids) for h in long_first] == [4, 3, 2, 1]
    assert [h.score for h in long_first] == [h.total / len(h.ids) ** 3 for h in long_first]
    assert ranking(long_first, 0.0) == found, "the totals are not touched"


def test_stages_that_removed_everything_end_the_search() -> None:
    """Unigrams may come once and there are two: the third step has nothing left but what is banned."""
    model = parse_table(": a 0.5, b 0.5\na: b 1\nb: a 1")
    steps = search(model, DecodeSettings(no_repeat_ngram=1), width=2, length=9)
    assert len(steps) == 9, "a ban of everything bans nothing"
    steps = search(parse_table(": a 1\na: b 1\nb: end 1"), width=2, length=9, stops=(2,))
    assert [spell(parse_table(": a 1\na: b 1\nb: end 1"), h) for h in steps[-1].finished] == ["a b end"]
    assert steps[-1].done == "nothing left"


def test_stages_see_the_context_and_each_text_its_own() -> None:
    model = parse_table(": a 0.5, b 0.3, c 0.2")
    texts = [
        spell(model, h)
        for h in list(
            beam_search(
                model, BeamSettings(width=8, length=2), DecodeSettings(no_repeat_ngram=1), context=(2,)
            )
        )[-1].finished
    ]
    assert texts == ["a b", "b a"]


def test_what_a_search_ignores() -> None:
    decode = DecodeSettings(temperature=0.5, top_k=3, no_repeat_ngram=2)
    assert ignored(decode, BeamSettings()) == ("temperature", "top_k")
    assert ignored(decode, BeamSettings(sampling=True)) == ()
    assert ignored(decode.at(0), BeamSettings(sampling=True)) == ("temperature", "top_k")


def test_largest_is_a_stable_sort_without_what_is_removed() -> None:
    values = np.array([1.0, 3.0, -np.inf, 3.0, 2.0, 1.0])
    assert largest(values, 3).tolist() == [1, 3, 4]
    assert largest(values, 4).tolist() == [1, 3, 4, 0]
    assert largest(values, 99).tolist() == [1, 3, 4, 0, 5]
    assert largest(np.full(3, -np.inf), 2).tolist() == []


@pytest.fixture(scope="module")
def net() -> LSTM:
    torch.manual_seed(3)
    net = LSTM(LSTM.Sizes(20, embedding=8, hidden=32)).eval().requires_grad_(False)
    torch.nn.init.normal_(net.head.weight, 0, 1)
    return net


def test_a_net_is_searched_through_its_states(net: LSTM) -> None:
    """Scores of reordered and forked states are those of reading each text from its start."""
    *_, last = beam_search(NetScorer(net, (1, 2)), BeamSettings(width=5, length=12))
    for hypothesis in last.finished:
        logs = net(torch.tensor([[1, 2, *hypothesis.ids]]))[0].double().log_softmax(-1).numpy()
        expected = [logs[1 + i, token] for i, token in enumerate(hypothesis.ids)]
        np.testing.assert_allclose(hypothesis.logprobs, expected, rtol=0, atol=1e-5)


def test_the_best_text_is_the_first_of_the_last_ranking(net: LSTM) -> None:
    settings, decode = BeamSettings(width=3, length=9, stops=(4,)), DecodeSettings(no_repeat_ngram=2)
    *_, last = beam_search(NetScorer(net, (1, 2)), settings, decode, (1, 2))
    best = best_text(net, (1, 2), settings, decode)
    assert best == last.finished[0] == max(last.finished, key=lambda found: found.score)
    np.testing.assert_allclose(2.0**-best.surprisal, np.exp(best.logprobs))


@pytest.mark.filterwarnings("ignore:invalid value")  # −inf everywhere is no distribution
def test_where_no_token_is_left_the_best_text_is_empty() -> None:
    net = FakeNet(lambda _text: [-math.inf, -math.inf], "ab")
    best = best_text(net, (0,), BeamSettings(width=2, length=3))
    assert (best.ids, best.surprisal.tolist(), best.stopped) == ((), [], False)


def test_a_single_path_is_what_generate_writes(net: LSTM) -> None:
    for decode in (DecodeSettings(temperature=0), DecodeSettings(temperature=0.8, no_repeat_ngram=2)):
        path = single_path(NetScorer(net, (1, 2)), BeamSettings(length=30, seed=5), decode, (1, 2))
        written = list(generate(net, [Stream(decode, 5, (1, 2))], 30))
        assert path.ids == tuple(int(step.ids[0]) for step in written)
        assert path.logprob == pytest.approx(sum(math.log(step.probabilities[0]) for step in written))


def test_a_search_reads_like_its_net() -> None:
    """A net that likes "ab" but for whom "c" is certain to be followed by "d"."""

    def score(text: str) -> list[float]:
        return [-9.0, -9.0, -9.0, 9.0] if text[-1] == "c" else [1.0, 1.1, 1.05, -9.0]

    net = FakeNet(score, "abcd")
    *_, last = beam_search(NetScorer(net, net.ids("a")), BeamSettings(width=3, length=2))
    assert net.text(last.finished[0].ids) == "cd"
    assert (
        net.text(single_path(NetScorer(net, (0,)), BeamSettings(length=2), DecodeSettings(temperature=0)).ids)
        == "bb"
    )
