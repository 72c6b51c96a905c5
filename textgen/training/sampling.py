"""Short texts written on the way, so that one can watch a net learn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.decoding.beam import beam_search
from textgen.decoding.scorer import NetScorer
from textgen.decoding.stream import Stream, generate
from textgen.errors import TextError
from textgen.nets.base import LanguageModel
from textgen.settings import BeamSettings, DecodeSettings
from textgen.tokenization import TextTokenizer

BEAM_WIDTH = 3


def write_samples(
    net: LanguageModel,
    tokenizer: TextTokenizer,
    start: tuple[int, ...],
    temperatures: Sequence[float],
    length: int,
) -> tuple[str, ...]:
    """One text of `length` tokens a temperature, all from the ids `start` and with the same luck (seed 0)."""
    if not length or not temperatures:
        return ("",) * len(temperatures)
    streams = [Stream(DecodeSettings(temperature=temperature), 0, start) for temperature in temperatures]
    ids = np.stack([step.ids for step in generate(net, streams, length)], axis=1)  # (streams, length)
    return tuple(tokenizer.decode(row.tolist()) for row in ids)


def write_beam(net: LanguageModel, tokenizer: TextTokenizer, start: tuple[int, ...], length: int) -> str:
    """The likeliest text of `length` tokens that a beam search of width 3 finds."""
    if not length:
        return ""
    settings = BeamSettings(width=BEAM_WIDTH, length=length)
    *_, last = beam_search(NetScorer(net, start), settings, DecodeSettings(), start)
    return tokenizer.decode(last.finished[0].ids)


def start_ids(tokenizer: TextTokenizer, start: str) -> tuple[int, ...]:
    """The ids of an empty context. Raises TextError when the model knows nothing of its text."""
    ids = tokenizer.encode(start).ids
    if not ids:
        raise TextError(
            f"the start of a text, {start!r}, is not in the corpus; set start to characters that are"
        )
    return ids
