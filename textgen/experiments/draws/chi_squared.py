"""Pearson's chi-squared test, without a statistics library."""

from __future__ import annotations

import math

import numpy as np

from textgen.records import ChiSquared, Floats, Ints

MIN_EXPECTED = 5.0  # Cochran 1954: below that the statistic is not chi-squared distributed
TINY = 1e-300  # keeps Lentz's method away from a division by 0
PRECISION = 1e-15
MAX_TERMS = 100_000  # both expansions need about √a: a million tokens still converge


def chi_squared(counts: Ints, probabilities: Floats) -> ChiSquared:
    """Do counts (V,) fit probabilities (V,)? Tokens are pooled, rarest first, to expected counts ≥ 5.

    Pearson 1900: Σ (observed − expected)² / expected with bins − 1 degrees of freedom.
    """
    observed, truth = np.asarray(counts, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    if observed[truth == 0].any():
        return ChiSquared(math.inf, 0, 0.0, 0)
    bins = pooled(observed, truth / truth.sum() * observed.sum())
    if len(bins) < 2:
        return ChiSquared(0.0, 0, None, len(bins))
    statistic = float(((bins[:, 0] - bins[:, 1]) ** 2 / bins[:, 1]).sum())
    degrees = len(bins) - 1
    return ChiSquared(statistic, degrees, chi_squared_tail(statistic, degrees), len(bins))


def pooled(observed: Floats, expected: Floats) -> Floats:
    """(V,), (V,) → (bins, 2) observed and expected counts; each bin expects 5 or more, if it can.

    Filled in the order of the expected counts, so common tokens keep a bin of their own; what is
    left over joins the last bin.
    """
    bins: list[list[float]] = [[0.0, 0.0]]
    for token in np.argsort(expected, kind="stable"):
        if bins[-1][1] >= MIN_EXPECTED:
            bins.append([0.0, 0.0])
        bins[-1][0] += float(observed[token])
        bins[-1][1] += float(expected[token])
    if bins[-1][1] < MIN_EXPECTED and len(bins) > 1:
        rest = bins.pop()
        bins[-1] = [bins[-1][0] + rest[0], bins[-1][1] + rest[1]]
    return np.array(bins)


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """P(χ² ≥ statistic) for that many degrees of freedom: Q(degrees/2, statistic/2)."""
    return upper_gamma(degrees / 2, statistic / 2)


def upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x), a > 0, x ≥ 0 (DLMF 8.2.4).

    Series below a + 1, continued fraction above, as in Press et al., Numerical Recipes, §6.2.
    """
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))  # x^a e^−x / Γ(a)
    if x < a + 1:
        return min(1.0, max(0.0, 1.0 - scale * lower_series(a, x)))
    return min(1.0, scale * upper_fraction(a, x))


def lower_series(a: float, x: float) -> float:
    """Σ x^k / (a (a+1) … (a+k)), DLMF 8.7.1: P(a, x) without its factor."""
    term = total = 1 / a
    for k in range(1, MAX_TERMS):
        term *= x / (a + k)
        total += term
        if term < total * PRECISION:
            break
    return total


def upper_fraction(a: float, x: float) -> float:
    """1/(x+1−a− 1(1−a)/(x+3−a− …)), DLMF 8.9.2 made even, by modified Lentz: Q without its factor."""
    b = x + 1 - a
    c, d = 1 / TINY, 1 / b
    result = d
    for k in range(1, MAX_TERMS):
        numerator = -k * (k - a)
        b += 2
        d = 1 / nonzero(numerator * d + b)
        c = nonzero(b + numerator / c)
        result *= d * c
        if abs(d * c - 1) < PRECISION:
            break
    return result


def nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY
