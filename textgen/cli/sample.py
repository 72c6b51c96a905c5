"""`sample`: write a text, one a temperature; a single one appears as it is written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.errors import SettingError, shorten
from textgen.experiments.requests import TextRequest, TextSpec
from textgen.experiments.requests.text import Texts, WrittenText
from textgen.experiments.sweep.settings import check_length
from textgen.files import check_writable
from textgen.models.registry import Registry
from textgen.settings import METHODS, DecodeSettings
from textgen.validation import as_text

if TYPE_CHECKING:
    from textgen.records import Step

DRAWN = [method.name for method in METHODS.values() if not method.searches]


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
    registry, request = request_of(args, console)
    if len(request.texts) > 1 or args.json:
        result = request.run(registry)
        show(request, result, console, as_json=args.json)
    else:
        result = stream(request, registry, console)
    options.save_receipt(args, registry, request, result)


def request_of(args: argparse.Namespace, console: Console) -> tuple[Registry, TextRequest]:
    """What is asked for, and where its model lies. Raises TextgenError."""
    settings, length = settings_of_texts(args), check_length(args.length)
    registry, name = options.place_of(args)
    prompt = options.prompt_of(args)
    console.remark(options.note_of(registry.get(name), prompt))
    seed = options.seed_of(args, console)
    texts = tuple(TextSpec(settings=one, length=length) for one in settings)
    return registry, TextRequest(model=name, prompt=prompt, seed=seed, texts=texts)


def settings_of_texts(args: argparse.Namespace) -> list[DecodeSettings]:
    """The settings of each text: those of the page's record, or one a temperature."""
    record = options.read_settings(Path(args.settings)) if args.settings else {}
    if "panes" in record:  # a run that the page exported, rather than settings alone
        fill(args, record)
        return recorded_settings(record)
    settings = options.settings_of(args)
    return [settings.at(temperature) for temperature in options.temperatures_of(args, settings)]


def fill(args: argparse.Namespace, record: Mapping[str, Any]) -> None:
    """Take from the record what the command line leaves open: model, prompt and seed."""
    if args.model is None:
        args.model = record.get("model")
        if args.model is not None:
            options.registry_of(args).check(args.model)  # it may come from anybody: a name, never a folder
    if args.prompt is None and not args.text:
        args.prompt = as_text("prompt", record.get("prompt", ""))
    if args.seed is None:
        args.seed = record.get("seed")


def recorded_settings(record: Mapping[str, Any]) -> list[DecodeSettings]:
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


def stream(request: TextRequest, registry: Registry, console: Console) -> Texts:
    """Print a single text as it is written."""
    model = registry.get(request.model)
    steps: list[Step] = []
    console.stream(request.prompt)
    for addition in model.parts(ids(request.steps(model), steps), request.prompt):
        console.stream(addition)
    console.stream("\n")
    return request.written(model, steps)


def ids(steps: Iterable[Step], kept: list[Step]) -> Iterator[int]:
    """The token that each step of a single text is; the steps go into `kept`."""
    for step in steps:
        kept.append(step)
        yield int(step.ids[0])


def show(request: TextRequest, result: Texts, console: Console, as_json: bool) -> None:
    """Print several texts, each under its temperature, or as JSON."""
    pairs = list(zip(request.texts, result.texts, strict=True))
    if as_json:
        console.json([text_json(request, spec, text) for spec, text in pairs])
        return
    for spec, text in pairs:
        console.say(f"── T = {spec.settings.temperature:g} ──\n{request.prompt}{text.text}\n")


def text_json(request: TextRequest, spec: TextSpec, text: WrittenText) -> dict[str, Any]:
    return {
        "prompt": request.prompt,
        "text": text.text,
        "surprise_bits": list(text.surprisal),
        "settings": spec.settings.to_dict(),
        "seed": request.seed,
    }
