"""What is drawn beside a lesson's answer, once it is told: distributions, texts, or the paths of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.lessons.lesson import SHARES, Lesson
from textgen.records import Distribution, Floats, Ints
from textgen.settings import DecodeSettings

if TYPE_CHECKING:  # what computes brings torch in: with the first lesson that is opened
    from textgen.lessons.measures import Case

SHOWN = 8  # tokens with a bar of their own
DRAGGED = 5  # bars of a prediction


def revealed(case: Case) -> dict[str, Any]:
    """The numbers in a lesson's sentences, and what is drawn."""
    from textgen.lessons.measures import measured

    one = case.lesson
    found: dict[str, Any] = {"facts": {name: measured(case, measure) for name, measure in one.facts.items()}}
    if one.shows == "panels":
        found["panels"] = [panel(case, of) for of in (case.before, case.after)]
    if one.shows == "texts":
        cold, warm = case.texts(one.before), case.texts(one.after)
        sides = [(one.before, cold)] if one.before == one.after else [(one.before, cold), (one.after, warm)]
        found["texts"] = [{"temperature": of.temperature, "texts": list(texts)} for of, texts in sides]
    if one.shows == "tree":
        found["paths"] = [path(case, width) for width in (1, one.values["width"])]
    return found


def fact_kinds(one: Lesson) -> dict[str, str]:
    """How each number in a lesson's sentences is written: as a share, or as a plain number."""
    return {name: "share" if measure in SHARES else "number" for name, measure in one.facts.items()}


def path(case: Case, width: int) -> dict[str, Any]:
    """The best text of a search over a table."""
    from textgen.decoding.table_model import parse_table

    best = case.search(width).last.finished[0]
    labels = parse_table(case.lesson.table).labels
    return {"width": width, "text": " ".join(labels[i] for i in best.ids), "total": best.total}


def panel(case: Case, of: Distribution) -> dict[str, Any]:
    """A distribution's likeliest tokens at T = 1, and all others as one."""
    order = order_of(case)
    shown = order[: SHOWN if len(order) > SHOWN + 1 else len(order)]
    settings = DecodeSettings.from_dict(of.settings)
    return {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "labels": [case.expectation.labels[token] for token in shown],
        "shares": shares_of(of.probabilities, shown),
        "rest": len(order) - len(shown),
    }


def shares_of(probabilities: Floats, shown: Ints) -> list[float]:
    """(R,) or with all others as one (R + 1,)."""
    rest = [float(1 - probabilities[shown].sum())] if len(shown) < len(probabilities) else []
    return [*probabilities[shown].tolist(), *(max(0.0, share) for share in rest)]


def order_of(case: Case) -> Ints:
    return np.argsort(-case.expectation.logits, kind="stable")
