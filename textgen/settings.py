"""What a user can set about decoding: frozen, validated, neutral by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from textgen.errors import SettingError, out_of_range, shorten
from textgen.stages import MAX_TOP_K, ORDERS, STAGES, TEMPERATURE_FIRST, Stage, StageValues, completed
from textgen.validation import check_whole, finite, whole

MAX_SEED = 2**63 - 1


def check(name: str, value: Any, stage: Stage) -> float | int:
    """A stage's value as a plain number. Raises SettingError that speaks of it as `name`."""
    number = whole(value) if stage.whole else finite(value)
    if number is None or not stage.holds(number):
        raise out_of_range(name, stage.legal, value, stage.hint)
    return number


def check_seed(value: Any) -> int:
    """A seed: any whole number that a 63-bit counter holds."""
    return check_whole("seed", value, 0, MAX_SEED, "any such number repeats its own text")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeSettings(StageValues):
    """How logits become a pick. Every default is neutral: nothing happens that was not asked for.

    `temperature` 0 means greedy; `order` is the order in which the stages apply, each named once.
    Raises SettingError for a value outside its range (see `STAGES`).
    """

    order: tuple[str, ...] = TEMPERATURE_FIRST

    def __post_init__(self) -> None:
        for name, stage in STAGES.items():
            object.__setattr__(self, name, check(name, getattr(self, name), stage))
        object.__setattr__(self, "order", check_order(self.order))

    def active(self) -> tuple[str, ...]:
        """The names of the stages that are on, in the order in which they apply."""
        return tuple(name for name in self.order if getattr(self, name) != STAGES[name].neutral)

    def at(self, temperature: float) -> DecodeSettings:
        """The same settings at another temperature."""
        return replace(self, temperature=temperature)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "order": list(self.order)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DecodeSettings:
        """Settings from a JSON object; a name we do not know is refused, not ignored."""
        return cls(**known_settings(cls, values))


MAX_BEAMS = 64
MAX_BEAM_LENGTH = 1000
MAX_LENGTH_PENALTY = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSettings:
    """How beam search searches. The names and defaults are those of Hugging Face transformers.

    `stops` are the ids that end a hypothesis; `sampling` draws candidates instead of taking the
    best (T = 0 draws nothing). Raises SettingError for a value outside its range.
    """

    width: int = 3  # hypotheses kept after each step, and in the end
    length: int = 20  # tokens that a hypothesis may have at most
    length_penalty: float = 1.0  # score = Σ ln p / n^length_penalty: above 0 favours long ones
    early_stopping: bool | str = (
        False  # True: when `width` have finished; False, "never": as long as it helps
    )
    stops: tuple[int, ...] = ()
    sampling: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every field, and make it plain."""
        penalty = finite(self.length_penalty)
        if penalty is None or abs(penalty) > MAX_LENGTH_PENALTY:
            legal = f"from {-MAX_LENGTH_PENALTY:g} to {MAX_LENGTH_PENALTY:g}"
            raise out_of_range("length_penalty", legal, self.length_penalty, "0 compares plain sums")
        checked = {
            "width": check_whole("width", self.width, 1, MAX_BEAMS, "1 is greedy"),
            "length": check_whole("length", self.length, 1, MAX_BEAM_LENGTH, "20 is the default"),
            "length_penalty": penalty,
            "early_stopping": check_early_stopping(self.early_stopping),
            "stops": check_stops(self.stops),
            "sampling": check_flag("sampling", self.sampling),
            "seed": check_seed(self.seed),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "stops": list(self.stops)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BeamSettings:
        """Settings from a JSON object; a name we do not know is refused, not ignored."""
        return cls(**known_settings(cls, values))


def check_flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise out_of_range(name, "true or false", value, "false turns it off")


def check_early_stopping(value: Any) -> bool | str:
    if isinstance(value, bool) or (isinstance(value, str) and value == "never"):
        return value
    raise out_of_range("early_stopping", 'true, false or "never"', value, "false is the default")


def check_stops(value: Any) -> tuple[int, ...]:
    """Token ids, each once, in the order given."""
    if not isinstance(value, (list, tuple)):
        raise out_of_range("stops", "a list of token ids", value, "an empty one never stops early")
    ids = (check_whole("a stop", stop, 0, MAX_TOP_K, "stops are ids of tokens") for stop in value)
    return tuple(dict.fromkeys(ids))


def known_settings(kind: Any, values: Any) -> dict[str, Any]:
    """A JSON object as arguments of a settings class. Raises SettingError for an unknown name."""
    known = [field.name for field in fields(kind)]
    if not isinstance(values, Mapping):
        raise SettingError(f"settings must be an object of names and values, got {shorten(values)}")
    if unknown := [name for name in values if name not in known]:
        raise SettingError(f"unknown setting {shorten(unknown[0])}; the settings are {', '.join(known)}")
    return dict(values)


def check_order(order: Any) -> tuple[str, ...]:
    """Every stage once, given by names or as the name of a known order; see `completed`."""
    if isinstance(order, str):
        order = ORDERS.get(order, (order,))
    if isinstance(order, (list, tuple)) and all(isinstance(name, str) for name in order):
        full = completed(order)
        if sorted(full) == sorted(STAGES):
            return full
    raise out_of_range(
        "order",
        f"one of {', '.join(map(repr, ORDERS))} or every stage once ({', '.join(TEMPERATURE_FIRST)})",
        order,
        "'temperature first' is the default",
    )
