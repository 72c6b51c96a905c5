"""Many visitors at once: threads that step all texts together, beside a thread for each visitor.

    python -m tests.benchmarks.bench_crowd [--rounds 3] [--length 100] [--only bars crowd …]

A visitor is four panes of the Shakespeare model. What is compared takes turns in every round, so that a busy
machine is busy for all; medians over the rounds. "Bars" are those after a context of 14 letters, a new one
each time, as the Next token tab is answered. The way that it is compared with is what the page did before
texts stepped together: each visitor's request steps its own, in its own thread.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import NamedTuple

from textgen.decoding.reading import Reader
from textgen.decoding.scheduler import Scheduler, Stepper
from textgen.decoding.stream import Stream
from textgen.experiments.chaos.rows import ChaosSettings, grid, writing
from textgen.experiments.requests import SweepRequest
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.sweep.writing import Asked, write

MODEL, TEMPERATURES = "shakespeare-char-lstm", (0.2, 0.5, 1.0, 1.2)
BESIDE, VISITORS, LONG = 12, 32, 2_000
ENOUGH = 20  # questions of one round, at least
SWEEP = {
    "models": [MODEL],
    "prompts": ["The king is d"],
    "temperatures": [0.1 * step for step in range(1, 21)],
    "seeds": list(range(8)),
    "length": 200,
}


class Bench:
    """A server's laboratory, and the same model for those who step their own."""

    def __init__(self, length: int) -> None:
        self.length, self.lab, self.chance = length, Laboratory(Registry(default_root())), random.Random(0)
        self.tab = NextTokenTab(self.lab)
        self.together, self.apart = self.lab.registry.scheduler, Stepper()

    @property
    def model(self) -> Model:
        return self.lab.registry.get(MODEL)

    def context(self, letters: int = 14) -> str:
        """One that nobody has asked for."""
        return "".join(self.chance.choices("abcdefghijklmnopqrstuvwxyz ", k=letters))

    def visitor(self, stepper: Stepper, seed: int, length: int | None = None) -> int:
        """Read all that a visitor's four panes write → tokens."""
        context = tuple(self.model.tokenizer.encode("The king is d").ids)
        streams = [Stream(DecodeSettings(temperature=t), seed, context) for t in TEMPERATURES]
        return len(streams) * sum(
            1 for _ in stepper.texts(Reader(self.model.writer), streams, length or self.length)
        )

    def bars(self, context: str) -> float:
        """Seconds until the page has a context's bars."""
        asked = {"model": MODEL, "context": context, "known": ""}
        return timed(lambda: self.tab.look(asked))

    def bars_while(self, going: Callable[[], bool] = lambda: False) -> float:
        """Median seconds of bars, asked for again and again."""
        waits: list[float] = []
        while going() or len(waits) < ENOUGH:
            waits.append(self.bars(self.context()))
            time.sleep(0.02)
        return statistics.median(waits)

    def tokens_a_second(self, stepper: Stepper, visitors: int) -> float:
        """Of so many visitors who write at once."""
        with writers(lambda seed: self.visitor(stepper, seed), visitors):
            started = time.perf_counter()
        return visitors * len(TEMPERATURES) * self.length / (time.perf_counter() - started)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def writers(write_as: Callable[[int], object], number: int) -> Iterator[Callable[[], bool]]:
    """Threads that write; gives whether any still does. Waits for them at the end."""
    threads = [threading.Thread(target=write_as, args=(seed,)) for seed in range(number)]
    for thread in threads:
        thread.start()
    yield lambda: any(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()


# ---- what is measured, a pair each: (what should be small or large, what it is held against)

Pair = tuple[float, float]


def bars_beside_writers(bench: Bench) -> Pair:
    """Bars while twelve write, and alone."""
    alone = bench.bars_while()
    with writers(lambda seed: bench.visitor(bench.together, seed), BESIDE) as going:
        beside = bench.bars_while(going)
    return beside, alone


def bars_beside_writers_apart(bench: Bench) -> Pair:
    """The same where each writer steps its own."""
    alone = bench.bars_while()
    with writers(lambda seed: bench.visitor(bench.apart, seed), BESIDE) as going:
        beside = bench.bars_while(going)
    return beside, alone


def two_cores(bench: Bench) -> Pair:
    """Tokens a second of sixteen on all cores, and on one."""
    return bench.tokens_a_second(Scheduler(), 16), on_one_core(lambda: bench.tokens_a_second(Scheduler(), 16))


def on_one_core(work: Callable[[], float]) -> float:
    """What work gives whose threads, all of them new, share one core."""
    if not hasattr(os, "sched_setaffinity"):
        return float("nan")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        return work()
    finally:
        os.sched_setaffinity(0, cores)


def crowd(bench: Bench) -> Pair:
    """Tokens a second of 32 visitors, stepped together and by a thread each."""
    return bench.tokens_a_second(bench.together, VISITORS), bench.tokens_a_second(bench.apart, VISITORS)


def one_visitor(bench: Bench) -> Pair:
    """Tokens a second of one visitor, first token included, and of a thread's own loop."""
    times: tuple[list[float], list[float]] = [], []
    for _ in range(5):
        for found, stepper in zip(times, (bench.together, bench.apart), strict=True):
            found.append(timed(lambda stepper=stepper: bench.visitor(stepper, 0, 4 * bench.length)))
    together, apart = (4 * 4 * bench.length / statistics.median(found) for found in times)
    return together, apart


def a_key_read(bench: Bench) -> Pair:
    """Seconds until the net has read a key at the end of 2,000 characters, and of 14."""
    model, waits = bench.model, []
    for letters in (LONG, 14):
        ids = [*model.tokenizer.encode(bench.context(letters)).ids]
        bench.together.read(model.reader, ids)
        taken = []
        for key in range(40):
            ids.append(key)
            taken.append(timed(lambda ids=tuple(ids): bench.together.read(model.reader, ids)))
        waits.append(statistics.median(taken))
    return waits[0], waits[1]


def a_key(bench: Bench) -> Pair:
    """The same until the page has its bars."""
    long, short = bench.context(LONG), bench.context()
    bench.bars(long)
    bench.bars(short)
    waits: dict[bool, list[float]] = {True: [], False: []}
    for letter in "the quick brown fox jumps over it all":
        long, short = long + letter, short + letter
        waits[True].append(bench.bars(long))
        waits[False].append(bench.bars(short))
    return statistics.median(waits[True]), statistics.median(waits[False])


def bars_beside_heavy_work(bench: Bench) -> Pair:
    """Bars while a full sweep is written and chaos is drawn, and alone."""
    alone = bench.bars_while()
    with heavy_work(bench):
        time.sleep(1.0)
        beside = statistics.median(bench.bars_while() for _ in range(3))
    return beside, alone


@contextmanager
def heavy_work(bench: Bench) -> Iterator[None]:
    """A sweep in a worker's process and a picture of chaos, for as long as this lasts."""
    over = threading.Event()
    works = (lambda: asyncio.run(sweep(bench, over)), lambda: draw_chaos(bench, over))
    with writers(lambda number: works[number](), len(works)):
        yield
        over.set()


def draw_chaos(bench: Bench, over: threading.Event) -> None:
    settings = ChaosSettings(grid(0.5, 1.5, 41), 1, 400, DecodeSettings())
    while not over.is_set():
        for _ in writing(bench.model, "The king is d", settings):
            if over.is_set():
                break


async def sweep(bench: Bench, over: threading.Event) -> None:
    asked = Asked(SweepRequest.from_json({"settings": SWEEP}), 10**9)
    async with aclosing(bench.lab.workers.work("sweeps", write, asked)) as news:
        async for _ in news:
            if over.is_set():
                break
    bench.lab.workers.close()


class Target(NamedTuple):
    """A pair of figures, and what their ratio should be."""

    name: str
    what: str
    pair: Callable[[Bench], Pair]
    wanted: float | None = None  # None: to be compared with
    at_least: bool = False


TARGETS = (
    Target("bars", f"bars beside {BESIDE} writers, of alone", bars_beside_writers, 2.5),
    Target("bars", "  where each steps its own", bars_beside_writers_apart),
    Target("cores", "16 writers, of on one core", two_cores, 1.5, at_least=True),
    Target("crowd", f"{VISITORS} visitors, of a thread each", crowd, 4, at_least=True),
    Target("heavy", "bars beside a sweep and chaos, of alone", bars_beside_heavy_work, 1.3),
    Target("alone", "one visitor, of a thread's own loop", one_visitor, 0.97, at_least=True),
    Target("key", f"a key after {LONG:,} letters, of after 14", a_key_read, 1.5),
    Target("key", "  until the page has its bars", a_key),
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench_crowd", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--length", type=int, default=100, help="tokens of a text")
    parser.add_argument("--only", nargs="+", default=[target.name for target in TARGETS])
    options, _ = parser.parse_known_args(arguments)
    bench = Bench(options.length)
    bench.visitor(bench.together, 0, 10)
    chosen = [target for target in TARGETS if target.name in options.only]
    found = [[target.pair(bench) for target in chosen] for _ in range(options.rounds)]
    print(f"{'':42}{'this':>10}{'that':>10}{'ratio':>8}{'target':>9}")
    for target, pairs in zip(chosen, zip(*found, strict=True), strict=True):
        print(line(target, pairs))


def line(target: Target, pairs: Sequence[Pair]) -> str:
    this, that = (statistics.median(values) for values in zip(*pairs, strict=True))
    ratio = statistics.median(this / that for this, that in pairs)
    figures = f"{target.what:42}{shown(this):>10}{shown(that):>10}{ratio:8.2f}"
    if target.wanted is None:
        return figures
    sign, met = ("≥", ratio >= target.wanted) if target.at_least else ("≤", ratio <= target.wanted)
    return f"{figures}{f'{sign} {target.wanted:g}':>9}  {'met' if met else 'MISSED'}"


def shown(value: float) -> str:
    """Seconds, or tokens or texts a second."""
    return f"{1000 * value:,.1f} ms" if value < 1 and value > 0 else f"{value:,.0f}/s"


if __name__ == "__main__":
    main()
