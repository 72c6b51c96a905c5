"""What Python computes for the scripts of the Generate tab: runs as the page receives them, and which stages
have no effect."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from textgen import api
from textgen.decoding import beam
from textgen.decoding.pipeline import Pipeline
from textgen.models.registry import Registry
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import ORDERS, STAGES
from textgen.ui.generate.tab import Room
from textgen.ui.server.laboratory import Laboratory

PROMPTS = {"words": ["the old", 'she said "', ""], "names": ["ab", ""]}
TEMPERATURES = (0.5, 1.0, 2.0)
LENGTH, SEED = 80, 5
VALUES = {"top_k": 3, "top_p": 0.6, "min_p": 0.3, "typical": 0.4, "epsilon": 0.1, "eta": 0.1, "xtc": 0.05}
MORE_VALUES = {"top_n_sigma": 1.0, "repetition_penalty": 1.8, "no_repeat_ngram": 1}


def generate_vectors(folder: Path) -> dict[str, Any]:
    save_tiny_words_model(folder / "words")
    save_tiny_names_model(folder / "names")
    registry = Registry(folder)
    runs = [run_vector(registry, name, prompt) for name in PROMPTS for prompt in PROMPTS[name]]
    return {"runs": runs, "greedy": list(greedy_vectors()), "searches": list(search_vectors())}


def run_vector(registry: Registry, name: str, prompt: str) -> dict[str, Any]:
    """The messages of one "Write", and what the library writes."""
    ticks = count()
    room = Room(Laboratory(registry, clock=lambda: next(ticks) * 0.02))
    settings = [DecodeSettings(temperature=t) for t in TEMPERATURES]
    texts = [{"settings": one.to_dict(), "ids": []} for one in settings]
    asked = {"model": name, "prompt": prompt, "seed": SEED, "texts": texts, "goal": LENGTH}
    written = [
        api.generate(registry.get(name), prompt, settings=one, seed=SEED, length=LENGTH) for one in settings
    ]
    stops = registry.get(name).stops
    return {
        "messages": list(room.write(asked)),
        "texts": [one.text for one in written],
        "ids": [list(one.ids) for one in written],
        "bits": [[float(bits) for bits in one.surprisal] for one in written],
        "ended": [one.ids[-1] in stops for one in written],
    }


def some_settings() -> Iterator[DecodeSettings]:
    """Every stage alone and several together, in every order, at T = 0 and above."""
    values = {name: value for name, value in {**VALUES, **MORE_VALUES}.items() if name in STAGES}
    alone = [{name: value} for name, value in values.items()]
    for order in ORDERS.values():
        for temperature in (0, 0.7):
            for stages in ({}, *alone, values):
                yield DecodeSettings.from_dict({**stages, "temperature": temperature, "order": list(order)})


def greedy_vectors() -> Iterator[dict[str, Any]]:
    """Which stages were seen to change what greedy picks, on random logits after random texts."""
    rng = np.random.default_rng(3)
    for settings in some_settings():
        if settings.temperature == 0:
            without = {name: settings.to_dict() | {name: STAGES[name].neutral} for name in settings.active()}
            seen = {
                name
                for name, others in without.items()
                if name != "temperature" and any(changes(settings, others, rng) for _ in range(60))
            }
            yield {"settings": settings.to_dict(), "seen": sorted(seen)}


def changes(settings: DecodeSettings, others: dict[str, Any], rng: np.random.Generator) -> bool:
    """Whether the likeliest token differs without a stage."""
    logits, text = rng.normal(scale=2, size=8), [int(token) for token in rng.integers(0, 8, 4)]
    picks = [
        Pipeline(one).probabilities(logits, text).argmax()
        for one in (settings, DecodeSettings.from_dict(others))
    ]
    return picks[0] != picks[1]


def search_vectors() -> Iterator[dict[str, Any]]:
    """Which stages a beam search ignores."""
    for settings in some_settings():
        for sampling in (False, True):
            ignored = beam.ignored(settings, BeamSettings(width=3, length=5, sampling=sampling))
            strategy = "beam_sampling" if sampling else "beam"
            yield {"settings": settings.to_dict(), "strategy": strategy, "ignored": sorted(ignored)}
