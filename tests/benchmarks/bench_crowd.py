"""Many visitors at once: one thread that steps all texts together, beside a thread for each visitor.

    python -m tests.benchmarks.bench_crowd [--rounds 3] [--writers 12] [--length 200]

Each writer is four panes of the Shakespeare model. Meanwhile somebody asks for the bars after a context
of 14 letters, again and again, a new context each time. Both ways take turns in every round; medians over
the rounds.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from textgen.decoding.reading import Reader
from textgen.decoding.scheduler import Scheduler
from textgen.decoding.stream import Stream, generate
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.records import Step
from textgen.settings import DecodeSettings

MODEL, TEMPERATURES = "shakespeare-char-lstm", (0.2, 0.5, 1.0, 1.2)
BESIDE, GAIN = 2.5, 1.5


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


def timed(way: Way, context: tuple[int, ...]) -> float:
    started = time.perf_counter()
    way.read(context)
    return time.perf_counter() - started


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
