"""Texts written side by side from one prompt with one seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from textgen import api
from textgen.decoding.beam import beam_search
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.scorer import NetScorer
from textgen.decoding.stream import NO_TOKEN, describe
from textgen.errors import out_of_range
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.nets.base import ids_tensor
from textgen.receipts.checks import as_model, as_text, known_fields
from textgen.receipts.records import ReceiptError
from textgen.receipts.tables import as_csv
from textgen.receipts.text_code import python, transformers
from textgen.receipts.ways import Leg, checked_texts, tokens_of, way
from textgen.records import Step
from textgen.settings import BeamSettings, DecodeSettings, check_seed

__all__ = ["checked", "computed", "csv", "models", "python", "result_of", "tokens", "transformers"]

Written = tuple[list[int], list[float]]  # ids, and bits under the model at T = 1


def checked(request: Mapping[str, Any], _registry: Registry) -> dict[str, Any]:
    known_fields(request, ("model", "prompt", "seed", "texts"))
    return {
        "kind": "text",
        "model": as_model(request.get("model")),
        "prompt": as_text("prompt", request.get("prompt", "")),
        "seed": check_seed(request.get("seed")),
        "texts": checked_texts(request.get("texts")),
    }


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    return (request["model"],)


def tokens(request: Mapping[str, Any]) -> int:
    return sum(map(tokens_of, request["texts"]))


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The texts; those that were drawn in one go are written in one batch for each length."""
    writer = Writer(registry.get(request["model"]), request["prompt"], request["seed"])
    texts: Sequence[Mapping[str, Any]] = request["texts"]
    plain = [number for number, text in enumerate(texts) if text["length"] and in_one_go(text)]
    written: dict[int, Written] = {}
    for length in sorted({texts[number]["length"] for number in plain}):
        batch = [number for number in plain if texts[number]["length"] == length]
        settings = [DecodeSettings.from_dict(texts[number]["settings"]) for number in batch]
        written.update(zip(batch, writer.batch(settings, length), strict=True))
    for number, text in enumerate(texts):
        if number not in written:
            written[number] = writer.text(text)
    return result_of(writer.model, request["prompt"], [written[number] for number in range(len(texts))])


def in_one_go(text: Mapping[str, Any]) -> bool:
    return not text["picks"] and "legs" not in text


def result_of(model: Model, prompt: str, texts: Sequence[Written]) -> dict[str, Any]:
    """Each text's ids, a stop among them, and what they are."""
    return {
        "texts": [
            {
                "text": model.text(ids, prompt),
                "ids": list(ids),
                "tokens": [model.labels[token] for token in ids],
                "surprise_bits": list(bits),
            }
            for ids, bits in texts
        ]
    }


class Writer:
    """Writes texts of one model, prompt and seed."""

    def __init__(self, model: Model, prompt: str, seed: int) -> None:
        self.model, self.seed = model, seed
        self.prompt = api.read_context(model, prompt).ids

    def batch(self, settings: Sequence[DecodeSettings], length: int) -> list[Written]:
        """Texts drawn side by side from their first token on."""
        contexts, seeds = [self.prompt] * len(settings), [self.seed] * len(settings)
        steps = list(api.write(self.model, contexts, settings, seeds, length))
        return [of_row(steps, row) for row in range(len(settings))]

    def text(self, text: Mapping[str, Any]) -> Written:
        """One text, stretch by stretch. Raises ReceiptError where it ends before a stretch begins."""
        settings = DecodeSettings.from_dict(text["settings"])
        ids, bits = list[int](), list[float]()
        for leg in way(text):
            self.check_reached(leg, ids)
            more, their_bits = self.leg(leg, text, settings, ids)
            ids, bits = [*ids, *more][: leg.end], [*bits, *their_bits][: leg.end]
        return ids, bits

    def check_reached(self, leg: Leg, ids: Sequence[int]) -> None:
        if len(ids) < leg.start or self.model.ended(ids):
            what = "a token chosen by hand" if leg.token is not None else "a search"
            raise ReceiptError(
                f"{what} stands at position {leg.start}, but the text ends after {len(ids)} tokens; "
                "export the text again"
            )

    def leg(self, leg: Leg, text: Mapping[str, Any], settings: DecodeSettings, ids: list[int]) -> Written:
        """The tokens of a stretch, those beyond its end among them."""
        context = (*self.prompt, *ids)
        if leg.token is not None:
            return self.picked(leg.token, settings, context)
        if "width" in text:
            return self.searched(leg, text, settings, context)
        steps = api.write(self.model, [context], [settings], [self.seed], leg.goal - leg.start, leg.start)
        return of_row(list(steps), 0)

    def picked(self, token: int, settings: DecodeSettings, context: tuple[int, ...]) -> Written:
        """A token chosen by hand. Raises SettingError for one that cannot be written."""
        size = self.model.net.vocab_size
        if token >= size or token in self.model.muted:
            raise out_of_range(
                "a token chosen by hand", f"an id below {size} that can be written", token, "choose another"
            )
        with torch.inference_mode():
            logits = self.model.writer.prefill(ids_tensor(context))[0].double().numpy()
        chosen = np.array([token])
        decoded = Pipeline(settings).probabilities(logits[0], context)[chosen]
        return [token], describe(0, chosen, decoded, logits).surprise.tolist()

    def searched(
        self, leg: Leg, text: Mapping[str, Any], settings: DecodeSettings, context: tuple[int, ...]
    ) -> Written:
        """The best text of a beam search."""
        drawn = text["strategy"] == "beam_sampling"
        beam = BeamSettings(width=text["width"], length=leg.goal - leg.start, sampling=drawn, seed=self.seed)
        scorer = NetScorer(self.model.writer, context)
        *_, last = beam_search(scorer, api.with_stops(self.model, beam), settings, context)
        if not last.finished:  # the stages removed every token
            return [], []
        best = last.finished[0]
        return list(best.ids), [-logprob / math.log(2) for logprob in best.logprobs]


def of_row(steps: Sequence[Step], row: int) -> Written:
    """One text of a batch, up to its end."""
    there = [step for step in steps if step.ids[row] != NO_TOKEN]
    return [int(step.ids[row]) for step in there], [float(step.surprise[row]) for step in there]


def csv(_request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a token of each text."""
    rows = [
        (number, position, token, label, bits)
        for number, text in enumerate(result["texts"], 1)
        for position, (token, label, bits) in enumerate(
            zip(text["ids"], text["tokens"], text["surprise_bits"], strict=True)
        )
    ]
    return as_csv([("text", "position", "id", "token", "surprise (bits)"), *rows])
