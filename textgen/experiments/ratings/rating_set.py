"""What people are to rate: texts of a sweep under codes, the key that stays behind, and what came of it.

The same texts, question and seed make the same set, on any machine: the same codes, the same name. So
everybody in a class can rate on a device of their own, and scores of another set are told apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.experiments.metrics.bootstrap import Interval, interval
from textgen.experiments.ratings.agreement import Rating, blinded, mean_scores
from textgen.experiments.sweep.records import CellKey, SweepText
from textgen.settings import check_whole

QUESTIONS: Mapping[str, str] = {
    "coherence": "How well does it hold together? 1 = not at all, 5 = as if somebody meant it",
    "creativity": "How surprising and fresh is it? 1 = worn out, 5 = I have never read anything like it",
}
MAX_ITEMS = 60  # texts that one person is asked to rate
MAX_EACH = 20  # texts of one cell
NAME = 9  # hexadecimal digits of a set's name, after a letter: no spreadsheet takes it for a number


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a sweep."""

    cell: CellKey  # temperature 0 for what draws nothing: one text for all temperatures
    seed: int | None
    text: str
    proxies: Mapping[str, float]  # `coherence`, `creativity`, as a computer has it; NaN where not measured

    @property
    def name(self) -> str:
        """What tells it from the others of its sweep."""
        return json.dumps([*self.cell, self.seed])


@dataclass(frozen=True, slots=True)
class RatingSet:
    """Texts in the order in which they are rated."""

    name: str  # the same for the same texts, codes and question; others get another one
    question: str  # a key of QUESTIONS
    items: Mapping[str, Item]  # code → text, in order; not for the raters

    @property
    def sheet(self) -> list[tuple[str, str, str]]:
        """Code, prompt and text of each: all that a rater gets to see."""
        return [(code, item.cell.prompt, item.text) for code, item in self.items.items()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What people think of the texts of one cell."""

    cell: CellKey
    score: Interval  # 1..5, mean over texts of the mean over raters; resampled over texts
    ratings: int
    proxies: Mapping[str, float]  # means over the same texts


def items_of(texts: Iterable[SweepText]) -> list[Item]:
    """The texts of a sweep, as they may be rated."""
    return [
        Item(
            CellKey(*text.key[:4]),
            text.key.seed,
            text.text,
            {name: float(getattr(text.metrics, name)) for name in QUESTIONS},
        )
        for text in texts
    ]


def cells_of(items: Iterable[Item]) -> dict[CellKey, list[Item]]:
    """The texts of each cell, in the order of their seeds."""
    cells: dict[CellKey, list[Item]] = {}
    for item in items:
        cells.setdefault(item.cell, []).append(item)
    return {cell: sorted(texts, key=lambda item: item.seed or 0) for cell, texts in cells.items()}


def usual_cells(cells: Sequence[CellKey], most: int = 4) -> list[CellKey]:
    """A few cells to begin with: one model, prompt and strategy, temperatures from end to end."""
    drawn = [cell for cell in cells if cell.temperature > 0] or list(cells)
    plain = [cell for cell in drawn if cell.strategy == "plain"] or drawn
    alike = sorted((c for c in plain if c[:3] == plain[0][:3]), key=lambda c: c.temperature) if plain else []
    places = np.unique(np.linspace(0, len(alike) - 1, min(most, len(alike))).round().astype(int))
    return [alike[place] for place in places]


def rating_set(
    items: Sequence[Item], chosen: Sequence[CellKey], each: int, question: str, seed: int
) -> RatingSet:
    """Up to `each` texts of each chosen cell under codes, in an order that the seed decides.

    Raises SettingError for a question, cell, number or seed that cannot be.
    """
    if question not in QUESTIONS:
        raise out_of_range("question", f"one of {', '.join(QUESTIONS)}", question, "coherence is usual")
    number = check_whole("texts of each setting", each, 1, MAX_EACH, "3 is usual")
    cells = cells_of(items)
    if unknown := [cell for cell in chosen if cell not in cells]:
        raise SettingError(f"the sweep has no text of {cell_name(unknown[0])}; choose among those it has")
    picked = [item for cell in dict.fromkeys(chosen) for item in cells[cell][:number]]
    if not 2 <= len(picked) <= MAX_ITEMS:
        raise SettingError(
            f"a set must have 2 to {MAX_ITEMS} texts, got {len(picked)}; "
            "choose other settings or another number of texts of each"
        )
    return coded(picked, question, seed)


def coded(items: Sequence[Item], question: str, seed: int) -> RatingSet:
    """Texts under the codes that `blinded` gives them."""
    by_name = {item.name: item for item in sorted(items, key=lambda item: item.name)}
    key = blinded({name: item.text for name, item in by_name.items()}, seed).key
    by_code = {code: by_name[name] for code, name in key.items()}
    return RatingSet(set_name(by_code, question), question, by_code)


def set_name(items: Mapping[str, Item], question: str) -> str:
    """A checksum of all that makes a set."""
    facts = [question, [[code, item.name, item.text] for code, item in items.items()]]
    return f"R{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:NAME]}"


def cell_name(cell: CellKey) -> str:
    """`plain at T = 0.5`."""
    return f"{shorten(cell.strategy, 40)} at T = {cell.temperature:g}"


def check_ratings(ratings: Sequence[Rating], of: RatingSet) -> None:
    """Raises TextError for a rating of a text that is not in the set."""
    for rating in ratings:
        if rating.item not in of.items:
            raise TextError(
                f"the set {of.name} has the texts T1 to T{len(of.items)}, got a score for "
                f"{shorten(rating.item)!r}; it belongs to another set"
            )


def verdicts(ratings: Sequence[Rating], of: RatingSet) -> list[Verdict]:
    """What is thought of each cell that has ratings, by temperature. Raises TextError."""
    check_ratings(ratings, of)
    means = mean_scores(ratings)
    cells: dict[CellKey, list[str]] = {}
    for code in means:
        cells.setdefault(of.items[code].cell, []).append(code)
    unsorted = [verdict(cell, codes, ratings, of) for cell, codes in cells.items()]
    return sorted(unsorted, key=lambda verdict: verdict.cell)


def verdict(cell: CellKey, codes: Sequence[str], ratings: Sequence[Rating], of: RatingSet) -> Verdict:
    means = mean_scores([rating for rating in ratings if rating.item in codes])
    items = [of.items[code] for code in codes]
    proxies = {name: known_mean([item.proxies[name] for item in items]) for name in QUESTIONS}
    given = sum(rating.item in means for rating in ratings)
    return Verdict(cell, interval(np.array([means[code] for code in codes])), given, proxies)


def known_mean(values: Sequence[float]) -> float:
    known = [value for value in values if value == value]
    return float(np.mean(known)) if known else float("nan")
