"""What it costs to have the shipped models: seconds until each is ready, memory with all of them.

    python -m tests.benchmarks.bench_models [--rounds 3]

Beside each load, in the same round, the floor: reading its weights file into float32 tensors.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file

from textgen.models.folder import WEIGHTS, Model, load
from textgen.models.registry import SHIPPED, Registry


def seconds(work: Callable[[Path], object], folder: Path) -> float:
    gc.collect()
    start = time.perf_counter()
    work(folder)
    return time.perf_counter() - start


def use(folder: Path) -> None:
    """Load a model and ask it for one distribution, as its first user does."""
    model = load(folder)
    with torch.inference_mode():
        model.writer.prefill(torch.zeros(1, 1, dtype=torch.long))


def read(folder: Path) -> None:
    for tensor in load_file(folder / WEIGHTS).values():
        tensor.float()


def resident() -> float:
    """MB of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description="loading the shipped models")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    registry = Registry(SHIPPED)
    print(f"{'model':<28}{'first use, s':>14}{'floor, s':>10}")
    for name in registry.names():
        folder = registry.folder(name)
        pairs = [(seconds(use, folder), seconds(read, folder)) for _ in range(rounds)]
        ours, floor = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:<28}{ours:>14.3f}{floor:>10.3f}")
    before = resident()
    kept: list[Model] = [registry.get(name) for name in registry.names()]
    print(f"all {len(kept)} loaded: {resident() - before:,.0f} MB more than before")


if __name__ == "__main__":
    main()
