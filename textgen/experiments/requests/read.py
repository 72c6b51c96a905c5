"""A given text, each token with what a model and the stages thought of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from textgen.experiments.requests.base import ModelName, Models, Request, Settings, reading
from textgen.settings import DecodeSettings
from textgen.text.context import MAX_CONTEXT
from textgen.validation import text_up_to

if TYPE_CHECKING:
    from textgen.experiments.readings import ReadText

NEUTRAL = DecodeSettings()


@dataclass(frozen=True, kw_only=True)
class ReadRequest(Request):
    """A text that somebody else wrote, under a model and settings."""

    kind = "reading"

    model: ModelName
    text: Annotated[str, text_up_to(MAX_CONTEXT)]
    settings: Settings = NEUTRAL

    def models(self) -> tuple[str, ...]:
        return (self.model,)

    def cost(self) -> int:
        return 2 * reading(self.text)  # by the net, and by the stages

    def run(self, registry: Models) -> ReadText:
        from textgen.experiments.readings import read

        return read(registry.get(self.model), self.text, self.settings)
