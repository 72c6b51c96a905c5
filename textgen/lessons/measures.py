"""The measures that answer lessons: each a number, computed from a model's state when it is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from textgen.decoding.table_model import parse_table
from textgen.experiments.draws.counts import draw, total_variation
from textgen.experiments.metrics.scoring import bits_per_character
from textgen.experiments.metrics.text_metrics import real_words
from textgen.experiments.panels import distribution
from textgen.experiments.requests import BeamRequest, TextRequest, TextSpec
from textgen.experiments.requests.beam import SearchResult, TableSource
from textgen.experiments.requests.source import ModelSource, source_from
from textgen.lessons.lesson import Lesson
from textgen.models.calibration import CalibrationCurve, read_calibration
from textgen.models.folder import Model
from textgen.models.ngrams import FILE, NoveltyIndex, split_words
from textgen.models.registry import Registry
from textgen.records import Distribution, NextToken
from textgen.settings import BeamSettings, DecodeSettings


@dataclass(frozen=True)
class Case:
    """A lesson on one model: what its measures look at."""

    lesson: Lesson
    name: str  # of the model; "" for typed-in numbers and tables
    registry: Registry
    written: dict[DecodeSettings, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def model(self) -> Model:
        return self.registry.get(self.name)

    @cached_property
    def expectation(self) -> NextToken:
        return source_from(self.lesson.source(self.name)).expectation(self.registry)

    @cached_property
    def before(self) -> Distribution:
        return distribution(self.expectation, self.lesson.before)

    @cached_property
    def after(self) -> Distribution:
        return distribution(self.expectation, self.lesson.after)

    @cached_property
    def first_two(self) -> tuple[int, int]:
        """The two likeliest tokens, lowest id first on ties."""
        first, second = np.argsort(-self.expectation.logits, kind="stable")[:2]
        return int(first), int(second)

    def texts(self, settings: DecodeSettings) -> tuple[str, ...]:
        """Continuations of the lesson's context, one for each of its seeds."""
        if settings not in self.written:
            self.written[settings] = tuple(self.write(settings))
        return self.written[settings]

    def write(self, settings: DecodeSettings) -> Iterator[str]:
        values = self.lesson.values
        text = TextSpec(settings=settings, length=values["length"])
        requests = (
            TextRequest(model=self.name, prompt=self.lesson.context, seed=seed, texts=(text,))
            for seed in range(values["texts"])
        )
        for request in requests:
            yield request.run(self.registry).texts[0].text

    @cached_property
    def curve(self) -> CalibrationCurve:
        found = read_calibration(self.registry.folder(self.name))
        assert found is not None, f"{self.name} has no calibration curve"
        return found

    def search(self, width: int) -> SearchResult:
        """A beam search over the lesson's table; of width 1 it is greedy."""
        source = TableSource(table=self.lesson.table)
        beam = BeamSettings(width=width, length=self.lesson.values["length"])
        return BeamRequest(source=source, beam=beam).run(self.registry)


def ratio(of: Distribution, case: Case) -> float:
    """How many times likelier the likeliest token is than the next one."""
    first, second = case.first_two
    return float(of.probabilities[first] / of.probabilities[second])


def ratio_before(case: Case) -> float:
    return ratio(case.before, case)


def ratio_after(case: Case) -> float:
    return ratio(case.after, case)


def ratio_factor(case: Case) -> float:
    """By what the ratio of the two likeliest tokens is multiplied."""
    return ratio_after(case) / ratio_before(case)


def ratio_power(case: Case) -> float:
    """The power to which that ratio is raised: 1 / T."""
    return math.log(ratio_after(case)) / math.log(ratio_before(case))


def top_before(case: Case) -> float:
    return float(case.before.probabilities[case.first_two[0]])


def top_after(case: Case) -> float:
    return float(case.after.probabilities[case.first_two[0]])


def top_factor(case: Case) -> float:
    """By what the probability of the likeliest token is multiplied."""
    return top_after(case) / top_before(case)


def kept_before(case: Case) -> float:
    return float(case.before.summary.kept)


def kept_after(case: Case) -> float:
    return float(case.after.summary.kept)


def kept_change(case: Case) -> float:
    """How many more tokens can come."""
    return kept_after(case) - kept_before(case)


def removed(case: Case) -> float:
    return -kept_change(case)


def choices_before(case: Case) -> float:
    return case.before.summary.choices


def choices_after(case: Case) -> float:
    return case.after.summary.choices


def choices_factor(case: Case) -> float:
    """By what the effective number of choices, 2 to the entropy, is multiplied."""
    return choices_after(case) / choices_before(case)


def moved(case: Case) -> float:
    """The total variation between before and after, 0..1."""
    return float(total_variation(case.before.probabilities, case.after.probabilities))


def share_of_real_words(case: Case, settings: DecodeSettings) -> float:
    """Percent of the words written that the model has read; the last word of a text may be cut."""
    index = NoveltyIndex.load(case.registry.folder(case.name) / FILE)
    words = [word for text in case.texts(settings) for word in split_words(text)[1:-1]]
    return 100 * real_words(words, index)


def real_words_before(case: Case) -> float:
    return share_of_real_words(case, case.lesson.before)


def real_words_after(case: Case) -> float:
    return share_of_real_words(case, case.lesson.after)


def real_words_lost(case: Case) -> float:
    """Percentage points."""
    return real_words_before(case) - real_words_after(case)


def different_texts(case: Case) -> float:
    """How many different texts the seeds write."""
    return float(len(set(case.texts(case.lesson.before))))


def first_share(case: Case) -> float:
    """The probability of the first of two equal tokens."""
    return float(case.after.probabilities[case.first_two[0]])


def best_temperature(case: Case) -> float:
    """Where the model predicts new text best, from the curve in its folder."""
    return float(case.curve.temperatures[case.curve.nats.argmin()])


def perplexity_at(case: Case, temperature: float) -> float:
    place = int(np.abs(case.curve.temperatures - temperature).argmin())
    return float(np.exp(case.curve.nats[place]))


def perplexity_before(case: Case) -> float:
    return perplexity_at(case, case.lesson.before.temperature)


def perplexity_after(case: Case) -> float:
    return perplexity_at(case, case.lesson.after.temperature)


def perplexity_factor(case: Case) -> float:
    """How many times the perplexity on new text is that of T = 1."""
    return perplexity_after(case) / perplexity_before(case)


def shift_of_context(case: Case) -> float:
    """The total variation between what follows the context and what follows another of the same meaning."""
    other = ModelSource(model=case.name, context=case.lesson.values["other"]).expectation(case.registry)
    found = distribution(other, case.lesson.before).probabilities
    return float(total_variation(case.before.probabilities, found))


def bits_of_statement(case: Case, which: str) -> float:
    text = case.lesson.values[which]
    (found,) = bits_per_character(case.model, [("\n", text)])
    return float(found) * len(text)


def bits_first(case: Case) -> float:
    return bits_of_statement(case, "first")


def bits_second(case: Case) -> float:
    return bits_of_statement(case, "second")


def bits_gap(case: Case) -> float:
    """How many bits more surprising the second of two statements is."""
    return bits_second(case) - bits_first(case)


def likeliest_count(case: Case) -> float:
    """How often the likeliest token came in the lesson's draws."""
    draws, probabilities = case.lesson.values["draws"], case.before.probabilities[None]
    found = draw(probabilities, (case.lesson.before.temperature,), draws, seed=0)
    return float(found.counts[0, case.first_two[0]])


def expected_count(case: Case) -> float:
    return case.lesson.values["draws"] * top_before(case)


def exactly_expected(case: Case) -> float:
    """The probability that the likeliest token comes exactly as often as expected, rounded (binomial)."""
    n, p = case.lesson.values["draws"], top_before(case)
    k = round(n * p)
    log_ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log_ways + k * math.log(p) + (n - k) * math.log1p(-p))


def spread_factor(case: Case) -> float:
    """How many times nearer shares of draws lie to the probability when there are `more` times as many."""
    p, n = top_before(case), case.lesson.values["draws"]
    spreads = [math.sqrt(p * (1 - p) / size) for size in (n, n * case.lesson.values["more"])]
    return spreads[0] / spreads[1]


def total_greedy(case: Case) -> float:
    return case.search(1).last.finished[0].total


def total_beam(case: Case) -> float:
    return case.search(case.lesson.values["width"]).last.finished[0].total


def beam_gain(case: Case) -> float:
    """By how many nats the best text of the search is likelier than the greedy one."""
    return total_beam(case) - total_greedy(case)


def first_step_rank(case: Case) -> float:
    """The place among all first tokens, 1 = likeliest, of the one that the search's best text begins with."""
    table = parse_table(case.lesson.table)
    start = table.after(())
    first = case.search(case.lesson.values["width"]).last.finished[0].ids[0]
    return float(1 + int((start > start[first]).sum()))


Measure = Callable[[Case], float]
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        measure.__name__: measure
        for measure in (
            *(ratio_before, ratio_after, ratio_factor, ratio_power),
            *(top_before, top_after, top_factor, kept_before, kept_after, kept_change, removed),
            *(choices_before, choices_after, choices_factor, moved),
            *(real_words_before, real_words_after, real_words_lost, different_texts, first_share),
            *(best_temperature, perplexity_before, perplexity_after, perplexity_factor),
            *(shift_of_context, bits_first, bits_second, bits_gap),
            *(likeliest_count, expected_count, exactly_expected, spread_factor),
            *(total_greedy, total_beam, beam_gain, first_step_rank),
        )
    }
)


def measured(case: Case, name: str, after: DecodeSettings | None = None) -> float:
    """A measure by its name; `after` in place of the lesson's own settings."""
    if after is not None:
        case = Case(replace(case.lesson, after=after), case.name, case.registry)
    return MEASURES[name](case)
