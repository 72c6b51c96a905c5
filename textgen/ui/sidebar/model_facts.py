"""What a model's config.json says, in words that a page can show, whoever wrote it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from textgen.errors import ModelError, shorten
from textgen.graphemes import clip
from textgen.models.registry import ModelInfo, Registry
from textgen.nets import ARCHITECTURES
from textgen.validation import whole

MAX_TEXT = 600  # characters of one fact
MAX_NATS = 50.0  # per token: a larger loss is none
TOKENS: Mapping[str, str] = {
    "char": "character",
    "character": "character",
    "word": "word",
    "subword": "subword",
}
FIRST_CONTEXT = "The king is d"
FIRST_CONTEXTS: Mapping[str, str] = {
    "word": "The king is",
    "subword": "The king is",
}  # of models that bring none of their own


class Facts:
    """The facts of one model in words; what is not known is None or ""."""

    def __init__(self, info: ModelInfo) -> None:
        self.name, self.config = info.name, info.config
        self.title = shorten(info.title, 80)

    @property
    def level(self) -> str:
        return self.config.level or self.config.unit

    @property
    def unit(self) -> str:
        """What one token is: `character`, `word`, `subword`."""
        return TOKENS.get(self.level, shorten(self.level, 20) or "token")

    @property
    def units(self) -> str:
        return f"{self.unit}s"

    @property
    def loss(self) -> float | None:
        """Nats per token on text it did not learn from: in windows, else streamed."""
        loss = self.config.losses.validation
        return loss if loss is not None and 0 <= loss < MAX_NATS else None

    @property
    def characters(self) -> float | None:
        """Characters a token has in the text of the losses; None where that is not known."""
        characters = self.config.losses.characters_per_token
        return characters if characters is not None and 0 < characters < math.inf else None

    @property
    def bits(self) -> float | None:
        """The same loss in bits per character, which compares models of all levels."""
        bits = self.config.losses.bits_per_character(self.loss)
        return bits if bits is not None and math.isfinite(bits) else None

    @property
    def network(self) -> str:
        """`2-layer LSTM`."""
        architecture, sizes = self.config.architecture, self.config.sizes
        known = ARCHITECTURES.get(architecture)
        name = known.title if known else shorten(architecture.replace("_", " "), 40) or "unknown network"
        layers, heads = whole(sizes.get("layers")), whole(sizes.get("heads"))
        if architecture == "attention_lstm" and heads and heads > 1:
            name = f"LSTM with {shorten(heads)}-head attention"
        return f"{shorten(layers)}-layer {name}" if layers else name

    @property
    def corpus(self) -> str:
        """The name of the text it learned from."""
        return shorten(self.config.corpus.name, 60) or "a text of its own"

    @property
    def prompt(self) -> str:
        """The context to begin with: the model's own, else one of its level's."""
        if self.config.prompt is not None:
            return cut(self.config.prompt)
        if self.config.bos:  # its texts have a beginning of their own
            return ""
        return FIRST_CONTEXTS.get(self.level, FIRST_CONTEXT)

    @property
    def line(self) -> str:
        """Size, level and loss: `3.5M · characters · 1.42 nats · 2.05 bits/character`."""
        bits = "" if self.bits is None else f"{self.bits:.2f} bits/character"
        return " · ".join(filter(None, [size(self.config.parameters), self.units, self.score, bits]))

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
    return clip(text, MAX_TEXT).encode("utf-8", "replace").decode()
