"""The streams of a batch whose stages are the same, so that one call applies them to many rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen.decoding.pipeline import Pipeline
from textgen.history import History
from textgen.records import Floats, Ints
from textgen.settings import DecodeSettings


class Pane:
    """The streams of one batch whose stages apply to all rows at once: alike but for their temperatures."""

    def __init__(
        self, rows: Sequence[int], settings: Sequence[DecodeSettings], contexts: Sequence[Sequence[int]]
    ) -> None:
        """rows: numbers of streams in the batch; settings and contexts: those of the whole batch."""
        self.pipeline = pipeline_of([settings[row] for row in rows])
        self.rows = rows[0] if len(rows) == 1 else np.array(rows)
        read = [contexts[row] for row in rows] if self.pipeline.reads_history else []
        self.histories = tuple(History(context) for context in read)

    def __call__(self, logits: Floats) -> Floats:
        """Raw logits of the batch (B, V) → those of these rows after all stages."""
        return self.pipeline.each(logits[self.rows], self.histories)

    def note(self, ids: Ints) -> None:
        """Add what was picked, ids (B,), to the texts, if any stage reads them."""
        if len(self.histories) == 1:
            self.histories[0].append(int(ids[self.rows]))
        elif self.histories:
            for history, token in zip(self.histories, ids[self.rows].tolist(), strict=True):
                history.append(token)


def pipeline_of(settings: Sequence[DecodeSettings]) -> Pipeline:
    """The stages of B rows whose settings differ in nothing but temperatures above 0."""
    temperatures = {chosen.temperature for chosen in settings}
    if len(temperatures) == 1:
        return Pipeline(settings[0])
    return Pipeline(settings[0], np.array([[chosen.temperature] for chosen in settings]))


def shared_stages(settings: DecodeSettings) -> DecodeSettings:
    """What settings have in common that can be one pane: all but a temperature above 0."""
    return settings if settings.temperature == 0 else settings.at(1.0)


def panes(settings: Sequence[DecodeSettings], contexts: Sequence[Sequence[int]]) -> list[Pane]:
    """Sort B streams into panes."""
    groups: dict[DecodeSettings, list[int]] = {}
    for row, chosen in enumerate(settings):
        groups.setdefault(shared_stages(chosen), []).append(row)
    return [Pane(rows, settings, contexts) for rows in groups.values()]
