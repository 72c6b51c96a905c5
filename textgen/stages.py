"""The stages: pure functions from logits to logits, and all that anybody needs to know of each.

Shape (…, V), float64; removed = −inf. Every rule is that of Hugging Face transformers 5.15.1
(`generation/logits_process.py`) unless its docstring says otherwise; at least one token always stays.
None works in place; one that changes nothing may return its input. Written for few calls: at V = 65
each call costs more than its work.

Settings, their errors, the command line, the sidebar, exports and the page's script know a stage from
its `Stage`. A new one is a function, its `Stage`, a field of `StageValues` and a place in both orders
here, and the same function in `ui/shell/decoding.js`.

A bound is compared with a slack of one part in a million (`SLACK`): logits are float32, and typed-in
probabilities that lie exactly on a bound must not fall to its wrong side, as they may in transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.history import History
from textgen.records import Bools, Floats, Ints

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.01, 100.0
MAX_TOP_K = 10_000_000

# By so much, as a share of it, a probability may fall short of a bound that it meets. Rounding a
# probability's logarithm to float32 moves it by half as much at most, down to e^−16.
SLACK = 1e-6
# What −inf is replaced by where it meets a probability of 0.
LOWEST = np.finfo(np.float64).min


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step from logits to probabilities: what it does, its legal values and its names elsewhere."""

    name: str  # of the setting
    title: str  # in a sentence
    label: str  # beside its slider
    help: str  # what it does
    legal: str  # its range in words
    holds: Callable[[Any], bool]  # the same as a test
    hint: str  # what to know when a value was refused: how to turn the stage off
    neutral: float  # the value that changes nothing
    whole: bool = False  # whether its values are whole numbers
    slider: tuple[float, float, float]  # lowest, highest, step
    folded: bool = True  # whether its slider stands among those that few need
    colour: str = ""  # of its card; "" for none of its own
    apply: Callable[..., Floats]  # (logits, value), or (logits, value, history) if it reads that
    removes: bool = True  # whether it removes tokens
    keeps_top: bool = True  # whether the likeliest token always stays the likeliest
    reads_history: bool = False  # whether it looks at the text so far
    linear: bool = False  # whether it does the same at every temperature
    hf_class: str = ""  # its processor in transformers; "" for none
    hf_argument: str = ""  # its name in transformers' `generate`
    added_later: bool = False  # whether receipts were written before it was there

    @property
    def flag(self) -> str:
        """Its name on the command line: `top-k`."""
        return self.name.replace("_", "-")

    def to_dict(self) -> dict[str, Any]:
        """What the page needs to know of it."""
        low, high, step = self.slider
        same = ("name", "title", "label", "help", "legal", "hint", "neutral", "folded", "colour")
        kind = ("removes", "keeps_top", "reads_history")
        return {name: getattr(self, name) for name in (*same, *kind)} | {
            "low": low,
            "high": high,
            "step": step,
        }


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


TEMPERATURE = Stage(
    name="temperature",
    title="temperature",
    label="Temperature",
    help="divides the logits: below 1 sharpens the distribution, above 1 flattens it",
    legal=f"0 or in [{MIN_TEMPERATURE}, {MAX_TEMPERATURE:g}]",
    holds=lambda x: x == 0 or MIN_TEMPERATURE <= x <= MAX_TEMPERATURE,
    hint="0 is greedy, 1 leaves the distribution as learned",
    neutral=1,
    slider=(0, 3, 0.01),
    folded=False,
    apply=temperature,
    removes=False,
    linear=True,
    hf_class="TemperatureLogitsWarper",
    hf_argument="temperature",
)


def top_k(logits: Floats, k: int) -> Floats:
    """Keep the k largest logits and all that tie with the k-th (Fan et al. 2018)."""
    size = logits.shape[-1]
    if k >= size:
        return logits
    kth = np.partition(logits, size - k, axis=-1)[..., size - k, None]
    return keep(logits, logits >= kth)


TOP_K = Stage(
    name="top_k",
    title="top-k",
    label="Top-k (0 = off)",
    help="keeps the k likeliest tokens",
    legal=f"a whole number from 0 to {MAX_TOP_K}",
    holds=lambda x: 0 <= x <= MAX_TOP_K,
    hint="0 turns it off",
    neutral=0,
    whole=True,
    slider=(0, 200, 1),
    folded=False,
    colour="#1b7f79",
    apply=top_k,
    linear=True,
    hf_class="TopKLogitsWarper",
    hf_argument="top_k",
)


def top_p(logits: Floats, p: float) -> Floats:
    """The nucleus: the smallest top set whose mass reaches p; the token that crosses p stays.

    Holtzman et al. 2020. Sorted ascending, tokens whose cumulative probability is ≤ 1 − p go;
    among equal logits the lower id goes first. Of 0.4, 0.3, 0.2, 0.1, p = 0.7 keeps two.
    """
    ordered = np.sort(logits, axis=-1)
    gone = softmax(ordered).cumsum(axis=-1) <= outside_nucleus(p)
    gone[..., -1] = False
    count = np.add.reduce(gone, axis=-1, keepdims=True, dtype=np.int64)  # (…, 1)
    crossing = gather(ordered, count)
    kept = logits >= crossing
    if (np.add.reduce(kept, axis=-1, keepdims=True) + count != logits.shape[-1]).any():
        kept &= ~lowest_equals(logits, crossing, count)
    return keep(logits, kept)


def outside_nucleus(p: float) -> float:
    """1 − p, with the slack of a bound: the probability that may be cut off."""
    return 1 - p + SLACK * min(p, 1 - p)


def lower(bound: Any) -> Any:
    """A bound that values must reach, with its slack."""
    return bound * (1 - SLACK)


def lowest_equals(logits: Floats, value: Floats, count: Ints) -> Bools:
    """Which of the logits equal to `value` (…, 1), lowest id first, are among the `count` lowest."""
    equal = logits == value
    below = np.add.reduce(logits < value, axis=-1, keepdims=True)
    return equal & (equal.cumsum(axis=-1) <= count - below)


TOP_P = Stage(
    name="top_p",
    title="top-p",
    label="Top-p (1 = off)",
    help="keeps the fewest likeliest tokens whose probabilities reach p together",
    legal="in (0, 1]",
    holds=lambda x: 0 < x <= 1,
    hint="1 turns it off",
    neutral=1,
    slider=(0.01, 1, 0.01),
    folded=False,
    colour="#7b5ea7",
    apply=top_p,
    hf_class="TopPLogitsWarper",
    hf_argument="top_p",
)


def min_p(logits: Floats, share: float) -> Floats:
    """Remove tokens less likely than `share` times the likeliest one (Nguyen et al. 2024)."""
    probabilities = softmax(logits)
    return keep(logits, probabilities >= lower(share * highest(probabilities)))


MIN_P = Stage(
    name="min_p",
    title="min-p",
    label="Min-p (0 = off)",
    help="removes tokens less likely than this share of the likeliest one",
    legal="in [0, 1]",
    holds=lambda x: 0 <= x <= 1,
    hint="0 turns it off",
    neutral=0,
    slider=(0, 1, 0.01),
    folded=False,
    colour="#a6611a",
    apply=min_p,
    hf_class="MinPLogitsWarper",
    hf_argument="min_p",
)


def typical(logits: Floats, mass: float) -> Floats:
    """Keep the tokens whose surprise is nearest to the entropy until `mass` is reached.

    Meister et al. 2023: rank by |−ln p − H|, H in nats; the crossing token and its ties stay.
    """
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    distance = np.abs(logs + entropy_nats(logs, probabilities))
    order = distance.argsort(axis=-1, kind="stable")
    reached = gather(probabilities, order).cumsum(axis=-1) >= lower(mass)
    reached[..., -1] = True
    crossing = gather(order, reached.argmax(axis=-1)[..., None])
    return keep(logits, distance <= gather(distance, crossing))


TYPICAL = Stage(
    name="typical",
    title="typical",
    label="Typical (1 = off)",
    help="keeps the tokens about as surprising as is usual here, until they reach this mass",
    legal="in (0, 1]",
    holds=lambda x: 0 < x <= 1,
    hint="1 turns it off",
    neutral=1,
    slider=(0.01, 1, 0.01),
    colour="#4d7c2a",
    apply=typical,
    keeps_top=False,
    hf_class="TypicalLogitsWarper",
    hf_argument="typical_p",
)


def epsilon(logits: Floats, floor: float) -> Floats:
    """Remove tokens with a probability below `floor`; the likeliest stays (Hewitt et al. 2022)."""
    return keep(logits, (softmax(logits) >= lower(floor)) | is_top(logits))


EPSILON = Stage(
    name="epsilon",
    title="epsilon",
    label="Epsilon (0 = off)",
    help="removes tokens less likely than this",
    legal="in [0, 1)",
    holds=lambda x: 0 <= x < 1,
    hint="0 turns it off",
    neutral=0,
    slider=(0, 0.1, 0.001),
    colour="#9c4f86",
    apply=epsilon,
    hf_class="EpsilonLogitsWarper",
    hf_argument="epsilon_cutoff",
)


def eta(logits: Floats, floor: float) -> Floats:
    """Remove p < min(ε, √ε·e^−H), H in nats; the likeliest stays (Hewitt et al. 2022)."""
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    bound = np.minimum(floor, math.sqrt(floor) * np.exp(-entropy_nats(logs, probabilities)))
    return keep(logits, (probabilities >= lower(bound)) | is_top(logits))


ETA = Stage(
    name="eta",
    title="eta",
    label="Eta (0 = off)",
    help="removes tokens less likely than this, or than less where the model is unsure",
    legal="in [0, 1)",
    holds=lambda x: 0 <= x < 1,
    hint="0 turns it off",
    neutral=0,
    slider=(0, 0.1, 0.001),
    colour="#5c6fb1",
    apply=eta,
    hf_class="EtaLogitsWarper",
    hf_argument="eta_cutoff",
)


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
    reach = n * np.sqrt(variance) * (1 + SLACK)
    return keep(logits, logits >= highest(logits) - reach)


TOP_N_SIGMA = Stage(
    name="top_n_sigma",
    title="top-nσ",
    label="Top-nσ (0 = off)",
    help="keeps the logits within n standard deviations of the highest",
    legal="in [0, 100]",
    holds=lambda x: 0 <= x <= 100,
    hint="0 turns it off",
    neutral=0,
    slider=(0, 5, 0.1),
    colour="#857437",
    apply=top_n_sigma,
    linear=True,
)


def xtc(logits: Floats, threshold: float) -> Floats:
    """Exclude top choices: of the tokens with p ≥ threshold only the least likely stays, with its ties.

    As llama.cpp does it (`llama_sampler_xtc`), but at every step instead of with a probability. At
    threshold 0.1, probabilities 0.5, 0.3, 0.15, 0.05 lose the first two.
    """
    likely = softmax(logits) >= lower(threshold)
    least = np.minimum.reduce(np.where(likely, logits, np.inf), axis=-1, keepdims=True)
    return keep(logits, logits <= least)


XTC = Stage(
    name="xtc",
    title="XTC",
    label="XTC threshold (0 = off)",
    help="excludes top choices, at every step: of the tokens at least this likely only the last stays",
    legal="in [0, 0.5]",
    holds=lambda x: 0 <= x <= 0.5,
    hint="0 turns it off",
    neutral=0,
    slider=(0, 0.5, 0.01),
    colour="#a34b6b",
    apply=xtc,
    keeps_top=False,
    added_later=True,
)


def repetition_penalty(logits: Floats, penalty: float, history: Sequence[int]) -> Floats:
    """Tokens already in the text: logit / r if positive, logit · r if not (Keskar et al. 2019)."""
    seen: Any = History.of(history).seen
    if logits.ndim > 1:
        seen = (..., seen)
    scores = logits[seen]
    result = logits.copy()
    result[seen] = np.where(scores < 0, scores * penalty, scores / penalty)
    return result


REPETITION_PENALTY = Stage(
    name="repetition_penalty",
    title="repetition penalty",
    label="Repetition penalty (1 = off)",
    help="makes tokens that the text already holds less likely, below 1 more likely",
    legal="in [0.01, 100]",
    holds=lambda x: 0.01 <= x <= 100,
    hint="1 turns it off",
    neutral=1,
    slider=(0.05, 3, 0.05),
    colour="#b0574f",
    apply=repetition_penalty,
    removes=False,
    keeps_top=False,
    reads_history=True,
    linear=True,
    hf_class="RepetitionPenaltyLogitsProcessor",
    hf_argument="repetition_penalty",
)


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


NO_REPEAT_NGRAM = Stage(
    name="no_repeat_ngram",
    title="no repeat n-gram",
    label="No repeat of n-grams (0 = off)",
    help="removes tokens that would repeat so many tokens in a row that the text already holds",
    legal="a whole number from 0 to 1000",
    holds=lambda x: 0 <= x <= 1000,
    hint="0 turns it off",
    neutral=0,
    whole=True,
    slider=(0, 20, 1),
    colour="#47708a",
    apply=no_repeat_ngram,
    keeps_top=False,
    reads_history=True,
    linear=True,
    hf_class="NoRepeatNGramLogitsProcessor",
    hf_argument="no_repeat_ngram_size",
)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StageValues:
    """The value of every stage, by default the one that changes nothing."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical: float = 1.0
    epsilon: float = 0.0
    eta: float = 0.0
    top_n_sigma: float = 0.0
    xtc: float = 0.0
    repetition_penalty: float = 1.0
    no_repeat_ngram: int = 0


# In the order in which they are shown, which is that of `StageValues`.
STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        TEMPERATURE,
        TOP_K,
        TOP_P,
        MIN_P,
        TYPICAL,
        EPSILON,
        ETA,
        TOP_N_SIGMA,
        XTC,
        REPETITION_PENALTY,
        NO_REPEAT_NGRAM,
    )
}
# Hugging Face transformers: penalties, then temperature, then truncation (generation/utils.py).
TEMPERATURE_FIRST = (
    "repetition_penalty",
    "no_repeat_ngram",
    "top_n_sigma",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical",
    "epsilon",
    "eta",
    "xtc",
)
# llama.cpp: every truncation sees the distribution as learned; temperature comes last.
TEMPERATURE_LAST = (
    "repetition_penalty",
    "no_repeat_ngram",
    "top_n_sigma",
    "top_k",
    "typical",
    "top_p",
    "min_p",
    "epsilon",
    "eta",
    "xtc",
    "temperature",
)
ORDERS = {"temperature first": TEMPERATURE_FIRST, "temperature last": TEMPERATURE_LAST}


def stage_config() -> list[dict[str, Any]]:
    """All stages as JSON objects, for the page's script."""
    return [stage.to_dict() for stage in STAGES.values()]


def completed(order: Sequence[str]) -> tuple[str, ...]:
    """An order of before some stages were added, with each of those where `ORDERS` have it.

    In an order of one's own, behind the stage that it follows in the order with temperature first.
    """
    for known in ORDERS.values():
        if tuple(order) == tuple(n for n in known if n in order or not STAGES[n].added_later):
            return known
    result = list(order)
    for place, name in enumerate(TEMPERATURE_FIRST):
        if name not in result and STAGES[name].added_later:
            before = [other for other in TEMPERATURE_FIRST[:place] if other in result]
            result.insert(result.index(before[-1]) + 1 if before else 0, name)
    return tuple(result)
