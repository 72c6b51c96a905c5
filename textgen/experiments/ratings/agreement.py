"""Ratings from 1 to 5 that people give without knowing what they rate, and how far they agree.

A rating is a row `item,rater,score`. `blinded` hands out the texts in random order under codes; the key
that says which is which stays behind until the scores are in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from textgen.errors import TextError, shorten
from textgen.records import Floats
from textgen.settings import check_seed, check_whole

LOWEST, HIGHEST = 1, 5
SCORES = HIGHEST - LOWEST + 1
FEW = 10  # texts: with fewer, agreement says little about the next ones
RELIABLE, TENTATIVE = 0.8, 0.667  # Krippendorff 2004: to rely on, and for first conclusions


@dataclass(frozen=True, slots=True)
class Rating:
    """What one person thinks of one text. Raises SettingError for a score outside 1..5."""

    item: str  # the text's code
    rater: str
    score: int  # 1 = worst, 5 = best

    def __post_init__(self) -> None:
        score = check_whole("a score", self.score, LOWEST, HIGHEST, "1 is worst, 5 is best")
        object.__setattr__(self, "score", score)


@dataclass(frozen=True, slots=True)
class Blind:
    """Texts to be rated."""

    sheet: tuple[tuple[str, str], ...]  # code and text, in random order
    key: Mapping[str, str]  # code → the name that the text had; not for the raters


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far raters agree beyond chance; 1 = entirely, 0 = as chance would, below 0 = less than that."""

    alpha: float  # Krippendorff's, ordinal; NaN where it says nothing
    kappa: float  # Cohen's with quadratic weights, averaged over pairs of raters; NaN where none shares items
    items: int  # rated by two or more
    raters: int


def blinded(texts: Mapping[str, str], seed: int) -> Blind:
    """Texts by name → the same under codes T1, T2 … in an order that the seed decides."""
    names = list(texts)
    order = np.random.default_rng(check_seed(seed)).permutation(len(names))
    codes = {f"T{place}": names[number] for place, number in enumerate(order, 1)}
    return Blind(tuple((code, texts[name]) for code, name in codes.items()), codes)


def check_once(ratings: Sequence[Rating]) -> None:
    """Raises TextError for two ratings of one text by one person."""
    seen: set[tuple[str, str]] = set()
    for rating in ratings:
        pair = rating.item, rating.rater
        if pair in seen:
            raise TextError(
                f"each rater must rate a text once, got {shorten(rating.rater)} twice for "
                f"{shorten(rating.item)}; keep one of the rows"
            )
        seen.add(pair)


def mean_scores(ratings: Sequence[Rating]) -> dict[str, float]:
    """Each item's mean score, 1..5."""
    scores: dict[str, list[int]] = {}
    for rating in ratings:
        scores.setdefault(rating.item, []).append(rating.score)
    return {item: float(np.mean(given)) for item, given in scores.items()}


def agreement(ratings: Sequence[Rating]) -> Agreement:
    """How far the raters agree. Raises TextError for a text rated twice by one."""
    check_once(ratings)
    table = counts_of(ratings)
    raters = {rating.rater for rating in ratings}
    shared = int((table.sum(axis=1) > 1).sum())
    return Agreement(krippendorff_alpha(table), mean_kappa(ratings), shared, len(raters))


def counts_of(ratings: Sequence[Rating]) -> Floats:
    """(items, 5): how many gave each score."""
    items = {item: row for row, item in enumerate(dict.fromkeys(rating.item for rating in ratings))}
    table = np.zeros((len(items), SCORES))
    for rating in ratings:
        table[items[rating.item], rating.score - LOWEST] += 1
    return table


def krippendorff_alpha(counts: Floats) -> float:
    """Counts (items, scores) → Krippendorff's alpha for ordinal data; raters may leave items out.

    Krippendorff 2011, "Computing Krippendorff's alpha-reliability": 1 − observed / expected
    disagreement over pairs of values, items with one value left out. NaN where all values are equal.
    """
    paired = counts[counts.sum(axis=1) > 1]
    sizes = paired.sum(axis=1)[:, None, None]
    pairs = paired[:, :, None] * paired[:, None, :] - paired[:, :, None] * np.eye(counts.shape[1])
    observed = (pairs / np.maximum(sizes - 1, 1)).sum(axis=0)
    totals = observed.sum(axis=1)
    distance = ordinal_distance(totals)
    expected = (np.outer(totals, totals) * distance).sum()
    return float(1 - (totals.sum() - 1) * (observed * distance).sum() / expected) if expected else np.nan


def ordinal_distance(totals: Floats) -> Floats:
    """(S,) how often each score was given → (S, S): (Σ of those from c to k, each end by half)²."""
    middles = totals.cumsum() - totals / 2
    return (middles[:, None] - middles[None, :]) ** 2


def mean_kappa(ratings: Sequence[Rating]) -> float:
    """Weighted kappa averaged over the pairs of raters that share items; NaN where none does."""
    by_rater: dict[str, dict[str, int]] = {}
    for rating in ratings:
        by_rater.setdefault(rating.rater, {})[rating.item] = rating.score
    kappas = []
    for first, second in combinations(by_rater.values(), 2):
        shared = [item for item in first if item in second]
        kappas.append(weighted_kappa([first[i] for i in shared], [second[i] for i in shared]))
    known = [kappa for kappa in kappas if not np.isnan(kappa)]
    return float(np.mean(known)) if known else np.nan


def weighted_kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """Two raters' scores (N,) of the same items → Cohen's kappa with quadratic weights.

    Cohen 1968: 1 − Σ (a − b)² over the items / the same sum expected of the raters' own habits, were
    they to rate without looking. NaN where that is 0.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not len(a):
        return np.nan
    expected = ((a[:, None] - b[None, :]) ** 2).mean()
    return float(1 - ((a - b) ** 2).mean() / expected) if expected else np.nan


# ---- in sentences


def agreement_sentences(measured: Agreement) -> list[str]:
    """What alpha and kappa say, a sentence each; why there are none, where there are none."""
    if measured.raters < 2:
        return ["One person has rated: how far people agree takes two who rate the same texts."]
    if not measured.items:
        return [f"{measured.raters} people have rated, but no text twice: agreement cannot be measured."]
    return [alpha_sentence(measured), kappa_sentence(measured)]


def alpha_sentence(measured: Agreement) -> str:
    if math.isnan(measured.alpha):
        return (
            "Krippendorff's alpha cannot be computed: all scores are the same, so chance would agree as well."
        )
    meaning = (
        f"a hint at most, since fewer than {FEW} texts say little"
        if measured.items < FEW
        else "enough to rely on the scores"
        if measured.alpha >= RELIABLE
        else "enough for first conclusions"
        if measured.alpha >= TENTATIVE
        else "too little to build on: they see different things in the texts"
    )
    texts = "1 text" if measured.items == 1 else f"{measured.items} texts"
    return (
        f"Krippendorff's alpha over the {texts} that two or more rated is {measured.alpha:.2f}, where 1 is "
        f"full agreement and 0 what chance gives: {meaning}."
    )


def kappa_sentence(measured: Agreement) -> str:
    if math.isnan(measured.kappa):
        return "Weighted kappa cannot be computed: no two people gave different scores to texts they share."
    return (
        f"Weighted kappa, averaged over pairs of people, is {measured.kappa:.2f}: the same idea, where two "
        "points apart counts four times as much as one."
    )
