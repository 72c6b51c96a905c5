"""A next-token distribution under one to 64 settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textgen.experiments.panels import MAX_PANELS, distribution
from textgen.models.registry import Registry
from textgen.receipts import source, warped
from textgen.receipts.checks import as_list, as_settings, finite_or_none, known_fields
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.python_code import imports, listing, settings_code
from textgen.receipts.tables import as_csv, described
from textgen.records import Distribution
from textgen.settings import DecodeSettings

models = source.models


def checked(request: Mapping[str, Any], _registry: Registry) -> dict[str, Any]:
    known_fields(request, (*source.FIELDS, "panels"))
    panels = as_list("panels", request.get("panels"), 1, MAX_PANELS)
    return {"kind": "distribution", **source.checked(request), "panels": [*map(as_settings, panels)]}


def tokens(_request: Mapping[str, Any]) -> int:
    return 0


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    expectation = source.expectation(request, registry)
    return result_of([distribution(expectation, settings) for settings in settings_of(request)])


def result_of(panels: Sequence[Distribution]) -> dict[str, Any]:
    """Tokens in the order of their ids; logits as the model gave them, null = −inf."""
    expectation = panels[0].next
    return {
        "labels": list(expectation.labels),
        "logits": finite_or_none(expectation.logits),
        "panels": [panel_json(panel) for panel in panels],
    }


def panel_json(panel: Distribution) -> dict[str, Any]:
    return {
        **panel.summary.to_dict(),
        "probabilities": panel.probabilities.tolist(),
    }


def csv(request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a token: label, id, logit, its probability in each panel."""
    names = [f"{number}: {described(panel)}" for number, panel in enumerate(request["panels"], 1)]
    columns = zip(*(panel["probabilities"] for panel in result["panels"]), strict=True)
    tokens = zip(result["labels"], result["logits"], columns, strict=True)
    rows = [(label, place, logit, *shares) for place, (label, logit, shares) in enumerate(tokens)]
    return as_csv([("token", "id", "logit", *names), *rows])


def python(request: Mapping[str, Any]) -> str:
    names, lines = source.code(request)
    panels = [f"next_token(expectation, settings={settings_code(panel)})" for panel in request["panels"]]
    body = [
        *lines,
        *listing("panels", panels),
        "for panel in panels:",
        "    print(panel.summary, panel.top(10))",
    ]
    return "\n".join([imports([*names, "DecodeSettings", "next_token"]), "", *body]) + "\n"


def transformers(request: Mapping[str, Any], registry: Registry, _result: Mapping[str, Any]) -> Equivalent:
    panels = settings_of(request)
    ids = source.expectation(request, registry).context.ids
    code = warped.warped(panels, ids, ["for panel in panels:", "    print(panel)"])
    return Equivalent(code, warped.note(panels))


def settings_of(request: Mapping[str, Any]) -> list[DecodeSettings]:
    return [DecodeSettings.from_dict(panel) for panel in request["panels"]]
