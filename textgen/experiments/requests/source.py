"""Where a next-token distribution comes from: a model after a context, typed-in numbers, or a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from textgen.errors import SettingError, shorten
from textgen.experiments.requests.base import ModelName, Models, SourcedRequest, Text, reading
from textgen.records import NextToken
from textgen.text.numbers import parse_numbers
from textgen.validation import Checked, text_up_to

FIELDS = ("model", "context", "numbers", "numbers_kind")


@dataclass(frozen=True, kw_only=True)
class ModelSource(Checked):
    """A model that has read a context."""

    what = "a model's context"

    model: ModelName
    context: Text = ""

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def cost(self) -> int:
        return reading(self.context)

    def expectation(self, models: Models) -> NextToken:
        """What the model expects next. Raises TextgenError."""
        from textgen.experiments.texts import predict  # torch comes in with the first model

        return predict(models.get(self.model), self.context)


@dataclass(frozen=True, kw_only=True)
class NumbersSource(Checked):
    """Probabilities or logits as somebody typed them."""

    what = "typed-in numbers"

    numbers: Text
    numbers_kind: Annotated[str, text_up_to(20)] = "auto"  # one of `textgen.text.numbers.KINDS`

    def models(self) -> tuple[str, ...]:
        return ()

    def cost(self) -> int:
        return reading(self.numbers)

    def expectation(self, _models: Models | None = None) -> NextToken:
        """The distribution that the numbers describe. Raises TextError."""
        return parse_numbers(self.numbers, self.numbers_kind)


def as_next_token(name: str, value: Any) -> NextToken:
    if not isinstance(value, NextToken):
        raise SettingError(f"{name} must be a NextToken, got {shorten(value)}; textgen.api.predict gives one")
    return value


@dataclass(frozen=True, kw_only=True)
class RecordSource(Checked):
    """A distribution that the library's caller has already; no JSON holds it."""

    what = "a record"

    record: Annotated[NextToken, as_next_token]

    def models(self) -> tuple[str, ...]:
        return ()

    def cost(self) -> int:
        return 0

    def expectation(self, _models: Models | None = None) -> NextToken:
        return self.record


Source = ModelSource | NumbersSource | RecordSource


def source_from(data: Mapping[str, Any]) -> Source:
    """The source among a JSON object's fields, in which null is as good as nothing. Raises SettingError."""
    if data.get("numbers") is None:
        if data.get("model") is None:
            raise SettingError("a request needs a model or numbers, got neither; name one of them")
        return ModelSource.from_fields(data)
    if data.get("model") is not None:
        raise SettingError("numbers stand instead of a model, got both; leave one out")
    return NumbersSource.from_fields(data)


def as_source(name: str, value: Any) -> Source:
    if not isinstance(value, Source):
        raise SettingError(
            f"{name} must be a ModelSource, a NumbersSource or a RecordSource, got {shorten(value)}; make one"
        )
    return value


@dataclass(frozen=True, kw_only=True)
class NextTokenSourced(SourcedRequest):
    """A request about the next token: `{"model": …, "context": …}` or `{"numbers": …}` among its fields."""

    source: Annotated[Source, as_source]
    source_fields = FIELDS

    @classmethod
    def source_from(cls, data: Mapping[str, Any]) -> Source:
        return source_from(data)

    def models(self) -> tuple[str, ...]:
        return self.source.models()
