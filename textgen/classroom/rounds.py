"""One question to a class: who may answer what and when, and what the answers come to.

    open → closed → open again (turn 2) → closed → shown

Each device answers once a turn. Nobody sees a tally before the round is shown, so that the second vote
follows the talk and not the first one's bars (peer instruction, Mazur 1997).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, Literal, NamedTuple

from textgen.errors import SettingError, TextgenError, shorten
from textgen.validation import as_list, check_whole

Vote = int | list[int]
Phase = Literal["open", "closed", "shown"]
TURNS = 2
MOST_OPTIONS = 400
MOST_NUMBER = 1000
BINS = 10


class RoomError(TextgenError):
    """Something that a class's room does not take. `setting` names the reason: a key of the catalogues."""


class Answer(NamedTuple):
    """What may be answered: `choice`, one of n options; `number`, low to n; `bars`, n shares; `none`."""

    form: Literal["choice", "number", "bars", "none"]
    n: int = 0
    low: int = 0

    def check(self, value: Any) -> Vote:
        """A vote, or a RoomError with the sentence."""
        try:
            return self.checked(value)
        except SettingError as error:
            raise RoomError(str(error), "class.refused.answer") from error

    def checked(self, value: Any) -> Vote:
        if self.form == "choice":
            return check_whole("vote", value, 0, self.n - 1, "choose one of the options")
        if self.form == "number":
            return check_whole("vote", value, self.low, self.n, "give a whole number")
        if self.form == "bars":
            shares = as_list("shares", value, self.n, self.n, "drag the bars")
            return whole_shares(shares)
        raise SettingError("there is nothing to vote on now; wait for the next question")

    def tally(self, votes: Iterable[Vote]) -> dict[str, Any]:
        """What votes come to: how many, and their shares (0..1), one an option or a bin."""
        given = list(votes)
        if self.form == "bars":
            return {"n": len(given), "shares": mean_shares(given, self.n)}
        numbers = [vote for vote in given if isinstance(vote, int)]
        places = [self.place(vote) for vote in numbers]
        shares = [places.count(place) / len(places) if places else 0.0 for place in range(self.places)]
        middle = {"median": median(numbers)} if self.form == "number" and numbers else {}
        return {"n": len(given), "shares": shares, **middle}

    @property
    def places(self) -> int:
        """Options, or bins of numbers."""
        return len(bins(self.n, self.low)) if self.form == "number" else self.n

    def place(self, vote: int) -> int:
        """The option of a vote, or the bin that a number falls into."""
        if self.form != "number":
            return vote
        return next(i for i, (low, high) in enumerate(bins(self.n, self.low)) if low <= vote <= high)


def bins(most: int, least: int = 0) -> list[tuple[int, int]]:
    """least … most in at most ten parts of one width, both ends included; the last takes what is left."""
    width = max(1, (most - least + 1) // BINS)
    lows = [low for low in range(least, most + 1, width) if most - low + 1 >= width or low == least]
    return [(low, high - 1) for low, high in zip(lows, [*lows[1:], most + 1], strict=True)]


def whole_shares(values: Sequence[Any]) -> list[int]:
    """Shares as they were dragged, in percent, of which one at least is above 0."""
    shares = [check_whole("share", value, 0, 100, "drag the bars") for value in values]
    if not sum(shares):
        raise SettingError("the bars must not all be 0; drag one of them")
    return shares


def mean_shares(votes: Sequence[Vote], n: int) -> list[float]:
    """The mean of votes of shares, each taken to a sum of 1 first."""
    scaled = [[share / sum(vote) for share in vote] for vote in votes if isinstance(vote, list)]
    return [sum(column) / len(scaled) for column in zip(*scaled, strict=True)] if scaled else [0.0] * n


def distance(shares: Sequence[float], truth: Sequence[float]) -> float:
    """Total variation: the share (0..1) of probability that would have to move; what the truth has besides
    lies on options that nobody could choose.
    """
    rest = max(0.0, 1 - sum(truth))
    return (sum(abs(one - other) for one, other in zip(shares, truth, strict=True)) + rest) / 2


@dataclass(frozen=True)
class Question:
    """What a round asks, before anybody has answered."""

    kind: str  # token, count, text, bars, class, guess or follow
    answer: Answer
    asked: Mapping[str, Any]  # JSON that every device may see
    truth: Mapping[str, Any]  # JSON that is shown at the end; `bars` (places,) are the model's shares, 0..1
    again: bool = True  # whether it can be voted on a second time
    hidden: Mapping[str, Any] = field(default_factory=dict)  # JSON that no device sees: for the next question


@dataclass(frozen=True)
class Round:
    """A question with its votes."""

    number: int  # counts the rounds of a room from 1
    question: Question
    opened: float  # when the present turn was opened, in seconds since 1970
    phase: Phase = "open"
    turn: int = 1
    votes: tuple[dict[str, Vote], ...] = field(default=({}, {}))  # by device, for each turn

    @property
    def cast(self) -> Mapping[str, Vote]:
        """The votes of the present turn."""
        return self.votes[self.turn - 1]

    def voted(self, device: str, value: Any) -> Round:
        """The round with a device's vote. Raises RoomError."""
        vote = self.question.answer.check(value)
        if device in self.cast:
            return self.same_again(device, vote)
        if self.phase != "open":
            raise RoomError(
                "this vote is closed, so yours was not counted; wait for the next", "class.refused.closed"
            )
        votes = list(self.votes)
        votes[self.turn - 1] = {**self.cast, device: vote}
        return replace(self, votes=tuple(votes))

    def same_again(self, device: str, vote: Vote) -> Round:
        """A vote that came twice counts once. Raises RoomError for another one."""
        if self.cast[device] != vote:
            raise RoomError(
                "this device has voted in this round already; its first vote counts", "class.refused.twice"
            )
        return self

    def closed(self) -> Round:
        self.expect("close", "open")
        return replace(self, phase="closed")

    def again(self, now: float) -> Round:
        """The second vote, after the talk."""
        self.expect("vote again", "closed")
        if self.turn == TURNS or not self.question.again:
            raise RoomError("this round has no further vote; reveal it", "class.refused.phase")
        return replace(self, phase="open", turn=self.turn + 1, opened=now)

    def shown(self) -> Round:
        self.expect("reveal", "open", "closed")
        return replace(self, phase="shown")

    def expect(self, action: str, *phases: Phase) -> None:
        if self.phase not in phases:
            raise RoomError(
                f"cannot {action} now: the round is {self.phase}, it must be {' or '.join(phases)}",
                "class.refused.phase",
            )

    def tallies(self) -> list[dict[str, Any]]:
        """What each turn came to; where the model's bars are known, with the distance from them."""
        answer, truth = self.question.answer, self.question.truth.get("bars")
        found = [answer.tally(cast.values()) for cast in self.votes[: self.turn]]
        return [
            {**tally, "distance": distance(tally["shares"], truth)} if truth and tally["n"] else tally
            for tally in found
        ]

    def seen(self) -> dict[str, Any]:
        """What every device may see: no tally and nothing of the truth before the round is shown."""
        question = self.question
        told = {
            "number": self.number,
            "kind": question.kind,
            "phase": self.phase,
            "turn": self.turn,
            "again": question.again and self.turn < TURNS,
            "answer": question.answer._asdict(),
            "asked": question.asked,
        }
        return {**told, "tallies": self.tallies(), "truth": question.truth} if self.phase == "shown" else told

    def of(self, device: str) -> list[Vote | None]:
        """What a device answered in each turn so far."""
        return [cast.get(device) for cast in self.votes[: self.turn]]

    def to_json(self) -> dict[str, Any]:
        question = self.question
        return {
            **{name: getattr(self, name) for name in ("number", "opened", "phase", "turn", "votes")},
            "question": {**vars(question), "answer": list(question.answer)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Round:
        """A round as `to_json` gave it: what a store of ours kept, no stranger's."""
        question = data["question"]
        made = Question(**{**question, "answer": Answer(*question["answer"])})
        return cls(**{**data, "question": made, "votes": tuple(data["votes"])})


def no_such_round(number: Any) -> RoomError:
    return RoomError(
        f"there is no round {shorten(number)} now; the page shows the present one", "class.refused.round"
    )
