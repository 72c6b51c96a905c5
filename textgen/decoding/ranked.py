"""The truncating stages again, for one text: on sorted logits each keeps an interval.

What `stages.py` says once per stage and for any shape, this does with a few binary searches, since
after one sort top-k, top-p, min-p, epsilon, eta and top-n-sigma cut from below, and typical keeps an
interval around the entropy. The same tokens stay, ties included; only a probability that meets a
bound less its slack to the last bit may fall on either side of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from textgen.records import Floats
from textgen.stages import SLACK, lower, outside_nucleus

# Sorting more tokens than this costs more than the stages that it makes cheap.
MOST = 1024


class Ranked:
    """The tokens still there, ascending by logit, the lower id first on ties: places [low, high)."""

    def __init__(self, logits: Floats) -> None:
        """logits (V,) with at most `MOST` of them above −inf."""
        self.size = len(logits)
        if self.size <= MOST:
            self.ids = logits.argsort(kind="stable")  # (n,)
        else:
            there = (logits > -np.inf).nonzero()[0]
            self.ids = there[logits[there].argsort(kind="stable")]
        self.logits = logits[self.ids]  # (n,)
        self.low, self.high = int(self.logits.searchsorted(-np.inf, side="right")), len(self.ids)
        self._weights: tuple[Floats, Floats, Floats] | None = None

    def weights(self) -> tuple[Floats, Floats, Floats]:
        """Each (n,): ln p + constant, 0 at the top; p; its cumulative sum from the lowest.

        They sum to 1 over the tokens that were there when they were worked out, and serve until
        `forget`: what was removed since is left out by `low`, `high` and `mass`.
        """
        if self._weights is None:
            self._drop_outside()
            shifted = self.logits - self.logits[-1]
            weights = np.exp(shifted)
            weights /= np.add.reduce(weights)
            self._weights = shifted, weights, weights.cumsum()
        return self._weights

    def forget(self) -> None:
        """Work the weights out anew when next asked."""
        self._weights = None

    def mass(self) -> tuple[float, float]:
        """The weight below `low`, and that of the tokens still there."""
        cumulative = self.weights()[2]
        below = float(cumulative[self.low - 1]) if self.low else 0.0
        return below, float(cumulative[self.high - 1]) - below

    def cut(self, place: int | np.intp) -> None:
        """Remove what lies below `place`; the last token stays."""
        self.low = max(self.low, min(int(place), self.high - 1))

    def scale(self, temperature: float) -> None:
        self._drop_outside()
        self.logits = self.logits / temperature
        self.forget()

    def _drop_outside(self) -> None:
        inside = slice(self.low, self.high)
        self.ids, self.logits = self.ids[inside], self.logits[inside]
        self.low, self.high = 0, len(self.logits)

    def unsorted(self) -> Floats:
        """(V,) logits, −inf where removed."""
        result = np.empty(self.size)
        result.fill(-np.inf)
        inside = slice(self.low, self.high)
        result[self.ids[inside]] = self.logits[inside]
        return result


def temperature(ranked: Ranked, value: float) -> None:
    if value:
        ranked.scale(value)
        return
    first = int(ranked.logits.searchsorted(ranked.logits[ranked.high - 1]))
    ranked.low = max(ranked.low, first)
    ranked.high = ranked.low + 1
    ranked.scale(math.inf)  # all that is left becomes 0


def top_k(ranked: Ranked, k: int) -> None:
    if ranked.high - ranked.low > k:
        ranked.cut(ranked.logits.searchsorted(ranked.logits[ranked.high - k]))


def top_p(ranked: Ranked, p: float) -> None:
    if ranked.high - ranked.low < len(ranked.logits):
        ranked.forget()  # so that the sum to compare is the very one that `stages.top_p` compares
    ranked.cut(ranked.weights()[2].searchsorted(outside_nucleus(p), side="right"))


def min_p(ranked: Ranked, share: float) -> None:
    weights = ranked.weights()[1]
    ranked.cut(int(weights.searchsorted(lower(share * weights[ranked.high - 1]))))


def typical(ranked: Ranked, share: float) -> None:
    shifted, weights, _ = ranked.weights()
    inside = slice(ranked.low, ranked.high)
    distance = np.abs(shifted[inside] - mean_shifted(ranked))
    order = distance.argsort(kind="stable")
    reached = int(weights[inside][order].cumsum().searchsorted(lower(share * ranked.mass()[1])))
    furthest = distance[order[min(reached, len(order) - 1)]]
    kept = (distance <= furthest).nonzero()[0]
    ranked.low, ranked.high = ranked.low + int(kept[0]), ranked.low + int(kept[-1]) + 1


def epsilon(ranked: Ranked, floor: float) -> None:
    cut_unlikely(ranked, floor)


def eta(ranked: Ranked, floor: float) -> None:
    weights, (_, mass) = ranked.weights()[1], ranked.mass()
    if weights[ranked.low] >= lower(floor * mass):
        return  # the bound is at most `floor`
    entropy = math.log(mass / weights[-1]) - mean_shifted(ranked)  # of the mass where the top weighs 1
    cut_unlikely(ranked, min(floor, math.sqrt(floor) * math.exp(-entropy)))


def top_n_sigma(ranked: Ranked, n: float) -> None:
    logits = ranked.logits[ranked.low : ranked.high]
    deviations = logits - np.add.reduce(logits) / len(logits)
    sigma = math.sqrt(float(deviations @ deviations) / len(logits))
    ranked.cut(ranked.low + int(logits.searchsorted(logits[-1] - n * sigma * (1 + SLACK))))


def cut_unlikely(ranked: Ranked, bound: float) -> None:
    """Remove p < bound; the likeliest and its ties stay."""
    weights = ranked.weights()[1]
    top = weights[ranked.high - 1]
    ranked.cut(weights.searchsorted(min(lower(bound * ranked.mass()[1]), top)))


def mean_shifted(ranked: Ranked) -> float:
    """Σ p·(ln p + constant) over the tokens still there; ln mass minus this is the entropy in nats."""
    shifted, weights, _ = ranked.weights()
    inside = slice(ranked.low, ranked.high)
    return float(weights[inside] @ shifted[inside]) / ranked.mass()[1]


RANKED: Mapping[str, Callable[[Ranked, Any], None]] = {
    "temperature": temperature,
    "top_k": top_k,
    "top_p": top_p,
    "min_p": min_p,
    "typical": typical,
    "epsilon": epsilon,
    "eta": eta,
    "top_n_sigma": top_n_sigma,
}
