"""The threads that compute for everybody: same texts in any company, and nobody holds them long."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import numpy as np
import pytest
import torch

from tests.decoding.fakes import FakeNet, coin, next_letter
from textgen.decoding.reading import Reader
from textgen.decoding.scheduler import (
    LONG,
    QUESTION,
    ROWS,
    TEXTS,
    Batch,
    Job,
    Scheduler,
    Texts,
    Work,
    chosen,
)
from textgen.decoding.stream import Stream, generate
from textgen.nets.attention_lstm import AttentionLSTM
from textgen.nets.base import LanguageModel
from textgen.nets.gpt import GPT
from textgen.nets.lstm import LSTM
from textgen.nets.windowed_lstm import WindowedLSTM
from textgen.records import Step
from textgen.settings import DecodeSettings

GREEDY = DecodeSettings(temperature=0)
KINDS = (
    DecodeSettings(temperature=0.7),
    DecodeSettings(temperature=1.3, top_k=8, top_p=0.9),
    DecodeSettings(temperature=0.9, top_k=8, top_p=0.9, typical=0.9, top_n_sigma=2),
    DecodeSettings(repetition_penalty=1.3, no_repeat_ngram=3, min_p=0.01),
    DecodeSettings(mirostat=3),
    GREEDY,
)
FIELDS = ("ids", "probabilities", "decoded", "ranks", "top_ids", "top_probabilities")


def same(ours: Sequence[Step], theirs: Sequence[Step]) -> bool:
    """Whether the steps agree to the last bit."""
    return [step.index for step in ours] == [step.index for step in theirs] and all(
        np.array_equal(getattr(one, field), getattr(other, field))
        for one, other in zip(ours, theirs, strict=True)
        for field in FIELDS
    )


def net_of(kind: str) -> LanguageModel:
    torch.manual_seed(0)
    nets: dict[str, LanguageModel] = {
        "lstm": LSTM(LSTM.Sizes(30, 8, 32)),
        "attention": AttentionLSTM(AttentionLSTM.Sizes(30, 8, 6, window=5)),
        "gpt": GPT(GPT.Sizes(30, block=9)),
        "windowed": WindowedLSTM(WindowedLSTM.Sizes(30, window=6)),
    }
    for parameter in nets[kind].parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    return nets[kind].eval().requires_grad_(False)


@pytest.mark.parametrize(("kind", "times"), [("lstm", 10), ("attention", 3), ("gpt", 3), ("windowed", 3)])
def test_texts_are_the_same_in_any_company(kind: str, times: int) -> None:
    """Joins and leaves, two hundred of an LSTM: some read to their end, some are left early."""
    net, scheduler, chance = net_of(kind), Scheduler(threads=3), random.Random(1)
    reader, faults = Reader(net), list[str]()

    def visitor(number: int) -> None:
        draw = random.Random(number)
        for _ in range(times):
            size, length = draw.randint(1, 9), draw.randint(1, 25)
            settings = [draw.choice(KINDS) for _ in range(draw.randint(1, 4))]
            streams = [
                Stream(chosen, draw.randint(0, 2), tuple(draw.choices(range(30), k=size)), draw.randint(0, 9))
                for chosen in settings
            ]
            stops, wanted = frozenset({3} if draw.random() < 0.5 else ()), draw.choice([length, 3])
            ours = list(islice(scheduler.texts(reader, streams, length, stops), wanted))
            if not same(ours, list(islice(generate(net, streams, length, stops), wanted))):
                faults.append(f"visitor {number}: {streams}")

    visitors = [threading.Thread(target=visitor, args=(chance.random(),)) for _ in range(20)]
    for thread in visitors:
        thread.start()
    for thread in visitors:
        thread.join()
    assert faults == []


def test_texts_of_all_step_in_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    net, scheduler = FakeNet(coin, "ab"), Scheduler(threads=1)
    lstm, sizes = net_of("lstm"), list[int]()
    plain = lstm.step
    monkeypatch.setattr(lstm, "step", lambda ids, state: sizes.append(len(ids)) or plain(ids, state))
    reader = Reader(lstm)
    with held(scheduler):
        texts = [scheduler.texts(reader, [Stream(GREEDY, 0, (1,))] * 30, 4) for _ in range(3)]
    assert [len(list(steps)) for steps in texts] == [4, 4, 4]
    assert sorted(sizes) == [30] * 3 + [60] * 3, f"no batch has more than {ROWS} rows"
    of_its_own_kind = scheduler.texts(Reader(net), [Stream(GREEDY, 0, (0,))], 2)
    assert len(list(of_its_own_kind)) == 2


@contextmanager
def held(scheduler: Scheduler) -> Iterator[None]:
    """Nothing begins before the end of the block, so that all begins in one round."""
    there, go = threading.Event(), threading.Event()

    def wait() -> Iterator[None]:
        there.set()
        go.wait(30)
        yield

    waiting = scheduler.pieces(wait())
    there.wait(30)
    yield
    go.set()
    assert len(list(waiting)) == 1


def test_questions_come_between_the_steps_of_long_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textgen.decoding.scheduler.AHEAD", 2)
    scheduler, order = Scheduler(threads=1), list[str]()

    def long() -> Iterator[int]:
        for number in range(20):
            order.append(f"piece {number}")
            yield number

    def score(_text: str) -> list[float]:
        order.append("answer")
        return [0.0, 0.0]

    with held(scheduler):
        pieces = scheduler.pieces(long())
        asked = threading.Thread(target=scheduler.read, args=(Reader(FakeNet(score, "ab")), [0]))
        asked.start()
        while not scheduler._queue[1:]:  # until both wait for the thread
            time.sleep(0.001)
    assert list(pieces) == list(range(20)), "in their order, though only two may wait to be taken"
    asked.join()
    assert order[0] == "answer"


def job(sort: str, served: int = 0) -> Job:
    made = Job(Work(), iter(()), sort)
    made.served = served
    return made


def test_turns() -> None:
    begun, short, long, other = job(QUESTION, served=9), job(QUESTION), job(LONG), job(LONG)
    reader = Reader(FakeNet(next_letter))
    texts = Batch(reader.net, frozenset(), Texts(reader.net, [], 1), reader([0]))
    assert chosen([begun, long, short], LONG) is short, "forty long readings that have begun do not delay it"
    assert chosen([begun, long, short], QUESTION) is long, "nor do questions delay all else"
    assert chosen([begun, short], QUESTION) is short
    assert chosen([long, other, texts], TEXTS) is long
    assert chosen([other, texts, long], LONG) is texts, "a crowd's texts do not wait for long work twice"
    assert chosen([other, long], LONG) is other


def test_abandoned_texts_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net, scheduler, read = FakeNet(next_letter), Scheduler(threads=1), list[int]()
    plain = net.prefill
    monkeypatch.setattr(
        net, "prefill", lambda ids, state=None: read.append(ids.shape[1]) or plain(ids, state)
    )
    streams = [Stream(GREEDY, 0, (0,) * 20_000)]
    with held(scheduler):
        abandoned = [scheduler.texts(Reader(net), streams, 400) for _ in range(40)]
        del abandoned
    assert scheduler.read(Reader(net), [1]).logits.shape == (1, net.vocab_size)
    assert read == [1]


def test_work_that_waits_to_be_taken_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textgen.decoding.scheduler.AHEAD", 2)
    scheduler, looks = Scheduler(), list[None]()
    plain = scheduler._take
    monkeypatch.setattr(scheduler, "_take", lambda: looks.append(None) or plain())
    pieces = scheduler.pieces(iter(range(10)))
    time.sleep(0.3)
    assert len(looks) < 30, "some ten waits of FLUSH, not one look after the other"
    assert list(pieces) == list(range(10))


def test_a_mistake_reaches_who_asked_and_nobody_else() -> None:
    net, broken, scheduler = FakeNet(next_letter), FakeNet(next_letter), Scheduler()

    def score(text: str) -> list[float]:
        if len(text) > 3:
            raise ValueError("the net is broken")
        return next_letter(text)

    broken.score = score
    whole = scheduler.texts(Reader(net), [Stream(GREEDY, 0, (0,))], 12)
    with pytest.raises(ValueError, match="the net is broken"):
        list(scheduler.texts(Reader(broken), [Stream(GREEDY, 0, (0,))], 12))
    with pytest.raises(ZeroDivisionError):
        list(scheduler.pieces(1 // n for n in (1, 0)))
    with pytest.raises(ValueError, match="the net is broken"):
        scheduler.read(Reader(broken), [0] * 5)
    assert len(list(whole)) == 12


@pytest.mark.parametrize("taken", [0, 1, 200])
def test_what_nobody_waits_for_ends(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textgen.decoding.scheduler.LINGER", 0.01)
    scheduler, closed = Scheduler(threads=1), threading.Event()

    def long() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with held(scheduler):
        pieces, threads = scheduler.pieces(long()), list(scheduler._threads)
    assert list(islice(pieces, taken)) == [0] * taken
    del pieces
    assert threads
    for thread in threads:
        thread.join(30)
    assert not scheduler._threads, "nothing is left to do"
    assert closed.is_set() or not taken


def test_a_fault_of_the_thread_itself_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> object:
        raise MemoryError("no memory")

    scheduler, reader = Scheduler(threads=1), Reader(FakeNet(next_letter))
    with monkeypatch.context() as patch:
        patch.setattr(scheduler, "_gather", full)
        with pytest.raises(MemoryError, match="no memory"):
            list(scheduler.texts(reader, [Stream(GREEDY, 0, (0,))], 5))
    assert len(list(scheduler.texts(reader, [Stream(GREEDY, 0, (0,))], 5))) == 5


def test_a_thread_ends_without_work_and_another_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textgen.decoding.scheduler.LINGER", 0.01)
    scheduler = Scheduler()

    def thread() -> threading.Thread:
        return next(scheduler.pieces(threading.current_thread() for _ in (0,)))

    first = thread()
    first.join(30)
    assert not first.is_alive()
    assert thread() is not first
