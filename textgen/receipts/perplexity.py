"""How well a model predicts a typed-in text at each temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from textgen import api
from textgen.experiments.metrics import perplexity_curve as curve
from textgen.experiments.metrics.scoring import HeldOut
from textgen.models.registry import Registry
from textgen.receipts.checks import as_model, as_temperatures, as_text, finite_or_none, known_fields
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.records import ReceiptError
from textgen.receipts.tables import as_csv
from textgen.settings import check_whole

MAX_TEMPERATURES = 200
THEIRS = """\
import json
import math

import torch
from torch.nn.functional import cross_entropy

# `model` is yours, as from_pretrained gives it; the ids are those of this lab's tokenizer
with open("receipt.json", encoding="utf-8") as file:
    documents = [torch.tensor(ids) for ids in json.load(file)["result"]["documents"]]


def nats(window, temperature):
    logits = model(input_ids=window[None, :-1]).logits[0] / temperature
    return cross_entropy(logits, window[1:], reduction="sum").item()


targets = sum(len(ids) - 1 for ids in documents)
windows = [ids[i : i + {window} + 1] for ids in documents for i in range(0, len(ids) - 1, {window})]
for temperature in {temperatures}:
    print(temperature, math.exp(sum(nats(window, temperature) for window in windows) / targets))
"""


def checked(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The request; `window` is the model's own where it is left out."""
    known_fields(request, ("model", "text", "temperatures", "window"))
    name, window = as_model(request.get("model")), request.get("window")
    temperatures = as_temperatures(request.get("temperatures"), 1, MAX_TEMPERATURES)
    if 0 in temperatures:
        raise ReceiptError(
            "perplexity takes temperatures above 0, got 0: a single wrong token is infinite there"
        )
    size = api.own_window(registry.get(name)) if window is None else window
    return {
        "kind": "perplexity",
        "model": name,
        "text": as_text("text", request.get("text"), curve.MAX_SCORED),
        "temperatures": temperatures,
        "window": check_whole("window", size, 1, curve.MAX_WINDOW, "leave it out for the model's own"),
    }


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    return (request["model"],)


def tokens(_request: Mapping[str, Any]) -> int:
    return 0


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    model = registry.get(request["model"])
    found = api.perplexity(model, request["text"], request["temperatures"], request["window"])
    return result_of(found, api.scored_documents(model, request["text"]))


def result_of(found: HeldOut, documents: Sequence[Tensor]) -> dict[str, Any]:
    """One perplexity a temperature, null = beyond all numbers; the ids that were scored."""
    return {
        "perplexities": finite_or_none(found.perplexities),
        "best": found.best,
        "targets": found.targets,
        "documents": [ids.tolist() for ids in documents],
    }


def csv(request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a temperature."""
    rows = zip(request["temperatures"], result["perplexities"], strict=True)
    return as_csv([("temperature", "perplexity"), *rows])


def python(request: Mapping[str, Any]) -> str:
    given = f"{request['text']!r}, {request['temperatures']}, window={request['window']}"
    lines = [
        "from textgen.api import load, perplexity",
        "",
        f"found = perplexity(load({request['model']!r}), {given})",
        "for temperature, value in zip(found.temperatures, found.perplexities):",
        "    print(temperature, value)",
    ]
    return "\n".join(lines) + "\n"


def transformers(request: Mapping[str, Any], _registry: Registry, _result: Mapping[str, Any]) -> Equivalent:
    code = THEIRS.replace("{window}", str(request["window"])).replace(
        "{temperatures}", str(request["temperatures"])
    )
    return Equivalent(code, "The same sum over the same windows, each read from a zero state.")
