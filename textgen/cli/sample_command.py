"""`sample`: write a text, one a temperature; a single one appears as it is written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textgen import api
from textgen.checkpoint import Model
from textgen.cli.console import Console
from textgen.cli.options import model_of, read_settings, seed_of, settings_of, temperatures_of
from textgen.cli.page_record import fill, is_record, panes_of
from textgen.decoding.stream import NO_TOKEN
from textgen.records import Step
from textgen.settings import DecodeSettings


def run(args: argparse.Namespace, console: Console) -> None:
    panes = asked_for(args)
    prompt = args.text if args.prompt is None else args.prompt
    model = model_of(args)
    console.remark(api.read_context(model, prompt).note)
    seed = seed_of(args, console)
    steps = api.write(model, prompt, panes, [seed] * len(panes), args.length)
    if args.json:
        texts = written(model, prompt, list(steps), len(panes))
        console.json([pane_json(prompt, seed, *item) for item in zip(panes, texts, strict=True)])
    elif len(panes) == 1:
        console.stream(prompt)
        for addition in model.parts((int(step.ids[0]) for step in steps), prompt):
            console.stream(addition)
        console.stream("\n")
    else:
        for pane, (_, text) in zip(panes, written(model, prompt, list(steps), len(panes)), strict=True):
            console.say(f"── T = {pane.temperature:g} ──\n{prompt}{text}\n")


def asked_for(args: argparse.Namespace) -> list[DecodeSettings]:
    """The settings of each text: those of the page's record, or one a temperature."""
    record = read_settings(Path(args.settings)) if args.settings else {}
    if is_record(record):
        fill(args, record)
        return panes_of(record)
    settings = settings_of(args)
    return [settings.at(temperature) for temperature in temperatures_of(args, settings)]


def written(model: Model, prompt: str, steps: Sequence[Step], panes: int) -> list[tuple[list[float], str]]:
    """Surprise in bits of each token, a stop's as well, and the text, of every pane."""
    texts = [model.text([int(step.ids[row]) for step in steps], prompt) for row in range(panes)]
    surprise = [
        [float(step.surprise[row]) for step in steps if step.ids[row] != NO_TOKEN] for row in range(panes)
    ]
    return list(zip(surprise, texts, strict=True))


def pane_json(
    prompt: str, seed: int, settings: DecodeSettings, pane: tuple[list[float], str]
) -> dict[str, Any]:
    surprise, text = pane
    return {
        "prompt": prompt,
        "text": text,
        "surprise_bits": surprise,
        "settings": settings.to_dict(),
        "seed": seed,
    }
