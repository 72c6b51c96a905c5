"""`beam`: beam search, step by step: which texts it considered, kept, finished and pruned."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.cli.tables import table
from textgen.errors import SettingError, TextError, shorten
from textgen.experiments.requests import BeamRequest, PromptSource
from textgen.files import check_writable
from textgen.records import BeamStep, Hypothesis
from textgen.settings import BeamSettings, DecodeSettings

if TYPE_CHECKING:
    from textgen.models.folder import Model

ENDS = {
    "length": "all are as long as allowed",
    "enough": "as many have finished as the search keeps",
    "no better": "no running text can overtake a finished one",
    "nothing left": "the stages removed every token",
}
EARLY: Mapping[str, bool] = {"true": True, "false": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_model(parser)
    options.add_prompt(parser)
    add_search(parser.add_argument_group("the search"))
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_receipt(parser)


def add_search(group: options.Arguments) -> None:
    group.add_argument("-w", "--width", type=as_number, default=3, help="texts kept at each step (3)")
    group.add_argument("-l", "--length", type=as_number, default=20, help="tokens of a text at most (20)")
    group.add_argument(
        "--length-penalty", type=as_number, default=1.0, metavar="X", help="score = Σ ln p / tokens^X (1)"
    )
    group.add_argument(
        "--early-stopping", default="false", metavar="WHEN", help="true, false or never (false)"
    )
    group.add_argument(
        "--stop", action="append", default=[], metavar="TOKEN", help="ends a text; may be given several times"
    )
    group.add_argument("--sampling", action="store_true", help="draw candidates instead of taking the best")
    group.add_argument("--ranking", action="store_true", help="print the finished texts alone")


def run(args: argparse.Namespace, console: Console) -> None:
    from textgen.decoding.beam import ignored  # brings torch

    settings = decode_of(args)
    check_writable(args.receipt)
    registry, name = options.place_of(args)
    model, prompt = registry.get(name), options.prompt_of(args)
    source, beam = PromptSource(model=name, prompt=prompt), beam_of(args, model, console)
    request = BeamRequest(source=source, beam=beam, settings=settings).resolved(registry)
    console.remark(options.note_of(model, prompt))
    console.remark(no_effect(ignored(settings, request.beam)))
    if args.json:
        steps = list(request.steps(registry))
        console.json(as_json(steps, prompt, request))
    else:
        steps = show(request.steps(registry), model, console, ranking_alone=args.ranking)
    options.save_receipt(args, registry, request, request.result(registry, steps[-1]))


def decode_of(args: argparse.Namespace) -> DecodeSettings:
    """The settings of the one search. Raises SettingError for several temperatures."""
    settings = options.settings_of(args)
    temperatures = options.temperatures_of(args, settings)
    if len(temperatures) > 1:
        raise SettingError(f"beam searches at one temperature, got {len(temperatures)}; run it once for each")
    return settings.at(temperatures[0])


def beam_of(args: argparse.Namespace, model: Model, console: Console) -> BeamSettings:
    """How to search. Raises SettingError and TextError."""
    return BeamSettings(
        width=args.width,
        length=args.length,
        length_penalty=args.length_penalty,
        early_stopping=EARLY.get(args.early_stopping, str(args.early_stopping)),
        stops=tuple(token_id(model, text) for text in args.stop),
        sampling=args.sampling,
        seed=options.seed_of(args, console) if args.sampling else 0,
    )


def token_id(model: Model, text: str) -> int:
    """The token that this text or label is. Raises TextError."""
    for known in (model.tokenizer.texts, model.labels):
        if text in known:
            return known.index(text)
    raise TextError(
        f"a stop must be one token of the model, got {shorten(text)!r}; ⏎ stands for a line's end"
    )


def no_effect(names: Sequence[str]) -> str:
    """A sentence that names the settings which this search ignores; empty for none."""
    if not names:
        return ""
    return f"Without effect, since candidates are not drawn (--sampling draws them): {', '.join(names)}."


def show(steps: Iterable[BeamStep], model: Model, console: Console, ranking_alone: bool) -> list[BeamStep]:
    """Print each frontier as it comes, then the ranking → the steps."""
    texts: list[tuple[int, ...]] = []  # the ids of each candidate
    shown: list[BeamStep] = []
    for step in steps:
        shown.append(step)
        texts = candidate_ids(texts, step)
        if not ranking_alone:
            labels = [model.shown(ids) for ids in texts]
            console.say(f"step {step.index + 1}\n{table(frontier_rows(step, labels))}\n")
        if step.done:
            console.say(f"ended: {ENDS[step.done]}\n{table(ranking_rows(step.finished, model))}")
    return shown


def candidate_ids(before: Sequence[tuple[int, ...]], step: BeamStep) -> list[tuple[int, ...]]:
    """The ids of each candidate's text, from those of the step before."""
    pairs: Iterable[tuple[int, int]] = zip(step.parents.tolist(), step.ids.tolist(), strict=True)
    return [(*(before[parent] if parent >= 0 else ()), token) for parent, token in pairs]


def frontier_rows(step: BeamStep, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """One row a candidate, best first; `from` is its parent's number in the step before.

    What the search compares stands beside Σ ln p where stages made it something else.
    """
    columns = {"ln p": step.logprobs, "Σ ln p": step.running_logprobs}
    if not np.allclose(step.totals, step.running_logprobs):
        columns["compared"] = step.totals
    rows: list[tuple[str, ...]] = [("text", "no.", "from", *columns, "fate")]
    for place, text in enumerate(texts):
        parent = "–" if step.index == 0 else str(step.parents[place] + 1)
        numbers = (f"{column[place]:.3f}" for column in columns.values())
        rows.append((text, str(place + 1), parent, *numbers, step.fates[place]))
    return rows


def ranking_rows(finished: Sequence[Hypothesis], model: Model) -> list[tuple[str, ...]]:
    """The finished texts, best first."""
    rows = [("text", "tokens", "Σ ln p", "score", "end")]
    for hypothesis in finished:
        text, end = model.shown(hypothesis.ids), "stop" if hypothesis.stopped else "length"
        numbers = f"{hypothesis.logprob:.3f}", f"{hypothesis.score:.4f}"
        rows.append((text, str(len(hypothesis.ids)), *numbers, end))
    return rows


def as_json(steps: Sequence[BeamStep], prompt: str, request: BeamRequest) -> dict[str, Any]:
    return {
        "prompt": prompt,
        "beam": request.beam.to_dict(),
        "settings": request.settings.to_dict(),
        "ended": steps[-1].done,
        "finished": [hypothesis.to_dict() for hypothesis in steps[-1].finished],
        "steps": [step_json(step) for step in steps],
    }


def step_json(step: BeamStep) -> dict[str, Any]:
    return {
        "parents": step.parents.tolist(),
        "ids": step.ids.tolist(),
        "logprobs": step.logprobs.tolist(),
        "running_logprobs": step.running_logprobs.tolist(),
        "totals": step.totals.tolist(),
        "fates": list(step.fates),
    }
