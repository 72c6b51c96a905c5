"""The call of Hugging Face transformers that gives the same result, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from textgen.decoding.beam import draws, heeded
from textgen.experiments.requests import (
    BeamRequest,
    ChaosRequest,
    DrawsRequest,
    NextTokenRequest,
    PerplexityRequest,
    ReadRequest,
    Request,
    SweepRequest,
    TableSource,
    TextRequest,
    TextSpec,
)
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.receipts.python import listing
from textgen.records import NextToken
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import STAGES, TEMPERATURE_FIRST
from textgen.text.context import read_context, with_start

THEIR_ORDER = tuple(name for name in TEMPERATURE_FIRST if STAGES[name].hf_class)
KEEPS_MORE = (
    "drawing several beams, transformers keeps two tokens or more in a truncation, this lab may keep one"
)
OWN_ORDER = f"transformers' generate has an order of its own: {', '.join(THEIR_ORDER)}"
TOP_FIRST = "may remove the likeliest token before T = 0 takes it, where transformers takes the top"
SUPPRESSED_LATE = (
    "transformers adds up what the stages made before it takes the share of <unk> away, this lab after"
)
YOURS = "# `model` is yours, as from_pretrained gives it; these ids are those of this lab's tokenizer"
HAND = "a token was chosen by hand, and generate() knows no such thing"
OTHER_NUMBERS = "transformers draws other random numbers."
OTHER_TEXT = "transformers draws other random numbers: the distribution agrees, the text does not."
SAME = "Greedy texts and beam search are the same, given the same logits."
READ = [
    "# the raw logits, as this receipt holds them in a file",
    'with open("receipt.json", encoding="utf-8") as file:',
    '    result = json.load(file)["result"]',
    'raw = [-float("inf") if logit is None else logit for logit in result["logits"]]',
    "logits = torch.tensor([raw], dtype=torch.float64)",
]
OWN_STANDS = f"The processors stand in this result's order; generate() has its own: {', '.join(THEIR_ORDER)}."
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
THEIR_READING = """\
import json
import math

import torch

# `model` is yours, as from_pretrained gives it; the ids are those of this lab's tokenizer
with open("receipt.json", encoding="utf-8") as file:
    ids = json.load(file)["result"]["ids"]

start, stops = {start}, {stops}  # what each text is read after; what ends one, so that the next begins anew
documents = [[]]
for token in ids:
    documents[-1].append(token)
    if token in stops:
        documents.append([])
surprises, ranks = [], []
for document in filter(None, documents):
    logits = model(input_ids=torch.tensor([[*start, *document]])).logits[0, len(start) - 1 : -1].double()
    own = torch.tensor(document)[:, None]
    surprises += (-logits.log_softmax(dim=-1).gather(-1, own) / math.log(2))[:, 0].tolist()
    ranks += ((logits > logits.gather(-1, own)).sum(dim=-1) + 1).tolist()
print(*zip(ids, surprises, ranks), sep="\\n")
"""
READ_ALIKE = (
    "Surprise and rank of each token, in bits, as learned. What the stages make of a place is in the receipt "
    "of its distribution: Next token, with the text before it as context."
)
NO_TABLE = "A typed-in table is no model of transformers."
NO_SWEEP = (
    "A sweep is many texts and what is measured of them, which transformers does not do. Each text is a call "
    "of generate() as in the receipt of a text."
)
NO_CHAOS = (
    "There is none: generate() draws each token anew, so that no two temperatures share their random "
    "numbers and nothing could be said about where their texts begin to differ."
)


class Equivalent(NamedTuple):
    """The transformers call that does the same; None where there is none, and then why."""

    code: str | None
    note: str


def equivalent(request: Request, registry: Registry, result: Mapping[str, Any]) -> Equivalent:
    """The call for a request, whose result as JSON is known."""
    match request:
        case NextTokenRequest():
            expectation = request.source.expectation(registry)
            code = warped(request.panels, expectation, ["for panel in panels:", "    print(panel)"])
            return Equivalent(code, note(request.panels))
        case DrawsRequest():
            return for_draws(request, registry)
        case TextRequest():
            return for_texts(request, registry.get(request.model), result)
        case BeamRequest():
            return for_beam(request, registry)
        case PerplexityRequest():
            code = THEIRS.replace("{window}", str(request.window))
            code = code.replace("{temperatures}", str(list(request.temperatures)))
            return Equivalent(code, "The same sum over the same windows, each read from a zero state.")
        case ReadRequest():
            return for_reading(registry.get(request.model))
        case SweepRequest():
            return Equivalent(None, NO_SWEEP)
        case ChaosRequest():
            return Equivalent(None, NO_CHAOS)
    raise AssertionError(f"no call for {request.kind}")


def for_reading(model: Model) -> Equivalent:
    values = {"{start}": list(with_start(model, ())), "{stops}": set(model.stops) or "set()"}
    code = THEIR_READING
    for name, value in values.items():
        code = code.replace(name, str(value))
    return Equivalent(code, READ_ALIKE)


def for_draws(request: DrawsRequest, registry: Registry) -> Equivalent:
    panels = [request.settings.at(temperature) for temperature in request.temperatures]
    expectation = request.source.expectation(registry)
    drawing = [
        f"torch.manual_seed({request.seed})",
        "for panel in panels:",
        "    if panel is not None:",
        f"        drawn = torch.multinomial(panel[0], {request.n}, replacement=True)",
        "        print(drawn.bincount(minlength=len(raw)).tolist())",
    ]
    random = "torch draws other random numbers: the counts agree within chance."
    return Equivalent(warped(panels, expectation, drawing), f"{random} {note(panels)}".strip())


def for_texts(request: TextRequest, model: Model, result: Mapping[str, Any]) -> Equivalent:
    """A call of generate() for each text that has one."""
    ended = [model.ended(text["ids"]) for text in result["texts"]]
    texts = [replace(text, settings=model.by_ids(text.settings)) for text in request.texts]
    given = [arguments(text, model, end) for text, end in zip(texts, ended, strict=True)]
    missing = [one.missing for one in given]
    reasons = [f"Text {number}: {why}." for number, why in enumerate(missing, 1) if why]
    if all(missing):
        return Equivalent(None, " ".join(reasons))
    calls = ["None" if one.missing else f"model.generate(ids, {one})" for one in given]
    ids = read_context(model, request.prompt).ids
    head = ["import torch", "", YOURS, ids_code(ids), f"torch.manual_seed({request.seed})"]
    random = OTHER_TEXT if any("do_sample=True" in one.values for one in given) else SAME
    code = [*head, *listing("texts", calls, missing), "for text in texts:", "    print(text)"]
    return Equivalent("\n".join(code) + "\n", " ".join([random, *reasons]))


def for_beam(request: BeamRequest, registry: Registry) -> Equivalent:
    if isinstance(request.source, TableSource):
        return Equivalent(None, NO_TABLE)
    model, beam = registry.get(request.source.model), request.beam
    search = beams(beam, model.by_ids(request.settings), model)
    if search.missing:
        return Equivalent(None, f"There is none: {search.missing}.")
    given = [*search.values, f"num_return_sequences={beam.width}", *endings(model, beam.length, beam.stops)]
    asked = ", ".join([*given, "return_dict_in_generate=True", "output_scores=True"])
    ids = read_context(model, request.source.prompt).ids
    drawn = "do_sample=True" in search.values
    seed = [f"torch.manual_seed({beam.seed})"] if drawn else []
    lines = ["import torch", "", YOURS, ids_code(ids), *seed, f"output = model.generate(ids, {asked})"]
    remark = OTHER_NUMBERS if drawn else "Texts and scores are the same, given the same logits."
    return Equivalent("\n".join([*lines, "print(output.sequences, output.sequences_scores)"]) + "\n", remark)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What `generate` takes for some settings; `missing` says why it cannot do the same, "" if it can."""

    values: tuple[str, ...] = ()
    missing: str = ""

    def __str__(self) -> str:
        return ", ".join(self.values)


def stages_of(settings: DecodeSettings) -> tuple[str, ...]:
    """The stages that decide: after T = 0 a single token is left."""
    active = settings.active()
    return active[: active.index("temperature")] if settings.temperature == 0 else active


def processors(settings: DecodeSettings, stops: Sequence[int] = ()) -> tuple[list[str], str]:
    """`TopKLogitsWarper(40)` for each stage in our order, and what transformers has not: "" for nothing."""
    stages = [name for name in stages_of(settings) if stops or name != "min_length"]
    if missing := unknown_to_transformers(stages):
        return [], missing
    ends = {"min_length": ("ids.shape[1], ", f", {list(stops)}")}  # it is told where the text begins and ends
    named = ((STAGES[name].hf_class, value_of(name, settings), *ends.get(name, ("", ""))) for name in stages)
    return [f"{kind}({before}{value}{after})" for kind, value, before, after in named], ""


def value_of(name: str, settings: DecodeSettings) -> str:
    """A stage's value as Python source for transformers."""
    return STAGES[name].hf_value(getattr(settings, name))


def unknown_to_transformers(stages: Sequence[str]) -> str:
    """Says which of some stages transformers lacks, the first of them; "" for none."""
    return next(
        (f"transformers has no {STAGES[name].flag}" for name in stages if name not in THEIR_ORDER), ""
    )


def sampling(settings: DecodeSettings) -> Arguments:
    """Drawing each token, or taking the likeliest at T = 0."""
    if settings.temperature == 0:
        return greedy(stages_of(settings), settings)
    active = settings.active()
    if missing := unknown_to_transformers(active):
        return Arguments(missing=missing)
    if list(active) != [name for name in THEIR_ORDER if name in active]:
        return Arguments(missing=OWN_ORDER)
    top_k = () if "top_k" in active else ("top_k=0",)  # their default is 50
    return Arguments(("do_sample=True", *named(active, settings), *top_k))


def greedy(stages: Sequence[str], settings: DecodeSettings) -> Arguments:
    """Taking the likeliest after what looks at the text; other stages keep it, but for typical."""
    history = [name for name in stages if STAGES[name].processor]
    for name in stages:
        if not (STAGES[name].keeps_top or STAGES[name].processor):
            return Arguments(missing=f"{STAGES[name].title} {TOP_FIRST}")
    if tuple(stages[: len(history)]) != tuple(history):
        return Arguments(missing=OWN_ORDER)
    return Arguments(("do_sample=False", *named(history, settings)))


def collapses(settings: DecodeSettings, beam: BeamSettings) -> bool:
    """Whether a truncation may leave fewer tokens than transformers keeps where several beams are drawn."""
    least = max(2, 1 + len(beam.stops))
    cut = [name for name in settings.active() if STAGES[name].hf_class and STAGES[name].removes]
    bans = [name for name in cut if STAGES[name].processor]
    enough = ["top_k"] if settings.top_k >= least else []
    return beam.width > 1 and bool(set(cut) - set(bans) - set(enough))


def beams(beam: BeamSettings, settings: DecodeSettings, model: Model) -> Arguments:
    """A beam search of the same rules."""
    if beam.width == 1 and beam.stops and beam.early_stopping is not True:
        return Arguments(missing="one beam of transformers is greedy, and ends at its first stop")
    kept = heeded(settings, beam)
    if model.suppressed and kept.active():
        return Arguments(missing=SUPPRESSED_LATE)
    if draws(beam, settings):
        if settings.beams_may_collapse and collapses(settings, beam):
            return Arguments(missing=KEEPS_MORE)
        drawn = sampling(settings)
    else:
        drawn = Arguments(("do_sample=False", *named(kept.active(), kept)))
    anew = (
        ("renormalize_logits=True",) if model.suppressed else ()
    )  # here a suppressed token has no share to begin with
    early = f"early_stopping={beam.early_stopping!r}"
    shape = (f"num_beams={beam.width}", f"length_penalty={beam.length_penalty!r}", early)
    return Arguments((*shape, *drawn.values, *anew), drawn.missing)


def named(stages: Sequence[str], settings: DecodeSettings) -> list[str]:
    return [f"{STAGES[name].hf_argument}={value_of(name, settings)}" for name in stages]


def endings(model: Model, length: int, stops: Sequence[int]) -> list[str]:
    """Where a text ends, and what is never written."""
    ends = [f"eos_token_id={list(stops)}", f"pad_token_id={stops[0]}"] if stops else []
    suppressed = [f"suppress_tokens={sorted(model.suppressed)}"] if model.suppressed else []
    return [f"max_new_tokens={length}", *ends, *suppressed]


def ids_code(ids: Sequence[int]) -> str:
    """`ids`, (1, T)."""
    return f"ids = torch.tensor([{list(ids)}], dtype=torch.long)"


def warped(panels: Sequence[DecodeSettings], expectation: NextToken, more: Sequence[str]) -> str | None:
    """Source that makes `panels`, (1, V) each; None where transformers has none of them."""
    panels = [settings.for_tokens(expectation.labels, expectation.texts) for settings in panels]
    items = [panel_code(settings, expectation.stops) for settings in panels]
    if not any(map(there, panels)):
        return None
    classes = sorted({"LogitsProcessorList", *re.findall(r"(\w+(?:Warper|Processor))\(", " ".join(items))})
    head = ["import json", "", "import torch", f"from transformers import {', '.join(classes)}", "", *READ]
    context = f"{ids_code(expectation.context.ids)}  # the context, for what looks at it"
    return "\n".join([*head, context, *listing("panels", items, map(missing, panels)), *more]) + "\n"


def panel_code(settings: DecodeSettings, stops: Sequence[int]) -> str:
    """One distribution (1, V)."""
    stages, lacking = processors(settings, stops)
    if lacking:
        return "None"
    scores = f"LogitsProcessorList([{', '.join(stages)}])(ids, logits)"
    if settings.temperature == 0:
        return f"torch.nn.functional.one_hot({scores}.argmax(-1), logits.shape[-1]).double()"
    return f"{scores}.softmax(-1)"


def missing(settings: DecodeSettings) -> str:
    """Which of the settings transformers lacks, as a sentence; "" for none."""
    return unknown_to_transformers(stages_of(settings))


def there(settings: DecodeSettings) -> bool:
    return not missing(settings)


def note(panels: Sequence[DecodeSettings]) -> str:
    """What to know about that: what is missing, and where generate() itself does otherwise."""
    lacking = sorted({missing(settings) for settings in panels} - {""})
    orders = {settings.active() for settings in panels if settings.temperature}
    other = any(list(order) != [name for name in THEIR_ORDER if name in order] for order in orders)
    gaps = [f"{reason}, so None stands for that." for reason in lacking]
    return " ".join([*gaps, *([OWN_STANDS] if other and not lacking else [])])


def arguments(text: TextSpec, model: Model, ended: bool) -> Arguments:
    """What generate() takes for one text, which may have ended before it was as long as asked."""
    length = text.length
    if text.picks:
        return Arguments(missing=HAND)
    if not length:
        return Arguments(missing="nothing was written")
    if not text.legs:
        given = sampling(text.settings)
    elif missing := unlike_one_search(text, text.legs, ended):
        return Arguments(missing=missing)
    else:
        length = text.legs[0][1]
        given = beams(text.decoding.search(length, 0, model.stops), text.settings, model)
    return Arguments((*given.values, *endings(model, length, sorted(model.stops))), given.missing)


def unlike_one_search(text: TextSpec, legs: Sequence[tuple[int, int]], ended: bool) -> str:
    """Why a text is not what a single beam search writes; "" where it is."""
    if len(legs) > 1:
        return "several beam searches wrote it, one after the other"
    start, goal = legs[0]
    return "" if start == 0 and (goal == text.length or ended) else "the search was stopped before its end"
