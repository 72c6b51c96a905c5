"""Temperature scaling: make T = 1 the temperature at which a net predicts new text best.

A net that has read its text many times is surer of itself than new text warrants. One number mends
that without changing the order of any tokens: divide its logits by the temperature that predicts
held-out text best (Guo et al. 2017, "On calibration of modern neural networks"), and fold the
division into the output layer. The number is fitted on the first half of the validation part; the
second half, which had no say in it, shows what it brought.
"""

from __future__ import annotations

import numpy as np

from textgen.models.config import CalibrationFacts
from textgen.models.evaluation import WINDOW, Text, documents_of, losses_at, windows_loss
from textgen.nets.base import LanguageModel

GRID = np.round(np.arange(0.8, 1.505, 0.01), 2)  # temperatures tried


def calibrate(net: LanguageModel, text: Text, window: int = WINDOW) -> CalibrationFacts:
    """Fit on the first half of each document, fold into the net in place, report on the second halves.

    The net is left in evaluation mode: with dropout on it would look surer or less sure than it is.
    """
    net.eval()
    documents = documents_of(text)
    fitted = [ids[: len(ids) // 2] for ids in documents]
    judged = [ids[len(ids) // 2 :] for ids in documents]
    before = windows_loss(net, judged, window)
    temperature = float(GRID[losses_at(net, fitted, GRID, window).argmin()])
    net.scale_logits(1 / temperature)
    return CalibrationFacts(temperature, before, windows_loss(net, judged, window))
