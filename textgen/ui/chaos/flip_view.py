"""Between two temperatures: the flips at which their texts start to differ, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.experiments.chaos.flips import Candidate, Flip, Race, flips_in, race_at, score_lines
from textgen.experiments.chaos.rows import Chaos
from textgen.experiments.chaos.text import END, pieces
from textgen.graphemes import clip, clip_start
from textgen.plots import chaos as plots
from textgen.stages import MIN_TEMPERATURE

if TYPE_CHECKING:
    from textgen.models.folder import Model

POINTS = 121  # of a line of scores
BEFORE, AFTER = 22, 34  # characters of a text that are shown around its divergence
ROUNDED = (
    "The two temperatures are so close that rounding decides: seen from this token alone, both pick the same."
)


def flip_view(model: Model, chaos: Chaos) -> dict[str, Any]:
    """Two rows → the temperatures between them at which a token flips, and what leads there."""
    low, high = chaos.settings.temperatures
    shown: dict[str, Any] = {"low": low, "high": high}
    step = chaos.divergences[1]
    if step is None:
        written = int((chaos.ids[0] >= 0).sum())
        return {**shown, "step": None, "sentences": [same_words(low, high, written)], "flips": []}
    race = race_at(model, chaos, 1, step)
    flips = flips_in(model, chaos, 1, race)
    return {
        **shown,
        "step": step,
        "texts": texts(model, chaos, step),
        "flips": [one_flip(model, flip) for flip in flips],
        "sentences": words(flips, step) if flips else [ROUNDED],
        "figure": plots.race(score_figure(race, flips, (low, high))) if flips else None,
    }


def same_words(low: float, high: float, tokens: int) -> str:
    many = "token" if tokens == 1 else "tokens"
    return (
        f"T = {low:.17g} and T = {high:.17g} write the same {tokens:,} {many}: there is nothing between them."
    )


def texts(model: Model, chaos: Chaos, step: int) -> dict[str, str]:
    """The end of what both texts share, and how each goes on."""
    below, above = (pieces(model, chaos, row) for row in (0, 1))
    shared = "".join(below[:step])
    return {
        "shared": clip_start(shared, BEFORE),
        "below": clip("".join(below[step:]), AFTER),
        "above": clip("".join(above[step:]), AFTER),
    }


def words(flips: Sequence[Flip], step: int) -> list[str]:
    """What happened, for someone who sees it for the first time."""
    first = flips[0]
    return [
        f"{common(step)}, each candidate's score is its logit ÷ T plus its luck (Gumbel noise), and the "
        "highest score is written.",
        f"Heat divides the lead that “{first.below.label}” has in logits, but never the better luck of "
        f"“{first.above.label}”: where the two lines cross, the pick flips, and from there on the texts "
        "read different contexts.",
        how_exact(first, len(flips)),
    ]


def common(step: int) -> str:
    """What the two texts have in common before their divergence."""
    if step == 0:
        return "Both texts have the same luck; at their first token"
    many = "token" if step == 1 else f"{step:,} tokens"
    return f"Both texts share their luck and their first {many}; at token {step + 1:,}"


def how_exact(flip: Flip, number: int) -> str:
    """Where the temperature comes from."""
    if flip.exact:
        several = f" {number + 1} tokens take the lead, one after the other." if number > 1 else ""
        return f"Exact: T = difference of the logits ÷ difference of the luck, to the last digit.{several}"
    narrowed = (
        "Bisected to two neighbouring floating-point numbers: a stage after temperature removes other "
        "tokens at other T, which bends the lines."
    )
    if flip.same_before:
        return f"{narrowed} Just below and just above, the texts do agree up to this token."
    return f"{narrowed} Just below and just above, the texts differ even earlier than this token."


def one_flip(model: Model, flip: Flip) -> dict[str, Any]:
    """One flip; the temperature with all the digits that tell it from its neighbours."""
    return {
        "t": flip.temperature,
        "temperature": repr(flip.temperature),
        "exact": flip.exact,
        "below": candidate_view(model, flip.below),
        "above": candidate_view(model, flip.above),
    }


def candidate_view(model: Model, candidate: Candidate) -> dict[str, str]:
    """A candidate's numbers as they are shown."""
    return {
        "label": END if candidate.token in model.stops else candidate.label,
        "probability": share(candidate.probability),
        "logit": number(candidate.logit),
        "divided": number(candidate.score - candidate.noise),
        "noise": number(candidate.noise, "+"),
        "score": number(candidate.score),
    }


def share(p: float) -> str:
    """A probability in percent; never 0% for what can come."""
    return f"{p:.2%}" if p == 0 or p >= 1e-4 else f"{p * 100:.2g}%"


def number(value: float, sign: str = "-") -> str:
    """Four decimals with a minus sign; "removed" for −∞."""
    return f"{value:{sign}.4f}".replace("-", "−") if math.isfinite(value) else "removed"


def score_figure(race: Race, flips: Sequence[Flip], ends: tuple[float, float]) -> plots.Lines:
    """The leading tokens' scores around the flips, some way beyond the two temperatures."""
    met = tuple(flip.temperature for flip in flips)
    low = max(min(ends[0], 0.75 * met[0]) if ends[0] else 0.75 * met[0], MIN_TEMPERATURE)
    high = max(ends[1], 1.3 * met[-1], low + MIN_TEMPERATURE)
    temperatures = tuple(sorted({*np.linspace(low, high, POINTS).tolist(), *(t for t in met if t > low)}))
    leaders = [flips[0].below, *(flip.above for flip in flips)]
    scores = score_lines(race, [leader.token for leader in leaders], temperatures)
    return plots.Lines(tuple(leader.label for leader in leaders), temperatures, scores, met, ends)
