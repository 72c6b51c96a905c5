"""Ratings → what the page shows in the end: means, agreement, and which text was which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from textgen.experiments.ratings.agreement import Rating, agreement, agreement_sentences
from textgen.experiments.ratings.rating_set import (
    QUESTIONS,
    RatingSet,
    Verdict,
    cells_of,
    items_of,
    usual_cells,
    verdicts,
)
from textgen.experiments.sweep.records import CellKey, SweepResult
from textgen.plots.ratings import ratings as chart

FEW = 4  # texts of a cell below which an interval over them says little


def choices(result: SweepResult) -> dict[str, Any]:
    """The cells of a sweep from which one may choose."""
    cells = cells_of(items_of(result.texts))
    usual = set(usual_cells(list(cells)))
    several = varied(list(cells))
    return {
        "cells": [
            {"key": list(cell), "label": label(cell, several), "texts": len(texts), "usual": cell in usual}
            for cell, texts in sorted(cells.items(), key=lambda pair: place_of(pair[0], result))
        ],
        "complete": result.complete,
    }


def place_of(cell: CellKey, result: SweepResult) -> tuple[int, int, int, float]:
    """Cells come in the order of the sweep's settings."""
    chosen = result.settings
    strategies = [strategy.name for strategy in chosen.strategies]
    places = chosen.models.index(cell.model), chosen.prompts.index(cell.prompt)
    return *places, strategies.index(cell.strategy), cell.temperature


def varied(cells: Sequence[CellKey]) -> set[str]:
    """Which of model and prompt a name needs."""
    return {name for name in ("model", "prompt") if len({getattr(cell, name) for cell in cells}) > 1}


def label(cell: CellKey, several: set[str]) -> str:
    """`plain`, and model and prompt where the sweep has several; the temperature stands beside it."""
    return " · ".join(
        [cell.strategy, *(getattr(cell, name) for name in ("model", "prompt") if name in several)]
    )


def sheet(of: RatingSet) -> dict[str, Any]:
    """All that a rater gets to see: neither temperatures nor the key."""
    return {
        "set": of.name,
        "question": of.question,
        "sentence": QUESTIONS[of.question],
        "sheet": [list(row) for row in of.sheet],
    }


def result(of: RatingSet, ratings: Sequence[Rating]) -> dict[str, Any]:
    """What came of it."""
    means = verdicts(ratings, of)
    several = varied([mean.cell for mean in means])
    return {
        "set": of.name,
        "question": of.question,
        "rows": [row(verdict, several, of.question) for verdict in means],
        "figure": chart(means, of.question),
        "agreement": agreement_sentences(agreement(ratings)),
        "caution": caution(means),
        "key": key(of, ratings, several),
        "raters": list(dict.fromkeys(rating.rater for rating in ratings)),
    }


def row(verdict: Verdict, several: set[str], question: str) -> dict[str, Any]:
    """One cell of the table."""
    score = verdict.score
    between = f"{score.low:.1f} to {score.high:.1f}" if score.n > 1 else "–"
    proxy = verdict.proxies[question]
    return {
        "label": label(verdict.cell, several),
        "t": verdict.cell.temperature,
        "mean": f"{score.mean:.2f}",
        "between": between,
        "texts": score.n,
        "ratings": verdict.ratings,
        "proxy": "–" if math.isnan(proxy) else f"{proxy:.2f}",
    }


def caution(means: Sequence[Verdict]) -> str:
    """How much the intervals can be trusted."""
    if min((verdict.score.n for verdict in means), default=FEW) >= FEW:
        return "Intervals hold 95% and resample the texts."
    return (
        "Intervals hold 95% and resample the texts: where a setting has only two or three, they are far too "
        "narrow, and where it has one there is none."
    )


def key(of: RatingSet, ratings: Sequence[Rating], several: set[str]) -> list[dict[str, Any]]:
    """Which text was which, and what each was given."""
    scores: dict[str, list[str]] = {}
    for rating in ratings:
        scores.setdefault(rating.item, []).append(f"{rating.rater}: {rating.score}")
    return [
        {
            "code": code,
            "label": label(item.cell, several),
            "t": item.cell.temperature,
            "seed": "–" if item.seed is None else str(item.seed),
            "scores": ", ".join(scores.get(code, ["not rated"])),
        }
        for code, item in of.items.items()
    ]
