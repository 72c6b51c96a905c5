"""A given text under a model: what each token met, and what the stages would have said of it.

The text is read from the model's start, in one stream, each token given all before it. A token's surprisal
is −log2 of the probability that the model as learned gave it (T = 1); under the stages it may have been
impossible, and then the first stage that removed it is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from textgen.decoding.pipeline import Pipeline
from textgen.decoding.reading import NOTHING
from textgen.errors import TextError
from textgen.experiments.metrics.scoring import UNKNOWN_CHARACTER_BITS
from textgen.history import History
from textgen.models.folder import Model
from textgen.records import Displayed, Floats, Ints
from textgen.settings import DecodeSettings
from textgen.stages import softmax
from textgen.text.context import checked, with_start

MAX_READ = 20_000  # characters
PIECE = 64  # tokens read at once
TOP = 5  # likeliest tokens kept at each place


@dataclass(frozen=True, slots=True)
class ReadText(Displayed):
    """A text of T scored tokens, and what a model thought of each."""

    model: str
    settings: dict[str, Any]
    pieces: tuple[tuple[str, int], ...]  # (N,) what each adds, and its place 0..T − 1; −1: unknown
    labels: tuple[str, ...]  # (T,) visible
    ids: Ints  # (T,)
    probabilities: Floats  # (T,) as learned, 0..1
    decoded: Floats  # (T,) after the stages, 0..1
    ranks: Ints  # (T,) 1 = the model's likeliest token
    above: Floats  # (T,) as learned, of all likelier tokens together: top-p keeps those below p
    entropy: Floats  # (T,) bits, of the distribution as learned
    removed_by: tuple[
        str, ...
    ]  # (T,) the stage that would not have allowed it; "raw": the model never writes it
    top_labels: tuple[tuple[str, ...], ...]  # (T, 5) the likeliest tokens
    top_probabilities: Floats  # (T, 5)
    characters: int  # of the text
    spelled: int  # characters of pieces that the model does not know, log2 96 bits each

    @property
    def surprisal(self) -> Floats:
        """(T,) −log2 of the probability as learned: bits."""
        return -np.log2(np.maximum(self.probabilities, np.finfo(np.float64).tiny))

    @property
    def bits(self) -> float:
        """Of the whole text, pieces that the model does not know included."""
        return float(self.surprisal.sum()) + self.spelled * UNKNOWN_CHARACTER_BITS

    @property
    def bits_per_character(self) -> float:
        return self.bits / self.characters

    @property
    def bits_per_token(self) -> float:
        """Of the known tokens; 0 where there is none."""
        return float(self.surprisal.mean()) if len(self.ids) else 0.0

    @property
    def outside(self) -> float:
        """The share (0..1) of tokens that the stages would not have allowed."""
        return sum(map(bool, self.removed_by)) / max(1, len(self.ids))

    def outside_top_k(self, k: int) -> float:
        """The share of tokens that are not among the k likeliest."""
        return float((self.ranks > k).mean()) if len(self.ids) else 0.0

    def outside_top_p(self, p: float) -> float:
        """The share of tokens outside the nucleus: likelier ones already have p together."""
        return float((self.above >= p).mean()) if len(self.ids) else 0.0

    def to_json(self) -> dict[str, Any]:
        """Numbers in the order of the text."""
        return {
            "pieces": [list(piece) for piece in self.pieces],
            "labels": list(self.labels),
            "ids": self.ids.tolist(),
            "surprise_bits": self.surprisal.tolist(),
            "probabilities": self.probabilities.tolist(),
            "decoded": self.decoded.tolist(),
            "ranks": self.ranks.tolist(),
            "above": self.above.tolist(),
            "entropy": self.entropy.tolist(),
            "removed_by": list(self.removed_by),
            "characters": self.characters,
            "spelled": self.spelled,
            "bits": self.bits,
            "bits_per_character": self.bits_per_character,
        }


def read(model: Model, text: str, settings: DecodeSettings) -> ReadText:
    """The text under a model. Raises TextError for an empty text, and one over 20,000 characters."""
    *_, last = model.stepper.pieces(reading(model, text, settings))
    assert isinstance(last, ReadText)
    return last


def reading(model: Model, text: str, settings: DecodeSettings) -> Iterator[Any]:
    """The same piece by piece, for somebody who has other things to do: NOTHING until the last item."""
    if not checked(text, "the text", MAX_READ):
        raise TextError("there must be a text to read, from 1 to 20,000 characters, got none; paste one")
    split = model.tokenizer.split(text)
    found = [model.tokenizer.ids.get(piece, model.tokenizer.unknown_id) for piece in split]
    ids = [token for token in found if token is not None]
    stages = Stages(model, settings)
    rows: list[tuple[Any, ...]] = []
    for places in steps(model, ids):
        for token, logits in places:
            rows.append(stages.met(token, logits))
        yield NOTHING
    yield assembled(model, text, settings, (split, found), rows)


@torch.inference_mode()
def pieces_read(model: Model, ids: Sequence[int]) -> Iterator[Floats]:
    """Raw logits (t, V) before each of some tokens, from the start of the text to its end."""
    state, before = None, with_start(model, ())
    inputs = [*before, *ids][: len(before) + len(ids) - 1]
    skip = len(before) - 1
    for start in range(0, len(inputs), PIECE):
        logits, state = model.net.unroll(torch.tensor([inputs[start : start + PIECE]]), state)
        found = logits[0].double().numpy()
        yield found[skip:]
        skip = max(0, skip - len(found))


def steps(model: Model, ids: Sequence[int]) -> Iterator[list[tuple[int, Floats]]]:
    """Each token with the logits (V,) it was met with, some at a time; after a stop the text begins anew."""
    for document in documents(model, ids):
        place = 0
        for logits in pieces_read(model, document):
            yield list(zip(document[place : place + len(logits)], logits, strict=True))
            place += len(logits)


def documents(model: Model, ids: Sequence[int]) -> Iterator[list[int]]:
    """The parts of a text that begin at the model's start, each up to its stop."""
    part: list[int] = []
    for token in ids:
        part.append(token)
        if token in model.stops:
            yield part
            part = []
    if part:
        yield part


class Stages:
    """The stages of some settings beside the text that is read."""

    def __init__(self, model: Model, settings: DecodeSettings) -> None:
        self.model, self.pipeline = model, Pipeline(model.by_ids(settings))
        self.history = History(with_start(model, ()), stops=model.stops)
        self.never = sorted(model.suppressed)

    def met(self, token: int, logits: Floats) -> tuple[Any, ...]:
        """What the model and the stages thought of a token, whose raw logits are (V,)."""
        learned = softmax(logits)
        staged = self.pipeline(self.written(logits), self.history)
        likelier = learned > learned[token]
        best = np.argsort(-learned, kind="stable")[:TOP] if len(learned) < 1000 else self.best(learned)
        row = (
            token,
            learned[token],
            softmax(staged)[token],
            int(likelier.sum()) + 1,
            float(learned[likelier].sum()),
            entropy_of(learned),
            "" if staged[token] > -math.inf else self.remover(token, logits),
            tuple(self.model.labels[i] for i in best),
            learned[best],
        )
        self.pipeline.write(self.history, token, staged)
        return row

    def best(self, learned: Floats) -> Ints:
        """(5,) the likeliest of many."""
        some = np.argpartition(-learned, TOP)[:TOP]
        return some[np.lexsort((some, -learned[some]))]

    def written(self, logits: Floats) -> Floats:
        """The logits (V,) of what the model writes: −inf for what it never does, such as `<unk>`."""
        if self.never:
            logits = logits.copy()
            logits[self.never] = -math.inf
        return logits

    def remover(self, token: int, logits: Floats) -> str:
        """The first stage that removed a token; "raw" where the model never writes it."""
        trace = self.pipeline.trace(self.written(logits), self.history)
        return next((stage.name for stage in trace if not stage.kept[token]), "")


def entropy_of(probabilities: Floats) -> float:
    """Bits."""
    some = probabilities[probabilities > 0]
    return float(-(some * np.log2(some)).sum())


def assembled(
    model: Model,
    text: str,
    settings: DecodeSettings,
    split: tuple[Sequence[str], Sequence[int | None]],
    rows: Sequence[tuple[Any, ...]],
) -> ReadText:
    """The record, from what was met at each place."""
    ids, learned, decoded, ranks, above, entropy, removed, labels, top = (
        zip(*rows, strict=True) if rows else ((),) * 9
    )
    pieces, unknown = as_written(model, *split)
    return ReadText(
        model=model.name,
        settings=settings.to_dict(),
        pieces=tuple(pieces),
        labels=tuple(model.labels[token] for token in ids),
        ids=np.array(ids, dtype=np.int64),
        probabilities=np.array(learned, dtype=np.float64),
        decoded=np.array(decoded, dtype=np.float64),
        ranks=np.array(ranks, dtype=np.int64),
        above=np.array(above, dtype=np.float64),
        entropy=np.array(entropy, dtype=np.float64),
        removed_by=removed,
        top_labels=labels,
        top_probabilities=np.array(top, dtype=np.float64).reshape(len(rows), len(top[0]) if top else TOP),
        characters=len(text),
        spelled=sum(map(len, unknown)),
    )


def as_written(
    model: Model, split: Sequence[str], found: Sequence[int | None]
) -> tuple[list[tuple[str, int]], list[str]]:
    """What each piece adds to the text, with its place among the scored ones, and the unknown ones."""
    tokenizer = model.tokenizer
    parts = tokenizer.additions([token for token in found if token is not None])
    space = " " if tokenizer.level == "word" else ""
    unknown = [piece for piece in split if piece not in tokenizer.ids]
    pieces: list[tuple[str, int]] = []
    place = 0
    for piece, token in zip(split, found, strict=True):
        part = (space if pieces else "") + piece if token is None else next(parts)
        if token is not None and piece not in tokenizer.ids:
            part = part.replace(tokenizer.texts[token], piece)
        pieces.append((part, -1 if token is None else place))
        place += token is not None
    return pieces, unknown
