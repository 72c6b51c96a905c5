"""What the core hands out: frozen dataclasses of numpy arrays, shape and unit at each field."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Displayed:
    """A record that a notebook shows as a table and bars. What draws it is imported when it is looked at."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return import_module("textgen.notebook.html").html(self)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text as a model reads it."""

    ids: tuple[int, ...]  # (T,) token ids, unknown pieces left out
    pieces: tuple[tuple[str, bool], ...]  # (T + unknown,) token text, and whether the model knows it
    unknown: tuple[str, ...]  # distinct pieces the model does not know, in order of appearance
    unseen: int = 0  # how many of the first pieces lie out of the model's sight


@dataclass(frozen=True, slots=True)
class NextToken(Displayed):
    """What a model expects after a context; the one input of every next-token view."""

    labels: tuple[str, ...]  # (V,) visible token labels
    texts: tuple[str, ...]  # (V,) what each token adds to the text
    logits: NDArray[np.float32]  # (V,) natural-log scores as the model gives them
    context: Encoded
    model: str  # its name; "" for typed-in numbers
    note: str = ""  # what the reader should know: an empty context, a cut context, unknown characters
    stops: tuple[int, ...] = ()  # the tokens that end a text


@dataclass(frozen=True, slots=True)
class StageTrace:
    """The distribution after one stage."""

    name: str  # "raw" for the start
    logits: Floats  # (V,) natural log, −inf = removed
    probabilities: Floats  # (V,) sum to 1
    kept: Bools  # (V,)
    removed_by_this: Bools  # (V,) kept before this stage, not after
    removed_mass: float  # probability (0..1) that this stage took, under the distribution before it
    changed: bool  # whether the distribution differs from the one before


@dataclass(frozen=True, slots=True)
class Summary:
    """A distribution in four numbers."""

    entropy: float  # bits
    choices: float  # 2^entropy, the effective number of choices
    top: float  # probability (0..1) of the likeliest token
    kept: int  # tokens with a probability above 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "entropy_bits": self.entropy,
            "choices": self.choices,
            "top": self.top,
            "kept": self.kept,
        }


@dataclass(frozen=True, slots=True)
class Distribution(Displayed):
    """A next-token distribution under settings."""

    next: NextToken
    settings: dict[str, Any]
    trace: tuple[StageTrace, ...]  # raw, then after each active stage
    probabilities: Floats  # (V,) after all stages, sum to 1
    summary: Summary

    def likeliest(self, n: int = 10) -> Ints:
        """(n,) ids of the likeliest tokens, lowest id first on ties."""
        return np.argsort(-self.probabilities, kind="stable")[:n]

    def top(self, n: int = 10) -> list[tuple[str, float]]:
        """The n likeliest tokens, label and probability, lowest id first on ties."""
        return [(self.next.labels[i], float(self.probabilities[i])) for i in self.likeliest(n)]


@dataclass(frozen=True, slots=True)
class Step:
    """One token of each of B streams."""

    index: int  # the step's number, from 0 at the first generated token
    ids: Ints  # (B,) token picked by each stream
    probabilities: Floats  # (B,) of the pick as the model learned it (T = 1, nothing removed), 0..1
    decoded: Floats  # (B,) of the pick under the stream's own settings, 0..1
    ranks: Ints  # (B,) 1 = the model's likeliest token
    top_ids: Ints  # (B, 5) the likeliest tokens at T = 1
    top_probabilities: Floats  # (B, 5)

    @property
    def surprisal(self) -> Floats:
        """(B,) −log2 of the learned probability: bits."""
        return -np.log2(np.maximum(self.probabilities, np.finfo(np.float64).tiny))


@dataclass(frozen=True, slots=True)
class Generation(Displayed):
    """One written text and all that is needed to write it again."""

    model: str
    prompt: str
    text: str  # the continuation alone
    ids: tuple[int, ...]
    surprisal: Floats  # (n,) bits under the model at T = 1
    settings: dict[str, Any]
    seed: int
    seconds: float
    note: str = ""  # what the reader should know: what of the prompt the model does not know; "" for nothing


@dataclass(frozen=True, slots=True)
class Draws(Displayed):
    """Repeated multinomial draws from K distributions over the same V tokens."""

    labels: tuple[str, ...]  # (V,)
    temperatures: tuple[float, ...]  # (K,)
    probabilities: Floats  # (K, V) sum to 1
    counts: Ints  # (K, V) sum to n
    n: int  # draws made so far at each temperature
    checkpoints: Ints  # (M,) numbers of draws at which the distance was taken, rising
    distances: Floats  # (K, M) total variation between counts/n and the truth, 0..1
    seed: int
    note: str = ""  # what the reader should know of the context; "" for nothing


@dataclass(frozen=True, slots=True)
class ChiSquared:
    """Pearson's goodness-of-fit test of counts against the probabilities they were drawn from."""

    statistic: float  # Σ (observed − expected)² / expected; infinite when an impossible token came
    degrees: int  # bins − 1
    p_value: float | None  # 0..1; None when fewer than two bins have an expected count of 5
    bins: int  # after pooling


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A continuation that beam search ends with, or one path written token by token."""

    ids: tuple[int, ...]  # (n,) the tokens written, a stop among them
    logprobs: tuple[float, ...]  # (n,) ln p of each token as the model learned it
    total: float  # what the search adds up: Σ ln p after the stages that apply
    score: float  # total / n^length_penalty: what finished hypotheses are ranked by
    stopped: bool  # whether a stop ended it; else it was cut at the length
    path: tuple[int, ...]  # (n,) each token's place among the candidates of its BeamStep

    @property
    def logprob(self) -> float:
        """Σ ln p as the model learned it: comparable between any two texts."""
        return sum(self.logprobs)

    @property
    def surprisal(self) -> Floats:
        """(n,) −log2 p of each token as the model learned it: bits."""
        return -np.array(self.logprobs) / np.log(2)

    def to_dict(self) -> dict[str, Any]:
        """All but the path, which belongs to a search's steps."""
        return {
            "ids": list(self.ids),
            "logprobs": list(self.logprobs),
            "logprob": self.logprob,
            "total": self.total,
            "score": self.score,
            "stopped": self.stopped,
        }


@dataclass(frozen=True, slots=True)
class BeamStep(Displayed):
    """Everything that one step of beam search considered: C candidates, best first.

    When sampling, first means drawn first.
    """

    index: int  # the step's number, from 0 at the first generated token
    parents: Ints  # (C,) the candidate of the step before that each one extends; −1: the prompt
    ids: Ints  # (C,) its token
    logprobs: Floats  # (C,) ln p of that token as the model learned it
    running_logprobs: Floats  # (C,) Σ ln p from the first generated token on
    totals: Floats  # (C,) what the search compares: Σ ln p after the stages that apply
    fates: tuple[str, ...]  # (C,) "kept", "finished" or "pruned"
    finished: tuple[Hypothesis, ...]  # the best `width` finished so far, best first
    done: str  # "" while the search goes on, else why it ended: one of BEAM_ENDS


# length: all are as long as allowed; enough: `width` have finished and early stopping is on;
# no better: no running one can overtake a finished one; nothing left: the stages removed every token.
BEAM_ENDS = ("length", "enough", "no better", "nothing left")


@dataclass(frozen=True, slots=True)
class TrainingLog(Displayed):
    """What a training measured and wrote on its way: N moments."""

    steps: Ints  # (N,) updates of the weights so far
    tokens: Ints  # (N,) learned from so far
    train: Floats  # (N,) nats per token on what it learns from, dropout on; NaN = not measured
    validation: Floats  # (N,) nats per token on text that it does not learn from; NaN = not measured
    columns: tuple[str, ...]  # (C,) how each text came about: `sample_0.5`, `beam`
    texts: tuple[tuple[str, ...], ...]  # (C, N)
