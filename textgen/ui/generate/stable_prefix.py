"""A beam search as a text that grows by its stable prefix: the tokens on which all hypotheses agree.

The hypotheses that count are those that go on and those that have ended and may yet be the best, so what
was written is never taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

import numpy as np
import torch

from textgen.decoding import beam, stream
from textgen.decoding.pipeline import Pipeline
from textgen.history import History
from textgen.nets.base import LanguageModel, ids_tensor
from textgen.records import BeamStep, Floats, Step
from textgen.settings import BeamSettings, DecodeSettings

Ids = tuple[int, ...]


def stable_steps(
    net: LanguageModel, context: Ids, search: BeamSettings, decode: DecodeSettings
) -> Iterator[Step | None]:
    """Every token of the best text found, as soon as it is certain; None after each step of the search.

    The last tokens come together, when the search has ended. `context` (T,), T ≥ 1.
    """
    describer = Describer(net, context, beam.heeded(decode, search))
    for found in stable_prefixes(beam.beam_search(beam.NetScorer(net, context), search, decode, context)):
        yield from describer(found)
        yield None


def stable_prefixes(steps: Iterator[BeamStep]) -> Iterator[Ids]:
    """The ids that each step of a search makes certain; after the last one all of the best text."""
    texts: dict[int, Ids] = {-1: ()}  # by candidate of the step before: what is not certain yet
    stable = 0
    for step in steps:
        grown = {
            place: (*texts[int(parent)], int(token))
            for place, (parent, token, fate) in enumerate(
                zip(step.parents, step.ids, step.fates, strict=True)
            )
            if fate == "kept"
        }
        if step.done:
            yield step.finished[0].ids[stable:] if step.finished else ()
            return
        ended = [found.ids[stable:] for found in step.finished]
        agreed = common_prefix([*grown.values(), *ended])
        texts = {place: ids[len(agreed) :] for place, ids in grown.items()}
        stable += len(agreed)
        yield agreed


def common_prefix(texts: Sequence[Ids]) -> Ids:
    """The ids with which all of the texts begin."""
    return tuple(
        column[0] for column in takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    )


class Describer:
    """What the model thought of the tokens of a text, read once as it grows."""

    def __init__(self, net: LanguageModel, context: Ids, settings: DecodeSettings) -> None:
        self.net, self.pipeline = net, Pipeline(settings)
        self.history, self.index = History(context), 0
        with torch.inference_mode():
            logits, self.state = net.prefill(ids_tensor(context))
        self.logits = logits[0].double().numpy()  # (V,) after all that was read

    def __call__(self, ids: Sequence[int]) -> Iterator[Step]:
        """The steps that these ids (n,) are, after all before them."""
        if not ids:
            return
        for token, logits in zip(ids, self.read(ids), strict=True):
            decoded = self.pipeline.probabilities(logits, self.history)[token]
            yield stream.describe(self.index, np.array([token]), np.array([decoded]), logits[None])
            self.history.append(token)
            self.index += 1

    def read(self, ids: Sequence[int]) -> Floats:
        """(n, V): the raw logits from which each of the ids (n,) was taken."""
        with torch.inference_mode():
            logits, self.state = self.net.unroll(ids_tensor(ids), self.state)
        after = logits[0].double().numpy()
        before, self.logits = np.vstack((self.logits[None], after[:-1])), after[-1]
        return before
