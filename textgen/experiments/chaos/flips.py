"""The temperature at which a token flips, from the logits and the noise alone.

A pick is the argmax of l/T + g, logits l and Gumbel noise g. In u = 1/T that is a race of straight lines
u·l + g: the token in front changes only where two lines cross, at u = (g_b − g_a) / (l_a − l_b), and a
line that was overtaken never leads again. So between two temperatures whose texts agree up to a step, all
texts agree up to it, and the flips at that step are known in closed form: no search, no tolerance.

Stages that remove tokens by what temperature made of their probabilities (top-p, min-p and their like
after temperature) break the lines. Then a bisection narrows the flip down to two neighbouring floating-point
numbers, and whether all texts between agree up to the step is no longer certain: `same_before` tells
whether they do at the flip itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.stream import lived, read_again
from textgen.errors import SettingError
from textgen.experiments.chaos.rows import Chaos, divergence, written
from textgen.history import History
from textgen.models.folder import Model
from textgen.records import Floats
from textgen.settings import DecodeSettings
from textgen.stages import MIN_TEMPERATURE, STAGES, softmax
from textgen.text.context import read_context


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the two tokens that lead at a flip."""

    token: int
    label: str
    probability: float  # at the flip, after all stages, 0..1
    logit: float  # raw, natural log
    noise: float  # Gumbel noise of this token at this step
    score: float  # logit after all stages + noise; −inf where a stage removed it


@dataclass(frozen=True, slots=True)
class Flip:
    """A temperature below which one token is picked and above which another is."""

    temperature: float  # above 0
    step: int  # number of the token, from 0 at the first generated one
    below: Candidate
    above: Candidate
    exact: bool  # closed form; else between two neighbouring floating-point numbers
    same_before: bool  # whether the texts just below and above agree up to this step


class Crossing(NamedTuple):
    """Where one line overtakes another."""

    temperature: float
    below: int  # token in front below it
    above: int  # token in front above it


@dataclass(frozen=True, slots=True)
class Race:
    """One step: what the tokens' scores are at any temperature."""

    step: int  # number of the token, from 0 at the first generated one
    logits: Floats  # (V,) raw
    noise: Floats  # (V,)
    decode: DecodeSettings
    context: tuple[int, ...] = ()  # ids before the first token
    ids: tuple[int, ...] = ()  # (n,) written since
    earlier: tuple[Floats, ...] = ()  # (n,) raw logits (V,) that they were picked from
    stops: frozenset[int] = frozenset()

    def staged(self, temperature: float) -> Floats:
        """(V,) logits after all stages."""
        pipeline = Pipeline(self.decode.at(temperature))
        return pipeline(self.logits, self.history(pipeline))

    def history(self, pipeline: Pipeline) -> History:
        """The text so far as the stages read it; how surprising its tokens were, at their temperature."""
        if pipeline.reads_surprisal:
            return lived(pipeline, History(self.context, stops=self.stops), self.ids, self.earlier)
        return History((*self.context, *self.ids), written=len(self.ids), stops=self.stops)

    def winner(self, temperature: float) -> int:
        """The token that is picked."""
        return int(pick(self.staged(temperature), self.noise))


def flips_above(model: Model, chaos: Chaos, row: int) -> tuple[Flip, ...]:
    """What happened between the text of a row, 1 or more, and the one above: the flips at their divergence.

    Rising in temperature; several where other tokens lead in between. () where the two are the same.
    Raises SettingError for a row that has none above it.
    """
    if not 1 <= row < len(chaos.texts):
        raise SettingError(
            f"row must be from 1 to {len(chaos.texts) - 1}, got {row}; the first has none above it"
        )
    step = divergence(chaos.ids[row - 1], chaos.ids[row])
    return () if step is None else flips_in(model, chaos, row, race_at(model, chaos, row, step))


def flips_in(model: Model, chaos: Chaos, row: int, race: Race) -> tuple[Flip, ...]:
    """The flips of a race between the text of a row and the one above."""
    low, high = chaos.settings.temperatures[row - 1 : row + 1]
    if linear(race.decode):
        return tuple(exact_flip(model, race, each) for each in crossings(race, low, high))
    return (narrow_flip(model, chaos, race, bisected(race, low, high)),)


def linear(decode: DecodeSettings) -> bool:
    """Whether all that the stages do is the same at every temperature above 0.

    top-n-sigma, top-k and the repetition penalty do; the others do before temperature alone, those that
    are given the temperature or what it made of earlier tokens nowhere.
    """
    names = decode.at(2.0).active()
    given = any(STAGES[name].reads_temperature or STAGES[name].reads_surprisal for name in names)
    after = names[names.index("temperature") :]
    return not given and all(STAGES[name].linear for name in after)


def race_at(model: Model, chaos: Chaos, row: int, step: int) -> Race:
    """The step at which a row differs from the one above."""
    context = read_context(model, chaos.prompt).ids
    before = tuple(chaos.ids[row, :step].tolist())
    *earlier, logits = model.stepper.pieces(read_again(model.writer, context, before))
    noise = GumbelNoise(chaos.settings.seed, model.writer.vocab_size).at(step)
    decode = model.by_ids(chaos.settings.decode)
    return Race(step, logits, noise, decode, context, before, tuple(earlier), model.stops)


def crossings(race: Race, low: float, high: float) -> list[Crossing]:
    """Each flip between low and high, rising: the lines that lead, one after the other."""
    base = race.staged(1.0)  # lines: base / T + noise
    found, token, last = [], race.winner(low), race.winner(high)
    while token != last:
        temperature, after = next_crossing(base, race.noise, token)
        found.append(Crossing(temperature, token, after))
        token = after
    return found


def next_crossing(base: Floats, noise: Floats, token: int) -> tuple[float, int]:
    """The lowest temperature at which another token overtakes the leading `token`, and that other token.

    T = (l_a − l_b) / (g_b − g_a): only tokens of a lower logit and larger noise can overtake.
    """
    behind, gain = base[token] - base, noise - noise[token]
    rivals = np.flatnonzero((behind >= 0) & (behind < np.inf) & (gain > 0))
    meeting = behind[rivals] / gain[rivals]
    first = meeting.argmin()
    return float(meeting[first]), int(rivals[first])


def bisected(race: Race, low: float, high: float) -> tuple[float, float]:
    """Two neighbouring temperatures: at the lower one the token of `low` is picked, at the other not."""
    token, below = race.winner(low), max(low, MIN_TEMPERATURE)
    if race.winner(below) != token:  # greedy alone picks it
        return low, below
    above = high
    while below < (middle := (below + above) / 2) < above:
        below, above = (middle, above) if race.winner(middle) == token else (below, middle)
    return below, above


def exact_flip(model: Model, race: Race, crossing: Crossing) -> Flip:
    """A flip in closed form: both scores there are the same."""
    temperature = crossing.temperature
    staged = race.staged(1.0) / max(temperature, np.finfo(np.float64).tiny ** 0.5)
    pair = (candidate(model, race, staged, token) for token in (crossing.below, crossing.above))
    return Flip(temperature, race.step, *pair, exact=True, same_before=True)


def narrow_flip(model: Model, chaos: Chaos, race: Race, between: tuple[float, float]) -> Flip:
    """A flip between two neighbouring temperatures, as the upper one sees it; texts are written at both."""
    staged = race.staged(between[1])
    pair = (candidate(model, race, staged, race.winner(temperature)) for temperature in between)
    settings = replace(chaos.settings, length=race.step + 1)
    same = divergence(*written(model, chaos.prompt, settings, between)) == race.step
    return Flip(between[1], race.step, *pair, exact=False, same_before=same)


def score_lines(race: Race, tokens: Sequence[int], temperatures: Sequence[float]) -> Floats:
    """(K, N) the scores of K tokens at N temperatures above 0, measured from the raw logits' best one.

    What is taken off, best / T, is the same for all tokens: who leads stays who leads, and the likeliest
    token's line is level at its noise. −inf where a stage removed the token.
    """
    best = race.logits.max()
    scores = [race.staged(t)[list(tokens)] + race.noise[list(tokens)] - best / t for t in temperatures]
    return np.stack(scores, axis=1)


def candidate(model: Model, race: Race, staged: Floats, token: int) -> Candidate:
    """A token in a race whose logits after all stages are `staged` (V,)."""
    return Candidate(
        token=token,
        label=model.labels[token],
        probability=float(softmax(staged)[token]),
        logit=float(race.logits[token]),
        noise=float(race.noise[token]),
        score=float(staged[token] + race.noise[token]),
    )
