"""Distributions by transformers' own processors, from the raw logits that a receipt holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textgen.receipts.hugging_face import THEIR_ORDER, ids_code, processors
from textgen.receipts.python_code import listing
from textgen.settings import DecodeSettings

READ = [
    "# the raw logits, as this receipt holds them in a file",
    'with open("receipt.json", encoding="utf-8") as file:',
    '    result = json.load(file)["result"]',
    'raw = [-float("inf") if logit is None else logit for logit in result["logits"]]',
    "logits = torch.tensor([raw], dtype=torch.float64)",
]
OWN_STANDS = f"The processors stand in this result's order; generate() has its own: {', '.join(THEIR_ORDER)}."


def warped(panels: Sequence[DecodeSettings], ids: Sequence[int], more: Sequence[str] = ()) -> str | None:
    """Source that makes `panels`, (1, V) each; None where transformers has none of them."""
    items = [panel_code(settings) for settings in panels]
    if not any(map(there, panels)):
        return None
    classes = sorted({"LogitsProcessorList", *re.findall(r"(\w+(?:Warper|Processor))\(", " ".join(items))})
    head = ["import json", "", "import torch", f"from transformers import {', '.join(classes)}", "", *READ]
    context = f"{ids_code(ids)}  # the context, for what looks at it"
    return "\n".join([*head, context, *listing("panels", items, map(missing, panels)), *more]) + "\n"


def panel_code(settings: DecodeSettings) -> str:
    """One distribution (1, V)."""
    stages, lacking = processors(settings)
    if lacking:
        return "None"
    scores = f"LogitsProcessorList([{', '.join(stages)}])(ids, logits)"
    if settings.temperature == 0:
        return f"torch.nn.functional.one_hot({scores}.argmax(-1), logits.shape[-1]).double()"
    return f"{scores}.softmax(-1)"


def missing(settings: DecodeSettings) -> str:
    """What transformers has not; "" for nothing."""
    return processors(settings)[1]


def there(settings: DecodeSettings) -> bool:
    return not missing(settings)


def note(panels: Sequence[DecodeSettings]) -> str:
    """What to know about that: what is missing, and where generate() itself does otherwise."""
    lacking = sorted({missing(settings) for settings in panels} - {""})
    orders = {settings.active() for settings in panels if settings.temperature}
    other = any(list(order) != [name for name in THEIR_ORDER if name in order] for order in orders)
    told = [f"{reason}, so None stands for that." for reason in lacking]
    return " ".join([*told, *([OWN_STANDS] if other and not lacking else [])])
