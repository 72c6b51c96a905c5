"""The Blind ratings part of the Experiments tab: people rate texts without knowing what wrote them.

The server keeps nothing of it: from the sweep and what was selected it makes the same set again whenever
it is asked, so the page does not know which text is which before the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textgen.errors import TextError
from textgen.experiments.ratings.agreement import HIGHEST, LOWEST
from textgen.experiments.ratings.files import MAX_BYTES, MAX_RATER, read_scores
from textgen.experiments.ratings.rating_set import MAX_EACH, MAX_ITEMS, QUESTIONS
from textgen.ui.ratings.request import MAX_CELLS, merged, read_ratings, read_selection, same_set, set_of
from textgen.ui.ratings.view import choices, result, sheet
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.sidebar import ignoring
from textgen.ui.sweep.runs import SweepStore

EACH, SEED = 3, 1
IGNORES = ignoring("The texts to rate come from the last sweep: nothing here changes them.", but=())


def build(lab: Laboratory) -> None:
    """Put the part where Gradio is building."""
    part = Ratings(lab.sweeps)
    answers = {
        "choices": part.choices,
        "begin": part.begin,
        "add_scores": part.add_scores,
        "reveal": part.reveal,
    }
    LabComponent("ratings", view_config(), answers=answers)


@dataclass(frozen=True)
class Ratings:
    """Answers the page; every answer takes what any client may send."""

    sweeps: SweepStore

    def choices(self, data: dict[str, Any]) -> dict[str, Any]:
        """What there is to choose from in a sweep."""
        return choices(self.sweeps.get(data.get("run")))

    def begin(self, data: dict[str, Any]) -> dict[str, Any]:
        """The texts under their codes, and nothing that says which is which."""
        return sheet(set_of(read_selection(data), self.sweeps))

    def add_scores(self, data: dict[str, Any]) -> dict[str, Any]:
        """The page's ratings and those of a CSV file, as one list."""
        of = same_set(data, self.sweeps)
        ratings = merged(read_ratings(data.get("ratings"), of), read_scores(data.get("csv"), of))
        return {"ratings": [[rating.item, rating.rater, rating.score] for rating in ratings]}

    def reveal(self, data: dict[str, Any]) -> dict[str, Any]:
        """What came of the ratings; with it the page learns which text is which."""
        of = same_set(data, self.sweeps)
        ratings = read_ratings(data.get("ratings"), of)
        if not ratings:
            raise TextError("there must be at least one rating, got none; rate a text first")
        return result(of, ratings)


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "questions": [[name, sentence] for name, sentence in QUESTIONS.items()],
        "scores": list(range(LOWEST, HIGHEST + 1)),
        "cells": MAX_CELLS,
        "each": EACH,
        "maxEach": MAX_EACH,
        "items": MAX_ITEMS,
        "seed": SEED,
        "rater": MAX_RATER,
        "bytes": MAX_BYTES,
    }
