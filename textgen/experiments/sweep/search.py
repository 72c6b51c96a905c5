"""A text of a sweep that a beam search writes, and what the model thought of its tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from textgen.decoding.beam import beam_search
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.scorer import NetScorer
from textgen.decoding.stream import NO_TOKEN
from textgen.experiments.metrics.metrics import entropy_bits
from textgen.experiments.sweep.plan import Task
from textgen.models.folder import Model
from textgen.nets.base import ids_tensor
from textgen.records import Floats, Ints
from textgen.settings import BeamSettings, DecodeSettings


class Searched(NamedTuple):
    """The best text that a search found."""

    ids: Ints  # (n,)
    surprise: Floats  # (n,) bits under the model at T = 1
    entropy: Floats  # (n,) bits, of the distribution under the settings that each token came from


def search(model: Model, context: tuple[int, ...], task: Task, length: int) -> Searched:
    """The text of a task, as `api.beam_search` finds it with its settings and seed. `context` (T,), T ≥ 1."""
    beam = BeamSettings(
        width=task.beams,
        length=length,
        sampling=True,
        seed=task.key.seed or 0,
        stops=tuple(sorted(model.stops)),
    )
    *_, last = beam_search(NetScorer(model.writer, context), beam, task.settings, context)
    if not last.finished:  # the stages left nothing at the first step
        return Searched(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    best = last.finished[0]
    bits = -np.array(best.logprobs) / np.log(2)
    return Searched(np.array(best.ids), bits, entropies(model, context, best.ids, task.settings))


def entropies(
    model: Model, context: tuple[int, ...], ids: tuple[int, ...], settings: DecodeSettings
) -> Floats:
    """(n,) bits of the distributions that the tokens ids (n,) stand in, after all stages."""
    read = (*context, *ids[:-1])
    with torch.inference_mode():
        logits = model.writer.unroll(ids_tensor(read))[0][0, len(context) - 1 :].double().numpy()
    pipeline = Pipeline(settings)
    rows = (pipeline.probabilities(row, (*context, *ids[:i])) for i, row in enumerate(logits))
    return np.array([entropy_bits(row) for row in rows])


def filled(text: Searched, length: int) -> Searched:
    """A text's columns (length,), NO_TOKEN after its end."""
    missing = length - len(text.ids)
    return Searched(
        np.pad(text.ids, (0, missing), constant_values=NO_TOKEN),
        np.pad(text.surprise, (0, missing)),
        np.pad(text.entropy, (0, missing)),
    )
