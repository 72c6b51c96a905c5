"""The sidebar: what all tabs share. Its controls are drawn by `sidebar.js`; this is what they are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from textgen.errors import SettingError, TextgenError, shorten
from textgen.experiments.requests.source import source_from
from textgen.logit_bias import LogitBias
from textgen.models.own import is_own
from textgen.models.registry import Registry
from textgen.plots.theme import INKS, THERMAL
from textgen.settings import DecodeSettings
from textgen.stages import ORDERS, PARAMETERS, STAGES, as_json, stage_config
from textgen.ui.own.entry import known_own
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.model_choice import NUMBERS, first_choice, groups, left_out, switched
from textgen.ui.sidebar.model_facts import FIRST_CONTEXT, facts_of

FIRST_NUMBERS = "0.73, 0.15, 0.12"
KINDS = ("auto", "probabilities", "logits")
# A character model's output as a class puts it on the blackboard: 73% and 15% for two of its characters, and
# nine more that share the rest. At T = 0.5 and 2 the two are 95% and 4%, 37% and 17%.
EXAMPLE = {
    "numbers": "1: 0.726, 12: 0.15, " + ", ".join(f"{i}: 0.0138" for i in range(2, 10)) + ", 10: 0.0136",
    "kind": "probabilities",
}
FIRST_SEED = "1234"
FIRST_TEMPERATURE = 0.7  # another than that of a panel beside it
# A temperature inside the range that guides give for the task, and what to expect.
PRESETS = (
    ("Code", 0.3, "Code, 0.2–0.5: the likeliest choices, few surprises, soon repetitive."),
    ("Answers", 0.4, "Answers, 0.2–0.6: near what the model is sure of, which need not be true."),
    ("Long form", 0.7, "Long form, 0.6–0.8: varied, yet it holds together over a page."),
    ("Creative", 0.9, "Creative, 0.7–1.0: nearly as learned; fresh phrases and first slips."),
    ("Explore", 1.1, "Exploration, 0.8–1.2: rare continuations, more of them wrong."),
)


# The controls by name, as a room's IGNORES names them.
CONTROLS = ("model", "context", *STAGES, "order", "seed")


def ignoring(sentence: str, *, but: Collection[str]) -> Mapping[str, str]:
    """What a room's tab.py says where it heeds few controls: the sentence for all `but` those."""
    return {name: sentence for name in CONTROLS if name not in but}


def build(lab: Laboratory) -> None:
    """Put the sidebar's component where Gradio is building."""

    def model_chosen(data: dict[str, Any]) -> dict[str, Any]:
        return {"context": switched(lab.registry, data.get("model"), data.get("context"), data.get("given"))}

    def source_checked(data: dict[str, Any]) -> dict[str, Any]:
        """Whether the context or the typed-in numbers can be used. Raises TextgenError."""
        return {"note": left_out(lab.registry, source_from(data))}

    def typed(data: dict[str, Any]) -> dict[str, Any]:
        """A value that was typed, by the setting's name: as it counts. Raises SettingError."""
        name, value = data.get("name"), data.get("value")
        if name == "seed":  # as digits: it may be larger than a double holds
            return {"value": str(lab.seed("" if value is None else value))}
        if not isinstance(name, str) or name not in PARAMETERS:
            raise SettingError(f"there is no setting {shorten(name)}; there are {', '.join(PARAMETERS)}")
        parameter, model = PARAMETERS[name], data.get("model")
        checked = parameter.check(parameter.title, value)
        if isinstance(checked, LogitBias) and isinstance(model, str) and has(lab.registry, model):
            lab.registry.get(model).by_ids(DecodeSettings(logit_bias=checked))
        return {"value": as_json(checked)}

    def own_models(data: dict[str, Any]) -> dict[str, Any]:
        """Which visitors' models of these `names` there are still, and what they are called."""
        return {"models": known_own(lab.registry, data.get("names"))}

    answers = {"model_chosen": model_chosen, "source_checked": source_checked, "typed": typed}
    answers["own_models"] = own_models
    LabComponent(
        "sidebar", {"kinds": KINDS, "example": EXAMPLE}, module="sidebar/sidebar.js", answers=answers
    )


def sidebar_config(registry: Registry) -> dict[str, Any]:
    """What the page knows of its sidebar: see `config.d.ts`."""
    return {
        "state": first_state(registry),
        "numbers": NUMBERS,
        "stages": stage_config(),
        "orders": {name: list(order) for name, order in ORDERS.items()},
        "thermal": [list(stop) for stop in THERMAL],
        "inks": INKS,
        "models": groups(registry),
        "presets": [
            dict(zip(("name", "temperature", "sentence"), preset, strict=True)) for preset in PRESETS
        ],
    }


def first_state(registry: Registry) -> dict[str, Any]:
    """What the sidebar says when the page opens."""
    return {
        "model": first_choice(registry),
        "context": first_context(registry),
        "numbers": FIRST_NUMBERS,
        "kind": KINDS[0],
        "settings": DecodeSettings(temperature=FIRST_TEMPERATURE).to_dict(),
        "seed": FIRST_SEED,
        "locked": True,
    }


def first_context(registry: Registry) -> str:
    """What stands in the context when the page opens: the first model's own."""
    try:
        facts = facts_of(registry, first_choice(registry))
    except TextgenError:
        return FIRST_CONTEXT
    return facts.prompt if facts else FIRST_CONTEXT


def has(registry: Registry, model: str) -> bool:
    """Whether there may be such a model, a visitor's included."""
    return is_own(model) or model in registry.names()
