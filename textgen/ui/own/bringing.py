"""What a worker does with files that a visitor brought: import them, and give the model its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from textgen.errors import ModelError, TextgenError
from textgen.models.config import ModelConfig
from textgen.models.own import gone
from textgen.models.registry import Registry
from textgen.ui.own.entry import entry_of
from textgen.ui.sidebar.model_facts import size


class Brought(NamedTuple):
    """Files of a visitor, and what is to become of them."""

    folder: Path  # in which there is room for what is made
    source: Path
    vocab: Path | None
    corpus: Path | None
    order: str | None
    title: str  # "" = the file's name


def bring(registry: Registry, brought: Brought) -> Iterator[dict[str, Any] | None]:
    """What was found, and the model's entry in the page's list. Raises TextgenError."""
    from textgen.importing.run import ImportOptions, import_model  # torch comes in with them

    if registry.own is None:
        raise gone()
    yield {"status": "Reading it: first what it says of itself, then its weights"}
    options = ImportOptions(
        models=brought.folder / "made",
        name="model",
        vocab=brought.vocab,
        corpus=brought.corpus,
        order=brought.order,
        title=brought.title,
        most=registry.own.limits.bytes,
    )
    try:
        made = import_model(brought.source, options)
    except TextgenError as error:  # where files lie on the server is nobody's business
        raise ModelError(without_paths(str(error), brought)) from error
    yield None
    title = brought.title or ModelConfig.read(made.folder).title or "A model of mine"
    name = registry.own.add(made.folder, title)
    parameters = size(registry.info(name).config.parameters)
    report = {"kind": made.kind, "parameters": parameters, "notes": list(made.notes)}
    yield {"entry": entry_of(registry, name), "report": report, "done": "made"}


def without_paths(sentence: str, brought: Brought) -> str:
    for folder in (brought.source.parent, brought.folder):
        sentence = sentence.replace(f"{folder}/", "")
    return sentence
