"""A beam search on a model or on a typed-in table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Self

from textgen.decoding.table_model import parse_table
from textgen.errors import SettingError, shorten
from textgen.experiments.requests.base import ModelName, Models, Settings, SourcedRequest, Text, reading
from textgen.records import BeamStep
from textgen.settings import BeamSettings, DecodeSettings
from textgen.validation import Checked, as_object

if TYPE_CHECKING:
    from textgen.models.registry import Registry


@dataclass(frozen=True)
class SearchResult:
    """The result of a search: its last step, and the finished hypotheses as texts."""

    last: BeamStep
    texts: tuple[str, ...]  # one a hypothesis of `last.finished`, best first

    def to_json(self) -> dict[str, Any]:
        """The finished texts, best first, and why the search ended."""
        finished = zip(self.last.finished, self.texts, strict=True)
        return {
            "ended": self.last.done,
            "finished": [{"text": text, **hypothesis.to_dict()} for hypothesis, text in finished],
        }


@dataclass(frozen=True, kw_only=True)
class PromptSource(Checked):
    """A model that has read a prompt."""

    what = "a model's prompt"

    model: ModelName
    prompt: Text = ""

    def cost(self) -> int:
        return reading(self.prompt)

    def steps(self, registry: Models, beam: BeamSettings, settings: DecodeSettings) -> Iterator[BeamStep]:
        from textgen.experiments.texts import beam_search  # torch comes in with the first model

        return beam_search(registry.get(self.model), self.prompt, beam, settings)

    def text(self, registry: Registry, ids: Sequence[int]) -> str:
        """A hypothesis as the continuation of the prompt."""
        return registry.get(self.model).text(ids, self.prompt)


@dataclass(frozen=True, kw_only=True)
class TableSource(Checked):
    """A table of probabilities as somebody typed it (`decoding.table_model`)."""

    what = "a typed-in table"

    table: Text

    def cost(self) -> int:
        return reading(self.table)

    def steps(self, _registry: Models, beam: BeamSettings, settings: DecodeSettings) -> Iterator[BeamStep]:
        from textgen.decoding.beam import beam_search

        table = parse_table(self.table)
        return beam_search(table, beam, settings.for_tokens(table.labels))

    def text(self, _registry: Registry, ids: Sequence[int]) -> str:
        """A hypothesis as the labels of its tokens."""
        labels = parse_table(self.table).labels
        return " ".join(labels[token] for token in ids)


def as_beam(name: str, value: Any) -> BeamSettings:
    return value if isinstance(value, BeamSettings) else BeamSettings.from_dict(as_object(name, value))


def as_source(name: str, value: Any) -> PromptSource | TableSource:
    if not isinstance(value, PromptSource | TableSource):
        raise SettingError(f"{name} must be a PromptSource or a TableSource, got {shorten(value)}; make one")
    return value


@dataclass(frozen=True, kw_only=True)
class BeamRequest(SourcedRequest):
    """The likeliest texts that a search of a given width finds."""

    kind = "beam"
    source_fields = ("model", "prompt", "table")

    source: Annotated[PromptSource | TableSource, as_source]
    beam: Annotated[BeamSettings, as_beam] = BeamSettings()  # noqa: RUF009  # frozen
    settings: Settings = DecodeSettings()  # noqa: RUF009  # frozen

    @classmethod
    def source_from(cls, data: Mapping[str, Any]) -> PromptSource | TableSource:
        if data.get("table") is None:
            return PromptSource.from_fields(data)
        if data.get("model") is not None:
            raise SettingError("a table stands instead of a model, got both; leave one out")
        return TableSource.from_fields(data)

    def models(self) -> tuple[str, ...]:
        return (self.source.model,) if isinstance(self.source, PromptSource) else ()

    def cost(self) -> int:
        return self.source.cost() + self.beam.width * self.beam.length

    def resolved(self, registry: Registry) -> Self:
        """A model's own stops are among the search's."""
        if isinstance(self.source, TableSource):
            return self
        from textgen.experiments.texts import with_stops

        return replace(self, beam=with_stops(registry.get(self.source.model), self.beam))

    def steps(self, registry: Models) -> Iterator[BeamStep]:
        """What each step of the search considered; the last one ranks the finished texts."""
        return self.source.steps(registry, self.beam, self.settings)

    def result(self, registry: Registry, last: BeamStep) -> SearchResult:
        """The result, from the last step."""
        return SearchResult(last, tuple(self.source.text(registry, text.ids) for text in last.finished))

    def run(self, registry: Registry) -> SearchResult:
        *_, last = self.steps(registry)
        return self.result(registry, last)
