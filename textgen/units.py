"""Losses in two units: nats per token, as they are measured, and bits per character, the same for all levels.

A token of characters is one character; a word or a subword stands for several, so that its nats alone say
nothing beside those of characters.
"""

from __future__ import annotations

import math


def bits_per_character(nats: float, characters: float) -> float:
    """A loss in nats per token of a text that has so many `characters` (> 0) a token.

    A loss of 4.0984 nats per word on a text of 4.345 characters a word is 1.361 bits per character.
    """
    return nats / math.log(2) / characters


def loss_text(nats: float, unit: str, characters: float | None, digits: int | None = 4) -> str:
    """`4.0984 nats per word (1.361 bits per character)`; the bits where the text's characters are known.

    Without `digits`, the loss has those that it needs.
    """
    bits = f" ({bits_per_character(nats, characters):.3f} bits per character)" if characters else ""
    number = f"{nats:g}" if digits is None else f"{nats:.{digits}f}"
    return f"{number} nats per {unit}{bits}"
