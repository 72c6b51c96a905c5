"""The Next token tab: a context's distribution, side by side at several temperatures."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.errors import ModelError, TextError, out_of_range
from textgen.experiments.requests import ModelSource, Source
from textgen.experiments.requests.base import as_settings
from textgen.experiments.requests.source import source_from
from textgen.link import MAX_PINS
from textgen.models.opening import read_opening
from textgen.models.registry import Registry, Stamp, stamp_of
from textgen.records import NextToken
from textgen.settings import DecodeSettings, check_whole
from textgen.stages import MAX_TEMPERATURE, MIN_TEMPERATURE
from textgen.text.tokenizer import visible
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.ui.sidebar.sidebar import first_context

if TYPE_CHECKING:
    from textgen.models.folder import Model

MAX_FIXED = 6  # panels besides the live one
MOST_IN_A_ROW = 2**31  # tokens sampled one after another


class NextTokenTab:
    """Answers the tab's questions; each takes what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab

    def look(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is expected next. `known`: the vocabulary whose labels the page has."""
        source = source_of(data)
        self.lab.charge_reading(source)
        return self.seen(source, data.get("known"))

    def append(self, data: dict[str, Any]) -> dict[str, Any]:
        """A token picked by hand, `id`, joins the context."""
        source, model = self.with_context(data)
        token = writable("token", data.get("id"), model)
        return self.after(source, longer(model, source.context, token), data)

    def back(self, data: dict[str, Any]) -> dict[str, Any]:
        """The last token leaves the context."""
        source, model = self.with_context(data)
        return self.after(source, model.tokenizer.without_last(source.context), data)

    def sample(self, data: dict[str, Any]) -> dict[str, Any]:
        """One token is drawn under `settings`; the draw number `step` has the noise of that step.

        So with the seed kept, drawing one after another writes what Generate would write.
        """
        source, settings = source_of(data), as_settings("settings", data.get("settings"))
        seed = self.lab.seed(data.get("seed"))
        step = check_whole("step", data.get("step"), 0, MOST_IN_A_ROW, "draw again from the page")
        self.lab.charge_reading(source)
        token = pick_one(source.expectation(self.lab.registry), settings, seed, step)
        drawn = {"seed": seed, "picked": token}
        if not isinstance(source, ModelSource):
            return {**self.seen(source, data.get("known")), **drawn}
        context = longer(self.lab.registry.get(source.model), source.context, token)
        return {**self.after(source, context, data), **drawn}

    def with_context(self, data: Mapping[str, Any]) -> tuple[ModelSource, Model]:
        """A source whose context can change. Raises TextError for typed-in numbers."""
        source = source_of(data)
        if not isinstance(source, ModelSource):
            raise TextError("typed-in numbers have no context; choose a model")
        self.lab.charge_reading(source)
        return source, self.lab.registry.get(source.model)

    def after(self, source: ModelSource, context: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """The view of another context, which the page takes over."""
        longer = ModelSource(model=source.model, context=context)
        return {"context": context, **self.seen(longer, data.get("known"))}

    def seen(self, source: Source, known: Any) -> dict[str, Any]:
        """The view of a source. Raises TextgenError."""
        view = view_value(source.expectation(self.lab.registry))
        return {**view, "labels": None} if known == view["vocabulary"] else view


IGNORES: Mapping[str, str] = {}  # everything in the sidebar counts here


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    tab = NextTokenTab(lab)
    answers = {"look": tab.look, "append": tab.append, "back": tab.back, "sample": tab.sample}
    config = {"lowest": MIN_TEMPERATURE, "highest": MAX_TEMPERATURE, "most": MAX_FIXED, "pins": MAX_PINS}
    LabComponent("next_token", config, answers=answers)


def opening(registry: Registry) -> dict[str, Any] | None:
    """What the page opens with, as `look` answers it, where the first model's folder has it worked out."""
    name, context = registry.first(), first_context(registry)
    try:
        folder = registry.folder(name or "")
        held = opening_of(folder, context, stamp_of(folder))
    except ModelError:
        return None
    return held and {"source": {"model": name, "context": context}, "answer": view_value(held)}


@lru_cache(maxsize=1)
def opening_of(folder: Path, context: str, _stamp: Stamp) -> NextToken | None:
    """The same for all visitors until the folder changes."""
    return read_opening(folder, context)


def source_of(data: Mapping[str, Any]) -> Source:
    """The source among the fields of a question. Raises SettingError."""
    names = ("model", "context", "numbers", "numbers_kind")
    return source_from({name: data[name] for name in names if name in data})


def writable(name: str, value: Any, model: Model) -> int:
    """A token that the model may write. Raises SettingError."""
    token = check_whole(name, value, 0, model.tokenizer.vocab_size - 1, "pick a bar")
    if token in model.suppressed:
        raise out_of_range(name, "one that can be written", model.labels[token], "pick a bar")
    return token


def longer(model: Model, context: str, token: int) -> str:
    """The context with one token more. Raises SettingError for a part of a character."""
    if token in model.tokenizer.partial:
        hint = "a context is of whole characters; Generate writes on from such a token"
        raise out_of_range("token", "one that ends a character", model.labels[token], hint)
    return model.tokenizer.extended(context, [token])


def pick_one(expectation: NextToken, settings: DecodeSettings, seed: int, step: int) -> int:
    """One token under settings, with the noise of (seed, step)."""
    from textgen.decoding.picking import GumbelNoise, pick
    from textgen.experiments.panels import context_of, pipeline_for

    stages = pipeline_for(expectation, settings)
    logits = stages(expectation.logits.astype("float64"), context_of(expectation))
    return int(pick(logits, GumbelNoise(seed, len(expectation.labels)).at(step)))


def view_value(expectation: NextToken) -> dict[str, Any]:
    """What the component draws: logits as base64 of little-endian float32 (V,), the rest as text."""
    pieces = expectation.context.pieces
    shown = {piece: visible(piece) for piece in {piece for piece, _ in pieces}}  # each of them once
    return {
        "model": expectation.model,
        "logits": base64.b64encode(expectation.logits.astype("<f4").tobytes()).decode("ascii"),
        "labels": list(expectation.labels),
        "vocabulary": hashlib.sha256("\0".join(expectation.labels).encode()).hexdigest()[:16],
        "pieces": [[shown[piece], known] for piece, known in pieces],
        "unseen": expectation.context.unseen,
        "history": list(expectation.context.ids),
        "stops": list(expectation.stops),
        "note": expectation.note,
    }
