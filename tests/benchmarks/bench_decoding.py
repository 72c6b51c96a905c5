"""How fast tokens are written, beside others and beside the floor, in one run on the same weights.

    python -m tests.benchmarks.bench_decoding [--long] [--rounds 9] [--threads 1] [--cpu]

A 2×512 LSTM with random weights, 65 characters. Every way to write takes its turn in every round, so
that a busy machine is busy for all. A round's figure is that of its quietest piece; what is printed is
the median over the rounds. `--threads` is what the others may use, for a step of ours takes one
anyway; `--cpu` counts the time that the processor spent on that one thread, which is steadier beside
other work; `--long` writes 100,000 tokens and reports how the memory grew.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from transformers.utils import logging

from tests.benchmarks.decoding_rivals import TransformersLSTM, tutorial_loop
from textgen.decoding.stream import Stream, generate
from textgen.nets.lstm import LSTM
from textgen.settings import DecodeSettings

PROMPT = (1,)
TEMPERATURE = 0.8
PLAIN = DecodeSettings(temperature=TEMPERATURE)
EVERYTHING = DecodeSettings(
    temperature=TEMPERATURE,
    top_k=40,
    top_p=0.95,
    min_p=0.02,
    typical=0.95,
    epsilon=3e-4,
    eta=3e-4,
    top_n_sigma=3.0,
    repetition_penalty=1.1,
    no_repeat_ngram=6,
)
PANES = tuple(DecodeSettings(temperature=t) for t in (0.2, 0.5, 1.0, 1.2))
FLOOR = "the quicker floor"  # of the two below; 300 µs were 2.8 times the 108 µs that numpy took
LONG = 100_000
WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Way:
    """A way to write: `write(n)` takes n steps of `streams` tokens."""

    name: str
    write: Callable[[int], object]
    steps: int = 100  # a piece
    pieces: int = 10  # a round
    streams: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio of two ways' times a step, and what it should be."""

    name: str
    slow: str
    fast: str
    wanted: float
    at_least: bool


TARGETS = (
    Target("the tutorial loop takes", "tutorial loop", "ours", 5, at_least=True),
    Target("transformers takes", "transformers", "ours", 5, at_least=True),
    Target("ours takes, of the floor", "ours", FLOOR, 2.8, at_least=False),
    Target("four panes take", "ours, 4 panes", "ours", 2, at_least=False),
    Target("all stages take, of none", "ours, all stages", "ours, no stage", 1.25, at_least=False),
)


def random_net() -> LSTM:
    """With a head far enough from uniform that stages have something to remove."""
    torch.manual_seed(0)
    net = LSTM(LSTM.Sizes(65, embedding=128, hidden=512)).eval().requires_grad_(False)
    torch.nn.init.normal_(net.head.weight, 0, 0.3)
    net.prepare()
    return net


def ours(net: LSTM, settings: Sequence[DecodeSettings]) -> Callable[[int], None]:
    def write(steps: int) -> None:
        streams = [Stream(chosen, seed, PROMPT) for seed, chosen in enumerate(settings)]
        for _ in generate(net, streams, steps):
            pass

    return write


def floor(net: LSTM, numpy: bool) -> Callable[[int], None]:
    """Every weight that a step needs, read once: one matrix-vector product a matrix, nothing else.

    No text may be written so: neither product adds up a row as oneDNN adds up the rows of a batch, and a text
    would not be the same alone and in company.
    """
    named = dict(net.lstm.named_parameters())
    weights = [named["weight_hh_l0"], torch.cat((named["weight_ih_l1"], named["weight_hh_l1"]), 1)]
    pairs = [(w.detach(), torch.randn(w.shape[1])) for w in (*weights, net.head.weight)]
    arrays = [(x.numpy(), w.T.contiguous().numpy()) for w, x in pairs]

    def write(steps: int) -> None:
        for _ in range(steps):
            for left, right in arrays if numpy else pairs:
                left @ right  # type: ignore[operator]

    return write


def ways(net: LSTM) -> list[Way]:
    driven, fast = TransformersLSTM(net, fast=False), TransformersLSTM(net, fast=True)
    return [
        Way("ours", ours(net, [PLAIN])),
        Way("ours, no stage", ours(net, [DecodeSettings()])),
        Way("ours, all stages", ours(net, [EVERYTHING])),
        Way("ours, 4 panes", ours(net, PANES), streams=4),
        Way("ours, 64 streams", ours(net, [PLAIN] * 64), steps=20, streams=64),
        Way("tutorial loop", lambda n: tutorial_loop(net, PROMPT, n, TEMPERATURE), steps=20),
        Way("transformers", lambda n: driven.write(PROMPT, n, TEMPERATURE), steps=60, pieces=3),
        Way("transformers, our step", lambda n: fast.write(PROMPT, n, TEMPERATURE), pieces=3),
        Way("floor: torch.mv", floor(net, numpy=False)),
        Way("floor: numpy @", floor(net, numpy=True)),
    ]


def measure(chosen: Sequence[Way], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds a step of each way."""
    times: dict[str, list[float]] = {way.name: [] for way in chosen}
    for way in chosen:
        way.write(WARM_UP)
    for _ in range(rounds):
        for way in chosen:
            times[way.name].append(min(timed(way, clock) for _ in range(way.pieces)))
    return {name: statistics.median(found) for name, found in times.items()}


def timed(way: Way, clock: Callable[[], float]) -> float:
    """Seconds a step of one piece."""
    start = clock()
    way.write(way.steps)
    return (clock() - start) / way.steps


def print_table(chosen: Sequence[Way], seconds: dict[str, float]) -> None:
    print(f"{'2×512 LSTM, 65 characters':<28}{'µs a step':>12}{'tokens/s':>12}")
    for way in chosen:
        step = seconds[way.name]
        print(f"{way.name:<28}{step * 1e6:>12.0f}{way.streams / step:>12,.0f}")


def print_targets(seconds: dict[str, float]) -> None:
    print(f"\n{'':<28}{'times':>12}{'target':>12}")
    for target in TARGETS:
        ratio = seconds[target.slow] / seconds[target.fast]
        print_target(target.name, ratio, target.wanted, target.at_least)
    print_target("64 streams: throughput", 64 * seconds["ours"] / seconds["ours, 64 streams"], 5, True)


def print_target(name: str, ratio: float, wanted: float, at_least: bool) -> None:
    met = ratio >= wanted if at_least else ratio <= wanted
    sign = "≥" if at_least else "≤"
    print(f"{name:<28}{ratio:>12.2f}{f'{sign} {wanted:g}':>12}  {'met' if met else 'MISSED'}")


def print_memory(net: LSTM) -> None:
    """The growth of the largest resident size while 100,000 tokens are written."""
    for name, settings in (("no stage", PLAIN), ("all stages", EVERYTHING)):
        ours(net, [settings])(1000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ours(net, [settings])(LONG)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"memory over {LONG:,} tokens, {name}: +{grown:.1f} MB")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench_decoding", description=__doc__)
    parser.add_argument("--long", action="store_true", help="also write 100,000 tokens")
    parser.add_argument("--cpu", action="store_true", help="processor time of the thread, not time passed")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1, help="threads that the others may use")
    options, _ = parser.parse_known_args(arguments)
    logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    net = random_net()
    chosen = ways(net)
    seconds = measure(chosen, options.rounds, time.thread_time if options.cpu else time.perf_counter)
    print_table(chosen, seconds)
    seconds[FLOOR] = min(seconds["floor: torch.mv"], seconds["floor: numpy @"])
    print_targets(seconds)
    if options.long:
        print_memory(net)


if __name__ == "__main__":
    main(sys.argv[1:])
