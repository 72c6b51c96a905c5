"""A class's room: a code to join it, a key to drive it, the devices that joined, the round that is on.

A room never changes: each step gives the next room, or raises RoomError. Of a device it keeps a hash, which
means nothing in another room.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from textgen.classroom.rounds import Question, RoomError, Round, Vote, no_such_round
from textgen.errors import shorten

LETTERS = "CDFHJKMPRTWXY"  # none that is taken for another, written or spoken, and no vowel: no words
CODE = 6
MOST_DEVICES = 500
LIFETIME = 4 * 3600  # seconds
DEVICE = (16, 64)  # characters of a device's id


def new_code() -> str:
    """Six letters that cannot be confused: 4.8 million codes."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE))


def read_code(value: Any) -> str:
    """A code as somebody typed it: small letters and spaces are fine. Raises RoomError."""
    text = value if isinstance(value, str) and len(value) <= 4 * CODE else ""
    code = "".join(text.upper().replace("-", " ").split())
    if len(code) != CODE or set(code) - set(LETTERS):
        raise RoomError(
            f"a code must be {CODE} letters of {LETTERS}, got {shorten(value, 20)}; look at the board",
            "class.refused.code",
        )
    return code


def new_key() -> str:
    return secrets.token_urlsafe(16)


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def device_in(code: str, device: Any) -> str:
    """What a room knows a device by. Raises RoomError for an id that is none."""
    shortest, longest = DEVICE
    if not isinstance(device, str) or not shortest <= len(device) <= longest:
        raise RoomError(
            f"a device's id must have {shortest} to {longest} characters; load the page again",
            "class.refused.device",
        )
    return hashed(f"{code} {device}")[:24]


@dataclass(frozen=True)
class Room:
    """A class."""

    code: str
    key: str  # hash of the teacher's key
    made: float  # seconds since 1970
    devices: Mapping[str, int] = field(default_factory=dict)  # a number each, in the order in which they came
    rounds: int = 0  # how many there were, the present one included
    round: Round | None = None
    finished: tuple[Round, ...] = ()  # rounds that a store has not put away yet

    @classmethod
    def open(cls, code: str, key: str, now: float) -> Room:
        return cls(code, hashed(key), now)

    def check_key(self, key: Any) -> None:
        """Raises RoomError unless it is the teacher's, in a time that says nothing about it."""
        text = key if isinstance(key, str) and len(key) <= 100 else ""
        if not hmac.compare_digest(hashed(text), self.key):
            raise RoomError(
                "that is not this session's key; open the teacher's link again", "class.refused.key"
            )

    def expired(self, now: float) -> bool:
        return now > self.made + LIFETIME

    def joined(self, device: str) -> Room:
        """The room with a device in it. Raises RoomError where 500 are."""
        if device in self.devices:
            return self
        if len(self.devices) >= MOST_DEVICES:
            raise RoomError(
                f"this session is full: {MOST_DEVICES} devices have joined; look at the board instead",
                "class.refused.full",
            )
        return replace(self, devices={**self.devices, device: len(self.devices) + 1})

    def voted(self, device: str, number: Any, turn: Any, value: Any) -> Room:
        """The room with a device's vote in the round of that number. Raises RoomError."""
        now = self.present()
        if device not in self.devices:
            raise RoomError("this device has not joined; load the page again", "class.refused.device")
        if not same(number, now.number) or not same(turn, now.turn):
            raise no_such_round(number)
        return replace(self, round=now.voted(device, value))

    def ask(self, question: Question, now: float) -> Room:
        """The room with a new round; the one before is finished."""
        number = self.rounds + 1
        return replace(self.ended(), rounds=number, round=Round(number, question, now))

    def ended(self) -> Room:
        """The room between two rounds."""
        finished = (*self.finished, self.round) if self.round else self.finished
        return replace(self, round=None, finished=finished)

    def driven(self, action: Any, now: float) -> Room:
        """The room after a teacher's step: close, again, reveal or next. Raises RoomError."""
        if action == "next":
            return self.ended()
        steps = {"close": Round.closed, "again": lambda on: on.again(now), "reveal": Round.shown}
        if not isinstance(action, str) or action not in steps:
            legal = ", ".join([*steps, "next"])
            raise RoomError(
                f"the action must be one of {legal}, got {shorten(action)}", "class.refused.phase"
            )
        return replace(self, round=steps[action](self.present()))

    def present(self) -> Round:
        """The round that is on. Raises RoomError where there is none."""
        if self.round is None:
            raise RoomError("there is no question now; wait for the next one", "class.refused.round")
        return self.round

    def seen(self) -> dict[str, Any]:
        """What every device may see."""
        return {"code": self.code, "round": self.round.seen() if self.round else None}

    def seen_by_teacher(self, now: float) -> dict[str, Any]:
        """The same, with the counts and the clock; the tally stays hidden from the projector, too."""
        on = self.round
        counts = {"joined": len(self.devices), "voted": len(on.cast) if on else 0, "rounds": self.rounds}
        clock = {"seconds": max(0.0, now - on.opened) if on else 0.0, "left": self.made + LIFETIME - now}
        return {**self.seen(), **counts, **clock}

    def mine(self, device: str) -> list[Vote | None]:
        """What a device has answered in the present round, turn by turn."""
        return self.round.of(device) if self.round else []

    def to_bytes(self) -> bytes:
        """The room as a store keeps it, finished rounds left out."""
        on = self.round.to_json() if self.round else None
        kept = {name: getattr(self, name) for name in ("code", "key", "made", "devices", "rounds")}
        return orjson.dumps({**kept, "round": on})

    @classmethod
    def from_bytes(cls, data: bytes) -> Room:
        """A room as `to_bytes` gave it."""
        kept = orjson.loads(data)
        return cls(**{**kept, "round": Round.from_json(kept["round"]) if kept["round"] else None})


def same(value: Any, number: int) -> bool:
    """Whether a stranger's value is this number: true is not 1."""
    return type(value) is int and value == number
