"""What a class is asked, made from what the teacher's page shows; the model at hand computes every answer.

A question is asked with a request of its kind, `token`, `count`, `texts`, `bars`, `class`, `guess` or
`follow`, with the sidebar's source and settings; or `lesson`, with a lesson's name. Two kinds go on from one
round to the next: the class that writes a text (`class`), and Shannon's game (`guess`: "Prediction and
entropy of printed English", 1951).
"""

from __future__ import annotations

import base64
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from textgen.classroom.letters import letters
from textgen.classroom.rounds import Answer, Question, RoomError, Round, bins
from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.experiments.panels import context_of, distribution, pipeline_for
from textgen.experiments.requests import DrawsRequest, ModelSource, TextRequest, TextSpec
from textgen.experiments.requests.base import ModelName, Request, Seed, Settings, Text, temperatures_from
from textgen.experiments.requests.source import NextTokenSourced
from textgen.experiments.requests.text import WrittenText
from textgen.lessons import Lesson, lesson
from textgen.lessons.reveal import DRAGGED, fact_kinds, order_of, revealed, shares_of
from textgen.records import Distribution, Floats, NextToken
from textgen.settings import DecodeSettings
from textgen.stages import MAX_TEMPERATURE, softmax
from textgen.text.tokenizer import visible
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.words import catalogue, languages
from textgen.validation import as_list, as_text, number_in, or_none, text_up_to, whole_from

if TYPE_CHECKING:
    from textgen.lessons.measures import Case
    from textgen.models.folder import Model

LEARN = Path(__file__).parents[1] / "learn"  # the lessons' catalogues

SHOWN_PIECES = 160  # of a context, at its end
TOKENS, BARS, LETTERS = 6, 5, 100  # options: of a guess, of bars to drag; symbols that are all options
WORDS = 24  # options of a model of words
LABELLED = 60  # tokens whose labels a phone needs
MOST_TEXTS = 4
MOST_GUESSED = 400  # characters of a text to guess
MOST_ROWS = 400  # rounds of a series


class Ask(NextTokenSourced):
    """A question about what comes next."""

    settings: Settings

    def seen(self, lab: Laboratory) -> Distribution:
        """What the model expects under the settings."""
        lab.charge_reading(self.source)
        return distribution(self.source.expectation(lab.registry), self.settings)

    def question(self, lab: Laboratory) -> Question:
        """Raises TextgenError."""
        raise NotImplementedError


def context_seen(expectation: NextToken) -> dict[str, Any]:
    """The end of a context as pages draw it; nothing of typed-in numbers."""
    pieces = [[visible(piece), known] for piece, known in expectation.context.pieces]
    return {"pieces": pieces[-SHOWN_PIECES:], "earlier": max(0, len(pieces) - SHOWN_PIECES)}


def by_label(expectation: NextToken, ids: Iterable[int]) -> list[int]:
    """Ids in an order that tells nothing of how likely they are: small letters, other signs, capitals."""

    def key(token: int) -> tuple[int, str]:
        label = expectation.labels[token]
        return (0 if label[:1].islower() else 2 if label[:1].isupper() else 1), label

    return sorted((int(token) for token in ids), key=key)


def with_rest(probabilities: Floats, ids: Sequence[int]) -> list[float]:
    """The shares of some tokens, then that of all others where there are others."""
    shares = [float(probabilities[token]) for token in ids]
    return shares if len(ids) == len(probabilities) else [*shares, max(0.0, 1 - sum(shares))]


@dataclass(frozen=True, kw_only=True)
class TokenAsk(Ask):
    """Which token comes next?"""

    kind = "token"
    settings: Settings = DecodeSettings()  # noqa: RUF009  # frozen

    def question(self, lab: Laboratory) -> Question:
        seen = self.seen(lab)
        ids = by_label(seen.next, seen.likeliest(TOKENS))
        bars = with_rest(seen.probabilities, ids)
        labels = [seen.next.labels[token] for token in ids]
        asked = {**context_seen(seen.next), "labels": labels, "other": len(bars) > len(ids)}
        asked["t"] = self.settings.temperature
        return Question(self.kind, Answer("choice", len(bars)), asked, {"bars": bars})


@dataclass(frozen=True, kw_only=True)
class CountAsk(Ask):
    """How many of so many draws are this token?"""

    kind = "count"
    settings: Settings = DecodeSettings()  # noqa: RUF009
    token: Annotated[int, whole_from(0, 10**7, "choose a token of the list")]
    n: Annotated[int, whole_from(10, 1000, "100 is the default")] = 100
    seed: Seed

    def question(self, lab: Laboratory) -> Question:
        seen = self.seen(lab)
        if self.token >= len(seen.probabilities):
            raise out_of_range("token", "one of the model's", self.token, "choose a token of the list")
        p = float(seen.probabilities[self.token])
        asked = {**context_seen(seen.next), "label": seen.next.labels[self.token], "draws": self.n}
        truth = {"bars": binned(self.n, p), "p": p, "drawn": self.drawn(lab)}
        asked["t"] = self.settings.temperature
        return Question(self.kind, Answer("number", self.n), asked, truth)

    def drawn(self, lab: Laboratory) -> int:
        """How many there are in one such series of draws."""
        t = (self.settings.temperature,)
        request = DrawsRequest(
            source=self.source, settings=self.settings, temperatures=t, seed=self.seed, n=self.n
        )
        return int(request.run(lab.registry).draws.counts[0][self.token])


def binned(n: int, p: float) -> list[float]:
    """How probable each bin of counts is, of n draws that are each a hit with probability p."""
    exact = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    return [math.fsum(exact[low : high + 1]) for low, high in bins(n)]


@dataclass(frozen=True, kw_only=True)
class TextsAsk(Request):
    """Which text was written at this temperature? The others were written at others."""

    kind = "texts"
    model: ModelName
    context: Text = ""
    t: Annotated[float, number_in(0.1, MAX_TEMPERATURE, "1.2 is usual")]
    temperatures: Annotated[tuple[float, ...], temperatures_from(2, MOST_TEXTS)]
    length: Annotated[int, whole_from(20, 400, "120 is the default")] = 120
    seed: Seed

    def question(self, lab: Laboratory) -> Question:
        grid = self.grid()
        order = list(range(len(grid)))
        random.Random(self.seed).shuffle(order)
        texts = [self.written(lab, grid[place], place) for place in order]
        right = order.index(grid.index(self.t))
        asked = {"texts": [one.text for one in texts], "t": self.t, "prompt": self.context[-SHOWN_PIECES:]}
        truth = {
            "right": right,
            "temperatures": [grid[place] for place in order],
            "bits": [sum(one.surprisal) / max(1, len(one.surprisal)) for one in texts],
            "bars": certainty(self.scores(lab, texts, grid), grid.index(self.t)),
        }
        return Question(self.kind, Answer("choice", len(grid)), asked, truth)

    def grid(self) -> list[float]:
        """The temperatures, each once, rising, all above 0."""
        grid = sorted({*self.temperatures, self.t})
        if not 2 <= len(grid) <= MOST_TEXTS or grid[0] <= 0:
            legal = f"2 to {MOST_TEXTS} different ones above 0, with the one asked for"
            raise out_of_range("temperatures", legal, ", ".join(map(str, grid)), "0.5, 1.2, 2 are usual")
        return grid

    def written(self, lab: Laboratory, t: float, place: int) -> WrittenText:
        """A text; each has luck of its own."""
        spec = TextSpec(settings=DecodeSettings(temperature=t), length=self.length)
        seed = (self.seed + place) % 2**63
        request = TextRequest(model=self.model, prompt=self.context, seed=seed, texts=(spec,))
        return request.run(lab.registry).texts[0]

    def scores(self, lab: Laboratory, texts: Sequence[WrittenText], grid: Sequence[float]) -> Floats:
        """(texts, temperatures) how likely each text is at each temperature, ln p."""
        from textgen.experiments.metrics.scoring import log_likelihoods
        from textgen.text.context import read_context

        model = lab.registry.get(self.model)
        read = read_context(model, self.context).ids
        each = (log_likelihoods(model, read, one.ids, grid) for one in texts)
        return np.stack(list(model.stepper.pieces(each)))


def certainty(scores: Floats, target: int) -> list[float]:
    """(texts,) how sure the model is that each text is that of temperature `target`.

    Bayes over all ways to give the temperatures (K) to the texts (K), each as likely beforehand.
    """
    ways = list(permutations(range(len(scores))))
    sums = np.array([sum(scores[text, t] for text, t in enumerate(way)) for way in ways])
    shares = np.exp(sums - sums.max())
    shares /= shares.sum()
    holders = [way.index(target) for way in ways]
    return [
        float(sum(share for share, text in zip(shares, holders, strict=True) if text == one))
        for one in range(len(scores))
    ]


@dataclass(frozen=True, kw_only=True)
class BarsAsk(Ask):
    """Where do the bars go at another temperature? They are dragged there."""

    kind = "bars"
    settings: Settings = DecodeSettings()  # noqa: RUF009
    to: Annotated[tuple[float, ...], temperatures_from(1, 1)]

    def question(self, lab: Laboratory) -> Question:
        seen = self.seen(lab)
        there = distribution(seen.next, self.settings.at(self.to[0]))
        ids = np.argsort(-seen.next.logits, kind="stable")[:BARS].tolist()
        start, end = (with_rest(one.probabilities, ids) for one in (seen, there))
        asked = {**context_seen(seen.next), "labels": [seen.next.labels[token] for token in ids]}
        asked |= {"other": len(start) > len(ids), "start": start, "t": self.to[0]}
        asked["from"] = self.settings.temperature
        return Question(self.kind, Answer("bars", len(start)), asked, {"bars": end})


@dataclass(frozen=True, kw_only=True)
class LessonAsk(Request):
    """What a lesson asks before it shows anything; its answer is the lesson's measure, computed now."""

    kind = "lesson"
    lesson: Annotated[str, as_text]
    model: Annotated[str | None, or_none(as_text)] = None  # None: the lesson's first one

    @property
    def one(self) -> Lesson:
        return lesson(self.lesson)

    def question(self, lab: Laboratory) -> Question:
        from textgen.lessons.measures import measured

        case, predict = self.case(lab), self.one.predict
        asked = {**self.looked_at(case), "lesson": self.lesson, "options": list(predict.options)}
        truth = {"value": measured(case, predict.measure, predict.after), **revealed(case)}
        truth |= {"told": self.words("told"), "kinds": fact_kinds(self.one)}
        answer = {"choice": self.choice, "number": self.number, "bars": self.bars}[predict.kind]
        return answer(case, asked, truth)

    def case(self, lab: Laboratory) -> Case:
        """Raises SettingError for a model that the lesson does not allow."""
        from textgen.lessons.measures import Case

        name = (self.model or self.one.models[0]) if self.one.models else ""
        self.one.source(name)
        return Case(self.one, name, lab.registry)

    def looked_at(self, case: Case) -> dict[str, Any]:
        """What the question is about, in every language that there is."""
        options = [f"predict.{name}" for name in self.one.predict.options]
        words = self.words("life", "ask", *options)
        if self.one.table:
            return {"words": words, "table": self.one.table}
        return {"words": words, **(context_seen(case.expectation) if self.one.models else {})}

    def words(self, *keys: str) -> dict[str, dict[str, str]]:
        """Some of the lesson's words, by language: a device does not load all lessons for one question."""
        return {
            name: {key: catalogue(name, LEARN)[f"learn.{self.lesson}.{key}"] for key in keys}
            for name in languages()
        }

    def choice(self, _case: Case, asked: dict[str, Any], truth: dict[str, Any]) -> Question:
        names = list(self.one.predict.options)
        (right,) = self.one.predict.right(truth["value"]) or ("",)
        place = names.index(right) if right else None
        return Question(self.kind, Answer("choice", len(names)), asked, {**truth, "right": place})

    def number(self, _case: Case, asked: dict[str, Any], truth: dict[str, Any]) -> Question:
        low, high = int(self.one.predict.lowest), int(self.one.predict.highest)
        answer = Answer("number", high, low)
        return Question(self.kind, answer, asked, {**truth, "right": answer.place(round(truth["value"]))})

    def bars(self, case: Case, asked: dict[str, Any], truth: dict[str, Any]) -> Question:
        ids = order_of(case)[:DRAGGED]
        start, end = (shares_of(one.probabilities, ids) for one in (case.before, case.after))
        labels = [case.expectation.labels[token] for token in ids]
        asked |= {"labels": labels, "other": len(start) > len(ids), "start": start}
        asked |= {"from": self.one.before.temperature, "t": self.one.after.temperature}
        return Question(self.kind, Answer("bars", len(start)), asked, {**truth, "bars": end})


@dataclass(frozen=True, kw_only=True)
class FollowAsk(Ask):
    """No question: the devices' bars follow the teacher's slider."""

    kind = "follow"
    settings: Settings = DecodeSettings()  # noqa: RUF009

    def question(self, lab: Laboratory) -> Question:
        lab.charge_reading(self.source)
        expectation = self.source.expectation(lab.registry)
        likeliest = np.argsort(-expectation.logits, kind="stable")[:LABELLED]
        asked = {
            **context_seen(expectation),
            "size": len(expectation.labels),
            "labels": {str(token): expectation.labels[token] for token in likeliest},
            "logits": base64.b64encode(expectation.logits.astype("<f4").tobytes()).decode("ascii"),
            "history": list(expectation.context.ids),
            "stops": list(expectation.stops),
            "live": live_settings(self.settings),
        }
        return Question(self.kind, Answer("none"), asked, {}, again=False)


def live_settings(settings: DecodeSettings) -> dict[str, Any]:
    """Settings as the slider sends them: those that are on."""
    active = [name for name in settings.active() if name != "temperature"]
    if active:
        return settings.to_dict()
    return {"temperature": settings.temperature, "order": ["temperature"]}


# ---- rounds that follow from one another


def as_rows(name: str, value: Any) -> tuple[Any, ...]:
    """What was gathered in earlier rounds, one row each."""
    return tuple(as_list(name, value, 0, MOST_ROWS, "begin a new text"))


Rows = Annotated[tuple[Any, ...], as_rows]


class Series(Request):
    """A question whose next one follows from the votes."""

    model: ModelName

    def question(self, lab: Laboratory) -> Question:
        """Raises TextgenError."""
        raise NotImplementedError


def vote_options(model: Model, expectation: NextToken) -> list[int]:
    """The tokens to choose from: all symbols of a small vocabulary, else the likeliest words."""
    legal = [token for token in range(len(expectation.labels)) if token not in model.suppressed]
    legal = [token for token in legal if token not in model.stops]
    if len(legal) <= LETTERS:
        return by_label(expectation, legal)
    likeliest = sorted(legal, key=lambda token: -expectation.logits[token])[:WORDS]
    return by_label(expectation, likeliest)


@dataclass(frozen=True, kw_only=True)
class ClassAsk(Series):
    """What do you write next? The votes are the distribution from which the next token is drawn.

    Beside the class the model writes a text of its own, with the same luck and at the same temperature.
    """

    kind = "class"
    model: ModelName
    context: Text = ""  # with what the class has written so far
    rival: Annotated[str | None, or_none(as_text)] = None  # what the model has; None: nothing yet
    settings: Settings = DecodeSettings()  # noqa: RUF009
    seed: Seed
    steps: Rows = ()  # of our own making

    def question(self, lab: Laboratory) -> Question:
        source = ModelSource(model=self.model, context=self.context)
        seen = distribution(source.expectation(lab.registry), self.settings.at(1.0))
        ids = vote_options(lab.registry.get(self.model), seen.next)
        asked = {**context_seen(seen.next), "labels": [seen.next.labels[token] for token in ids]}
        asked |= {"steps": list(self.steps), "live": {"temperature": 1.0, "order": ["temperature"]}}
        bars = [float(seen.probabilities[token]) for token in ids]
        hidden = {"request": self.to_json(), "ids": ids}
        answer = Answer("choice", len(ids))
        return Question(self.kind, answer, asked, {"bars": bars}, again=False, hidden=hidden)

    @classmethod
    def after(cls, on: Round, t: float, lab: Laboratory) -> ClassAsk:
        """The request of the next round: a token was drawn from the class's votes at a temperature.

        Raises RoomError where nobody voted.
        """
        before, ids = cls.from_json(on.question.hidden["request"]), on.question.hidden["ids"]
        model = lab.registry.get(before.model)
        if not on.cast:
            raise RoomError("nobody has voted in this round; open it again", "class.refused.novote")
        votes = np.full(len(model.labels), -np.inf)
        for vote in on.cast.values():
            votes[ids[vote]] = np.logaddexp(votes[ids[vote]], 0.0)
        own = before.written(lab, before.context, t, votes)
        other = before.written(lab, before.context if before.rival is None else before.rival, t, None)
        step = {"label": own[1], "bits": own[2], "rival": other[1], "rivalBits": other[2]}
        return replace(before, context=own[0], rival=other[0], steps=(*before.steps, step))

    def written(self, lab: Laboratory, text: str, t: float, votes: Floats | None) -> tuple[str, str, float]:
        """A text with one token more, drawn from votes or from the model: the text, the token's label, and
        its surprise in bits under the model.
        """
        from textgen.decoding.picking import GumbelNoise, pick

        model = lab.registry.get(self.model)
        expectation = ModelSource(model=self.model, context=text).expectation(lab.registry)
        settings = DecodeSettings(temperature=t) if votes is not None else self.settings.at(t)
        logits = expectation.logits.astype("float64") if votes is None else votes
        stages = pipeline_for(expectation, settings)
        noise = GumbelNoise(self.seed, len(model.labels)).at(len(self.steps))
        token = int(pick(stages(logits, context_of(expectation)), noise))
        p = softmax(expectation.logits.astype("float64"))[token]
        return model.tokenizer.extended(text, [token]), model.labels[token], surprise(float(p))


def surprise(p: float) -> float:
    """−log2 p, at most 64: JSON has no infinity."""
    return min(64.0, -math.log2(p)) if p > 0 else 64.0


@dataclass(frozen=True, kw_only=True)
class GuessAsk(Series):
    """Which character comes next in a text that nobody sees? Shannon's game, against the model."""

    kind = "guess"
    model: ModelName
    text: Annotated[str, text_up_to(MOST_GUESSED)]
    place: Annotated[int, whole_from(0, MOST_GUESSED, "0 guesses from the first character on")] = 0
    scores: Rows = ()  # of our own making

    def question(self, lab: Laboratory) -> Question:
        model = lab.registry.get(self.model)
        pieces = self.pieces(model)
        if self.place >= len(pieces):
            raise RoomError("the text is at its end; ask another", "class.refused.end")
        given = "".join(pieces[: self.place])
        expectation = ModelSource(model=self.model, context=given).expectation(lab.registry)
        probabilities = softmax(expectation.logits.astype("float64"))
        ids = vote_options(model, expectation)
        right = ids.index(model.tokenizer.ids[pieces[self.place]])
        bars = [float(probabilities[token]) for token in ids]
        by_counts = letters().probability(given, pieces[self.place])
        asked = {**context_seen(expectation), "labels": [expectation.labels[token] for token in ids]}
        asked |= {"place": self.place, "length": len(pieces), "scores": list(self.scores)}
        truth = {"bars": bars, "right": right}
        truth["score"] = {"model": surprise(bars[right]), "ngram": surprise(by_counts)}
        hidden = {"request": self.to_json()}
        return Question(self.kind, Answer("choice", len(ids)), asked, truth, hidden=hidden)

    def pieces(self, model: Model) -> list[str]:
        """The characters. Raises TextError for a model of words, SettingError for a character it lacks."""
        if model.tokenizer.level != "char":
            raise TextError("this game is played with a model of characters; choose one in the sidebar")
        pieces = model.tokenizer.split(as_text("text", self.text, MOST_GUESSED))
        stops = {model.tokenizer.pieces[token] for token in model.stops}
        strange = [piece for piece in pieces if piece not in model.tokenizer.ids or piece in stops]
        if strange:
            raise SettingError(
                f"the text must be of the model's characters, got {shorten(strange[0])!r}; leave it out",
                "text",
            )
        return pieces

    @classmethod
    def after(cls, on: Round) -> GuessAsk:
        """The request of the next round: the text one character further."""
        before = cls.from_json(on.question.hidden["request"])
        return replace(before, place=before.place + 1, scores=(*before.scores, on.question.truth["score"]))


def scored(on: Round) -> Round:
    """A round of Shannon's game with what the class's votes cost, in bits: see `class_bits`."""
    question = on.question
    if question.kind != "guess":
        return on
    right = question.truth["right"]
    votes = list(on.cast.values())
    score = {
        **question.truth["score"],
        "class": class_bits(votes.count(right), len(votes), question.answer.n),
    }
    return replace(on, question=replace(question, truth={**question.truth, "score": score}))


def class_bits(hits: int, votes: int, options: int) -> float:
    """−log2 of the class's share for the right option, with one voter more who knows nothing and gives each
    option the same: else a character that nobody thought of would cost infinitely much.
    """
    return -math.log2((hits + 1 / options) / (votes + 1))


ASKS = (TokenAsk, CountAsk, TextsAsk, BarsAsk, LessonAsk, FollowAsk, ClassAsk, GuessAsk)
KINDS = {one.kind: one for one in ASKS}


def ask_from(data: Any) -> Ask | TextsAsk | LessonAsk | Series:
    """The request of a question. Raises SettingError."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise out_of_range("kind", f"one of {', '.join(KINDS)}", kind, "ask from the Class tab")
    return KINDS[kind].from_json(data)
