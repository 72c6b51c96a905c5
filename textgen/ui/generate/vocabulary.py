"""What the Generate tab's page needs to know of a model's tokens to put its texts together."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textgen.models.folder import Model


def vocabulary_key(model: Model) -> str:
    """A short name for the tokens of a model."""
    return hashlib.sha256("\0".join((*model.tokenizer.pieces, *model.labels)).encode()).hexdigest()[:16]


def vocabulary(model: Model) -> dict[str, Any]:
    """The tokens' names. `spaces`, of words alone, has a digit a token: 1 = no space before it, 2 = none
    after it, 3 = neither.
    """
    tokenizer = model.tokenizer
    names: dict[str, Any] = {"texts": tokenizer.texts, "labels": model.labels}
    if tokenizer.level == "word":
        tight = zip(tokenizer.tight_before, tokenizer.tight_after, strict=True)
        names["spaces"] = "".join(str(before + 2 * after) for before, after in tight)
    return names


def ends(model: Model, prompt: str) -> dict[str, Any]:
    """How a text begins and ends: `tight`, of words alone, says that no space follows the prompt;
    `stops` are the tokens at which it ends, if there are any.
    """
    facts: dict[str, Any] = {"stops": sorted(model.stops)} if model.stops else {}
    if model.tokenizer.level == "word":
        facts["tight"] = model.tokenizer.tight_end(prompt)
    return facts
