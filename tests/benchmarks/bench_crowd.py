"""Many visitors at once: one thread that steps all texts together, beside a thread for each visitor.

    python -m tests.benchmarks.bench_crowd [--rounds 3] [--writers 12] [--length 200]

Each writer is four panes of the Shakespeare model. Meanwhile somebody asks for the bars after a context
of 14 letters, again and again, a new context each time. Both ways take turns in every round; medians over
the rounds. Then the same question beside a full sweep (in a worker's process) and a picture of chaos, in turn
with nobody beside it.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

from anyio.from_thread import BlockingPortal, start_blocking_portal

from textgen.decoding.reading import Reader
from textgen.decoding.scheduler import Scheduler
from textgen.decoding.stream import Stream, generate
from textgen.experiments.requests import SweepRequest
from textgen.experiments.sweep.settings import SweepSettings
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.records import Step
from textgen.settings import DecodeSettings
from textgen.ui.chaos.tab import FIRST, ChaosPart
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.sweep.writing import Asked, write

MODEL, TEMPERATURES = "shakespeare-char-lstm", (0.2, 0.5, 1.0, 1.2)
BESIDE, GAIN = 2.5, 1.5
HEAVY = 1.3  # bars beside a sweep and chaos, of bars alone
LOOKS = 40  # of one round
PAUSE = 0.05  # seconds between two


class Way(NamedTuple):
    """How texts are written and contexts are read."""

    name: str
    texts: Callable[[list[Stream], int], Iterator[Step]]
    read: Callable[[tuple[int, ...]], object]


def ways(model: Model) -> tuple[Way, Way]:
    """A thread a visitor, each stepping its own; and all stepped by one thread."""
    scheduler = Scheduler()

    def read_here(ids: tuple[int, ...]) -> object:
        return Reader(model.writer)(ids)  # a new one: nothing is remembered

    apart = Way(
        "a thread each",
        lambda streams, length: generate(model.writer, streams, length),
        read_here,
    )
    together = Way(
        "one for all",
        lambda streams, length: scheduler.texts(model.reader, streams, length),
        lambda ids: scheduler.read(Reader(model.writer), ids),
    )
    return apart, together


def crowd(way: Way, writers: int, length: int, context: tuple[int, ...]) -> tuple[float, float]:
    """Tokens a second of all writers, and seconds (median) until a context's bars are there."""

    def write(seed: int) -> None:
        streams = [Stream(DecodeSettings(temperature=t), seed, context) for t in TEMPERATURES]
        for _ in way.texts(streams, length):
            pass

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(writers)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    waits = list(asked(way, context, lambda: any(thread.is_alive() for thread in threads)))
    for thread in threads:
        thread.join()
    passed = time.perf_counter() - started
    return writers * len(TEMPERATURES) * length / passed, statistics.median(waits)


def asked(way: Way, context: tuple[int, ...], going: Callable[[], bool]) -> Iterator[float]:
    """Seconds that each question took, as long as others write; at least one."""
    while True:
        started = time.perf_counter()
        way.read(context)
        yield time.perf_counter() - started
        if not going():
            return
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--writers", type=int, default=12)
    parser.add_argument("--length", type=int, default=200)
    options = parser.parse_args()
    model = Registry(default_root()).get(MODEL)
    context = tuple(model.tokenizer.encode("The king is d").ids)
    both = ways(model)
    alone = [statistics.median(timed(both[1], context) for _ in range(20)) for _ in range(options.rounds)]
    rows = [[crowd(way, options.writers, options.length, context) for way in both] for _ in alone]
    report(both, rows, statistics.median(alone), options.writers)
    quiet, busy = heavy(options.rounds)
    print(f"bars alone, beside a sweep and chaos, ms   {1000 * quiet:.1f}   {1000 * busy:.1f}")
    print(f"ratio                     {busy / quiet:11.2f}   target ≤ {HEAVY}  {met(busy / quiet <= HEAVY)}")


def timed(way: Way, context: tuple[int, ...]) -> float:
    started = time.perf_counter()
    way.read(context)
    return time.perf_counter() - started


# ---- beside heavy work


def looks(lab: Laboratory, numbers: Iterator[int]) -> list[float]:
    """Seconds that the bars of so many new contexts take, asked as the page asks."""
    tab, found = NextTokenTab(lab), []
    for _ in range(LOOKS):
        time.sleep(PAUSE)
        started = time.perf_counter()
        tab.look({"model": MODEL, "context": context_of(next(numbers))})
        found.append(time.perf_counter() - started)
    return found


def context_of(number: int) -> str:
    """14 letters, others at the start for each number below 10,000."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:04d}") + " king is d"


def heavy(rounds: int) -> tuple[float, float]:
    """Seconds (medians) until bars are there, alone and beside a full sweep and a picture of chaos."""
    lab, numbers = Laboratory(Registry(default_root())), count()
    alone: list[float] = []
    beside: list[float] = []
    looks(lab, numbers)
    with start_blocking_portal() as portal:
        for _ in range(rounds):
            alone += looks(lab, numbers)
            with sweeping(lab, portal), drawing(lab):
                beside += looks(lab, numbers)
    lab.workers.close()
    return statistics.median(alone), statistics.median(beside)


@contextmanager
def sweeping(lab: Laboratory, portal: BlockingPortal) -> Iterator[None]:
    """The default sweep, once it writes, until the end of this."""
    request = SweepRequest(settings=SweepSettings(models=(MODEL,)))
    news = lab.workers.work("sweeps", write, Asked(request, request.tokens()))
    for _ in range(2):
        portal.call(anext, news)
    yield
    portal.call(news.aclose)


@contextmanager
def drawing(lab: Laboratory) -> Iterator[None]:
    """The picture of chaos that its form offers first, again and again."""
    ended = threading.Event()

    def draw() -> None:
        while not ended.is_set():
            asked = {**FIRST, "model": MODEL, "prompt": "The king is d", "settings": {}, "seed": 1}
            for _ in ChaosPart(lab).picture(asked):
                if ended.is_set():
                    return

    thread = threading.Thread(target=draw)
    thread.start()
    yield
    ended.set()
    thread.join()


def report(both: tuple[Way, ...], rows: list[list[tuple[float, float]]], alone: float, writers: int) -> None:
    print(f"{writers} writers of {len(TEMPERATURES)} texts        tokens/s    bars, ms")
    speeds, waits = [], []
    for number, way in enumerate(both):
        speeds.append(statistics.median(row[number][0] for row in rows))
        waits.append(statistics.median(row[number][1] for row in rows))
        print(f"{way.name:26}{speeds[-1]:11,.0f}{1000 * waits[-1]:12.1f}")
    print(f"{'nobody else':26}{'':11}{1000 * alone:12.1f}")
    gain, beside = speeds[1] / speeds[0], waits[1] / alone
    print(f"tokens/s, ratio           {gain:11.2f}   target ≥ {GAIN}  {met(gain >= GAIN)}")
    print(f"bars beside them of alone {beside:11.2f}   target ≤ {BESIDE}  {met(beside <= BESIDE)}")


def met(it_is: bool) -> str:
    return "met" if it_is else "missed"


if __name__ == "__main__":
    main()
