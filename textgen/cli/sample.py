"""`sample`: write a text, one a temperature; a single one appears as it is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from textgen import api
from textgen.cli.console import Console
from textgen.cli.options import model_of, read_settings, seed_of, settings_of, temperatures_of
from textgen.cli.page_record import fill, is_record, panes_of
from textgen.cli.receipt_option import save_receipt, source_of
from textgen.decoding.stream import NO_TOKEN
from textgen.files import check_writable
from textgen.models.folder import Model
from textgen.receipts.text import of_row, result_of
from textgen.records import Step
from textgen.settings import DecodeSettings


def run(args: argparse.Namespace, console: Console) -> None:
    check_writable(args.receipt)
    panes = asked_for(args)
    prompt = args.text if args.prompt is None else args.prompt
    model = model_of(args)
    console.remark(api.read_context(model, prompt).note)
    seed = seed_of(args, console)
    steps = list[Step]()
    coming = kept(api.write(model, prompt, panes, [seed] * len(panes), args.length), steps)
    if args.json:
        texts = written(model, prompt, list(coming), len(panes))
        console.json([pane_json(prompt, seed, *item) for item in zip(panes, texts, strict=True)])
    elif len(panes) == 1:
        stream(coming, model, prompt, console)
    else:
        show(written(model, prompt, list(coming), len(panes)), prompt, panes, console)
    rows = [of_row(steps, row) for row in range(len(panes))]
    save_receipt(args, lambda: request_of(args, prompt, seed, panes), lambda: result_of(model, prompt, rows))


def stream(steps: Iterable[Step], model: Model, prompt: str, console: Console) -> None:
    """Print a single text as it is written."""
    console.stream(prompt)
    for addition in model.parts((int(step.ids[0]) for step in steps), prompt):
        console.stream(addition)
    console.stream("\n")


def show(
    texts: Sequence[tuple[list[float], str]], prompt: str, panes: Sequence[DecodeSettings], console: Console
) -> None:
    """Print several texts, each under its temperature."""
    for pane, (_, text) in zip(panes, texts, strict=True):
        console.say(f"── T = {pane.temperature:g} ──\n{prompt}{text}\n")


def kept(steps: Iterable[Step], into: list[Step]) -> Iterator[Step]:
    """The same steps, which stay in a list too."""
    for step in steps:
        into.append(step)
        yield step


def request_of(
    args: argparse.Namespace, prompt: str, seed: int, panes: Sequence[DecodeSettings]
) -> dict[str, Any]:
    """What a receipt says was asked."""
    texts = [{"settings": pane.to_dict(), "length": args.length} for pane in panes]
    return {"kind": "text", **source_of(args, "prompt", prompt), "seed": seed, "texts": texts}


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
