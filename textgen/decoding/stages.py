"""The stages: pure functions from logits to logits, shape (…, V), float64; removed = −inf.

Every rule is that of Hugging Face transformers 4.57 (`generation/logits_process.py`) unless its
docstring says otherwise; at least one token always stays. None works in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textgen.records import Bools, Floats


def log_softmax(logits: Floats) -> Floats:
    """(…, V) → natural-log probabilities (…, V); stable at any scale, −inf stays −inf."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: Floats) -> Floats:
    """(…, V) → probabilities (…, V) that sum to 1; stable at any scale."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def temperature(logits: Floats, value: float) -> Floats:
    """logits / T (Ackley, Hinton & Sejnowski 1985). T = 0 keeps the argmax alone, lowest id on ties."""
    if value == 0:
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
    order = np.argsort(logits, axis=-1, kind="stable")
    cumulative = softmax(np.take_along_axis(logits, order, axis=-1)).cumsum(axis=-1)
    kept_sorted = cumulative > 1 - p
    kept_sorted[..., -1] = True
    return keep(logits, unsort(kept_sorted, order))


def min_p(logits: Floats, share: float) -> Floats:
    """Remove tokens less likely than `share` times the likeliest one (Nguyen et al. 2024)."""
    probabilities = softmax(logits)
    return keep(logits, probabilities >= share * probabilities.max(axis=-1, keepdims=True))


def typical(logits: Floats, mass: float) -> Floats:
    """Keep the tokens whose surprise is nearest to the entropy until `mass` is reached.

    Meister et al. 2023: rank by |−ln p − H|, H in nats; the crossing token and its ties stay.
    """
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    distance = np.abs(-logs - entropy_nats(logs)[..., None])
    order = np.argsort(distance, axis=-1, kind="stable")
    cumulative = np.take_along_axis(probabilities, order, axis=-1).cumsum(axis=-1)
    last = np.minimum((cumulative < mass).sum(axis=-1), logits.shape[-1] - 1)
    crossing = np.take_along_axis(order, last[..., None], axis=-1)
    return keep(logits, distance <= np.take_along_axis(distance, crossing, axis=-1))


def epsilon(logits: Floats, floor: float) -> Floats:
    """Remove tokens with a probability below `floor`; the likeliest stays (Hewitt et al. 2022)."""
    return keep(logits, (softmax(logits) >= floor) | is_top(logits))


def eta(logits: Floats, floor: float) -> Floats:
    """Remove p < min(ε, √ε·e^−H), H in nats; the likeliest stays (Hewitt et al. 2022)."""
    logs = log_softmax(logits)
    bound = np.minimum(floor, np.sqrt(floor) * np.exp(-entropy_nats(logs)))[..., None]
    return keep(logits, (np.exp(logs) >= bound) | is_top(logits))


def top_n_sigma(logits: Floats, n: float) -> Floats:
    """Keep logits ≥ max − n·σ, σ the population deviation of the logits still there.

    Tang et al. 2024, as llama.cpp computes it. Both sides scale with 1/T, so as long as nothing was
    removed before, the result is the same before and after temperature.
    """
    there = np.isfinite(logits)
    count = there.sum(axis=-1, keepdims=True)
    finite = np.where(there, logits, 0.0)
    mean = finite.sum(axis=-1, keepdims=True) / count
    variance = (np.where(there, logits - mean, 0.0) ** 2).sum(axis=-1, keepdims=True) / count
    return keep(logits, logits >= logits.max(axis=-1, keepdims=True) - n * np.sqrt(variance))


def repetition_penalty(logits: Floats, penalty: float, history: Sequence[int]) -> Floats:
    """Tokens already in the text: logit / r if positive, logit · r if not (Keskar et al. 2019)."""
    result = logits.copy()
    seen = list(set(history))
    scores = result[..., seen]
    result[..., seen] = np.where(scores < 0, scores * penalty, scores / penalty)
    return result


def no_repeat_ngram(logits: Floats, size: int, history: Sequence[int]) -> Floats:
    """Ban every token that would complete an n-gram already in the text (Paulus et al. 2018).

    When that would ban every token that is left, nothing is banned.
    """
    result = logits.copy()
    result[..., sorted(completions(history, size))] = -np.inf
    return result if np.isfinite(result).any() else logits


def completions(history: Sequence[int], size: int) -> set[int]:
    """The ids that would complete an n-gram of `size` already in `history`."""
    ids = tuple(history)
    tail = ids[len(ids) - size + 1 :]
    if len(ids) < size:
        return set()
    return {ids[i + size - 1] for i in range(len(ids) - size + 1) if ids[i : i + size - 1] == tail}


def keep(logits: Floats, kept: Bools) -> Floats:
    return np.where(kept, logits, -np.inf)


def is_top(logits: Floats) -> Bools:
    return logits >= logits.max(axis=-1, keepdims=True)


def unsort(values: Bools, order: Any) -> Bools:
    result = np.empty_like(values)
    np.put_along_axis(result, order, values, axis=-1)
    return result


def entropy_nats(logs: Floats) -> Floats:
    """(…, V) natural-log probabilities → (…) entropy in nats, with 0·ln 0 = 0."""
    return -(np.exp(logs) * np.where(np.isfinite(logs), logs, 0.0)).sum(axis=-1)
