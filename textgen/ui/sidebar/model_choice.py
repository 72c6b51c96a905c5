"""Which model: the sidebar's choice with what tells models apart, and the context that comes along."""

from __future__ import annotations

from typing import Any

from textgen.errors import TextgenError, shorten
from textgen.models.registry import Registry
from textgen.ui.sidebar.model_facts import Facts, facts_of

NUMBERS = "your-own-numbers"  # the choice beside the models

Group = dict[str, Any]  # {"label", "models": [{"name", "title", "line"}]}
OWN_NUMBERS = {"name": NUMBERS, "title": "Your own numbers", "line": "probabilities or logits, typed in"}


def first_choice(registry: Registry) -> str:
    return registry.first() or NUMBERS


def groups(registry: Registry) -> list[Group]:
    """All choices: the models by the text that they learned from, the first one's first; then the numbers."""
    sorted_out: dict[str, list[dict[str, str]]] = {}
    for name in sorted(registry.names(), key=lambda name: name != registry.first()):
        facts = facts_of(registry, name)
        sorted_out.setdefault(facts.corpus if facts else "cannot be read", []).append(choice(name, facts))
    found = [{"label": label, "models": models} for label, models in sorted_out.items()]
    return [*found, {"label": "no model", "models": [OWN_NUMBERS]}]


def choice(name: str, facts: Facts | None) -> dict[str, str]:
    """One model of the list; a folder that cannot be read keeps its place."""
    if facts is None:
        return {"name": name, "title": shorten(name), "line": "its config.json cannot be read"}
    return {"name": name, "title": facts.title, "line": facts.line}


def switched(registry: Registry, model: Any, context: Any, given: Any) -> tuple[str | None, str]:
    """Another model was chosen → a new context, None where it stays, and what could not be kept of it.

    What somebody typed stays as it is; a context that is still as the page gave it gives way to the
    new model's own.
    """
    facts = facts_of(registry, model)
    if facts is None:
        return None, "" if model == NUMBERS else problem_of(registry, model)
    new = facts.prompt if context == given else context
    return (None if new == context else new), left_out(registry, facts, new)


def left_out(registry: Registry, facts: Facts, context: Any) -> str:
    """What a model cannot read of a context, in a sentence; "" where it reads all of it."""
    if not context:
        return ""
    from textgen.api import read_context

    try:
        note = read_context(registry.get(facts.name), context).note
    except TextgenError as error:
        return str(error)
    return f"“{facts.title}” cannot read all of this. {note}" if note else ""


def problem_of(registry: Registry, model: Any) -> str:
    """Why a model cannot be used."""
    try:
        registry.info(model)
    except TextgenError as error:
        return str(error)
    return ""
