"""Beam search on a model, or on a typed-in table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textgen import api
from textgen.decoding.beam import beam_search
from textgen.decoding.table_model import TableModel, parse_table
from textgen.models.registry import Registry
from textgen.receipts.checks import as_model, as_object, as_settings, as_text, known_fields
from textgen.receipts.hugging_face import YOURS, Equivalent, beams, endings, ids_code
from textgen.receipts.python_code import beam_code, imports, settings_code
from textgen.receipts.records import ReceiptError
from textgen.receipts.tables import as_csv
from textgen.records import BeamStep, Hypothesis
from textgen.settings import BeamSettings, DecodeSettings

COLUMNS = ("rank", "ids", "text", "Σ ln p", "total", "score", "stopped")


def checked(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    """The request, a model's own stops among the search's."""
    known_fields(request, ("model", "prompt", "table", "beam", "settings"))
    beam = BeamSettings.from_dict(as_object("beam", request.get("beam", {})))
    settings = as_settings(request.get("settings", {}))
    if request.get("table") is not None:
        if request.get("model") is not None:
            raise ReceiptError("a table stands instead of a model, got both; leave one out")
        source = {"table": as_text("table", request["table"])}
        return {"kind": "beam", **source, "beam": beam.to_dict(), "settings": settings}
    name, prompt = as_model(request.get("model")), as_text("prompt", request.get("prompt", ""))
    whole = api.with_stops(registry.get(name), beam)
    return {"kind": "beam", "model": name, "prompt": prompt, "beam": whole.to_dict(), "settings": settings}


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    return (request["model"],) if "model" in request else ()


def tokens(request: Mapping[str, Any]) -> int:
    return request["beam"]["width"] * request["beam"]["length"]


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    beam = BeamSettings.from_dict(request["beam"])
    settings = DecodeSettings.from_dict(request["settings"])
    if "table" in request:
        table = parse_table(request["table"])
        *_, last = beam_search(table, beam, settings)
        return result_of(last, (joined(table, found) for found in last.finished))
    model = registry.get(request["model"])
    *_, last = api.beam_search(model, request["prompt"], beam, settings)
    return result_of(last, (model.text(found.ids, request["prompt"]) for found in last.finished))


def joined(table: TableModel, found: Hypothesis) -> str:
    return " ".join(table.labels[token] for token in found.ids)


def result_of(last: BeamStep, texts: Iterable[str]) -> dict[str, Any]:
    """The finished texts, best first, and why the search ended."""
    finished = zip(last.finished, texts, strict=True)
    return {"ended": last.done, "finished": [{"text": text, **found.to_dict()} for found, text in finished]}


def csv(_request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a finished text, best first."""
    rows = [
        (
            rank,
            " ".join(map(str, found["ids"])),
            *(found[name] for name in ("text", "logprob", "total", "score", "stopped")),
        )
        for rank, found in enumerate(result["finished"], 1)
    ]
    return as_csv([COLUMNS, *rows])


def python(request: Mapping[str, Any]) -> str:
    beam, settings = beam_code(request["beam"]), settings_code(request["settings"])
    classes = ["BeamSettings", "DecodeSettings"]
    if "table" in request:
        head = [
            imports(classes),
            imports(["beam_search"], "textgen.decoding.beam"),
            imports(["parse_table"], "textgen.decoding.table_model"),
        ]
        search = [
            f"table = parse_table({request['table']!r})",
            f"*_, last = beam_search(table, {beam}, {settings})",
        ]
        shown = "' '.join(table.labels[token] for token in found.ids)"
    else:
        head = [imports([*classes, "beam_search", "load"])]
        call = f"beam_search(model, prompt, {beam}, {settings})"
        search = [f"model, prompt = load({request['model']!r}), {request['prompt']!r}", f"*_, last = {call}"]
        shown = "model.text(found.ids, prompt)"
    ranking = ["for found in last.finished:", f"    print(found.score, found.logprob, repr({shown}))"]
    return "\n".join([*head, "", *search, *ranking]) + "\n"


def transformers(request: Mapping[str, Any], registry: Registry, _result: Mapping[str, Any]) -> Equivalent:
    if "table" in request:
        return Equivalent(None, "A typed-in table is no model of transformers.")
    model, beam = registry.get(request["model"]), BeamSettings.from_dict(request["beam"])
    found = beams(beam, DecodeSettings.from_dict(request["settings"]), model)
    if found.missing:
        return Equivalent(None, f"There is none: {found.missing}.")
    given = [*found.values, f"num_return_sequences={beam.width}", *endings(model, beam.length, beam.stops)]
    asked = ", ".join([*given, "return_dict_in_generate=True", "output_scores=True"])
    ids = api.read_context(model, request["prompt"]).ids
    seed = [f"torch.manual_seed({beam.seed})"] if "do_sample=True" in found.values else []
    lines = ["import torch", "", YOURS, ids_code(ids), *seed, f"found = model.generate(ids, {asked})"]
    luck = (
        "transformers draws other random numbers."
        if seed
        else "Texts and scores are the same, given the same logits."
    )
    return Equivalent("\n".join([*lines, "print(found.sequences, found.sequences_scores)"]) + "\n", luck)
