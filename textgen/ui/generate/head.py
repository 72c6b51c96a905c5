"""What the page learns of a run before its first token: how it came about, and the names of its tokens."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textgen import __version__
from textgen.text.context import read_context
from textgen.ui.generate.runs import Run

if TYPE_CHECKING:
    from textgen.models.folder import Model


def facts(run: Run, weights_sha256: str, now: datetime) -> dict[str, Any]:
    """All that it takes to write a run again, and how its texts begin and end.

    `tight`, of words alone, says that no space follows the prompt; `stops` are the tokens at which a text
    ends, if there are any. The seed is digits: the page's numbers are doubles.
    """
    model, prompt = run.model, run.prompt
    facts: dict[str, Any] = {
        "model": model.name,
        "weights_sha256": weights_sha256,
        "version": __version__,
        "time": now.isoformat(timespec="seconds"),
        "prompt": prompt,
        "note": read_context(model, prompt).note,
        "seed": str(run.seed),
        "goal": run.goal,
        "settings": [text.strategy.settings.to_dict() for text in run.texts],
        "vocabulary": vocabulary_key(model),
    }
    if model.stops:
        facts["stops"] = sorted(model.stops)
    if model.tokenizer.level == "word":
        facts["tight"] = model.tokenizer.tight_end(prompt)
    return facts


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
