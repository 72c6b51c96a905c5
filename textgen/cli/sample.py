"""`sample`: write a text, one a temperature; a single one appears as it is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from textgen import api
from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.decoding.stream import NO_TOKEN
from textgen.errors import SettingError, shorten
from textgen.experiments.texts import texts_of
from textgen.files import check_writable
from textgen.models.folder import Model
from textgen.records import Step
from textgen.settings import DecodeSettings

DRAWN = ("sampling", "greedy")  # strategies that write token by token


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_model(parser)
    options.add_prompt(parser)
    parser.add_argument("-l", "--length", type=as_number, default=200, help="tokens to write (200)")
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_receipt(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    check_writable(args.receipt)
    panes = asked_for(args)
    prompt = options.prompt_of(args)
    model = options.model_of(args)
    console.remark(api.read_context(model, prompt).note)
    seed = options.seed_of(args, console)
    steps = list[Step]()
    coming = kept(api.write(model, prompt, panes, [seed] * len(panes), args.length), steps)
    if args.json:
        texts = written(model, prompt, list(coming), len(panes))
        console.json([pane_json(prompt, seed, *item) for item in zip(panes, texts, strict=True)])
    elif len(panes) == 1:
        stream(coming, model, prompt, console)
    else:
        show(written(model, prompt, list(coming), len(panes)), prompt, panes, console)
    options.save_receipt(
        args,
        lambda: request_of(args, prompt, seed, panes),
        lambda: texts_of(model, prompt, steps, len(panes)),
    )


def asked_for(args: argparse.Namespace) -> list[DecodeSettings]:
    """The settings of each text: those of the page's record, or one a temperature."""
    record = options.read_settings(Path(args.settings)) if args.settings else {}
    if "panes" in record:  # a run that the page exported, rather than settings alone
        fill(args, record)
        return panes_of(record)
    settings = options.settings_of(args)
    return [settings.at(temperature) for temperature in options.temperatures_of(args, settings)]


def fill(args: argparse.Namespace, record: Mapping[str, Any]) -> None:
    """Take from the record what the command line leaves open: model, prompt and seed."""
    if args.model is None:
        args.model = record.get("model")
        if args.model is not None:
            options.registry_of(args).check(args.model)  # it may come from anybody: a name, never a folder
    if args.prompt is None and not args.text:
        args.prompt = str(record.get("prompt", ""))
    if args.seed is None:
        args.seed = record.get("seed")


def panes_of(record: Mapping[str, Any]) -> list[DecodeSettings]:
    """The settings of each text of the run. Raises SettingError."""
    panes = record["panes"]
    if not isinstance(panes, list) or not panes or not all(isinstance(pane, dict) for pane in panes):
        raise SettingError(f"panes must be a list of objects, got {shorten(panes)}; export the run again")
    if searched := [pane.get("strategy") for pane in panes if pane.get("strategy", "sampling") not in DRAWN]:
        raise SettingError(
            f"a pane was written by {shorten(searched[0])}: `beam` searches, sample does not; "
            "export a run of sampling or greedy panes"
        )
    return [DecodeSettings.from_dict(settings_in(pane)) for pane in panes]


def settings_in(pane: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = pane.get("settings")
    if not isinstance(settings, dict):
        raise SettingError(
            f"a pane's settings must be an object, got {shorten(settings)}; export the run again"
        )
    return settings


def kept(steps: Iterable[Step], into: list[Step]) -> Iterator[Step]:
    """The same steps, each also appended to `into`."""
    for step in steps:
        into.append(step)
        yield step


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


def request_of(
    args: argparse.Namespace, prompt: str, seed: int, panes: Sequence[DecodeSettings]
) -> dict[str, Any]:
    """The request as a receipt holds it."""
    texts = [{"settings": pane.to_dict(), "length": args.length} for pane in panes]
    return {"kind": "text", **options.source_of(args, "prompt", prompt), "seed": seed, "texts": texts}
