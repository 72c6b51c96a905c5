"""Sample texts of a net in training, by sampling and by beam search, for the log and the card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.decoding.beam import best_text
from textgen.decoding.stream import Stream, generate
from textgen.errors import TextError
from textgen.models.folder import Model
from textgen.settings import BeamSettings, DecodeSettings
from textgen.text.tokenizer import TextTokenizer

BEAM_WIDTH = 3
LINES = 10  # texts a temperature, where texts end by themselves


def write_samples(model: Model, temperatures: Sequence[float], length: int) -> tuple[str, ...]:
    """One text of at most `length` tokens a temperature, all from the start and with the same noise (seed 0).

    Texts that end by themselves are short: there are ten then, with the seeds 0 to 9, one a line.
    """
    if not length or not temperatures:
        return ("",) * len(temperatures)
    start, seeds = start_ids(model.tokenizer, model.start), range(LINES if model.stops else 1)
    streams = [Stream(DecodeSettings(temperature=t), seed, start) for t in temperatures for seed in seeds]
    steps = generate(model.writer, streams, length, model.stops)
    ids = np.stack([step.ids for step in steps], axis=1)  # (streams, length)
    texts = [model.text(row.tolist(), model.start) for row in ids]
    return tuple("\n".join(texts[i : i + len(seeds)]) for i in range(0, len(texts), len(seeds)))


def write_beam(model: Model, length: int) -> str:
    """The likeliest text of at most `length` tokens that a beam search of width 3 finds."""
    if not length:
        return ""
    start = start_ids(model.tokenizer, model.start)
    settings = BeamSettings(width=BEAM_WIDTH, length=length, stops=tuple(model.stops))
    return model.text(best_text(model.writer, start, settings).ids, model.start)


def start_ids(tokenizer: TextTokenizer, start: str) -> tuple[int, ...]:
    """The ids of an empty context. Raises TextError when the model knows nothing of its text."""
    ids = tokenizer.encode(start).ids
    if not ids:
        raise TextError(
            f"the start of a text, {start!r}, is not in the corpus; --set start= takes one that is"
        )
    return ids
