"""Receipts: every result can be exported, cited and replayed.

    made = make({"kind": "text", "model": "shakespeare-char-lstm", …}, registry, now)
    verdict = replay(read(made.receipt_text()), registry)

A *request* is a JSON object that says what was asked, all of it checked as if a stranger had sent it:

- `kind` is one of `KINDS`; settings are `DecodeSettings` by name, what is left out is neutral;
- distribution: model, context | numbers, numbers_kind; panels: [settings, …] (1 to 64);
- draws: the same source; settings, temperatures, seed, calls: [n | [n, how often in a row], …];
- text: model, prompt, seed, texts: [{settings, strategy, length, picks, width, legs}, …], picks: tokens
  chosen by hand as [position, id], legs: [from, goal] in tokens, of each beam search in turn;
- beam: model, prompt | table; beam (`BeamSettings`), settings;
- sweep: settings (`SweepSettings`), texts: how many were finished, where it was stopped;
- chaos: model, prompt, temperatures, seed, length, settings;
- perplexity: model, text, temperatures, window (None: the model's own).

A *receipt* holds the request with all that was left out, the result, the version, the models with the
checksums of their weights, and how to repeat it in Python and, where that is possible, in transformers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textgen.experiments.sweep.settings import MAX_TOKENS
from textgen.receipts.records import KINDS, Made, Receipt, ReceiptError, Verdict

if TYPE_CHECKING:
    from textgen.models.registry import Registry

__all__ = ["KINDS", "Made", "Receipt", "ReceiptError", "Verdict", "make", "read", "replay"]


def make(
    request: Mapping[str, Any],
    registry: Registry,
    now: datetime,
    result: Mapping[str, Any] | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Made:
    """A result as files. It is computed here, unless the caller has just done so and gives it.

    `result` has the shape that the kind computes; of a sweep that is `sweep_export.as_json(…)`.
    `max_tokens` bounds what texts, sweeps and chaos may write. Raises TextgenError before any work.
    """
    from textgen.receipts.making import make  # torch comes in with the first model

    return make(request, registry, now, result, max_tokens)


def read(text: str) -> Receipt:
    """A receipt from its JSON. Raises ReceiptError for anything else, and for a later format."""
    from textgen.receipts.reading import read

    return read(text)


def replay(receipt: Receipt, registry: Registry, max_tokens: int = MAX_TOKENS) -> Verdict:
    """Compute a receipt's result again and hold both against each other.

    Raises TextgenError before any work for a model that is not there or has other weights.
    """
    from textgen.receipts.replaying import replay

    return replay(receipt, registry, max_tokens)
