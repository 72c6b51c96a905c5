"""A beam search as a text that grows: nothing is written that the best text in the end does not have."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.tiny_models import load_tiny_names
from textgen.decoding.beam import NetScorer, beam_search
from textgen.settings import BeamSettings
from textgen.ui.generate.writing import stable_prefixes


@pytest.mark.parametrize("penalty", [-2, -0.5, 0, 1])
def test_what_is_certain_is_the_best_text(tmp_path: Path, penalty: float) -> None:
    stopped = 0
    for model_seed, start, width in product(range(3), range(7), (2, 4)):
        net = load_tiny_names(tmp_path, model_seed).net
        net.scale_logits(8)  # so that hypotheses agree early
        search = BeamSettings(width=width, length=12, length_penalty=penalty, stops=(0,))
        steps = list(beam_search(NetScorer(net, [start]), search))
        pieces = list(stable_prefixes(iter(steps)))
        assert sum(pieces, ()) == steps[-1].finished[0].ids
        stopped += steps[-1].finished[0].stopped
    assert stopped or penalty > 0  # else nothing was tried
