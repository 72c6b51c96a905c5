"""Texts written side by side from one prompt with one seed.

A text on the page may be stopped, gone on with, or left at a token for another one. With one seed the same
position has the same noise, so a text that was drawn goes on as if it had never stopped; a beam search does
not, and each of its searches is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from textgen.errors import SettingError
from textgen.experiments.requests.base import ModelName, Request, Seed, Settings, Text, reading
from textgen.experiments.sweep.settings import MAX_LENGTH
from textgen.settings import MAX_BEAM_LENGTH, MAX_BEAMS, METHODS, DecodeSettings, Strategy, check_whole
from textgen.stages import MAX_TOP_K
from textgen.validation import Check, Checked, as_list, list_of, one_of, whole_from

if TYPE_CHECKING:
    from textgen.models.folder import Model
    from textgen.models.registry import Registry
    from textgen.records import Step

MAX_STREAMS = 64  # texts side by side
OWN = "export the text again"

Pair = tuple[int, int]


class Segment(NamedTuple):
    """One stretch of a text."""

    start: int  # tokens that the text holds before
    end: int  # tokens that it holds after, at most: what was written beyond is cut
    goal: int  # tokens that the writer of this stretch was to reach
    token: int | None = None  # chosen by hand; None: drawn or searched


def pairs(most: int) -> Check:
    """The check for pairs of a position, rising, and another number up to `most`."""

    def check_pair(name: str, value: Any) -> Pair:
        first, second = as_list(f"numbers in one of {name}", value, 2, 2)
        position = check_whole(f"a position in {name}", first, 0, MAX_LENGTH, OWN)
        return position, check_whole(f"a number in {name}", second, 0, most, OWN)

    def check(name: str, values: Any) -> tuple[Pair, ...]:
        checked = tuple(check_pair(name, value) for value in as_list(name, values, 0, MAX_LENGTH))
        if any(second < first for (first, _), (second, _) in pairwise(checked)):
            raise SettingError(f"{name} must stand in the order of their positions; {OWN}")
        return checked

    return check


def later(_name: str, value: Any) -> Any:
    """The check of a field that only means something beside another one."""
    return value


@dataclass(frozen=True, kw_only=True)
class TextSpec(Checked):
    """How one of the texts is written. What lies behind its length counts for nothing."""

    what = "a text"

    settings: Settings = DecodeSettings()  # noqa: RUF009  # frozen
    strategy: Annotated[str, one_of(tuple(METHODS), "sampling draws each token")] = "sampling"
    length: Annotated[int, whole_from(0, MAX_LENGTH, OWN)]
    picks: Annotated[tuple[Pair, ...], pairs(MAX_TOP_K)] = ()  # tokens chosen by hand: position, id
    width: Annotated[int | None, later] = None  # hypotheses of a beam search; None: drawn token by token
    legs: Annotated[tuple[Pair, ...] | None, later] = None  # where each beam search began, and its goal

    def __post_init__(self) -> None:
        super().__post_init__()
        settings = self.settings.at(0) if self.strategy == "greedy" else self.settings
        picks = tuple(pick for pick in self.picks if pick[0] < self.length)
        changed = {"settings": settings, "picks": picks, "width": None, "legs": None}
        if self.searched:
            changed["width"] = check_whole("width", self.width, 1, MAX_BEAMS, "1 is greedy")
            changed["legs"] = self.checked_legs(picks)
        for name, value in changed.items():
            object.__setattr__(self, name, value)

    @property
    def searched(self) -> bool:
        """Whether beam searches write it."""
        return METHODS[self.strategy].searches

    @property
    def decoding(self) -> Strategy:
        """Its settings and, of a text that is searched, the search."""
        return Strategy(self.strategy, self.settings, self.width or 0, self.strategy != "beam")

    @property
    def in_one_go(self) -> bool:
        """Whether it is drawn from its first token to its last."""
        return not self.picks and not self.searched

    def checked_legs(self, picks: Sequence[Pair]) -> tuple[Pair, ...]:
        """The beam searches; where nobody says, one after the start and after each token chosen by hand."""
        legs = self.legs
        if legs is None:
            legs = [(start, self.length) for start in starts(picks)]
        legs = pairs(MAX_LENGTH)("legs", legs)
        begun = tuple((start, goal) for start, goal in legs if start < self.length)
        for start, goal in begun:
            check_whole("tokens of a beam search's leg", goal - start, 1, MAX_BEAM_LENGTH, OWN)
        return begun

    def segments(self) -> list[Segment]:
        """The stretches of the text, in turn; of two at one place the later, and a pick before a search."""
        by_hand = {place: Segment(place, place + 1, place + 1, token) for place, token in self.picks}
        written = {start: Segment(start, goal, goal) for start, goal in self.written()}
        begins = sorted({**written, **by_hand})
        return [
            segment._replace(end=min(segment.goal, end, self.length))
            for segment, end in zip(
                [by_hand.get(start) or written[start] for start in begins],
                [*begins, self.length][1:],
                strict=True,
            )
        ]

    def written(self) -> Sequence[Pair]:
        """From which length to which goal each stretch was drawn or searched."""
        if self.legs is not None:
            return self.legs
        ends = [*(position for position, _ in self.picks), self.length]
        return [(start, end) for start, end in zip(starts(self.picks), ends, strict=True) if start < end]

    def cost(self, prompt: int) -> int:
        """Tokens to write, those of all hypotheses; each stretch but that of a text that is drawn in one go
        begins by reading the `prompt`, of so many, and what is written already.
        """
        if self.in_one_go:
            return self.length
        width = self.width or 1
        return sum(prompt + part.start + (part.goal - part.start) * width for part in self.segments())

    def to_json(self) -> dict[str, Any]:
        fields = super().to_json()
        return fields if self.searched else {n: v for n, v in fields.items() if n not in ("width", "legs")}


def starts(picks: Sequence[Pair]) -> list[int]:
    """Where a text is written on: at its start and after each token chosen by hand."""
    return [0, *(position + 1 for position, _ in picks)]


@dataclass(frozen=True)
class WrittenText:
    """A text, and how surprising its tokens are."""

    text: str  # the continuation alone
    ids: tuple[int, ...]  # (n,) a stop among them
    tokens: tuple[str, ...]  # (n,) their labels
    surprisal: tuple[float, ...]  # (n,) bits under the model at T = 1

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "ids": list(self.ids),
            "tokens": list(self.tokens),
            "surprise_bits": list(self.surprisal),
        }


@dataclass(frozen=True)
class Texts:
    """Texts of one prompt and seed."""

    texts: tuple[WrittenText, ...]
    note: str = ""  # what the reader should know of the prompt; no part of a receipt

    def to_json(self) -> dict[str, Any]:
        return {"texts": [text.to_json() for text in self.texts]}


@dataclass(frozen=True, kw_only=True)
class TextRequest(Request):
    """1 to 64 texts of one model, prompt and seed."""

    kind = "text"

    model: ModelName
    prompt: Text = ""
    seed: Seed
    texts: Annotated[tuple[TextSpec, ...], list_of(TextSpec.checked, 1, MAX_STREAMS)]

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def cost(self) -> int:
        """Texts of one length that are drawn in one go share the reading of the prompt."""
        prompt, shared = reading(self.prompt), {text.length for text in self.texts if text.in_one_go}
        return len(shared) * prompt + sum(text.cost(prompt) for text in self.texts)

    def steps(self, model: Model) -> Iterator[Step]:
        """The tokens of all texts as they are drawn, for texts of one length that are drawn in one go."""
        from textgen.experiments.texts import write  # torch comes in with the first model

        settings, length = [text.settings for text in self.texts], self.texts[0].length
        return write(model, self.prompt, settings, [self.seed] * len(settings), length)

    def written(self, model: Model, steps: Sequence[Step]) -> Texts:
        """The result, from all `steps`."""
        from textgen.experiments.texts import texts_of

        return texts_of(model, self.prompt, steps, len(self.texts))

    def run(self, registry: Registry) -> Texts:
        from textgen.experiments.texts import TextWriter  # torch comes in with the first model

        return TextWriter(registry.get(self.model), self.prompt, self.seed).write(self.texts)
