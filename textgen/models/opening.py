"""opening.json: what a model expects after the text that the page opens with, worked out beforehand.

So the first bars stand before torch is loaded. The file names the weights that it was made from, and a model
that has others has no opening. `python -m scripts.opening` writes it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from textgen.errors import ModelError
from textgen.models.reading import read_object, sha256_of
from textgen.records import Encoded, NextToken

FILE, WEIGHTS = "opening.json", "model.safetensors"
MAX_BYTES = 2_000_000


def to_json(opening: NextToken, context: str, weights: str) -> dict[str, Any]:
    """`logits` are base64 of little-endian float32 (V,)."""
    return {
        "context": context,
        "weights_sha256": weights,
        "labels": opening.labels,
        "texts": opening.texts,
        "logits": base64.b64encode(opening.logits.astype("<f4").tobytes()).decode("ascii"),
        "pieces": opening.context.pieces,
        "ids": opening.context.ids,
        "note": opening.note,
    }


def read_opening(folder: Path, context: str) -> NextToken | None:
    """What the model in a folder expects after a context; None unless it was worked out for both."""
    try:
        held = read_object(folder / FILE, MAX_BYTES)
        if held["context"] != context or held["weights_sha256"] != sha256_of(folder / WEIGHTS):
            return None
        return from_json(held, folder.name)
    except (ModelError, ValueError, TypeError, LookupError):
        return None


def from_json(held: Mapping[str, Any], model: str) -> NextToken:
    """The reverse of `to_json`. Raises ValueError, TypeError and LookupError for what is none."""
    labels, texts = (tuple(map(as_text, held[name])) for name in ("labels", "texts"))
    logits = np.frombuffer(base64.b64decode(held["logits"], validate=True), "<f4")
    ids = tuple(range(len(labels))[index] for index in held["ids"])
    if not len(labels) == len(texts) == len(logits) or np.isnan(logits).any():
        raise ValueError("its lists must be equally long, and its logits numbers")
    pieces = tuple((as_text(text), bool(known)) for text, known in held["pieces"])
    context = Encoded(ids, pieces, tuple(text for text, known in pieces if not known))
    return NextToken(labels, texts, logits, context, model, as_text(held["note"]))


def as_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("it must be a text")
    return value
