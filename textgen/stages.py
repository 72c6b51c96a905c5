"""The stages: pure functions from logits to logits, and all that anybody needs to know of each.

Shape (…, V), float64; removed = −inf. Every rule is that of Hugging Face transformers 5.15.1
(`generation/logits_process.py`) unless its docstring says otherwise; at least one token always stays.
None works in place; one that changes nothing may return its input. Written for few calls: at V = 65
each call costs more than its work.

Settings, their errors, the command line, the sidebar, exports and the page's script know a stage from
its `Stage`. A new one is a function, its `Stage`, a field of `StageValues` and a place in both orders
here, and the same function in `ui/bars/decoding.js`. One that takes a second number, such as an exponent,
has a `Parameter` for it and one more field, and gets it by name.

A bound is compared with a slack of one part in a million (`SLACK`): logits are float32, and typed-in
probabilities that lie exactly on a bound must not fall to its wrong side, as they may in transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.errors import out_of_range
from textgen.history import History
from textgen.logit_bias import NO_BIAS, LogitBias
from textgen.records import Bools, Floats, Ints
from textgen.validation import finite, whole

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.01, 100.0
MAX_TOP_K = 10_000_000

# By so much, as a share of it, a probability may fall short of a bound that it meets. Rounding a
# probability's logarithm to float32 moves it by half as much at most, down to e^−16.
SLACK = 1e-6
# What −inf is replaced by where it meets a probability of 0.
LOWEST = np.finfo(np.float64).min


@dataclass(frozen=True, slots=True)
class Bounds:
    """The numbers between two ends, which count as well unless they are left out."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False  # whether the lower end is left out
    below: bool = False  # whether the higher end is left out
    or_zero: bool = False  # whether 0 is legal besides

    def hold(self, number: float) -> bool:
        """Whether a number is one of them."""
        over = number > self.low if self.above else number >= self.low
        under = number < self.high if self.below else number <= self.high
        return (over and under) or (self.or_zero and number == 0)

    def words(self, whole: bool = False) -> str:
        """As an error says them: `in (0, 1]`."""
        if whole:
            return f"a whole number from {self.low} to {self.high}"
        ends = f"in {'(' if self.above else '['}{self.low:g}, {self.high:g}{')' if self.below else ']'}"
        return f"0 or {ends}" if self.or_zero else ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a stage takes: what it does, which are legal, and its names."""

    name: str  # of the setting
    title: str  # in a sentence
    label: str  # beside its slider
    help: str  # what it does
    hint: str  # what to know when a value was refused: how to turn the stage off
    neutral: Any  # the value that changes nothing; of a further parameter the usual one
    bounds: Bounds = Bounds()  # frozen
    whole: bool = False  # whether its values are whole numbers
    legal: str = ""  # its range in words; left out: those of its bounds
    slider: tuple[float, float, float] = (0, 0, 0)  # lowest, highest, step; all 0: a field for words
    read: Callable[[str, Any], Any] | None = None  # the check of a value that is no number

    def __post_init__(self) -> None:
        object.__setattr__(self, "legal", self.legal or self.bounds.words(self.whole))

    @property
    def flag(self) -> str:
        """Its name on the command line: `top-k`."""
        return self.name.replace("_", "-")

    def check(self, name: str, value: Any) -> Any:
        """A legal value, made plain. Raises SettingError that speaks of it as `name`."""
        if self.read is not None:
            return self.read(name, value)
        number = whole(value) if self.whole else finite(value)
        if number is None or not self.holds(number):
            raise out_of_range(name, self.legal, value, self.hint)
        return number

    def holds(self, number: float) -> bool:
        """Whether a number is in its range."""
        return self.bounds.hold(number)

    def shown(self, value: Any) -> str:
        """A value in a sentence."""
        return str(value) if self.read else f"{value:g}"

    def to_dict(self) -> dict[str, Any]:
        """What the page needs to know of it."""
        low, high, step = self.slider
        same = ("name", "title", "label", "help", "legal", "hint")
        words = {name: getattr(self, name) for name in same}
        return words | {"neutral": as_json(self.neutral), "low": low, "high": high, "step": step}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Parameter):
    """One step from logits to probabilities, with the value that turns it on."""

    # (logits, value), then the history if it reads that; by name its further parameters, and the temperature
    apply: Callable[..., Floats]
    parameters: tuple[Parameter, ...] = ()  # further numbers, each a setting of its own
    folded: bool = True  # whether its slider stands among those that few need
    colour: str = ""  # of its card; "" for none of its own
    removes: bool = True  # whether it removes tokens
    keeps_top: bool = True  # whether the likeliest token always stays the likeliest
    # Whether a search for the likeliest text heeds it: what looks at tokens, not at how likely they are.
    # transformers calls these processors, and all others warpers.
    processor: bool = False
    reads_history: bool = False  # whether it looks at the text so far
    reads_surprisal: bool = False  # whether it looks at how surprising the picks so far were
    reads_temperature: bool = False  # whether it is given the temperature
    takes_least: bool = False  # whether it can be told how many tokens to keep at least, by name
    linear: bool = False  # whether it does the same at every temperature
    hf_class: str = ""  # its processor in transformers; "" for none
    hf_value: Callable[[Any], str] = repr  # a value as Python source for transformers
    hf_argument: str = ""  # its name in transformers' `generate`
    added_later: bool = False  # whether receipts were written before it was there

    def to_dict(self) -> dict[str, Any]:
        own = ("folded", "colour", "removes", "keeps_top", "processor", "reads_history")
        parameters = [parameter.to_dict() for parameter in self.parameters]
        return (
            Parameter.to_dict(self) | {name: getattr(self, name) for name in own} | {"parameters": parameters}
        )


def as_json(value: Any) -> Any:
    """A stage's value as JSON."""
    return value.to_json() if isinstance(value, LogitBias) else value


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
    bounds=Bounds(MIN_TEMPERATURE, MAX_TEMPERATURE, or_zero=True),
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


def dynamic_temperature(
    logits: Floats, spread: float, *, dynamic_exponent: float, temperature: float | Floats
) -> Floats:
    """Make the temperature T that follows one between T − spread and T + spread, higher where H is.

    It is low + (high − low)·(H / H_max)^exponent, H the entropy of what is left and H_max that of as many
    equally likely tokens: `llama_sampler_temp_ext` of llama.cpp. The division by T itself is left to the
    stage that does it. Two tokens, 0.9 and 0.1, have H / H_max = 0.47: at T = 1, spread 0.5 divides by 0.97.
    """
    if not isinstance(temperature, np.ndarray) and temperature == 0:
        return logits
    low, high = np.maximum(temperature - spread, 0.0), temperature + spread
    chosen = low + (high - low) * entropy_share(logits) ** dynamic_exponent
    return logits * (temperature / np.maximum(chosen, MIN_TEMPERATURE))


def entropy_share(logits: Floats) -> Floats:
    """(…, V) → (…, 1) entropy as a share of the highest that so many tokens can have, 0..1."""
    logs = log_softmax(logits)
    count = np.add.reduce(logits > -np.inf, axis=-1, keepdims=True)
    share = entropy_nats(logs, np.exp(logs)) / np.log(np.maximum(count, 2))
    return np.minimum(np.maximum(share, 0.0), 1.0)


DYNAMIC_TEMPERATURE = Stage(
    name="dynamic_temperature",
    title="dynamic temperature",
    label="Dynamic temperature, ± (0 = off)",
    help="moves the temperature by up to so much: down where the model is sure, up where it is not",
    bounds=Bounds(0, 10),
    hint="0 turns it off",
    neutral=0,
    slider=(0, 2, 0.05),
    colour="#b5653a",
    apply=dynamic_temperature,
    parameters=(
        Parameter(
            name="dynamic_exponent",
            title="exponent of the dynamic temperature",
            label="Its exponent",
            help="above 1 keeps the dynamic temperature low until the model is very unsure",
            bounds=Bounds(0.01, 10),
            hint="1 follows the entropy evenly",
            neutral=1,
            slider=(0.1, 4, 0.1),
        ),
    ),
    removes=False,
    reads_temperature=True,
    added_later=True,
)


def smoothing(logits: Floats, factor: float, *, smoothing_curve: float) -> Floats:
    """Bend the logits: what lies d below the highest comes to lie factor·d²·(k + s·d) below it.

    k = (3 − c)/2 and s = (c − 1)/2, c the curve: quadratic sampling of koboldcpp and text-generation-webui.
    What is close to the highest comes closer, the rest falls away: at factor 1 and curve 1, distances of
    0.5, 1 and 2 become 0.25, 1 and 4.
    """
    there, top = logits > -np.inf, highest(logits)
    below = np.where(there, logits - top, 0.0)
    linear, cubic = (3 - smoothing_curve) / 2, (smoothing_curve - 1) / 2
    return np.where(there, top + factor * below * below * (cubic * below - linear), -np.inf)


SMOOTHING = Stage(
    name="smoothing",
    title="smoothing",
    label="Smoothing factor (0 = off)",
    help="squares how far each logit lies below the highest, times this: near ones rise, far ones fall",
    bounds=Bounds(0, 10),
    hint="0 turns it off",
    neutral=0,
    slider=(0, 3, 0.05),
    colour="#6d8a3f",
    apply=smoothing,
    parameters=(
        Parameter(
            name="smoothing_curve",
            title="curve of the smoothing",
            label="Its curve",
            help="from squares at 1 to cubes at 3: the near ones rise more and the far ones fall deeper",
            bounds=Bounds(1, 3),
            hint="1 is quadratic; beyond 3 unlikely tokens would become the likeliest",
            neutral=1,
            slider=(1, 3, 0.1),
        ),
    ),
    removes=False,
    added_later=True,
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
    bounds=Bounds(0, MAX_TOP_K),
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
    bounds=Bounds(0, 1, above=True),
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
    bounds=Bounds(0, 1),
    hint="0 turns it off",
    neutral=0,
    slider=(0, 1, 0.01),
    folded=False,
    colour="#a6611a",
    apply=min_p,
    hf_class="MinPLogitsWarper",
    hf_argument="min_p",
)


def typical(logits: Floats, mass: float, *, least: int = 1) -> Floats:
    """Keep the tokens whose surprise is nearest to the entropy until `mass` is reached.

    Meister et al. 2023: rank by |−ln p − H|, H in nats; the crossing token and its ties stay, and
    `least` tokens in any case.
    """
    logs = log_softmax(logits)
    probabilities = np.exp(logs)
    distance = np.abs(logs + entropy_nats(logs, probabilities))
    order = distance.argsort(axis=-1, kind="stable")
    reached = gather(probabilities, order).cumsum(axis=-1) >= lower(mass)
    reached[..., : least - 1] = False
    reached[..., -1] = True
    crossing = gather(order, reached.argmax(axis=-1)[..., None])
    return keep(logits, distance <= gather(distance, crossing))


TYPICAL = Stage(
    name="typical",
    title="typical",
    label="Typical (1 = off)",
    help="keeps the tokens about as surprising as is usual here, until they reach this mass",
    bounds=Bounds(0, 1, above=True),
    hint="1 turns it off",
    neutral=1,
    slider=(0.01, 1, 0.01),
    colour="#4d7c2a",
    apply=typical,
    keeps_top=False,
    takes_least=True,
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
    bounds=Bounds(0, 1, below=True),
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
    bounds=Bounds(0, 1, below=True),
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
    bounds=Bounds(0, 100),
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
    bounds=Bounds(0, 0.5),
    hint="0 turns it off",
    neutral=0,
    slider=(0, 0.5, 0.01),
    colour="#a34b6b",
    apply=xtc,
    keeps_top=False,
    added_later=True,
)


def mirostat(logits: Floats, target: float, history: Sequence[int], *, mirostat_eta: float) -> Floats:
    """Remove tokens that are more surprising than μ bits; the likeliest stays (Basu et al. 2020, version 2).

    μ = 2τ − η·Σ(s − τ) over the tokens written so far, τ the target, s the bits with which each was picked:
    llama.cpp's μ, which starts at 2τ and moves by −η·(s − τ) a token, as a function of the text's past.
    """
    text = History.of(history)
    limit = 2 * target - mirostat_eta * (text.bits - text.picks * target)
    return epsilon(logits, 2.0 ** -max(limit, 0.0))


MIROSTAT = Stage(
    name="mirostat",
    title="mirostat",
    label="Mirostat target, bits (0 = off)",
    help="holds the surprise near so many bits a token: cuts off more after surprising tokens",
    bounds=Bounds(0, 20),
    hint="0 turns it off",
    neutral=0,
    slider=(0, 8, 0.1),
    colour="#2f7f9e",
    apply=mirostat,
    parameters=(
        Parameter(
            name="mirostat_eta",
            title="learning rate of mirostat",
            label="Its learning rate",
            help="how far mirostat's limit moves for each bit by which a token misses the target",
            bounds=Bounds(0, 1),
            hint="0.1 is usual",
            neutral=0.1,
            slider=(0, 1, 0.01),
        ),
    ),
    reads_history=True,
    reads_surprisal=True,
    added_later=True,
)


def logit_bias(logits: Floats, bias: LogitBias) -> Floats:
    """Add a number to the logits of some tokens (OpenAI's `logit_bias`); −∞ bans one.

    Where that would ban every token that is left, nothing is banned.
    """
    ids, numbers = bias.by_id()
    result = logits.copy()
    result[..., ids] += numbers
    left = highest(result) > -np.inf
    if left.all():
        return result
    softened = logits.copy()
    softened[..., ids] += np.where(np.isfinite(numbers), numbers, 0.0)
    return np.where(left, result, softened)


LOGIT_BIAS = Stage(
    name="logit_bias",
    title="logit bias",
    label="Logit bias",
    help="adds a number to the logits of the tokens named, or bans them: e: -2, o: ban",
    legal="tokens with a number from -100 to 100 or ban",
    read=LogitBias.read,
    hint="leave it empty to turn it off",
    neutral=NO_BIAS,
    colour="#8a6d9e",
    apply=logit_bias,
    keeps_top=False,
    processor=True,
    hf_class="SequenceBiasLogitsProcessor",
    hf_value=lambda bias: bias.sequences(),
    hf_argument="sequence_bias",
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
    bounds=Bounds(0.01, 100),
    hint="1 turns it off",
    neutral=1,
    slider=(0.05, 3, 0.05),
    colour="#b0574f",
    apply=repetition_penalty,
    removes=False,
    keeps_top=False,
    processor=True,
    reads_history=True,
    linear=True,
    hf_class="RepetitionPenaltyLogitsProcessor",
    hf_argument="repetition_penalty",
)


def presence_penalty(logits: Floats, penalty: float, history: Sequence[int]) -> Floats:
    """Tokens already in the text: logit − penalty, however often they came (OpenAI's definition)."""
    result = logits.copy()
    result[..., History.of(history).seen] -= penalty
    return result


PRESENCE_PENALTY = Stage(
    name="presence_penalty",
    title="presence penalty",
    label="Presence penalty (0 = off)",
    help="takes this off the logits of tokens that the text already holds, once however often they came",
    bounds=Bounds(-10, 10),
    hint="0 turns it off",
    neutral=0,
    slider=(-2, 2, 0.1),
    colour="#a8604a",
    apply=presence_penalty,
    removes=False,
    keeps_top=False,
    processor=True,
    reads_history=True,
    added_later=True,
)


def frequency_penalty(logits: Floats, penalty: float, history: Sequence[int]) -> Floats:
    """Tokens already in the text: logit − penalty · how often they came (OpenAI's definition)."""
    text = History.of(history)
    result = logits.copy()
    result[..., text.seen] -= penalty * text.counts
    return result


FREQUENCY_PENALTY = Stage(
    name="frequency_penalty",
    title="frequency penalty",
    label="Frequency penalty (0 = off)",
    help="takes this off the logits of tokens that the text already holds, once for each time they came",
    bounds=Bounds(-10, 10),
    hint="0 turns it off",
    neutral=0,
    slider=(-2, 2, 0.1),
    colour="#93583f",
    apply=frequency_penalty,
    removes=False,
    keeps_top=False,
    processor=True,
    reads_history=True,
    added_later=True,
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
    bounds=Bounds(0, 1000),
    hint="0 turns it off",
    neutral=0,
    whole=True,
    slider=(0, 20, 1),
    colour="#47708a",
    apply=no_repeat_ngram,
    keeps_top=False,
    processor=True,
    reads_history=True,
    linear=True,
    hf_class="NoRepeatNGramLogitsProcessor",
    hf_argument="no_repeat_ngram_size",
)


def min_length(logits: Floats, least: int, history: Sequence[int]) -> Floats:
    """Remove the tokens that end a text until `least` have been written, unless no other is left."""
    text = History.of(history)
    if text.written >= least or not text.stops:
        return logits
    result = logits.copy()
    result[..., list(text.stops)] = -np.inf
    return np.where(highest(result) > -np.inf, result, logits)


MIN_LENGTH = Stage(
    name="min_length",
    title="min length",
    label="Tokens before an end (0 = off)",
    help="removes the tokens that end a text until so many have been written",
    bounds=Bounds(0, 100_000),
    hint="0 turns it off",
    neutral=0,
    whole=True,
    slider=(0, 50, 1),
    colour="#5d7f5a",
    apply=min_length,
    keeps_top=False,
    processor=True,
    reads_history=True,
    linear=True,
    hf_class="MinNewTokensLengthLogitsProcessor",
    hf_argument="min_new_tokens",
    added_later=True,
)


def with_least(logits: Floats, after: Floats, least: int) -> Floats:
    """What a truncation left of logits (…, V), and the `least` likeliest in any case, ties among them."""
    place = max(logits.shape[-1] - least, 0)
    bound = np.partition(logits, place, axis=-1)[..., place, None]
    return np.where(logits >= bound, logits, after)


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
    """The values of every stage, by default those that change nothing."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    typical: float = 1.0
    epsilon: float = 0.0
    eta: float = 0.0
    top_n_sigma: float = 0.0
    xtc: float = 0.0
    mirostat: float = 0.0
    mirostat_eta: float = 0.1
    dynamic_temperature: float = 0.0
    dynamic_exponent: float = 1.0
    smoothing: float = 0.0
    smoothing_curve: float = 1.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    no_repeat_ngram: int = 0
    min_length: int = 0
    logit_bias: LogitBias = NO_BIAS


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
        MIROSTAT,
        DYNAMIC_TEMPERATURE,
        SMOOTHING,
        REPETITION_PENALTY,
        PRESENCE_PENALTY,
        FREQUENCY_PENALTY,
        NO_REPEAT_NGRAM,
        MIN_LENGTH,
        LOGIT_BIAS,
    )
}
# All values that can be set, by name: of each stage its own, then its further parameters.
PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter for stage in STAGES.values() for parameter in (stage, *stage.parameters)
}
# Hugging Face transformers: what looks at tokens, then temperature, then truncation (generation/utils.py).
TEMPERATURE_FIRST = (
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "no_repeat_ngram",
    "min_length",
    "top_n_sigma",
    "dynamic_temperature",
    "temperature",
    "smoothing",
    "top_k",
    "top_p",
    "min_p",
    "typical",
    "epsilon",
    "eta",
    "xtc",
    "mirostat",
)
# llama.cpp: every truncation sees the distribution as learned; temperature comes last, mirostat behind it.
TEMPERATURE_LAST = (
    "logit_bias",
    "repetition_penalty",
    "presence_penalty",
    "frequency_penalty",
    "no_repeat_ngram",
    "min_length",
    "top_n_sigma",
    "top_k",
    "typical",
    "top_p",
    "min_p",
    "epsilon",
    "eta",
    "xtc",
    "smoothing",
    "dynamic_temperature",
    "temperature",
    "mirostat",
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
