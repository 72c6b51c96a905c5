"""The library: load a model, look at its next token, let it write, draw from it.

The page and the command line walk the same path, so what they show is what these functions return.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from textgen.errors import ModelError, out_of_range, shorten
from textgen.experiments import readings
from textgen.experiments.metrics.scoring import HeldOut, own_window, scored_documents
from textgen.experiments.readings import ReadText
from textgen.experiments.requests import (
    BeamRequest,
    DrawsRequest,
    ModelSource,
    NextTokenRequest,
    PerplexityRequest,
    PromptSource,
    RecordSource,
    Source,
    TextRequest,
    TextSpec,
)
from textgen.experiments.sweep.settings import MAX_LENGTH, check_length
from textgen.experiments.texts import predict, with_stops, write
from textgen.files import is_folder
from textgen.models import folder as checkpoint
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.records import BeamStep, Distribution, Draws, Generation, NextToken
from textgen.settings import BeamSettings, DecodeSettings
from textgen.text.context import read_context

__all__ = [
    "MAX_LENGTH",
    "beam_search",
    "draw",
    "generate",
    "load",
    "next_token",
    "own_window",
    "perplexity",
    "predict",
    "read",
    "read_context",
    "scored_documents",
    "with_stops",
    "write",
]


def load(name_or_folder: str | Path, registry: Registry | None = None) -> Model:
    """A model by its name in the registry, or by its folder: a `Path`, or a text that names one.

    The registry is that of `$TEXTGEN_MODELS`, else of the shipped models. Raises ModelError. Names
    from outside belong to `registry.get`, which opens no other folders.
    """
    registry = registry or Registry(default_root())
    if not isinstance(name_or_folder, Path) and name_or_folder in registry.names():
        return registry.get(name_or_folder)
    if isinstance(name_or_folder, Path) or is_folder(name_or_folder):
        return checkpoint.load(Path(name_or_folder))
    return registry.get(name_or_folder)  # raises, with the names that there are


def next_token(
    source: Model | NextToken, context: str = "", settings: DecodeSettings | None = None, **changes: Any
) -> Distribution:
    """The distribution of the next token after all stages, and what each stage did.

    `source` is a model, or the NextToken of typed-in numbers or an earlier call, which needs no
    context. `changes` are settings by name: `next_token(model, "The ", temperature=0.5, top_k=40)`.
    Raises SettingError and TextError.
    """
    panels = (decode_settings(settings, changes),)
    request = NextTokenRequest(source=source_of(source, context), panels=panels)
    (found,) = request.run(Only(source)).panels
    return found


def source_of(source: Model | NextToken, context: str) -> Source:
    """What a request about the next token takes."""
    if isinstance(source, NextToken):
        return RecordSource(record=source)
    return ModelSource(model=source.name, context=context)


class Only:
    """The one model that a request can find: the caller's own, whatever its name."""

    def __init__(self, model: Model | NextToken) -> None:
        self.model = model

    def get(self, name: str) -> Model:
        """The model. Raises ModelError where the caller gave a record."""
        if isinstance(self.model, NextToken):
            raise ModelError(f"there is no model {shorten(name)!r} here, only a record; give a model")
        return self.model


def decode_settings(settings: DecodeSettings | None, changes: dict[str, Any]) -> DecodeSettings:
    """Settings with some of them changed by name; an unknown name is refused."""
    if not isinstance(settings, DecodeSettings | None):
        raise out_of_range("settings", "a DecodeSettings", settings, "or give settings by name, as top_k=40")
    base = settings.to_dict() if settings is not None else {}
    return DecodeSettings.from_dict({**base, **changes})


def generate(
    model: Model,
    prompt: str = "",
    *,
    settings: DecodeSettings | None = None,
    seed: int = 0,
    length: int = 200,
    clock: Callable[[], float] = time.perf_counter,
    **changes: Any,
) -> Generation:
    """Write `length` tokens after a prompt: the same text for the same model, prompt, settings and seed.

    It ends sooner at one of `model.stops`: the last of the ids, and no part of the text. The text
    brings along the space between the prompt and its first word. `note` names what of the prompt the
    model does not know and has left out; "" where it read all.
    `changes` are settings by name: `generate(model, "ROMEO:", temperature=0.8, seed=3)`.
    Raises SettingError and TextError.
    """
    chosen = decode_settings(settings, changes)
    text = TextSpec(settings=chosen, length=check_length(length))
    request = TextRequest(model=model.name, prompt=prompt, seed=seed, texts=(text,))
    started = clock()
    steps = list(request.steps(model))
    texts = request.written(model, steps)
    (written,) = texts.texts
    return Generation(
        model=model.name,
        prompt=prompt,
        text=written.text,
        ids=written.ids,
        surprisal=np.array([step.surprisal[0] for step in steps]),
        settings=chosen.to_dict(),
        seed=request.seed,
        seconds=clock() - started,
        note=texts.note,
    )


def perplexity(model: Model, text: str, temperatures: Sequence[float], window: int | None = None) -> HeldOut:
    """Among how many equally likely tokens the model seems to choose on a text, at each temperature.

    The text is read in windows of so many tokens from a zero state; None takes those of the model's own
    losses. Raises TextError for a text over 1,000,000 characters or with fewer than 2 known tokens,
    SettingError for temperatures outside (0, 100] or none.
    """
    request = PerplexityRequest(model=model.name, text=text, temperatures=tuple(temperatures), window=window)
    return request.measured(model)


def read(model: Model, text: str, settings: DecodeSettings | None = None, **changes: Any) -> ReadText:
    """A given text under a model: each token's surprisal and rank, and whether the stages allow it.

    `changes` are settings by name: `read(model, "To be or not to be", top_k=40)`. Raises SettingError, and
    TextError for an empty text or one over 20,000 characters.
    """
    return readings.read(model, text, decode_settings(settings, changes))


def beam_search(
    model: Model,
    prompt: str = "",
    beam: BeamSettings | None = None,
    settings: DecodeSettings | None = None,
    **changes: Any,
) -> Iterator[BeamStep]:
    """Search for likely continuations, yielding all that each step considered; the last one ranks them.

    `beam` says how to search (default: width 3, 20 tokens); of the decoding settings only those apply
    that `decoding.beam.heeded` names. A text ends at the model's own stops, too. Everything is checked
    at the call. Raises SettingError and TextError.
    """
    source = PromptSource(model=model.name, prompt=prompt)
    chosen, search = decode_settings(settings, changes), BeamSettings() if beam is None else beam
    return BeamRequest(source=source, beam=search, settings=chosen).steps(Only(model))


def draw(
    source: Model | NextToken,
    context: str = "",
    temperatures: Sequence[float] = (1.0,),
    n: int = 100,
    seed: int = 0,
    **changes: Any,
) -> Draws:
    """Draw `n` next tokens at each temperature, all other settings alike.

    `changes` are settings by name, or `settings=DecodeSettings(…)`; the temperatures replace theirs.
    `note` names what of the context the model does not know and has left out; "" where it read all.
    Raises SettingError and TextError.
    """
    request = DrawsRequest(
        source=source_of(source, context),
        settings=decode_settings(changes.pop("settings", None), changes),
        temperatures=temperatures,  # type: ignore[arg-type]  # checked there
        seed=seed,
        n=n,
    )
    return request.run(Only(source)).draws
