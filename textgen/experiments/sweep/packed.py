"""Sweeps as bytes, for stores that several processes share, and back to the last bit. Never pickle.

A sweep is a list: what it is asked to write, then its texts a few at a time, as they are finished.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from textgen.experiments.metrics.text_metrics import TextMetrics
from textgen.experiments.sweep.records import SweepResult, SweepText, TextKey
from textgen.experiments.sweep.settings import SweepSettings
from textgen.settings import DecodeSettings


def pack_head(result: SweepResult) -> bytes:
    """What a sweep writes, and its notes."""
    return json.dumps({"settings": result.settings.to_dict(), "notes": result.notes}).encode()


def pack_texts(texts: Sequence[SweepText], seconds: float) -> bytes:
    """Texts that are finished, and how long the sweep has taken up to them."""
    file = io.BytesIO()
    facts = json.dumps({"seconds": seconds, "texts": [facts_of(text) for text in texts]}).encode()
    np.savez_compressed(
        file,
        facts=np.frombuffer(facts, dtype=np.uint8),
        ids=joined((text.ids for text in texts), np.int64),
        surprisal=joined((text.surprisal for text in texts), np.float64),
        entropy=joined((text.entropy for text in texts), np.float64),
    )
    return file.getvalue()


def unpack(items: Sequence[bytes], before: SweepResult | None = None) -> SweepResult:
    """The sweep that was packed into a list, or `before` with the texts of further items.

    Raises ValueError for a list that does not begin as one.
    """
    if before is None:
        given = json.loads(items[0])
        items = items[1:]
        before = SweepResult(SweepSettings.from_dict(given["settings"]), (), tuple(given["notes"]))
    texts, seconds = [*before.texts], before.seconds
    for item in items:
        with np.load(io.BytesIO(item), allow_pickle=False) as arrays:
            facts = json.loads(arrays["facts"].tobytes())
            seconds = facts["seconds"]
            texts += unpacked_texts(facts["texts"], arrays["ids"], arrays["surprisal"], arrays["entropy"])
    return replace(before, texts=tuple(texts), seconds=seconds)


def facts_of(text: SweepText) -> dict[str, Any]:
    """All of a text but its arrays."""
    return {
        "key": text.key,
        "settings": text.settings.to_dict(),
        "tokens": len(text.ids),
        "text": text.text,
        "ended": text.ended,
        "words": text.words,
        "metrics": asdict(text.metrics),  # with NaN, which Python's own reader of JSON takes
    }


def unpacked_texts(facts: Sequence[dict[str, Any]], *arrays: np.ndarray) -> Iterator[SweepText]:
    """Texts of their facts, and of the arrays of ids, surprisals and entropies (N,) of all together."""
    start = 0
    for of in facts:
        end = start + of["tokens"]
        ids, surprisal, entropy = (array[start:end] for array in arrays)
        yield SweepText(
            key=TextKey(*of["key"]),
            settings=DecodeSettings.from_dict(of["settings"]),
            ids=tuple(ids.tolist()),
            text=of["text"],
            ended=of["ended"],
            surprisal=surprisal,
            entropy=entropy,
            words=tuple(of["words"]),
            metrics=TextMetrics(**of["metrics"]),
        )
        start = end


def joined(rows: Iterable[Any], kind: type) -> np.ndarray:
    """Rows of many lengths → one array (N,)."""
    return np.concatenate([np.asarray(row, dtype=kind) for row in rows] or [np.empty(0, kind)])
