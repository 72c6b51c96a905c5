"""Two models that write on from one context, with one seed and the same settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textgen.experiments.requests.base import as_settings, reading
from textgen.settings import DecodeSettings
from textgen.validation import as_text, check_whole

if TYPE_CHECKING:
    from textgen.models.folder import Model

MIN_LENGTH, MAX_LENGTH = 20, 2_000  # characters of a text
EVERY = 0.05  # seconds between two messages
Clock = Callable[[], float]  # seconds, from any start


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two models are to write."""

    models: tuple[Model, Model]
    prompt: str
    settings: DecodeSettings
    seed: int
    length: int  # characters that each text is to have

    @property
    def cost(self) -> int:
        """Tokens to read and to write at most."""
        return len(self.models) * (reading(self.prompt) + self.length)

    @classmethod
    def from_json(cls, models: tuple[Model, Model], seed: int, data: Mapping[str, Any]) -> Comparison:
        """The rest of what the page asks, checked. Raises SettingError."""
        return cls(
            models,
            as_text("the context", data.get("context")),
            as_settings("settings", data.get("settings")),
            seed,
            check_whole(
                "length", data.get("length"), MIN_LENGTH, MAX_LENGTH, "300 characters are the default"
            ),
        )


@dataclass(slots=True)
class Text:
    """What one of the models has written."""

    parts: Iterator[str]  # what each token adds
    text: str = ""
    tokens: int = 0
    done: bool = False

    def grow(self, length: int) -> None:
        """Take a token, until the text has `length` characters or ends of itself."""
        if self.done:
            return
        part = next(self.parts, None)
        if part is not None:
            self.text, self.tokens = self.text + part, self.tokens + 1
        self.done = part is None or len(self.text) >= length
        if self.done:
            self.parts = iter(())  # what nobody takes is not written

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "tokens": self.tokens, "done": self.done}


def messages(comparison: Comparison, clock: Clock) -> Iterator[dict[str, Any]]:
    """Both texts as they grow, token by token in turn, every twentieth of a second.

    The last message has `done`, a word. Raises SettingError and TextError before the first one.
    """
    due, length = clock(), comparison.length
    texts = tuple(Text(parts(model, comparison)) for model in comparison.models)
    while not all(text.done for text in texts):
        for text in texts:
            text.grow(length)
        if clock() >= due:
            yield message(comparison, texts)
            due = clock() + EVERY
    yield {**message(comparison, texts), "done": "length"}


def parts(model: Model, comparison: Comparison) -> Iterator[str]:
    """What each token that a model writes adds to its text."""
    from textgen.api import write

    # Every token is a character or more, so there are as many as are needed.
    steps = write(model, comparison.prompt, [comparison.settings], [comparison.seed], comparison.length)
    return model.parts((int(step.ids[0]) for step in steps), comparison.prompt)


def message(comparison: Comparison, texts: tuple[Text, ...]) -> dict[str, Any]:
    """The seed as digits: it may be larger than a number of the page holds."""
    return {"seed": str(comparison.seed), "texts": [text.to_dict() for text in texts], "done": ""}
