"""A few threads that compute for everybody: the texts of all visitors step together, long work takes turns.

Threads of Python fight for the interpreter: sixteen that each step a net write less on two cores than on
one. So whoever wants something of a net leaves it here, and as many threads as there are cores, up to
`THREADS`, take turn after turn, each of them

- a piece of a question (`read`), since somebody waits for it; the least served first, so that a short one
  does not wait for long ones, or else
- a step of a batch: texts of one net and one set of stops, up to `ROWS` rows, whoever wants them (continuous
  batching: Yu et al. 2022, Orca). Texts join and leave between two steps. Or
- a piece of long work (`pieces`): a beam search, a picture.

A text is the same to the last bit alone or in company, since a net's row and a stage's row are.
What nobody waits for any more ends at its next turn, and without work the threads end.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Generator, Hashable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar

import numpy as np
import torch

from textgen.decoding.picking import CommonNoise, pick
from textgen.decoding.reading import NOTHING, Read, Reader, pieces_of, result_of
from textgen.decoding.stream import (
    NO_TOKEN,
    BatchStages,
    Picked,
    Stream,
    advance,
    distinct_rows,
    generate,
    part,
    reading_by_stages,
    step_of,
)
from textgen.nets.base import LanguageModel
from textgen.nets.states import alike, joined
from textgen.records import Bools, Floats, Ints, Step

THREADS = 4  # at most: with more the interpreter has no more to give
ROWS = 64  # of a batch: as many as one thread steps without help
LEAST_ROWS = 16  # of a batch that another thread may have beside this one: below, two cost more than one
AHEAD = 64  # results of a long work that may wait for who asked; then the work waits
FLUSH = 0.03  # seconds: how often who waits for many results is woken
LINGER = 5.0  # seconds that a thread waits for more work
HELD = 64 * 1024  # numbers of steps that are described together, at most

Result = TypeVar("Result")
QUESTION, TEXTS, LONG = "question", "texts", "long"  # what has turns
END: Final = object()  # of an iterator


class Work(Generic[Result]):
    """Something asked for: results that the scheduler's threads put in and one other thread takes out."""

    def __init__(self, ahead: float = float("inf")) -> None:
        """ahead: how many results may wait to be taken."""
        self.ahead, self.ready = ahead, deque[Result]()
        self.error: BaseException | None = None
        self.over = False  # nothing will be put in any more
        self.left = False  # nobody takes out any more
        self._woken = threading.Event()
        self._flushed = 0.0

    @property
    def full(self) -> bool:
        return len(self.ready) >= self.ahead

    def put(self, result: Result) -> None:
        """The first result wakes who waits at once, later ones together."""
        self.ready.append(result)
        now = time.monotonic()
        if now - self._flushed >= FLUSH:
            self._flushed = now
            self.wake()

    def wake(self) -> None:
        """Wake who waits for results."""
        self._woken.set()

    def end(self, error: BaseException | None = None) -> None:
        self.error, self.over = error, True
        self.wake()

    def results(self) -> Iterator[Result]:
        """All results, as they come. Raises what the work raised. Whoever drops them has left."""
        results = self._taken()
        weakref.finalize(results, self._leave)
        return results

    def _leave(self) -> None:
        self.left = True

    def _taken(self) -> Iterator[Result]:
        try:
            while True:
                over = self.over  # before the results are taken: none comes after it
                while self.ready:
                    yield self.ready.popleft()
                if over:
                    break
                self._woken.wait(FLUSH)
                self._woken.clear()
        finally:
            self._leave()
        if self.error:
            raise self.error


class Texts(Work[Step]):
    """Streams of one net that one visitor watches: they take their steps together."""

    def __init__(self, net: LanguageModel, streams: Sequence[Stream], length: int) -> None:
        super().__init__()
        self.length, self.index = length, 0
        self.settings = [stream.settings for stream in streams]
        self.noise = CommonNoise([(stream.seed, stream.start) for stream in streams], net.vocab_size)
        self.contexts: list[Sequence[int]] = []  # as the stages read them, once they are read
        self.ended = np.zeros(len(streams), dtype=np.bool_)

    def move_on(self, stopped: Bools) -> None:
        """All streams have picked a token, which ends some of them."""
        self.ended |= stopped
        self.index += 1

    @property
    def done(self) -> bool:
        return self.left or self.index >= self.length or bool(self.ended.all())


class Batch:
    """Texts of one net that step together.

    What each step was is told a little later, since many steps are described at the price of one.
    """

    sort, waits = TEXTS, False

    def __init__(self, net: LanguageModel, stops: frozenset[int], texts: Texts, read: Read) -> None:
        self.net, self.stops, self._ends = net, stops, np.array(sorted(stops), dtype=np.int64)
        self.texts = [texts]
        self.logits, self.state = read.in_double()  # (B, V), of B streams
        self._held: list[Picked] = []  # steps of all the texts, not told yet
        self._told = 0.0  # when steps were told last
        self._regroup()

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def kind(self) -> Hashable:
        """Equal for two batches that can be one."""
        return self.net, self.stops, alike(self.state)

    def join(self, other: Batch) -> None:
        """Take the texts of another batch in."""
        self._tell()
        other._tell()
        self.texts += other.texts
        self.logits = np.concatenate((self.logits, other.logits))
        self.state = joined((self.state, other.state))
        self._regroup()

    def advance(self) -> bool:
        """One token for every text; those that have all they want leave → whether there are any left.

        A mistake ends all of them.
        """
        try:
            self._step()
        except Exception as error:
            self.end(error)
        return bool(self.texts)

    def end(self, error: BaseException) -> None:
        """End all texts with a mistake, after what they have written."""
        with suppress(Exception):  # that made the mistake, too
            self._tell()
        for texts in self.texts:
            texts.end(error)
        self.texts = []

    def _step(self) -> None:
        ids = self._pick()
        leaving = [texts for texts in self.texts if texts.done]
        if leaving or self._due:
            self._tell()
        if leaving:
            ids = self._let_go(leaving, ids)
        if self.texts:
            self.logits, self.state = advance(self.net, ids, self.state)

    @property
    def _due(self) -> bool:
        return time.monotonic() - self._told >= FLUSH or len(self._held) * self.logits.size >= HELD

    def _tell(self) -> None:
        """Give the texts the steps that are held, described as one batch of all."""
        if not self._held:
            return
        held, self._held, self._told = self._held, [], time.monotonic()
        columns = zip(*((picked.ids, picked.logits, picked.staged) for picked in held), strict=True)
        all_steps = step_of(Picked(0, *map(np.concatenate, columns)))
        for texts, place in zip(self.texts, self.places, strict=True):
            for number in range(len(held)):
                begin, index = number * len(self), texts.index - len(held) + number
                rows = slice(begin + place.start, begin + place.stop)
                texts.ready.append(replace(part(all_steps, rows), index=index))
            texts.wake()

    def _let_go(self, leaving: Sequence[Texts], ids: Ints) -> Ints:
        """End some of the texts: ids (B,) → those of the texts that stay."""
        for texts in leaving:
            texts.end()
        places = [place for texts, place in zip(self.texts, self.places, strict=True) if texts not in leaving]
        self.texts = [texts for texts in self.texts if texts not in leaving]
        if not places:
            return ids[:0]
        rows = np.concatenate([np.arange(place.start, place.stop) for place in places])
        self.logits, self.state = self.logits[rows], self.net.select(self.state, torch.from_numpy(rows))
        self._regroup()
        return ids[rows]

    def _regroup(self) -> None:
        """After texts have come or gone: which rows are whose, and which share their stages."""
        self._told = 0.0  # who has come waits for a first token
        ends = np.cumsum([len(texts.settings) for texts in self.texts]).tolist()
        self.places = [slice(start, end) for start, end in pairwise([0, *ends])]
        settings = [chosen for texts in self.texts for chosen in texts.settings]
        self.stages = BatchStages(settings, [ids for texts in self.texts for ids in texts.contexts])

    def _pick(self) -> Ints:
        """Pick a token for every stream → ids to step on with, (B,)."""
        staged = self.stages(self.logits)
        ids = pick(staged, self._noise())
        self.stages.note(ids, staged)
        ended = np.concatenate([texts.ended for texts in self.texts])
        shown = np.where(ended, NO_TOKEN, ids)
        stopped = np.isin(shown, self._ends) if self.stops else ended
        self._held.append(Picked(0, shown, self.logits, staged))
        for texts, place in zip(self.texts, self.places, strict=True):
            texts.move_on(stopped[place])
        return np.maximum(shown, 0)

    def _noise(self) -> Floats:
        if len(self.texts) == 1:
            return self.texts[0].noise.at(self.texts[0].index)
        noise = np.empty_like(self.logits)
        for texts, place in zip(self.texts, self.places, strict=True):
            noise[place] = texts.noise.at(texts.index)
        return noise


class Job:
    """Work done piece by piece."""

    def __init__(self, work: Work[Any], pieces: Iterator[Any], sort: str, ends: bool = True) -> None:
        """pieces: results, and NOTHING; ends: whether the work is over when there are no more of them."""
        self.work, self.pieces, self.sort, self.ends = work, pieces, sort, ends
        self.served = 0  # pieces done

    @property
    def waits(self) -> bool:
        """Whether who asked has to take results first."""
        return self.work.full and not self.work.left

    def advance(self) -> bool:
        """One piece → whether there are more."""
        self.served += 1
        try:
            result = END if self.work.left else next(self.pieces, END)
        except Exception as error:
            self.work.end(error)
            return False
        if result is END:
            if self.ends or self.work.left:
                self.work.end()
            return False
        if result is not NOTHING:
            self.work.put(result)
        return True

    def end(self, error: BaseException) -> None:
        """End the work with a mistake."""
        self.work.end(error)


Turn = Batch | Job  # what has turns


class Stepper:
    """What steps a model's nets: in the thread of whoever asks, as in the terminal."""

    def read(self, reader: Reader, ids: Sequence[int]) -> Read:
        """A context (T,), T ≥ 1 → logits (1, V), state of one stream."""
        return reader(ids)

    def pieces(self, long: Iterator[Result]) -> Iterator[Result]:
        """The items of an iterator but `NOTHING`."""
        return (result for result in long if result is not NOTHING)

    def texts(
        self, reader: Reader, streams: Sequence[Stream], length: int, stops: frozenset[int] = frozenset()
    ) -> Iterator[Step]:
        """What `stream.generate` yields."""
        return generate(reader.net, streams, length, stops)


class Scheduler(Stepper):
    """The same by a few threads for everybody. What one of those asks for is done at once."""

    def __init__(self, threads: int | None = None) -> None:
        """threads: how many there may be; None: as many as there are cores, up to `THREADS`."""
        self.most = threads or min(THREADS, cores())
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._idle = 0  # threads that wait for work
        self._queue: list[Turn] = []  # what no thread is at, in its turn
        self._busy: set[Turn] = set()  # what threads are at
        self.tokens = 0  # written so far
        self._last = ""  # the sort of what had the last turn

    def read(self, reader: Reader, ids: Sequence[int]) -> Read:
        """What `reader(ids)` gives, read between the steps of others."""
        if self._here:
            return super().read(reader, ids)
        work: Work[Read] = Work()
        self._add(Job(work, reader.pieces(ids), QUESTION))
        return next(work.results())

    def pieces(self, long: Iterator[Result]) -> Iterator[Result]:
        """The items of an iterator but `NOTHING`, made one a turn. Raises what it raises."""
        if self._here:
            return super().pieces(long)
        work: Work[Result] = Work(AHEAD)
        self._add(Job(work, long, LONG))
        return work.results()

    def texts(
        self, reader: Reader, streams: Sequence[Stream], length: int, stops: frozenset[int] = frozenset()
    ) -> Iterator[Step]:
        """What `stream.generate` yields, the streams stepped with all others of the net."""
        if self._here:
            return super().texts(reader, streams, length, stops)
        if not length:
            return iter(())
        texts = Texts(reader.net, streams, length)
        self._add(Job(texts, self._begin(reader, texts, streams, stops), QUESTION, ends=False))
        return texts.results()

    def _begin(
        self, reader: Reader, texts: Texts, streams: Sequence[Stream], stops: frozenset[int]
    ) -> Iterator[Any]:
        """Read the contexts piece by piece, then let the streams step."""
        for stream in streams:
            texts.contexts.append((yield from result_of(reading_by_stages(reader.net, stream, stops))))
        read = yield from read_all(reader, [stream.context for stream in streams])
        self._add(Batch(reader.net, stops, texts, read))

    @property
    def waiting(self) -> int:
        """Readings, batches of texts and long work that take turns."""
        with self._changed:
            return len(self._queue) + len(self._busy)

    @property
    def _here(self) -> bool:
        """Whether one of its own threads asks, which must not wait for the others."""
        return threading.current_thread() in self._threads

    def _add(self, work: Turn) -> None:
        """Let something have its turns."""
        with self._changed:
            self._queue.append(work)
            if self._idle:
                self._changed.notify()
            elif len(self._threads) < self.most:
                thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread's products alone
        work, more = None, False
        while work := self._next(work, more):
            more = work.advance()

    def _next(self, before: Turn | None, more: bool) -> Turn | None:
        """What has its turn; None after a while in which there was nothing. What was before may have `more`.

        Where all that there is waits for who asked, so does the thread.
        """
        with self._changed:
            if before is not None:
                self._busy.discard(before)
            if before is not None and more:
                self._queue.append(before)
            while (work := self._take()) is None:
                if not self._wait(FLUSH if self._queue else LINGER):
                    self._threads.discard(threading.current_thread())
                    return None
            self._busy.add(work)
            if self._idle and self._queue:
                self._changed.notify()
            return work

    def _wait(self, seconds: float) -> bool:
        """Wait for work → whether there may be any."""
        self._idle += 1
        woken = self._changed.wait(seconds)
        self._idle -= 1
        return woken or bool(self._queue)

    def _take(self) -> Turn | None:
        """Out of the queue: a question and something else in turn, as far as there are both."""
        ready = [work for work in self._queue if not work.waits]
        if not ready:
            return None
        work = chosen(ready, self._last)
        self._last = work.sort
        self._queue.remove(work)
        if isinstance(work, Batch):
            try:
                self._gather(work)
            except Exception as error:  # of no text alone: memory that is full
                for each in (work, *self._queue):
                    each.end(error)
                self._queue.clear()
            self.tokens += len(work)
        return work

    def _gather(self, batch: Batch) -> None:
        """Let texts that wait for their turn join a batch, as long as every thread has its share."""
        alike = [work for work in self._queue if isinstance(work, Batch) and work.net is batch.net]
        if not alike:
            return
        elsewhere = [work for work in self._busy if isinstance(work, Batch) and work.net is batch.net]
        share = -(-sum(map(len, (batch, *alike, *elsewhere))) // self.most)
        for other in alike:
            if len(batch) + len(other) <= min(max(share, LEAST_ROWS), ROWS) and other.kind == batch.kind:
                batch.join(other)
                self._queue.remove(other)


def chosen(ready: Sequence[Turn], last: str) -> Turn:
    """Who is next: the least served question, unless a question was last; never two long works in a row."""
    questions = [work for work in ready if isinstance(work, Job) and work.sort == QUESTION]
    others = [work for work in ready if work.sort != QUESTION]
    if questions and (not others or last != QUESTION):
        return min(questions, key=lambda question: question.served)
    texts = [work for work in others if work.sort == TEXTS]
    return texts[0] if texts and last == LONG else others[0]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_all(reader: Reader, contexts: Sequence[tuple[int, ...]]) -> Generator[Any, None, Read]:
    """B contexts of one length, equal ones read once; gives NOTHING meanwhile, returns what was read."""
    distinct, rows = distinct_rows(contexts)
    pieces = reader.pieces(distinct[0]) if len(distinct) == 1 else pieces_of(reader.net, distinct)
    read = yield from result_of(pieces)
    return Read(read.logits[rows], reader.net.select(read.state, rows))
