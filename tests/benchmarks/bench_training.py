"""Training speed: our run through Lightning beside a bare PyTorch loop over the same steps.

    python -m tests.benchmarks.bench_training [--rounds 4] [--steps 8]

Both take the same net, chunks, optimiser, schedule, clipping and precision. Ours averages the weights,
carries the state and counts its progress besides, as every run does; neither measures or saves. They
take turns, so that a busy machine slows both alike; a figure is the median over all steps.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from torch.utils import _pytree as pytree

from textgen.nets import build
from textgen.training.callbacks import Averaging, Progress
from textgen.training.job import TrainOptions
from textgen.training.module import TrainingModule
from textgen.training.recipe import Recipe, read_recipe
from textgen.training.run import StreamData, make_trainer, quiet
from textgen.training.schedule import make_optimiser, make_schedule
from textgen.training.streams import TokenStreams

RECIPE = "shakespeare-char-lstm"
VOCABULARY = 65
TOKENS = 1_000_000
WARM_UP = 2  # steps of a round that do not count


class Stamps(pl.Callback):
    """When each step ended, in seconds."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_batch_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.perf_counter())


def make_module(recipe: Recipe) -> TrainingModule:
    torch.manual_seed(0)
    sizes = {"vocab_size": VOCABULARY, **recipe.net.sizes}
    return TrainingModule(build(recipe.net.architecture, sizes, recipe.net.dropout), recipe)


def ours(recipe: Recipe, options: TrainOptions, streams: TokenStreams) -> list[float]:
    """Seconds of each step, through Lightning."""
    stamps = Stamps()
    progress = Progress(streams.tokens_per_step, time.monotonic, lambda _: None, options.pause)
    with quiet():
        trainer = make_trainer(recipe, options, [Averaging(), progress, stamps])
        trainer.fit(make_module(recipe), datamodule=StreamData(streams, 0, recipe.schedule.steps))
    return durations(stamps.times)


def bare(recipe: Recipe, options: TrainOptions, streams: TokenStreams) -> list[float]:
    """Seconds of each step, in the loop of every PyTorch tutorial."""
    net = make_module(recipe).net.train()
    optimiser = make_optimiser(net, recipe.optimiser)
    schedule = make_schedule(optimiser, recipe.schedule)["scheduler"]
    state, times = None, []
    for step in range(recipe.schedule.steps):
        chunk = streams.chunk(step)
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.lightning_precision() == "bf16-mixed"):
            logits, state = net.unroll(chunk.inputs, None if chunk.fresh else state)
            loss = F.cross_entropy(logits.flatten(0, 1).float(), chunk.targets.flatten())
        state = pytree.tree_map(Tensor.detach, state)
        loss.backward()
        clip_grad_norm_(net.parameters(), recipe.optimiser.clip)
        optimiser.step()
        schedule.step()
        times.append(time.perf_counter())
    return durations(times)


def durations(times: Sequence[float]) -> list[float]:
    return np.diff(times).tolist()[WARM_UP:]


def main() -> None:
    parser = argparse.ArgumentParser(description="training through Lightning beside a bare loop")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8)
    args = parser.parse_args()
    recipe = read_recipe(RECIPE, [f"schedule.steps={args.steps + WARM_UP + 1}"])
    options = TrainOptions(accelerator="cpu", report=None)
    ids = np.random.default_rng(0).integers(VOCABULARY, size=TOKENS).astype(np.uint16)
    streams = TokenStreams(ids, recipe.batches, recipe.seed)
    figures: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(args.rounds):
        figures["ours"] += ours(recipe, options, streams)
        figures["bare"] += bare(recipe, options, streams)
    speed = {name: streams.tokens_per_step / statistics.median(times) for name, times in figures.items()}
    print(
        f"training {RECIPE}, {options.lightning_precision()}, {torch.get_num_threads()} threads, "
        "tokens/s (median)"
    )
    print(f"  a bare PyTorch loop    {speed['bare']:9,.0f}")
    print(f"  ours, through Lightning{speed['ours']:9,.0f}   {speed['ours'] / speed['bare']:.3f} of it")


if __name__ == "__main__":
    main()
