"""Texts under a model that did not write them, and a model on text that it did not learn from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import numpy as np
import torch
from torch import Tensor

from textgen.errors import SettingError
from textgen.experiments.metrics.perplexity_curve import MAX_SCORED
from textgen.models.evaluation import WINDOW, Text, at_once, losses_at, targets_of
from textgen.models.folder import Model
from textgen.records import Displayed, Floats
from textgen.text.context import checked, with_start

# What a character of an unknown piece costs, on top of `<unk>` where the model has that: the text of one
# out of 95 printable signs and the line break, each as likely. Without it gibberish would come cheap.
UNKNOWN_CHARACTER_BITS = math.log2(96)


@dataclass(frozen=True, slots=True)
class HeldOut(Displayed):
    """How well a model predicts held-out text at K temperatures."""

    temperatures: Floats  # (K,) above 0
    perplexities: Floats  # (K,) e^(nats per token): among how many equally likely tokens it seems to choose
    best: float  # the temperature with the least perplexity; 1 = the model knows how sure it is
    targets: int  # tokens scored


@dataclass(frozen=True, slots=True)
class Scored:
    """A text as a model reads it."""

    ids: tuple[int, ...]  # (T,) the context and the text
    first: int  # place of the text's first token, 1 or more
    spelled: int  # characters of pieces that the model does not know


def held_out_perplexity(
    model: Model, text: Text, temperatures: Sequence[float], window: int = WINDOW
) -> HeldOut:
    """Perplexity of held-out ids at each temperature, read in windows from a zero state (`evaluation`).

    Guo et al. 2017, "On calibration of modern neural networks": the temperature that predicts new text
    best shows whether a model is too sure of itself (above 1) or not sure enough (below 1).
    Raises SettingError for no temperature or one of 0 or less, TextError for a text without a target.
    """
    grid = np.asarray(temperatures, dtype=np.float64)
    if not len(grid) or not (np.isfinite(grid).all() and (grid > 0).all()):
        raise SettingError("perplexity takes temperatures above 0; at 0 a single wrong token is infinite")
    losses = losses_at(model.net, text, grid, window)
    return HeldOut(grid, np.exp(losses), float(grid[losses.argmin()]), targets_of(text))


def own_window(model: Model) -> int:
    """The window in which the losses of a model's card were measured."""
    return model.config.recipe.window or WINDOW


def scored_documents(model: Model, text: str) -> list[Tensor]:
    """A text as ids (N,) to be scored, one document for each that begins and ends at BOS.

    Unknown words become `<unk>` where the model has that; other unknown pieces are left out.
    """
    ids = known(model, model.tokenizer.split(checked(text, "the text", MAX_SCORED)))
    if model.bos is None:
        return [torch.tensor(ids, dtype=torch.long)]
    ends = [place for place, token in enumerate(ids) if token == model.bos]
    parts = [ids[start + 1 : end + 1] for start, end in zip([-1, *ends], [*ends, len(ids)], strict=True)]
    return [torch.tensor([model.bos, *part]) for part in parts if part and part != [model.bos]]


def bits_per_character(model: Model, texts: Sequence[tuple[str, str]]) -> Floats:
    """(N,) prompts and their continuations → (N,) bits per character of each continuation at T = 1.

    Per character, so that models of characters and of words compare. A piece that the model does not
    know costs log2 96 bits a character, and `<unk>` where the model has that. A word that the prompt
    begins is scored whole. NaN for an empty continuation.
    """
    scored = [as_scored(model, *pair) for pair in texts]
    bits = np.array([text.spelled * UNKNOWN_CHARACTER_BITS for text in scored])
    for rows in batches(scored, at_once(model.net)):
        bits[rows] += bits_of(model, [scored[row] for row in rows])
    sizes = np.array([len(text) for _, text in texts], dtype=np.float64)
    return np.divide(bits, sizes, out=np.full(len(texts), np.nan), where=sizes > 0)


def as_scored(model: Model, prompt: str, text: str) -> Scored:
    """What the model reads and is scored on."""
    tokenizer = model.tokenizer
    before, whole = tokenizer.split(prompt), tokenizer.split(prompt + text)
    shared = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(before, whole, strict=False))))
    context = with_start(model, known(model, whole[:shared]))
    unknown = [piece for piece in whole[shared:] if piece not in tokenizer.ids]
    return Scored((*context, *known(model, whole[shared:])), len(context), sum(map(len, unknown)))


def known(model: Model, pieces: Sequence[str]) -> list[int]:
    """Pieces → ids; unknown ones are `<unk>` where the model has that, else left out."""
    ids = (model.tokenizer.ids.get(piece, model.tokenizer.unknown_id) for piece in pieces)
    return [token for token in ids if token is not None]


def batches(texts: Sequence[Scored], tokens: int) -> Iterator[list[int]]:
    """Numbers of texts that are read together, of like length, about `tokens` tokens at most."""
    rows: list[int] = []
    for row in sorted(range(len(texts)), key=lambda row: len(texts[row].ids)):
        if rows and (len(rows) + 1) * len(texts[row].ids) > tokens:
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


@torch.inference_mode()
def bits_of(model: Model, texts: Sequence[Scored]) -> Floats:
    """(B,) bits of each text's own tokens, read in one batch; what fills up shorter ones comes after them."""
    longest = max(len(text.ids) for text in texts)
    ids = torch.tensor([(*text.ids, *(0,) * (longest - len(text.ids))) for text in texts])
    logits = model.net.unroll(ids)[0][:, :-1]
    nats = torch.logsumexp(logits, dim=-1) - logits.gather(-1, ids[:, 1:, None])[..., 0]  # (B, T − 1)
    return (nats.double() * own(texts, longest)).sum(dim=1).numpy() / math.log(2)


def own(texts: Sequence[Scored], longest: int) -> Tensor:
    """(B, T − 1): 1 where a text's own token is the target."""
    places = torch.arange(1, longest)
    first = torch.tensor([text.first for text in texts])[:, None]
    end = torch.tensor([len(text.ids) for text in texts])[:, None]
    return ((places >= first) & (places < end)).double()


def log_likelihoods(
    model: Model, context: Sequence[int], ids: Sequence[int], temperatures: Sequence[float]
) -> Floats:
    """(K,) ln p of a text of ids (N,) after a context (T,), T ≥ 1, at each temperature above 0."""
    if not ids:
        return np.zeros(len(temperatures))
    (found,) = model.stepper.pieces(likelihoods(model, context, ids, temperatures))
    return found


@torch.inference_mode()
def likelihoods(
    model: Model, context: Sequence[int], ids: Sequence[int], temperatures: Sequence[float]
) -> Iterator[Floats]:
    """The same as work for whatever steps the model's net."""
    logits = model.writer.unroll(torch.tensor([[*context, *ids[:-1]]]))[0][0, len(context) - 1 :].double()
    chosen = torch.tensor(ids)[:, None]
    scaled = [torch.log_softmax(logits / t, dim=-1).gather(-1, chosen) for t in temperatures]
    yield np.array([float(one.sum()) for one in scaled])
