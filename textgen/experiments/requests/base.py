"""What all requests have in common, and the checks of the fields that several kinds share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, Self

from textgen.errors import SettingError, out_of_range, shorten
from textgen.settings import DecodeSettings, check_seed
from textgen.stages import TEMPERATURE
from textgen.validation import Check, Checked, as_list, as_object, as_text, known_fields

if TYPE_CHECKING:
    from textgen.models.folder import Model
    from textgen.models.registry import Registry

MAX_TOKENS = 1_000_000  # that one result may cost, where nobody says otherwise
# What is no token of a net, in tokens: measured on the shipped models, a token of which takes some 0.4 ms.
DRAWS = 10_000  # draws that cost as much as a token
SCORES = 10  # temperatures at which a token that was read is scored for as much


class Models(Protocol):
    """Where a request finds its model: the registry, or one model that is loaded already."""

    def get(self, name: str) -> Model:
        """The model of that name. Raises ModelError."""
        ...


class Result(Protocol):
    """What a request gives."""

    def to_json(self) -> dict[str, Any]:
        """The result as a receipt holds it; null where a number is infinite or was not measured."""
        ...


class Request(Checked):
    """Everything that determines one result: what the page, the terminal, a link and a receipt hold."""

    kind: ClassVar[str]  # of the result: `distribution`

    def __init_subclass__(cls) -> None:
        if "kind" in vars(cls):
            cls.what = f"a request of the kind {cls.kind}"

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """A request from a JSON object, in which `kind` may be left out. Raises SettingError."""
        given = cls.without_kind(data)
        known_fields(cls.what, given, cls.field_names())
        return cls.from_fields(given)

    @classmethod
    def without_kind(cls, data: Any) -> dict[str, Any]:
        """The fields. Raises SettingError for those of another kind."""
        given = dict(as_object("a request", data))
        if (kind := given.pop("kind", cls.kind)) != cls.kind:
            raise SettingError(f"the kind must be {cls.kind} here, got {shorten(kind)}; leave it out")
        return given

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, **super().to_json()}

    def models(self) -> tuple[str, ...]:
        """The names of the models that it takes."""
        raise NotImplementedError

    def cost(self) -> int:
        """How much work it is at most, known before any: tokens that nets read and step, and what else takes
        as long. A text counts as a token a character, and is read once where texts share it.
        """
        raise NotImplementedError

    def resolved(self, registry: Registry) -> Self:
        """The request with what its model decides where it says nothing. Raises ModelError."""
        return self

    def run(self, registry: Registry) -> Result:
        """Compute the result. Raises TextgenError."""
        raise NotImplementedError

    def check(self, registry: Registry, max_tokens: int = MAX_TOKENS) -> None:
        """Raises TextgenError, before any work, for a model that is not there or for too many tokens."""
        for name in self.models():
            registry.check(name)
        if (cost := self.cost()) > max_tokens:
            raise SettingError(
                f"a result must take at most {max_tokens:,} tokens to read and write here, "
                f"got {cost:,}; take fewer or shorter texts (replay has --max-tokens)"
            )


def reading(text: str) -> int:
    """What it costs to read a text: a token a character at most, and one where a model reads its start."""
    return max(1, len(text))


def as_model(name: str, value: Any) -> str:
    """A model's name: what it is called here, never where it lies."""
    if not isinstance(value, str):
        raise out_of_range(name, "the name of a model", value, "`python -m textgen models` lists them")
    return value


def as_seed(_name: str, value: Any) -> int:
    return check_seed(value)


def as_settings(name: str, value: Any) -> DecodeSettings:
    """Decoding settings, or a JSON object of some of them."""
    return value if isinstance(value, DecodeSettings) else DecodeSettings.from_dict(as_object(name, value))


def temperatures_from(low: int, high: int) -> Check:
    """The check for so many temperatures."""

    def check_all(name: str, values: Any) -> tuple[float, ...]:
        return tuple(float(TEMPERATURE.check("temperature", one)) for one in as_list(name, values, low, high))

    return check_all


ModelName = Annotated[str, as_model]
Text = Annotated[str, as_text]
Seed = Annotated[int, as_seed]
Settings = Annotated[DecodeSettings, as_settings]


class SourcedRequest(Request):
    """A request whose field `source` stands flat among the others in JSON."""

    source_fields: ClassVar[tuple[str, ...]]

    @classmethod
    def source_from(cls, data: Mapping[str, Any]) -> Checked:
        """The source among a request's fields. Raises SettingError."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, data: Any) -> Self:
        given = cls.without_kind(data)
        own = [name for name in cls.field_names() if name != "source"]
        known_fields(cls.what, given, (*cls.source_fields, *own))
        return cls.from_fields({**given, "source": cls.source_from(given)})

    def to_json(self) -> dict[str, Any]:
        fields = super().to_json()
        return {"kind": fields.pop("kind"), **fields.pop("source"), **fields}
