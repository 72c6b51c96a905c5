"""How to write texts again: with this library, and with transformers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from textgen import api
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.receipts.hugging_face import YOURS, Arguments, Equivalent, beams, endings, ids_code, sampling
from textgen.receipts.python_code import imports, listing, settings_code
from textgen.receipts.ways import Leg, way
from textgen.settings import BeamSettings, DecodeSettings

DRAWN = '''

def drawn(ids, settings, goal):
    """Go on with the seed until there are `goal` tokens."""
    steps = write(model, [[*context, *ids]], [settings], [seed], goal - len(ids), start=len(ids))
    return [*ids, *(int(step.ids[0]) for step in steps if step.ids[0] >= 0)]

'''
SEARCHED = '''
def searched(ids, settings, goal, width, sampling):
    """Go on with the best text of a beam search of `goal` tokens."""
    before = (*context, *ids)
    beam = BeamSettings(width=width, length=goal - len(ids), sampling=sampling, seed=seed)
    *_, last = beam_search(NetScorer(model.writer, before), with_stops(model, beam), settings, before)
    return [*ids, *(last.finished[0].ids if last.finished else ())]

'''
HAND = "a token was chosen by hand, and generate() knows no such thing"
OTHER_LUCK = "transformers draws other random numbers: the distribution agrees, the text does not."
SAME = "Greedy texts and beam search are the same, given the same logits."


def python(request: Mapping[str, Any]) -> str:
    """Source that makes `texts`."""
    plain = all(not text["picks"] and "legs" not in text for text in request["texts"])
    return generated(request) if plain else step_by_step(request)


def generated(request: Mapping[str, Any]) -> str:
    """Each text in one call."""
    calls = map(generate_code, request["texts"])
    head = [imports(["DecodeSettings", "generate", "load"]), "", *assigned(request)]
    return "\n".join([*head, *listing("texts", calls), "print(*texts, sep='\\n\\n')"]) + "\n"


def generate_code(text: Mapping[str, Any]) -> str:
    """One call, and the text of what it gives."""
    if not text["length"]:
        return "''"
    settings = settings_code(text["settings"])
    return f"generate(model, prompt, settings={settings}, seed=seed, length={text['length']}).text"


def assigned(request: Mapping[str, Any]) -> list[str]:
    return [f"model = load({request['model']!r})", f"prompt, seed = {request['prompt']!r}, {request['seed']}"]


def step_by_step(request: Mapping[str, Any]) -> str:
    """Stretch by stretch."""
    searching = any("legs" in text for text in request["texts"])
    head = [
        imports(["DecodeSettings", "load", "write", *(["BeamSettings"] if searching else [])]),
        imports(["read_context", *(["with_stops"] if searching else [])], "textgen.api"),
        *(["from textgen.decoding.beam import beam_search"] if searching else []),
        *(["from textgen.decoding.scorer import NetScorer"] if searching else []),
        "",
        *assigned(request),
        "context = read_context(model, prompt).ids",
        DRAWN + (SEARCHED if searching else ""),
        "texts = []",
    ]
    lines = [line for text in request["texts"] for line in text_lines(text)]
    return "\n".join([*head, *lines, "print(*texts, sep='\\n\\n')"]) + "\n"


def text_lines(text: Mapping[str, Any]) -> Iterator[str]:
    """One text: from nothing, leg by leg, what was written beyond a leg's end cut off."""
    yield f"ids, settings = [], {settings_code(text['settings'])}"
    for leg in way(text):
        yield leg_line(leg, text)
    yield "texts.append(model.text(ids, prompt))"


def leg_line(leg: Leg, text: Mapping[str, Any]) -> str:
    if leg.token is not None:
        return f"ids = [*ids, {leg.token}]  # chosen by hand"
    if "width" not in text:
        return f"ids = drawn(ids, settings, {leg.goal})"
    cut = f"[:{leg.end}]" if leg.end < leg.goal else ""
    draws = text["strategy"] == "beam_sampling"
    return f"ids = searched(ids, settings, {leg.goal}, {text['width']}, {draws}){cut}"


def transformers(request: Mapping[str, Any], registry: Registry, result: Mapping[str, Any]) -> Equivalent:
    """A call of generate() for each text that has one."""
    model = registry.get(request["model"])
    ended = [model.ended(text["ids"]) for text in result["texts"]]
    found = [arguments(text, model, end) for text, end in zip(request["texts"], ended, strict=True)]
    missing = [one.missing for one in found]
    told = [f"Text {number}: {why}." for number, why in enumerate(missing, 1) if why]
    if all(missing):
        return Equivalent(None, " ".join(told))
    calls = ["None" if one.missing else f"model.generate(ids, {one})" for one in found]
    ids = api.read_context(model, request["prompt"]).ids
    head = ["import torch", "", YOURS, ids_code(ids), f"torch.manual_seed({request['seed']})"]
    luck = OTHER_LUCK if any("do_sample=True" in one.values for one in found) else SAME
    code = [*head, *listing("texts", calls, missing), "for text in texts:", "    print(text)"]
    return Equivalent("\n".join(code) + "\n", " ".join([luck, *told]))


def arguments(text: Mapping[str, Any], model: Model, ended: bool) -> Arguments:
    """What generate() takes for one text, which may have ended before it was as long as asked."""
    settings, length = DecodeSettings.from_dict(text["settings"]), text["length"]
    if text["picks"]:
        return Arguments(missing=HAND)
    if not length:
        return Arguments(missing="nothing was written")
    if "legs" not in text:
        found = sampling(settings)
    elif missing := unlike_one_search(text, ended):
        return Arguments(missing=missing)
    else:
        length = text["legs"][0][1]
        sampled = text["strategy"] == "beam_sampling"
        beam = BeamSettings(width=text["width"], length=length, sampling=sampled)
        found = beams(api.with_stops(model, beam), settings, model)
    return Arguments((*found.values, *endings(model, length, sorted(model.stops))), found.missing)


def unlike_one_search(text: Mapping[str, Any], ended: bool) -> str:
    """Why a text is not what a single beam search writes; "" where it is."""
    if len(text["legs"]) > 1:
        return "several beam searches wrote it, one after the other"
    start, goal = text["legs"][0]
    return "" if start == 0 and (goal == text["length"] or ended) else "the search was stopped before its end"
