"""The Blind ratings part of the Experiments tab: people rate texts without knowing what wrote them.

The server keeps nothing of it: from the sweep and what was selected it makes the same set again whenever
it is asked, so the page need not be told which text is which before the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from textgen.errors import TextError, TextgenError
from textgen.experiments.ratings.agreement import HIGHEST, LOWEST
from textgen.experiments.ratings.files import MAX_BYTES, MAX_RATER, read_scores
from textgen.experiments.ratings.rating_set import MAX_EACH, MAX_ITEMS, QUESTIONS
from textgen.plots.theme import THERMAL
from textgen.ui.ratings.request import MAX_CELLS, merged, read_ratings, read_selection, same_set, set_of
from textgen.ui.ratings.view import choices, result, sheet
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import event_object, serial_of
from textgen.ui.shell.laboratory import Laboratory

EVENTS = ("look", "begin", "load", "reveal")
EACH, SEED = 3, 1


class RatingsTab:
    """Builds the part and answers its events; every handler takes what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.view = LabComponent("ratings", view_config(), EVENTS)

    def connect(self) -> None:
        """Wire the component's events."""
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        handlers = (self.look, self.begin, self.load, self.reveal)
        for name, handler in zip(EVENTS, handlers, strict=True):
            listener = getattr(self.view, name)
            # The page asks again before Gradio has closed the last answer: by default it would not hear.
            event = listener(handler, None, self.view, queue=False, trigger_mode="multiple", **quiet)
            event.failure(None, None, None, js="() => TemperatureLab.ratingsFailed?.()", **quiet)

    def look(self, event: gr.EventData) -> dict[str, Any]:
        """What there is to choose from in a sweep."""
        return answered(event, lambda data: choices(self.lab.sweeps.get(data.get("run"))))

    def begin(self, event: gr.EventData) -> dict[str, Any]:
        """The texts under their codes, and nothing that tells which is which."""
        return answered(event, lambda data: sheet(set_of(read_selection(data), self.lab.sweeps)))

    def load(self, event: gr.EventData) -> dict[str, Any]:
        """The page's ratings and those of a CSV file, as one list."""
        return answered(event, self.loaded)

    def loaded(self, data: dict[str, Any]) -> dict[str, Any]:
        of = same_set(data, self.lab.sweeps)
        found = merged(read_ratings(data.get("ratings"), of), read_scores(data.get("csv"), of))
        return {"ratings": [[rating.item, rating.rater, rating.score] for rating in found]}

    def reveal(self, event: gr.EventData) -> dict[str, Any]:
        """What came of the ratings; with it the page learns which text is which."""
        return answered(event, self.revealed)

    def revealed(self, data: dict[str, Any]) -> dict[str, Any]:
        of = same_set(data, self.lab.sweeps)
        ratings = read_ratings(data.get("ratings"), of)
        if not ratings:
            raise TextError("there must be at least one rating, got none; rate a text first")
        return result(of, ratings)


def answered(event: gr.EventData, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """An answer with the request's number; a mistake is a sentence."""
    try:
        data = event_object(event)
        return {"serial": serial_of(event), **answer(data)}
    except TextgenError as error:
        return {"serial": serial_of(event), "problem": str(error)}


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
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
