"""The default sweep of the Shakespeare model beside the tutorials' loop, one text at a time, in one run.

    python -m tests.benchmarks.bench_sweep [--rounds 3] [--sample 5] [--threads 1]

Ours writes and measures all texts; the rival writes a sample of them, each by `nn.LSTM` called with one
token, the strategy's cut, softmax and one multinomial draw, and measures nothing. Its time is scaled to
the texts of the grid: it does not know that greedy texts are all the same, so that its 800 texts stand
against our 641. The two take turns; what is printed are medians. Seconds of the processor stand beside
seconds passed, for a machine that has other work.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from tests.benchmarks.decoding_rivals import sampled_text
from textgen.experiments.sweep.run import collect, plan, run, summarize
from textgen.experiments.sweep.settings import SweepSettings
from textgen.models.registry import Registry, default_root
from textgen.nets.lstm import LSTM

MODEL = "shakespeare-char-lstm"
WANTED, SECONDS = 15.0, 60.0

Times = tuple[float, float]  # seconds passed, seconds of the processor


def timed(work: Callable[[], Any]) -> Times:
    passed, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - passed, time.process_time() - used


def ours(settings: SweepSettings, registry: Registry) -> None:
    """The whole sweep, from its settings to the means and their intervals."""
    todo = plan(settings, registry)
    summarize(collect(settings, run(todo, registry)))


def sampled_rival(settings: SweepSettings, net: LSTM, sample: int) -> Callable[[], None]:
    """`sample` texts of the grid, spread over strategies and temperatures."""
    grid = [strategy.at(t) for strategy in settings.strategies for t in settings.temperatures]
    chosen = [grid[number * len(grid) // sample] for number in range(sample)]

    def write() -> None:
        for decode in chosen:
            sampled_text(net, (0,), settings.length, decode)

    return write


def measure(settings: SweepSettings, registry: Registry, options: Any) -> tuple[list[Times], list[Times]]:
    """Times of the sweep, and times of the rival scaled to the whole grid."""
    net = registry.get(MODEL).net
    assert isinstance(net, LSTM)
    rival = sampled_rival(settings, net, options.sample)
    texts = len(settings.strategies) * len(settings.temperatures) * len(settings.seeds)
    scale = texts / options.sample
    found: tuple[list[Times], list[Times]] = ([], [])
    for _ in range(options.rounds):
        found[0].append(timed(lambda: ours(settings, registry)))
        passed, used = timed(rival)
        found[1].append((passed * scale, used * scale))
    return found


def report(name: str, times: Sequence[Times]) -> Times:
    passed, used = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{name:<44}{passed:>10.1f} s{used:>12.1f} s")
    return passed, used


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench_sweep", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=int, default=5, help="texts that the rival writes in a round")
    parser.add_argument("--threads", type=int, default=1, help="threads that PyTorch may use")
    options, _ = parser.parse_known_args(arguments)
    torch.set_num_threads(options.threads)
    settings, registry = SweepSettings(models=(MODEL,)), Registry(default_root())
    mine, theirs = measure(settings, registry, options)
    print(f"{'default sweep, medians of ' + str(options.rounds):<44}{'passed':>12}{'processor':>14}")
    rival = report(f"one at a time, {options.sample} texts scaled to 800", theirs)
    own = report("ours, 641 texts, measured", mine)
    for name, slow, fast in zip(("passed", "processor"), rival, own, strict=True):
        verdict = "met" if slow / fast >= WANTED else "MISSED"
        print(f"ratio, {name:<37}{slow / fast:>10.1f}   target ≥ {WANTED:g}  {verdict}")
    verdict = "met" if own[0] < SECONDS else "MISSED"
    print(f"{'seconds of the whole sweep':<44}{own[0]:>10.1f}   target < {SECONDS:g}  {verdict}")


if __name__ == "__main__":
    main(sys.argv[1:])
