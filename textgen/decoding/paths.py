"""One path written token by token, greedy or sampled, to stand beside the beams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.scorer import Scorer
from textgen.history import History
from textgen.records import Hypothesis
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import log_softmax

ONLY = np.zeros(1, dtype=np.int64)  # the row of the one text


def single_path(
    scorer: Scorer, settings: BeamSettings, decode: DecodeSettings, context: Sequence[int] = ()
) -> Hypothesis:
    """The text that `generate` writes with these settings and `settings.seed`, scored as a hypothesis.

    Its total is Σ ln p as the model learned it. Ends on a stop or at the length; T = 0 is greedy.
    `path` is empty: its tokens are no candidates.
    """
    pipeline, noise = Pipeline(decode), GumbelNoise(settings.seed, scorer.vocab_size)
    history, logprobs = History(context), []
    logits, state = scorer.start()
    for index in range(settings.length):
        token = int(pick(pipeline(logits[0], history), noise.at(index)))
        logprobs.append(float(log_softmax(logits[0])[token]))
        history.append(token)
        if token in settings.stops or index == settings.length - 1:
            break
        logits, state = scorer.extend(state, ONLY, np.array([token]))
    total = sum(logprobs)
    return Hypothesis(
        ids=tuple(history[len(context) :]),
        logprobs=tuple(logprobs),
        total=total,
        score=total / len(logprobs) ** settings.length_penalty,
        stopped=history[-1] in settings.stops,
        path=(),
    )
