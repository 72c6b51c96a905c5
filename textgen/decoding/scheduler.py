"""One thread that computes for everybody: the texts of all visitors step together, long work takes turns.

Threads of Python fight for the interpreter: sixteen that each step a net write less on two cores than on
one. So whoever wants something of a net leaves it here. A round of the thread is

1. a piece of every question (`read`): somebody waits for it,
2. a step of every batch: all texts of one net and one set of stops, up to `ROWS`, whoever wants them
   (continuous batching: Yu et al. 2022, Orca). Texts join and leave between two steps.
3. a piece of every long work (`pieces`): a beam search, a picture.

A text is the same to the last bit alone or in company, since a net's row and a stage's row are.
What nobody waits for any more ends at the next round, and without work the thread ends.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, Generic, NamedTuple, TypeVar

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

ROWS = 64  # of a batch: as many as one thread steps without help
AHEAD = 64  # results of a long work that may wait for who asked; then the work waits
FLUSH = 0.03  # seconds: how often who waits for many results is woken
LINGER = 5.0  # seconds that the thread waits for more work

Result = TypeVar("Result")
END: Final = object()  # of an iterator


class Work(Generic[Result]):
    """Something asked for: results that the scheduler's thread puts in and one other thread takes out."""

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
            self._woken.set()

    def end(self, error: BaseException | None = None) -> None:
        self.error, self.over = error, True
        self._woken.set()

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

    def take(self, step: Step, stopped: Bools) -> None:
        """A step of these streams, and which of them it ends."""
        self.put(step)
        self.ended |= stopped
        self.index += 1

    @property
    def done(self) -> bool:
        return self.left or self.index >= self.length or bool(self.ended.all())


class Batch:
    """Texts of one net that step together."""

    def __init__(self, net: LanguageModel, stops: frozenset[int], texts: Texts, read: Read) -> None:
        self.net, self.stops = net, stops
        self.texts = [texts]
        self.logits, self.state = read.in_double()  # (B, V), of B streams
        self._regroup()

    @property
    def kind(self) -> Hashable:
        """Equal for two batches that can be one."""
        return self.net, self.stops, alike(self.state)

    def join(self, other: Batch) -> None:
        """Take the texts of another batch in."""
        self.texts += other.texts
        self.logits = np.concatenate((self.logits, other.logits))
        self.state = joined((self.state, other.state))
        self._regroup()

    def step(self) -> None:
        """One token for every text; those that have all they want leave."""
        ids = self._pick()
        rows = self._let_go([texts for texts in self.texts if texts.done])
        if self.texts:
            self.logits, self.state = advance(self.net, ids[rows], self.state)

    def _let_go(self, leaving: Sequence[Texts]) -> Ints:
        """End some of the texts → the rows of those that stay."""
        for texts in leaving:
            texts.end()
        places = [place for texts, place in zip(self.texts, self.places, strict=True) if texts not in leaving]
        rows = np.concatenate([np.arange(0), *(np.arange(place.start, place.stop) for place in places)])
        if leaving and places:
            self.texts = [texts for texts in self.texts if texts not in leaving]
            self.logits, self.state = self.logits[rows], self.net.select(self.state, torch.from_numpy(rows))
            self._regroup()
        elif leaving:
            self.texts = []
        return rows

    def _regroup(self) -> None:
        """After texts have come or gone: which rows are whose, and which share their stages."""
        ends = np.cumsum([len(texts.settings) for texts in self.texts]).tolist()
        self.places = [slice(start, end) for start, end in pairwise([0, *ends])]
        settings = [chosen for texts in self.texts for chosen in texts.settings]
        self.stages = BatchStages(settings, [ids for texts in self.texts for ids in texts.contexts])

    def _pick(self) -> Ints:
        """Pick a token for every stream → ids to step on with, (B,)."""
        staged = self.stages(self.logits)
        ids = pick(staged, self._noise())
        self.stages.note(ids, staged)
        shown = np.where(np.concatenate([texts.ended for texts in self.texts]), NO_TOKEN, ids)
        stopped = np.isin(shown, list(self.stops))
        step = step_of(Picked(0, shown, self.logits, staged))
        for texts, place in zip(self.texts, self.places, strict=True):
            texts.take(replace(part(step, place), index=texts.index), stopped[place])
        return np.maximum(shown, 0)

    def _noise(self) -> Floats:
        noise = np.empty_like(self.logits)
        for texts, place in zip(self.texts, self.places, strict=True):
            noise[place] = texts.noise.at(texts.index)
        return noise


class Job(NamedTuple):
    """Work done a piece a round."""

    work: Work[Any]
    pieces: Iterator[Any]  # results, and NOTHING
    ends: bool = True  # whether the work is over when there are no more pieces

    @property
    def waits(self) -> bool:
        """Whether who asked has to take results first."""
        return self.work.full and not self.work.left

    def advance(self) -> bool:
        """One piece → whether there are more."""
        if self.waits:
            return True
        try:
            result = None if self.work.left else next(self.pieces, END)
        except Exception as error:
            self.work.end(error)
            return False
        if self.work.left or result is END:
            if self.ends:
                self.work.end()
            return False
        if result is not NOTHING:
            self.work.put(result)
        return True


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
    """The same in one thread for everybody. What its own thread asks for is done at once."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._new: list[tuple[list[Job], Job]] = []
        self._thread: threading.Thread | None = None
        self._questions: list[Job] = []
        self._batches: list[Batch] = []
        self._long: list[Job] = []

    def read(self, reader: Reader, ids: Sequence[int]) -> Read:
        """What `reader(ids)` gives, read between the steps of others."""
        if self._here:
            return super().read(reader, ids)
        work: Work[Read] = Work()
        self._add(self._questions, Job(work, reader.pieces(ids)))
        return next(work.results())

    def pieces(self, long: Iterator[Result]) -> Iterator[Result]:
        """The items of an iterator but `NOTHING`, made one a round. Raises what it raises."""
        if self._here:
            return super().pieces(long)
        work: Work[Result] = Work(AHEAD)
        self._add(self._long, Job(work, long))
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
        self._add(self._questions, Job(texts, self._begin(reader, texts, streams, stops), ends=False))
        return texts.results()

    def _begin(
        self, reader: Reader, texts: Texts, streams: Sequence[Stream], stops: frozenset[int]
    ) -> Iterator[Any]:
        """Read the contexts piece by piece, then let the streams step."""
        for stream in streams:
            texts.contexts.append((yield from result_of(reading_by_stages(reader.net, stream, stops))))
        read = yield from read_all(reader, [stream.context for stream in streams])
        self._batches.append(Batch(reader.net, stops, texts, read))

    @property
    def _here(self) -> bool:
        """Whether its own thread asks, which cannot wait for itself."""
        return threading.current_thread() is self._thread

    def _add(self, jobs: list[Job], job: Job) -> None:
        with self._changed:
            self._new.append((jobs, job))
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        torch.set_num_threads(1)  # of this thread's products alone
        while self._wait():
            try:
                self._round()
            except Exception as error:  # of no text or work alone: memory that is full
                self._give_up(error)

    def _wait(self) -> bool:
        """Take in what is new → whether there is anything to do; without work the thread ends.

        Where all that there is waits for who asked, so does the thread.
        """
        with self._changed:
            if not (self._new or self._questions or self._batches):
                idle = all(job.waits for job in self._long)
                self._changed.wait_for(lambda: self._new, (FLUSH if self._long else LINGER) if idle else 0)
            for jobs, job in self._new:
                jobs.append(job)
            self._new.clear()
            busy = bool(self._questions or self._batches or self._long)
            if not busy:
                self._thread = None
            return busy

    def _round(self) -> None:
        self._questions[:] = [job for job in self._questions if job.advance()]
        self._batches[:] = merged(self._batches)
        self._batches[:] = [batch for batch in self._batches if stepped(batch)]
        self._long[:] = [job for job in self._long if job.advance()]

    def _give_up(self, error: Exception) -> None:
        """End all work with a mistake, rather than leave somebody waiting."""
        texts = [texts for batch in self._batches for texts in batch.texts]
        for work in [*texts, *(job.work for job in (*self._questions, *self._long))]:
            work.end(error)
        for jobs in (self._questions, self._batches, self._long):
            jobs.clear()


def read_all(reader: Reader, contexts: Sequence[tuple[int, ...]]) -> Generator[Any, None, Read]:
    """B contexts of one length, equal ones read once; gives NOTHING meanwhile, returns what was read."""
    distinct, rows = distinct_rows(contexts)
    pieces = reader.pieces(distinct[0]) if len(distinct) == 1 else pieces_of(reader.net, distinct)
    read = yield from result_of(pieces)
    return Read(read.logits[rows], reader.net.select(read.state, rows))


def merged(batches: Sequence[Batch]) -> list[Batch]:
    """The same texts in fewer batches, none of more than `ROWS` rows unless it was."""
    if len(batches) < 2:
        return list(batches)
    last: dict[Hashable, Batch] = {}
    apart = []
    for batch in batches:
        into = last.get(batch.kind)
        if into is not None and len(into.logits) + len(batch.logits) <= ROWS:
            into.join(batch)
        else:
            last[batch.kind] = batch
            apart.append(batch)
    return apart


def stepped(batch: Batch) -> bool:
    """Step a batch → whether it has texts left. A mistake ends its texts alone."""
    try:
        batch.step()
    except Exception as error:
        for texts in batch.texts:
            texts.end(error)
        return False
    return bool(batch.texts)
