"""Temperature chaos: one seed at every temperature of a fine grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textgen.decoding.stream import NO_TOKEN
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos
from textgen.models.registry import Registry
from textgen.receipts.checks import as_list, as_model, as_settings, as_text, known_fields
from textgen.receipts.hugging_face import Equivalent
from textgen.receipts.python_code import imports, settings_code
from textgen.receipts.tables import as_csv
from textgen.settings import DecodeSettings

MOST_ROWS = 1_000_000  # the settings say how many there may be
NONE_THERE = (
    "There is none: generate() draws each token anew, so that no two temperatures share their luck "
    "and nothing could be said about where they part."
)


def checked(request: Mapping[str, Any], _registry: Registry) -> dict[str, Any]:
    known_fields(request, ("model", "prompt", "temperatures", "seed", "length", "settings"))
    values = as_list("temperatures", request.get("temperatures"), 0, MOST_ROWS)
    decode = DecodeSettings.from_dict(as_settings(request.get("settings", {})))
    length = request.get("length", 200)
    settings = ChaosSettings(tuple(values), request.get("seed"), length, decode)  # type: ignore[arg-type]
    return {
        "kind": "chaos",
        "model": as_model(request.get("model")),
        "prompt": as_text("prompt", request.get("prompt", "")),
        "temperatures": list(settings.temperatures),
        "seed": settings.seed,
        "length": settings.length,
        "settings": decode.to_dict(),
    }


def models(request: Mapping[str, Any]) -> tuple[str, ...]:
    return (request["model"],)


def tokens(request: Mapping[str, Any]) -> int:
    return len(request["temperatures"]) * request["length"]


def computed(request: Mapping[str, Any], registry: Registry) -> dict[str, Any]:
    decode = DecodeSettings.from_dict(request["settings"])
    settings = ChaosSettings(tuple(request["temperatures"]), request["seed"], request["length"], decode)
    return result_of(chaos(registry.get(request["model"]), request["prompt"], settings))


def result_of(found: Chaos) -> dict[str, Any]:
    """One text a temperature, and the first step at which it parts from the one above; null: nowhere."""
    return {
        "partings": list(found.divergences),
        "texts": list(found.texts),
        "ids": [[int(token) for token in row if token != NO_TOKEN] for row in found.ids],
    }


def csv(request: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """One row a temperature."""
    rows = zip(request["temperatures"], result["partings"], result["texts"], strict=True)
    return as_csv([("temperature", "parts at step", "text"), *rows])


def python(request: Mapping[str, Any]) -> str:
    decode = settings_code(request["settings"])
    grid = (
        f"temperatures={tuple(request['temperatures'])}, seed={request['seed']}, length={request['length']}"
    )
    lines = [
        imports(["DecodeSettings", "load"]),
        imports(["ChaosSettings", "chaos"], "textgen.experiments.chaos.rows"),
        "",
        f"settings = ChaosSettings({grid}, decode={decode})",
        f"found = chaos(load({request['model']!r}), {request['prompt']!r}, settings)",
        "for temperature, text, parting in zip(settings.temperatures, found.texts, found.divergences):",
        "    print(temperature, parting, repr(text))",
    ]
    return "\n".join(lines) + "\n"


def transformers(_request: Mapping[str, Any], _registry: Registry, _result: Mapping[str, Any]) -> Equivalent:
    return Equivalent(None, NONE_THERE)
