"""Receipts: every result can be exported, cited and replayed.

    built = build({"kind": "text", "model": "shakespeare-char-lstm", …}, registry, now)
    verdict = replay(read(built.receipt_text()), registry)

A *receipt* holds a request (`experiments.requests`) with all that was left out, the result, the version, the
models with the checksums of their weights, and how to repeat it in Python and, where that is possible, in
transformers. To replay is to run the request and to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from textgen.experiments.requests import KINDS, MAX_TOKENS, Request, Result
from textgen.receipts.records import Built, Receipt, ReceiptError, Verdict

if TYPE_CHECKING:
    from textgen.models.registry import Registry

__all__ = ["KINDS", "Built", "Receipt", "ReceiptError", "Verdict", "build", "read", "replay"]


def build(
    request: Request | Mapping[str, Any],
    registry: Registry,
    now: datetime,
    result: Result | None = None,
    max_tokens: int = MAX_TOKENS,
) -> Built:
    """A result as files. It is computed here, unless the caller has just done so and gives its record.

    `max_tokens` bounds what may be read and written for it. Raises TextgenError before any work.
    """
    from textgen.receipts.building import build  # torch comes in with the first model

    return build(request, registry, now, result, max_tokens)


def read(text: str) -> Receipt:
    """A receipt from its JSON. Raises ReceiptError for anything else, and for a later format."""
    from textgen.receipts.reading import read

    return read(text)


def replay(receipt: Receipt, registry: Registry, max_tokens: int = MAX_TOKENS) -> Verdict:
    """Compute a receipt's result again and compare the two.

    Raises TextgenError before any work for a model that is not there or has other weights.
    """
    from textgen.receipts.replaying import replay

    return replay(receipt, registry, max_tokens)
