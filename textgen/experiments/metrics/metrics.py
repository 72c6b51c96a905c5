"""A distribution in a few numbers, and the list of what is measured of texts.

The metrics themselves: `text_metrics` of one text, `diversity` of the texts of one setting, `ratings` by
people, `scoring` by another model and of a model on held-out text, `bootstrap` for how sure a mean is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textgen.records import Floats, Summary


def entropy_bits(probabilities: Floats) -> float:
    """probabilities (V,) → −Σ p·log2 p in bits (Shannon 1948), with 0·log 0 = 0."""
    present = probabilities[probabilities > 0]
    return float(max(0.0, -(present * np.log2(present)).sum()))


def summarize(probabilities: Floats) -> Summary:
    """probabilities (V,), summing to 1 → entropy in bits, 2^H choices, top probability, tokens kept."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    entropy = entropy_bits(probabilities)
    kept = int(np.count_nonzero(probabilities > 0))
    return Summary(entropy=entropy, choices=2.0**entropy, top=float(probabilities.max()), kept=kept)


@dataclass(frozen=True, slots=True)
class Metric:
    """What a page says about a metric."""

    name: str  # as in `TextMetrics`; `self_bleu` belongs to a text among those of its setting
    title: str
    unit: str  # "" for a share or ratio
    definition: str
    source: str


METRICS = (
    Metric("distinct_1", "Distinct-1", "", "Different words over all words", "Li et al. 2016"),
    Metric("distinct_2", "Distinct-2", "", "Different word pairs over all word pairs", "Li et al. 2016"),
    Metric("distinct_3", "Distinct-3", "", "Different word trigrams over all of them", "Li et al. 2016"),
    Metric(
        "repetition",
        "Repeated 4-grams",
        "",
        "Share of the text's word 4-grams that came before in it",
        "Welleck et al. 2020, seq-rep-4",
    ),
    Metric(
        "longest_loop",
        "Longest loop",
        "tokens",
        "Longest block of tokens that comes twice with nothing between",
        "our own; squares: Lothaire 1983",
    ),
    Metric(
        "self_bleu",
        "Self-BLEU",
        "",
        "BLEU-4 of a text against the others of its setting; 1 = all the same",
        "Zhu et al. 2018; Papineni et al. 2002",
    ),
    Metric(
        "novelty",
        "Novelty",
        "",
        "Share of word trigrams that the training text does not have",
        "McCoy et al. 2023",
    ),
    Metric("real_words", "Real words", "", "Share of words that the training text has", "Karpathy 2015"),
    Metric(
        "compression",
        "Compression ratio",
        "",
        "Bytes of the text over its bytes after zlib at level 9; higher = more redundant",
        "Shaib et al. 2024",
    ),
    Metric(
        "surprise",
        "Surprise",
        "bits/token",
        "Mean −log2 p of the tokens under the model itself at T = 1",
        "Shannon 1948",
    ),
    Metric(
        "surprise_elsewhere",
        "Surprise of another model",
        "bits/character",
        "−log2 p of the text under another model at T = 1, over its characters",
        "Shannon 1948",
    ),
    Metric(
        "entropy",
        "Entropy",
        "bits",
        "Mean entropy of the distributions that the tokens were picked from, after all stages",
        "Shannon 1948",
    ),
    Metric(
        "coherence",
        "Coherence (proxy)",
        "",
        "2^−(bits per character) under another model, or the model itself: how expected the text is",
        "a proxy of ours; for meaning ask people",
    ),
    Metric(
        "creativity",
        "Creativity (proxy)",
        "",
        "Novelty times distinct-2; random letters have it, too",
        "a proxy of ours",
    ),
)
