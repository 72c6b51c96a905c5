"""How alike the texts of one setting are: self-BLEU.

Zhu et al. 2018, "Texygen": each text's BLEU-4 against all the others as references, averaged over the
texts; 1 = all the same, towards 0 = nothing in common. BLEU is that of Papineni et al. 2002 on one text,
with the clipped n-gram precisions for n = 1 … 4, their geometric mean and the brevity penalty against the
reference nearest in length, the shorter one on ties. A precision of 0 counts as 0.1 matches ("method 1" of
Chen & Cherry 2014, NLTK's `SmoothingFunction().method1`), no common word at all as 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from textgen.experiments.metrics.text_metrics import NOT_MEASURED, ngrams
from textgen.records import Floats

LONGEST = 4  # words of the n-grams that are compared
SMOOTHING = 0.1  # matches that none counts as

Counts = Counter[tuple[Hashable, ...]]


def self_bleu(texts: Sequence[Sequence[Hashable]]) -> Floats:
    """(S,) texts as words → (S,) BLEU-4 of each against the others, 0..1; its mean is self-BLEU.

    NaN for a text that is alone or has no words.
    """
    counts = [[Counter(ngrams(text, n)) for n in range(1, LONGEST + 1)] for text in texts]
    return np.array([bleu_of(number, texts, counts) for number in range(len(texts))])


def bleu_of(number: int, texts: Sequence[Sequence[Hashable]], counts: Sequence[Sequence[Counts]]) -> float:
    """One text's BLEU-4 against all others."""
    others = [other for other in range(len(texts)) if other != number]
    if not others or not texts[number]:
        return NOT_MEASURED
    matches = [clipped(counts[number][n], [counts[other][n] for other in others]) for n in range(LONGEST)]
    if not matches[0]:
        return 0.0
    totals = [max(1, counts[number][n].total()) for n in range(LONGEST)]
    logs = [math.log((found or SMOOTHING) / total) for found, total in zip(matches, totals, strict=True)]
    penalty = brevity(len(texts[number]), [len(texts[other]) for other in others])
    return penalty * math.exp(math.fsum(logs) / LONGEST)


def clipped(counts: Counts, references: Sequence[Counts]) -> int:
    """How many n-grams are matched, each at most as often as the reference has it that has it most."""
    return sum(
        min(count, max(reference[ngram] for reference in references)) for ngram, count in counts.items()
    )


def brevity(length: int, references: Sequence[int]) -> float:
    """1 for a text as long as the reference nearest in length, else e^(1 − reference / length)."""
    nearest = min(references, key=lambda other: (abs(other - length), other))
    return 1.0 if length > nearest else math.exp(1 - nearest / length)
