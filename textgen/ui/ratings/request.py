"""What the page asks of the Blind ratings part, read as hostile input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textgen.errors import TextError, out_of_range, shorten
from textgen.experiments.ratings.agreement import Rating, check_once
from textgen.experiments.ratings.files import MAX_RATINGS, check_rater
from textgen.experiments.ratings.rating_set import QUESTIONS, RatingSet, check_ratings, items_of, rating_set
from textgen.experiments.sweep.records import CellKey
from textgen.settings import check_seed
from textgen.ui.sweep.runs import SweepStore
from textgen.validation import finite

MAX_CELLS = 12  # settings that one set compares
OWN = "use the page's own controls"


@dataclass(frozen=True, slots=True)
class Selection:
    """What makes a set: who selects the same of the same sweep rates the same texts under the same codes."""

    run: str  # of the sweep that the server holds
    cells: tuple[CellKey, ...]
    each: int  # texts of one cell
    question: str
    seed: int  # of the order


def read_selection(data: Mapping[str, Any]) -> Selection:
    """A JSON object → the selection; what only the sweep can judge is judged there. Raises TextgenError."""
    cells = data.get("cells")
    if not isinstance(cells, list) or not 1 <= len(cells) <= MAX_CELLS:
        got = len(cells) if isinstance(cells, list) else shorten(cells)
        raise TextError(f"the settings to rate must be 1 to {MAX_CELLS}, got {got}; tick a few of them")
    question = data.get("question")
    if not isinstance(question, str) or question not in QUESTIONS:
        raise out_of_range("question", f"one of {', '.join(QUESTIONS)}", question, OWN)
    return Selection(
        run=data.get("run"),  # type: ignore[arg-type]  # the store judges it
        cells=tuple(map(read_cell, cells)),
        each=data.get("each"),  # type: ignore[arg-type]  # `rating_set` judges it
        question=question,
        seed=check_seed(data.get("seed")),
    )


def read_cell(value: Any) -> CellKey:
    """Model, prompt, strategy and temperature. Raises TextError."""
    texts = isinstance(value, list) and len(value) == 4 and all(isinstance(part, str) for part in value[:3])
    if not texts or finite(value[3]) is None:
        raise TextError(
            f"a setting must have a model, prompt, strategy and temperature, got {shorten(value)}; {OWN}"
        )
    model, prompt, strategy, temperature = value
    return CellKey(model, prompt, strategy, float(temperature))


def set_of(selection: Selection, sweeps: SweepStore) -> RatingSet:
    """The texts under their codes. Raises TextgenError."""
    items = items_of(sweeps.get(selection.run).texts)
    return rating_set(items, selection.cells, selection.each, selection.question, selection.seed)


def same_set(data: Mapping[str, Any], sweeps: SweepStore) -> RatingSet:
    """The set that the page has begun. Raises TextError where its sweep has other texts by now."""
    same = set_of(read_selection(data), sweeps)
    if data.get("set") != same.name:
        raise TextError(
            f"these ratings are of the set {shorten(data.get('set'))!r}, the sweep now gives {same.name}; "
            "it had not ended when the rating began, or was another one: begin again"
        )
    return same


def read_ratings(values: Any, of: RatingSet) -> list[Rating]:
    """The page's `[[code, rater, score], …]`. Raises TextgenError."""
    if not isinstance(values, list) or len(values) > MAX_RATINGS:
        raise TextError(f"ratings must be a list of at most {MAX_RATINGS:,}, got {shorten(values)}; {OWN}")
    ratings = [read_rating(value) for value in values]
    check_ratings(ratings, of)
    check_once(ratings)
    return ratings


def read_rating(value: Any) -> Rating:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[0], str):
        raise TextError(f"a rating must have a text's code, a rater and a score, got {shorten(value)}; {OWN}")
    return Rating(value[0], check_rater(value[1]), value[2])


def merged(known: Sequence[Rating], new: Sequence[Rating]) -> list[Rating]:
    """Both, equal ones once. Raises TextError where one person gave a text two scores."""
    ratings = list(dict.fromkeys((*known, *new)))
    check_once(ratings)
    return ratings
