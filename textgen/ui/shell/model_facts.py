"""What a model's config.json says, read as if a stranger had written it: any key may be missing or wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from textgen.errors import ModelError, shorten
from textgen.models.registry import ModelInfo, Registry
from textgen.nets import ARCHITECTURES

MAX_TEXT = 600  # characters of one fact
WINDOWS = "validation_windows_"  # then the number of tokens
TOKENS: Mapping[str, str] = {"char": "character", "character": "character", "word": "word"}
FIRST_CONTEXT = "The king is d"
FIRST_CONTEXTS: Mapping[str, str] = {"word": "The king is"}  # of models that bring none of their own


class Facts:
    """The facts of one model; what is not there, or not what it should be, is None or ""."""

    def __init__(self, info: ModelInfo) -> None:
        self.name, self.config = info.name, info.config
        self.title = shorten(info.title, 80)

    def part(self, *path: str) -> Any:
        """The value at a path of keys; None where it ends before."""
        found: Any = self.config
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def number(self, *path: str) -> float | None:
        return finite(self.part(*path))

    def whole(self, *path: str) -> int | None:
        value = self.number(*path)
        return round(value) if value is not None else None

    def text(self, *path: str) -> str:
        """A text, cut where it is long; numbers and objects are none."""
        value = self.part(*path)
        return cut(value.strip()) if isinstance(value, str) else ""

    @property
    def level(self) -> str:
        return self.text("level") or self.text("unit")

    @property
    def unit(self) -> str:
        """What one token is: `character`, `word`."""
        return TOKENS.get(self.level, shorten(self.level, 20) or "token")

    @property
    def units(self) -> str:
        return f"{self.unit}s"

    @property
    def window(self) -> int | None:
        """Tokens in a window of the measured loss."""
        losses = self.part("losses")
        keys = [str(key).removeprefix(WINDOWS) for key in losses] if isinstance(losses, dict) else []
        return next((int(key) for key in keys if key.isdecimal() and len(key) < 9), None)

    @property
    def loss(self) -> float | None:
        """Nats per token on text it did not learn from: in windows, else streamed."""
        windows = self.number("losses", f"{WINDOWS}{self.window}") if self.window is not None else None
        found = windows if windows is not None else self.number("losses", "validation_streamed")
        return found if found is not None and 0 <= found < 50 else None

    @property
    def network(self) -> str:
        """`2-layer LSTM`."""
        architecture = self.text("architecture")
        known = ARCHITECTURES.get(architecture)
        name = known.title if known else shorten(architecture.replace("_", " "), 40) or "unknown network"
        layers, heads = self.whole("sizes", "layers"), self.whole("sizes", "heads")
        if architecture == "attention_lstm" and heads and heads > 1:
            name = f"LSTM with {heads}-head attention"
        return f"{layers}-layer {name}" if layers else name

    @property
    def corpus(self) -> str:
        """The name of the text it learned from."""
        return shorten(self.text("corpus", "name"), 60) or "a text of its own"

    @property
    def prompt(self) -> str:
        """The context to begin with: the model's own, else one of its level's."""
        own = self.part("prompt")
        if isinstance(own, str):
            return cut(own)
        if self.part("bos"):  # its texts have a beginning of their own
            return ""
        return FIRST_CONTEXTS.get(self.level, FIRST_CONTEXT)

    @property
    def line(self) -> str:
        """Size, level and loss: `3.5M · characters · 1.42 nats`."""
        return " · ".join(filter(None, [size(self.number("parameters")), self.units, self.score]))

    @property
    def score(self) -> str:
        """The loss as people of its level give it: perplexity for words, else nats; "" where unknown."""
        if self.loss is None:
            return ""
        if self.unit == "word":
            return f"perplexity {significant(math.exp(self.loss))}"
        return f"{self.loss:.2f} nats"


def facts_of(registry: Registry, name: Any) -> Facts | None:
    """The facts of a model; None for typed-in numbers and for what cannot be read."""
    try:
        return Facts(registry.info(name))
    except ModelError:
        return None  # its sentence comes where it is used


def finite(value: Any) -> float | None:
    """A number that can be worked with; None for anything else."""
    known = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if known and abs(value) < 1e18 else None  # NaN is not below


def size(count: float | None) -> str:
    """A number of parameters in short: `4.2k`, `3.5M`; "" for none."""
    if count is None or count < 0:
        return ""
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= 0.9995 * unit:
            return f"{significant(count / unit)}{name}"
    return f"{count:.0f}"


def significant(value: float) -> str:
    """Two figures below 10, whole above."""
    return f"{value:.1f}" if value < 9.95 else f"{value:,.0f}"


def cut(text: str) -> str:
    """The text in a length that a page can show; lone surrogates, which JSON could not carry, are ?."""
    text = text[: MAX_TEXT + 1].encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
