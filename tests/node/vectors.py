"""What Python computes, for the page's scripts to compute again: distributions under all stages."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from textgen.decoding.pipeline import Pipeline
from textgen.experiments.metrics.metrics import summarize
from textgen.records import Floats
from textgen.settings import ORDERS, RULES, DecodeSettings

# Each stage at the ends of its range and between.
VALUES: dict[str, Sequence[float]] = {
    "temperature": (0, 0.01, 0.5, 1.5, 100),
    "top_k": (1, 2, 7, 65, 10_000_000),
    "top_p": (1e-9, 0.25, 0.5, 0.9, 1 - 1e-9),
    "min_p": (1e-9, 0.1, 0.5, 1),
    "typical": (1e-9, 0.25, 0.5, 0.9, 1 - 1e-9),
    "epsilon": (1e-9, 0.01, 0.25, 0.999),
    "eta": (1e-9, 0.01, 0.25, 0.999),
    "top_n_sigma": (1e-6, 0.5, 1, 100),
    "repetition_penalty": (0.01, 0.5, 1.3, 100),
    "no_repeat_ngram": (1, 2, 3, 1000),
}


@dataclass(frozen=True, slots=True)
class Case:
    """Raw logits (V,) float32, settings, and the ids of the text so far."""

    logits: np.ndarray
    settings: DecodeSettings
    history: Sequence[int] = ()


def decoding_vectors() -> dict[str, Any]:
    """All cases with Python's answers, and the neutral values of the stages."""
    cases = [*one_stage_cases(), *random_cases(400)]
    neutral = {name: rule.neutral for name, rule in RULES.items()}
    return {"neutral": neutral, "cases": [answered(case) for case in cases]}


def one_stage_cases() -> Iterator[Case]:
    """Every stage alone, at every value above, on every one of the nasty logits."""
    settings = [DecodeSettings(**{name: value}) for name in VALUES for value in VALUES[name]]  # pyright: ignore[reportArgumentType]
    for logits, setting in product(nasty_logits(), settings):
        last = len(logits) - 1
        yield Case(logits, setting, history=[0, last, 0, last, last // 2, 0])


def nasty_logits() -> list[np.ndarray]:
    """One token, ties, removed tokens, signed zeros, huge and tiny gaps, many tokens."""
    rng = np.random.default_rng(11)
    inf = np.inf
    rows = [
        [0.0],
        [-50.0],
        [3.0, 3.0],
        [0.0, -0.0, 0.0, -0.0],
        [1.0] * 65,
        [2.0, 1.0, 2.0, 1.0, 2.0, 0.0, 0.0],
        [-inf, 1.0, -inf, 1.0, 0.5, -inf],
        [-inf, -inf, -7.0],
        [1e4, 0.0, -1e4, 1e4],
        [3e38, -3e38, 0.0],
        [1e-38, 0.0, -1e-38, 1e-45],
        [80.0, -80.0, 79.99999, 0.0],
        np.round(rng.normal(0, 2, 65)),
        rng.normal(0, 5, 300),
        -np.log(np.arange(1, 2001)),  # Zipf
    ]
    return [np.array(row, dtype=np.float32) for row in rows]


def random_cases(count: int) -> Iterator[Case]:
    """Any logits under any stages in any order."""
    rng = np.random.default_rng(7)
    for index in range(count):
        size = int(rng.choice([1, 2, 3, 12, 65, 300]))
        logits = random_logits(rng, index, size)
        history = rng.integers(size, size=rng.integers(0, 12)).tolist()
        yield Case(logits.astype(np.float32), random_settings(rng), history)


def random_logits(rng: np.random.Generator, index: int, size: int) -> Floats:
    """Plain ones, then ones with ties, at the ends of the scale, with removed tokens."""
    logits = rng.normal(0, rng.choice([0.1, 1, 5, 40]), size)
    if index % 5 == 1:
        logits = np.round(logits)
    if index % 5 == 2:
        logits = np.clip(logits * 80, -80, 80)
    if index % 7 == 3 and size > 2:
        logits[rng.integers(size, size=size // 3)] = -np.inf
        logits[0] = 0.0
    return logits


def random_settings(rng: np.random.Generator) -> DecodeSettings:
    """Every stage on or off, by a coin; the order a known one or any."""
    draws = {
        "top_k": int(rng.integers(1, 80)),
        "top_p": float(rng.uniform(0.01, 1)),
        "min_p": float(rng.uniform(0, 1)),
        "typical": float(rng.uniform(0.01, 1)),
        "epsilon": float(rng.uniform(0, 0.3)),
        "eta": float(rng.uniform(0, 0.3)),
        "top_n_sigma": float(rng.uniform(0.1, 3)),
        "repetition_penalty": float(rng.uniform(0.5, 2)),
        "no_repeat_ngram": int(rng.integers(1, 4)),
    }
    orders = [*ORDERS.values(), tuple(rng.permutation(DecodeSettings().order).tolist())]
    values: dict[str, Any] = {name: value for name, value in draws.items() if rng.random() < 0.5}
    return DecodeSettings(
        temperature=float(rng.choice([0, 0.01, 0.3, 1, 2, 3, 100])),
        order=orders[rng.integers(len(orders))],
        **values,
    )


def answered(case: Case) -> dict[str, Any]:
    """A case and what Python makes of it, as JSON."""
    steps = Pipeline(case.settings).trace(case.logits, case.history)
    summary = summarize(steps[-1].probabilities)
    return {
        "logits": base64_of(case.logits, "<f4"),
        "settings": case.settings.to_dict(),
        "history": list(case.history),
        "steps": [
            {
                "name": step.name,
                "probabilities": base64_of(step.probabilities, "<f8"),
                "kept": step.kept.astype(int).tolist(),
                "removedMass": step.removed_mass,
                "changed": step.changed,
            }
            for step in steps
        ],
        "summary": {
            "entropy": summary.entropy,
            "choices": summary.choices,
            "top": summary.top,
            "kept": summary.kept,
        },
        "ranking": np.argsort(-case.logits, kind="stable").tolist(),
    }


def base64_of(values: np.ndarray, dtype: str) -> str:
    return base64.b64encode(values.astype(dtype).tobytes()).decode()
