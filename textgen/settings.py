"""What a user can set about decoding: frozen, validated, neutral by default.

`DecodeSettings` are the values of the stages, `BeamSettings` those of a beam search; a `Strategy` is both
under a name, as Generate, sweeps, requests and guides to text generation have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from textgen.errors import SettingError, out_of_range, shorten
from textgen.stages import (
    MAX_TOP_K,
    ORDERS,
    PARAMETERS,
    STAGES,
    TEMPERATURE_FIRST,
    StageValues,
    as_json,
    completed,
)
from textgen.validation import as_flag, check_whole, finite

MAX_SEED = 2**63 - 1
MAX_DIGITS = 30  # of a seed given as a text


def check_seed(value: Any) -> int:
    """A seed: any whole number that a 63-bit counter holds, or its digits, which no JSON reader rounds."""
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS
    number = int(value) if digits else value
    return check_whole("seed", number, 0, MAX_SEED, "any such number repeats its own text")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeSettings(StageValues):
    """How logits become a pick. Every default is neutral: nothing happens that was not asked for.

    `temperature` 0 means greedy; `order` is the order in which the stages apply, each named once.
    `beams_may_collapse`: truncations may leave drawn beams a single token, as up to receipts of format 2;
    else they keep as many as those of transformers do (`decoding.beam.least_kept`).
    Raises SettingError for a value outside its range (see `STAGES`).
    """

    order: tuple[str, ...] = TEMPERATURE_FIRST
    beams_may_collapse: bool = False

    def __post_init__(self) -> None:
        for name, parameter in PARAMETERS.items():
            object.__setattr__(self, name, parameter.check(name, getattr(self, name)))
        object.__setattr__(self, "order", check_order(self.order))
        as_flag("beams_may_collapse", self.beams_may_collapse)

    def active(self) -> tuple[str, ...]:
        """The names of the stages that are on, in the order in which they apply."""
        return tuple(name for name in self.order if getattr(self, name) != STAGES[name].neutral)

    def at(self, temperature: float) -> DecodeSettings:
        """The same settings at another temperature."""
        return replace(self, temperature=temperature)

    def for_tokens(self, labels: Sequence[str], texts: Sequence[str] = ()) -> DecodeSettings:
        """The same settings with tokens by their ids in a vocabulary: labels and texts (V,).

        Raises SettingError for a token that it has not.
        """
        bias = self.logit_bias.resolved(labels, texts)
        return self if bias is self.logit_bias else replace(self, logit_bias=bias)

    def to_dict(self) -> dict[str, Any]:
        """All values as JSON; whether beams may collapse only where they may."""
        values = {name: as_json(getattr(self, name)) for name in PARAMETERS} | {"order": list(self.order)}
        return values | ({"beams_may_collapse": True} if self.beams_may_collapse else {})

    def to_json(self) -> dict[str, Any]:
        """The same as requests and receipts hold it: without those of the later stages that are off."""
        active = self.active()
        off = [stage for name, stage in STAGES.items() if stage.added_later and name not in active]
        left_out = {one.name for stage in off for one in (stage, *stage.parameters)}
        kept = {name: value for name, value in self.to_dict().items() if name not in left_out}
        return kept | {"order": [name for name in self.order if name not in left_out]}

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
            "sampling": as_flag("sampling", self.sampling),
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


class Method(NamedTuple):
    """One of the four ways to turn distributions into a text, in the words of Hugging Face transformers."""

    name: str  # as requests, receipts and exported runs say it
    title: str
    hint: str  # one sentence of the page
    temperature: float | None = None  # the one pane's, where temperature has no effect
    searches: bool = False  # whether a beam search writes the text


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("sampling", "Sampling", "Draw each token from the distribution under the settings"),
        Method(
            "greedy",
            "Greedy",
            "Always take the likeliest token: one pane, since temperature and luck have no say",
            temperature=0,
        ),
        Method(
            "beam",
            "Beam",
            "Search for the likeliest text as a whole, keeping a few at each step; written once it is "
            "certain",
            temperature=1,
            searches=True,
        ),
        Method(
            "beam_sampling",
            "Beam sampling",
            "A beam search that draws its candidates at each pane's temperature",
            searches=True,
        ),
    )
}
MAX_NAME = 60  # characters


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to decode under a name: the stages' settings, and the beam search that they serve, if any.

    Settings at temperature 0 stay there: `at` any other temperature they are the same. With `beams`, a text
    is the best that a beam search finds, so many hypotheses wide. Raises SettingError.
    """

    name: str
    settings: DecodeSettings
    beams: int = 0  # hypotheses kept; 0 = written token by token
    sampling: bool = True  # whether a search draws its candidates; of no meaning without beams

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name.strip()) <= MAX_NAME:
            raise out_of_range(
                "a strategy's name", f"1 to {MAX_NAME} characters", self.name, "it labels a line"
            )
        if not isinstance(self.settings, DecodeSettings):
            raise out_of_range("a strategy's settings", "a DecodeSettings", self.settings, "name its stages")
        beams = check_whole("beams", self.beams, 0, MAX_BEAMS, "0 is no search")
        object.__setattr__(self, "beams", beams)
        object.__setattr__(self, "sampling", as_flag("sampling", self.sampling) or not beams)

    @property
    def method(self) -> str:
        """The name of its method, one of METHODS."""
        if self.beams:
            return "beam_sampling" if self.sampling else "beam"
        return "greedy" if self.settings.temperature == 0 else "sampling"

    @property
    def greedy(self) -> bool:
        """Whether nothing is drawn, so that all seeds and temperatures write the same text."""
        return self.settings.temperature == 0 or not self.sampling

    def at(self, temperature: float) -> DecodeSettings:
        """Its settings at another temperature; where nothing is drawn, its own."""
        return self.settings if self.greedy else self.settings.at(temperature)

    def search(self, length: int, seed: int, stops: Iterable[int] = ()) -> BeamSettings:
        """The beam search of a strategy with `beams`, for a text of at most `length` tokens."""
        return BeamSettings(
            width=self.beams, length=length, stops=tuple(sorted(stops)), sampling=self.sampling, seed=seed
        )

    def to_dict(self) -> dict[str, Any]:
        beams = {"beams": self.beams} if self.beams else {}
        return {**self.settings.to_dict(), **beams, **({} if self.sampling else {"sampling": False})}

    @classmethod
    def from_dict(cls, name: str, values: Any) -> Strategy:
        """A strategy from a JSON object of settings, `beams` and `sampling` too. Raises SettingError."""
        if not isinstance(values, Mapping):
            legal = "an object of settings"
            raise out_of_range(f"the strategy {shorten(name)!r}", legal, values, "name its stages")
        own = ("beams", "sampling")
        settings = DecodeSettings.from_dict({key: values[key] for key in values if key not in own})
        return cls(name, settings, **{key: values[key] for key in own if key in values})


GREEDY = Strategy("greedy", DecodeSettings(temperature=0))
TOP_K = Strategy("top-k 40", DecodeSettings(top_k=40))
TOP_P = Strategy("top-p 0.9", DecodeSettings(top_p=0.9))
GUIDE_BEAMS = Strategy("top-p 0.95 + beam 3", DecodeSettings(top_p=0.95), beams=3)
# What a sweep goes through where nobody says otherwise, and all that have a name.
STRATEGIES: tuple[Strategy, ...] = (
    GREEDY,
    Strategy("plain", DecodeSettings()),
    TOP_K,
    TOP_P,
    Strategy("min-p 0.05", DecodeSettings(min_p=0.05)),
)
NAMED: dict[str, Strategy] = {strategy.name: strategy for strategy in (*STRATEGIES, GUIDE_BEAMS)}


class Advice(NamedTuple):
    """One of the four combinations that guides to text generation name, and what to expect of it."""

    temperature: float
    strategy: Strategy
    expect: str  # one sentence


GUIDE: tuple[Advice, ...] = (
    Advice(0.2, GREEDY, "Steady, the same at every run, and soon walking in circles."),
    Advice(0.5, TOP_P, "Fluent, with a surprise now and then; the unlikely tenth never comes."),
    Advice(0.8, TOP_K, "More variety; now and then the thread is lost."),
    Advice(
        1.2, GUIDE_BEAMS, "Flattened for invention, then held together by the beams: tamer than its heat."
    ),
)
GUIDE_STRATEGIES: tuple[Strategy, ...] = tuple(
    strategy for strategy in NAMED.values() if strategy in [advice.strategy for advice in GUIDE]
)


def advice_on(strategy: Strategy, temperature: float) -> str:
    """What the guides expect of a strategy at a temperature, whatever its name; "" where they are silent."""
    return next(
        (
            advice.expect
            for advice in GUIDE
            if advice.temperature == temperature and alike(advice.strategy, strategy)
        ),
        "",
    )


def alike(one: Strategy, other: Strategy) -> bool:
    """Whether two strategies decode alike at every temperature, the order of their stages left aside."""
    if one.greedy or other.greedy:
        return (one.greedy, one.beams) == (other.greedy, other.beams)
    first, second = (replace(each.at(1), order=TEMPERATURE_FIRST) for each in (one, other))
    return (one.beams, first) == (other.beams, second)
