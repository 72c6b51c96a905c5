"""Which model: the sidebar's choice with what tells models apart, and the context that comes along."""

from __future__ import annotations

from typing import Any

from textgen.errors import shorten
from textgen.experiments.requests.source import ModelSource, Source
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


def switched(registry: Registry, model: Any, context: Any, given: Any) -> str | None:
    """Another model was chosen → a new context, None where it stays.

    What somebody typed stays as it is; a context that is still as the page gave it gives way to the
    new model's own.
    """
    facts = facts_of(registry, model)
    new = facts.prompt if facts and context == given else context
    return None if new == context else new


def left_out(registry: Registry, source: Source) -> str:
    """What a model cannot read of its context, in a sentence; "" where it reads all of it.

    Raises TextgenError for a context, a model or numbers that cannot be used.
    """
    if not isinstance(source, ModelSource):
        source.expectation(registry)
        return ""
    from textgen.api import read_context

    return read_context(registry.get(source.model), source.context).note if source.context else ""
