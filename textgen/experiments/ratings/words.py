"""How far raters agree, in sentences."""

from __future__ import annotations

import math

from textgen.experiments.ratings.agreement import Agreement

FEW = 10  # texts: with fewer, agreement says little about the next ones
RELIABLE, TENTATIVE = 0.8, 0.667  # Krippendorff 2004: to rely on, and for first conclusions


def agreement_sentences(found: Agreement) -> list[str]:
    """What alpha and kappa say, a sentence each; why there are none, where there are none."""
    if found.raters < 2:
        return ["One person has rated: how far people agree takes two who rate the same texts."]
    if not found.items:
        return [f"{found.raters} people have rated, but no text twice: agreement cannot be told."]
    return [alpha_sentence(found), kappa_sentence(found)]


def alpha_sentence(found: Agreement) -> str:
    if math.isnan(found.alpha):
        return "Krippendorff's alpha cannot be told: all scores are the same, so chance would agree as well."
    said = (
        f"a hint at most, since fewer than {FEW} texts say little"
        if found.items < FEW
        else "enough to rely on the scores"
        if found.alpha >= RELIABLE
        else "enough for first conclusions"
        if found.alpha >= TENTATIVE
        else "too little to build on: they see different things in the texts"
    )
    texts = "1 text" if found.items == 1 else f"{found.items} texts"
    return (
        f"Krippendorff's alpha over the {texts} that two or more rated is {found.alpha:.2f}, where 1 is full "
        f"agreement and 0 what chance gives: {said}."
    )


def kappa_sentence(found: Agreement) -> str:
    if math.isnan(found.kappa):
        return "Weighted kappa cannot be told: no two people gave different scores to texts they share."
    return (
        f"Weighted kappa, averaged over pairs of people, is {found.kappa:.2f}: the same idea, where two "
        "points apart counts four times as much as one."
    )
