"""The library: load a model, look at its next token, let it write, draw from it.

The page and the command line walk the same path, so what they show is what these functions return.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from textgen.decoding import beam as search
from textgen.decoding import stream
from textgen.decoding.scorer import NetScorer
from textgen.errors import TextError, out_of_range
from textgen.experiments.metrics.scoring import HeldOut, held_out_perplexity, known
from textgen.experiments.panels import distribution, draw_side_by_side, side_by_side
from textgen.models import folder as checkpoint
from textgen.models.evaluation import WINDOW
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.nets.base import ids_tensor
from textgen.records import BeamStep, Distribution, Draws, Generation, NextToken, Step
from textgen.settings import BeamSettings, DecodeSettings, check_seed, check_whole
from textgen.text.context import checked, read_context

MAX_LENGTH = 5_000  # tokens written in one go
MAX_STREAMS = 64  # texts written side by side
MAX_WINDOW = 100_000  # tokens read from a zero state
MAX_SCORED = 1_000_000  # characters of a text whose perplexity is measured


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


def is_folder(text: str) -> bool:
    """Whether a text is the path of a folder; False for what no file system accepts."""
    try:
        return bool(text) and Path(text).is_dir()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def predict(model: Model, context: str = "") -> NextToken:
    """What the model expects after a context: its raw logits, float32. Raises TextError.

    `context.pieces` is the text as typed, `context.ids` what the model read: its start for an empty text.
    """
    read = read_context(model, context)
    with torch.inference_mode():
        logits, _ = model.writer.prefill(ids_tensor(read.ids))
    return NextToken(
        labels=model.labels,
        texts=model.tokenizer.texts,
        logits=logits[0].float().numpy(),
        context=replace(read.encoded, ids=read.ids),
        model=model.name,
        note=read.note,
    )


def next_token(
    source: Model | NextToken, context: str = "", settings: DecodeSettings | None = None, **changes: Any
) -> Distribution:
    """The distribution of the next token after all stages, and what each stage did.

    `source` is a model, or the NextToken of typed-in numbers or an earlier call, which needs no
    context. `changes` are settings by name: `next_token(model, "The ", temperature=0.5, top_k=40)`.
    Raises SettingError and TextError.
    """
    chosen = decode_settings(settings, changes)
    expectation = source if isinstance(source, NextToken) else predict(source, context)
    return distribution(expectation, chosen)


def decode_settings(settings: DecodeSettings | None, changes: dict[str, Any]) -> DecodeSettings:
    """Settings with some of them changed by name; an unknown name is refused."""
    if not isinstance(settings, DecodeSettings | None):
        raise out_of_range("settings", "a DecodeSettings", settings, "or give settings by name, as top_k=40")
    base = settings.to_dict() if settings is not None else {}
    return DecodeSettings.from_dict({**base, **changes})


def write(
    model: Model,
    prompt: str | Sequence[Sequence[int]],
    settings: Sequence[DecodeSettings],
    seeds: Sequence[int],
    length: int,
    start: int = 0,
) -> Iterator[Step]:
    """Write `length` tokens to several streams at once, yielding a Step for each.

    `prompt` is a text that all streams share, or the ids that each stream has read so far, all of
    one length; `start` is how many of those its seed has already written, so that a text goes on as
    if it had never stopped. A text that picks one of `model.stops` has ended: its later ids are −1.
    Everything is checked at the call, before the first step.
    Raises SettingError and TextError.
    """
    check_whole("the number of texts", len(settings), 1, MAX_STREAMS, "write fewer side by side")
    if len(seeds) != len(settings):
        raise out_of_range(
            "seeds", f"one a text, {len(settings)}", len(seeds), "repeat a seed for shared luck"
        )
    check_whole("length", length, 1, MAX_LENGTH, "continue to write more")
    check_whole("start", start, 0, 2**31, "0 starts a new text")
    contexts = shared_context(model, prompt, len(settings))
    streams = [
        stream.Stream(chosen, check_seed(seed), context, start)
        for chosen, seed, context in zip(settings, seeds, contexts, strict=True)
    ]
    return stream.generate(model.writer, streams, length, model.stops)


def shared_context(
    model: Model, prompt: str | Sequence[Sequence[int]], streams: int
) -> list[tuple[int, ...]]:
    """The ids that each stream reads first: (streams, T), T ≥ 1."""
    if isinstance(prompt, str):
        return [read_context(model, prompt).ids] * streams
    contexts = [tuple(int(token) for token in ids) for ids in prompt]
    lengths = {len(ids) for ids in contexts}
    legal = all(0 <= token < model.net.vocab_size for ids in contexts for token in ids)
    if len(contexts) != streams or len(lengths) != 1 or 0 in lengths or not legal:
        raise TextError(
            f"the prompts must be ids of the model, {streams} texts of one length above 0, "
            f"got lengths {sorted(lengths)}; give one text to all instead"
        )
    return contexts


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
    brings along the space between the prompt and its first word.
    `changes` are settings by name: `generate(model, "ROMEO:", temperature=0.8, seed=3)`.
    Raises SettingError and TextError.
    """
    chosen, seed = decode_settings(settings, changes), check_seed(seed)
    started = clock()
    steps = list(write(model, prompt, [chosen], [seed], length))
    ids = tuple(int(step.ids[0]) for step in steps)
    return Generation(
        model=model.name,
        prompt=prompt,
        text=model.text(ids, prompt),
        ids=ids,
        surprise=np.array([step.surprise[0] for step in steps]),
        settings=chosen.to_dict(),
        seed=seed,
        seconds=clock() - started,
    )


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
    chosen, ids = decode_settings(settings, changes), read_context(model, prompt).ids
    ending = with_stops(model, beam or BeamSettings())
    return search.beam_search(NetScorer(model.writer, ids), ending, chosen, ids)


def with_stops(model: Model, beam: BeamSettings) -> BeamSettings:
    """A search whose texts end where the model's do, besides its own stops."""
    return replace(beam, stops=(*beam.stops, *sorted(model.stops)))


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
    `analysis.panels.draw_side_by_side` adds to the result. Raises SettingError and TextError.
    """
    chosen = decode_settings(changes.pop("settings", None), changes)
    expectation = source if isinstance(source, NextToken) else predict(source, context)
    return draw_side_by_side(side_by_side(expectation, temperatures, chosen), n, seed)


def perplexity(model: Model, text: str, temperatures: Sequence[float], window: int | None = None) -> HeldOut:
    """Among how many equally likely tokens the model seems to choose on a text, at each temperature.

    The text is read in windows of so many tokens from a zero state; None takes those of the model's own
    losses. Raises TextError for a text over 1,000,000 characters or with fewer than 2 known tokens,
    SettingError for temperatures outside (0, 100] or none.
    """
    size = own_window(model) if window is None else window
    checked_size = check_whole("window", size, 1, MAX_WINDOW, f"{WINDOW} compares with nanoGPT")
    grid = [DecodeSettings(temperature=temperature).temperature for temperature in temperatures]
    return held_out_perplexity(model, scored_documents(model, text), grid, checked_size)


def own_window(model: Model) -> int:
    """The window in which the losses of a model's card were measured."""
    log = (model.config.get("recipe") or {}).get("log") or {}
    return int(log.get("window", WINDOW))


def scored_documents(model: Model, text: str) -> list[torch.Tensor]:
    """A text as ids (N,) to be scored, one document for each that begins and ends at BOS.

    Unknown words become `<unk>` where the model has that; other unknown pieces are left out.
    """
    ids = known(model, model.tokenizer.split(checked(text, "the text", MAX_SCORED)))
    if model.bos is None:
        return [torch.tensor(ids, dtype=torch.long)]
    ends = [place for place, token in enumerate(ids) if token == model.bos]
    parts = [ids[start + 1 : end + 1] for start, end in zip([-1, *ends], [*ends, len(ids)], strict=True)]
    return [torch.tensor([model.bos, *part]) for part in parts if part and part != [model.bos]]
