"""The stages: pure functions from logits to logits, shape (…, V), float64; removed = −inf.

Every rule is that of Hugging Face transformers 4.57 (`generation/logits_process.py`) unless its
docstring says otherwise; at least one token always stays. None works in place; one that changes
nothing may return its input. Written for few calls: at V = 65 each call costs more than its work.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from textgen.decoding.history import History
from textgen.records import Bools, Floats, Ints

# What −inf is replaced by where it meets a probability of 0.
LOWEST = np.finfo(np.float64).min


def log_softmax(logits: Floats) -> Floats:
    """(…, V) → natural-log probabilities (…, V); stable at any scale, −inf stays −inf."""
    shifted = logits - highest(logits)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis=-1, keepdims=True))
    return shifted


def softmax(logits: Floats) -> Floats:
    """(…, V) → probabilities (…, V) that sum to 1; stable at any scale."""
    weights = np.exp(logits - highest(logits))
    weights /= np.add.reduce(weights, axis=-1, keepdims=True)
    return weights


def temperature(logits: Floats, value: float | Floats) -> Floats:
    """logits / T (Ackley, Hinton & Sejnowski 1985). T = 0 keeps the argmax alone, lowest id on ties.

    An array (B, 1) of numbers above 0 gives each row of (B, V) a temperature of its own.
    """
    if not isinstance(value, np.ndarray) and value == 0:
        best = logits.argmax(axis=-1)[..., None] == np.arange(logits.shape[-1])
        return np.where(best, 0.0, -np.inf)
    return logits / value


def top_k(logits: Floats, k: int) -> Floats:
    """Keep the k largest logits and all that tie with the k-th (Fan et al. 2018)."""
    size = logits.shape[-1]
    if k >= size:
        return logits
    kth = np.partition(logits, size - k, axis=-1)[..., size - k, None]
    return keep(logits, logits >= kth)


def top_p(logits: Floats, p: float) -> Floats:
    """The nucleus: the smallest top set whose mass reaches p; the token that crosses p stays.

    Holtzman et al. 2020. Sorted ascending, tokens whose cumulative probability is ≤ 1 − p go;
    among equal logits the lower id goes first.
    """
    ordered = np.sort(logits, axis=-1)
    gone = softmax(ordered).cumsum(axis=-1) <= 1 - p
    gone[..., -1] = False
    count = np.add.reduce(gone, axis=-1, keepdims=True, dtype=np.int64)  # (…, 1)
    crossing = gather(ordered, count)
    kept = logits >= crossing
    if (np.add.reduce(kept, axis=-1, keepdims=True) + count != logits.shape[-1]).any():
        kept &= ~lowest_equals(logits, crossing, count)
    return keep(logits, kept)


def lowest_equals(logits: Floats, value: Floats, count: Ints) -> Bools:
    """Which of the logits equal to `value` (…, 1), lowest id first, are among the `count` lowest."""
    equal = logits == value
    below = np.add.reduce(logits < value, axis=-1, keepdims=True)
    return equal & (equal.cumsum(axis=-1) <= count - below)


def min_p(logits: Floats, share: float) -> Floats:
    """Remove tokens less likely than `share` times the likeliest one (Nguyen et al. 2024)."""
    probabilities = softmax(logits)
    return keep(logits, probabilities >= share * highest(probabilities))


def typical(logits: Floats, mass: float) -> Floats:
    """Keep the tokens whose surprise is nearest to the entropy until `mass` is reached.

    Meister et al. 2023: rank by |−ln p − H|, H in nats; the crossing token and its ties stay.
    """
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    distance = np.abs(logs + entropy_nats(logs, probabilities))
    order = distance.argsort(axis=-1, kind="stable")
    reached = gather(probabilities, order).cumsum(axis=-1) >= mass
    reached[..., -1] = True
    crossing = gather(order, reached.argmax(axis=-1)[..., None])
    return keep(logits, distance <= gather(distance, crossing))


def epsilon(logits: Floats, floor: float) -> Floats:
    """Remove tokens with a probability below `floor`; the likeliest stays (Hewitt et al. 2022)."""
    return keep(logits, (softmax(logits) >= floor) | is_top(logits))


def eta(logits: Floats, floor: float) -> Floats:
    """Remove p < min(ε, √ε·e^−H), H in nats; the likeliest stays (Hewitt et al. 2022)."""
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    bound = np.minimum(floor, math.sqrt(floor) * np.exp(-entropy_nats(logs, probabilities)))
    return keep(logits, (probabilities >= bound) | is_top(logits))


def top_n_sigma(logits: Floats, n: float) -> Floats:
    """Keep logits ≥ max − n·σ, σ the population deviation of the logits still there.

    Tang et al. 2024, as llama.cpp computes it. Both sides scale with 1/T, so as long as nothing was
    removed before, the result is the same before and after temperature.
    """
    there = logits > -np.inf
    count = np.add.reduce(there, axis=-1, keepdims=True)
    mean = np.add.reduce(np.where(there, logits, 0.0), axis=-1, keepdims=True) / count
    deviations = np.where(there, logits - mean, 0.0)
    variance = np.vecdot(deviations, deviations)[..., None] / count
    return keep(logits, logits >= highest(logits) - n * np.sqrt(variance))


def repetition_penalty(logits: Floats, penalty: float, history: Sequence[int]) -> Floats:
    """Tokens already in the text: logit / r if positive, logit · r if not (Keskar et al. 2019)."""
    seen: Any = History.of(history).seen
    if logits.ndim > 1:
        seen = (..., seen)
    scores = logits[seen]
    result = logits.copy()
    result[seen] = np.where(scores < 0, scores * penalty, scores / penalty)
    return result


def no_repeat_ngram(logits: Floats, size: int, history: Sequence[int]) -> Floats:
    """Ban every token that would complete an n-gram already in the text (Paulus et al. 2018).

    When that would ban every token that is left, nothing is banned.
    """
    banned = History.of(history).completions(size)
    if not banned:
        return logits
    result = logits.copy()
    result[..., banned] = -np.inf
    return result if (result > -np.inf).any() else logits


def keep(logits: Floats, kept: Bools) -> Floats:
    return np.where(kept, logits, -np.inf)


def highest(values: Floats) -> Floats:
    """(…, V) → (…, 1)"""
    return np.maximum.reduce(values, axis=-1, keepdims=True)


def is_top(logits: Floats) -> Bools:
    return logits >= highest(logits)


def gather(values: Any, order: Ints) -> Any:
    """values[order] along the last axis, row by row."""
    return values[order] if values.ndim == 1 else np.take_along_axis(values, order, axis=-1)


def entropy_nats(logs: Floats, probabilities: Floats) -> Floats:
    """(…, V) natural-log probabilities and probabilities → (…, 1) entropy in nats, with 0·ln 0 = 0."""
    finite = np.maximum(logs, LOWEST)
    return -np.vecdot(probabilities, finite)[..., None]
