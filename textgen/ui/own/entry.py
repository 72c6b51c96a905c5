"""What the page's list holds of a visitor's model."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from textgen.errors import ModelError
from textgen.models.own import gone, is_own
from textgen.models.registry import Registry
from textgen.ui.sidebar.model_facts import Facts

MOST = 100  # models that one browser knows


def facts_of_own(registry: Registry, name: str) -> dict[str, Any]:
    """What anybody who has the name may know. Raises ModelError for a model that is gone."""
    if registry.own is None:
        raise gone()
    facts = Facts(registry.info(name))
    return {"name": name, "title": facts.title, "line": facts.line}


def entry_of(registry: Registry, name: str) -> dict[str, Any]:
    """The same for whoever has just made it: with the key. Raises ModelError, OSError."""
    entry = facts_of_own(registry, name)
    assert registry.own
    return {**entry, "key": registry.own.key(name)}


def known_own(registry: Registry, names: Any) -> list[dict[str, Any]]:
    """What is known of those of some names that are there."""
    found = []
    for name in names[:MOST] if isinstance(names, list) else []:
        if is_own(name):
            with suppress(ModelError):
                found.append(facts_of_own(registry, name))
    return found
