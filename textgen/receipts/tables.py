"""Results as CSV: one table a result, its first line the names of the columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.requests import (
    BeamRequest,
    ChaosRequest,
    DrawsRequest,
    NextTokenRequest,
    PerplexityRequest,
    ReadRequest,
    Request,
    SweepRequest,
    TextRequest,
)
from textgen.experiments.sweep.export import CELL
from textgen.settings import DecodeSettings
from textgen.stages import STAGES

Rows = Iterable[Sequence[Any]]
Json = Mapping[str, Any]

READING = {  # columns of a text that was read, and what each is called in the result
    "token": "labels",
    "id": "ids",
    "surprise (bits)": "surprise_bits",
    "rank": "ranks",
    "probability as learned": "probabilities",
    "probability under the settings": "decoded",
    "likelier tokens together": "above",
    "entropy (bits)": "entropy",
    "removed by": "removed_by",
}
BEAM = ("rank", "ids", "text", "Σ ln p", "total", "score", "stopped")


def csv_table(request: Request, result: Json) -> str:
    """A result as JSON → its table; null is an empty cell, half of a character its code."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows_of(request, result))
    return file.getvalue().encode("utf-8", "backslashreplace").decode()


def rows_of(request: Request, result: Json) -> Rows:
    match request:
        case NextTokenRequest():
            return distribution_rows(request, result)
        case DrawsRequest():
            return draws_rows(request, result)
        case TextRequest():
            return text_rows(result)
        case BeamRequest():
            return beam_rows(result)
        case SweepRequest():
            return sweep_rows(result)
        case ChaosRequest():
            rows = zip(request.temperatures, result["divergences"], result["texts"], strict=True)
            return [("temperature", "differs at step", "text"), *rows]
        case PerplexityRequest():
            rows = zip(request.temperatures, result["perplexities"], strict=True)
            return [("temperature", "perplexity"), *rows]
        case ReadRequest():
            return reading_rows(result)
    raise AssertionError(f"no table for {request.kind}")


def distribution_rows(request: NextTokenRequest, result: Json) -> Iterator[Sequence[Any]]:
    """One row a token: label, id, logit, its probability in each panel."""
    names = [f"{number}: {described(panel)}" for number, panel in enumerate(request.panels, 1)]
    yield ("token", "id", "logit", *names)
    columns = [panel["probabilities"] for panel in result["panels"]]
    for place, (label, logit, *shares) in enumerate(
        zip(result["labels"], result["logits"], *columns, strict=True)
    ):
        yield (label, place, logit, *shares)


def described(settings: DecodeSettings) -> str:
    """`T=0.5 top_k=40`: temperature and what else is on, in the order in which it applies."""
    on = [name for name in settings.active() if name != "temperature"]
    stages = [f"{name}={STAGES[name].shown(getattr(settings, name))}" for name in on]
    return " ".join([f"T={settings.temperature:g}", *stages])


def draws_rows(request: DrawsRequest, result: Json) -> Iterator[Sequence[Any]]:
    """One row a token: label, id, and its probability and count at each temperature."""
    names = [
        f"{number}: {what} T={temperature:g}"
        for number, temperature in enumerate(request.temperatures, 1)
        for what in ("probability", "count")
    ]
    yield ("token", "id", *names)
    columns = chain.from_iterable(zip(result["probabilities"], result["counts"], strict=True))
    for place, (label, *numbers) in enumerate(zip(result["labels"], *columns, strict=True)):
        yield (label, place, *numbers)


def text_rows(result: Json) -> Iterator[Sequence[Any]]:
    """One row a token of each text."""
    yield ("text", "position", "id", "token", "surprise (bits)")
    for number, text in enumerate(result["texts"], 1):
        tokens = zip(text["ids"], text["tokens"], text["surprise_bits"], strict=True)
        yield from ((number, position, *token) for position, token in enumerate(tokens))


def reading_rows(result: Json) -> Iterator[Sequence[Any]]:
    """One row a piece of the text; what the model does not know has its characters alone."""
    yield ("text", *READING)
    columns = [result[name] for name in READING.values()]
    for piece, place in result["pieces"]:
        yield (piece, *(column[place] if place >= 0 else None for column in columns))


def beam_rows(result: Json) -> Iterator[Sequence[Any]]:
    """One row a finished text, best first."""
    yield BEAM
    names = ("text", "logprob", "total", "score", "stopped")
    for rank, text in enumerate(result["finished"], 1):
        yield (rank, " ".join(map(str, text["ids"])), *(text[name] for name in names))


def sweep_rows(result: Json) -> Iterator[Sequence[Any]]:
    """One row a cell; of each metric the mean and the ends of its interval, as `sweep.export.cells_csv`."""
    names = [metric.name for metric in METRICS]
    yield (*CELL, *(f"{name}{end}" for name in names for end in ("", "_low", "_high")))
    for cell in result["cells"]:
        numbers = (cell["metrics"][name][end] for name in names for end in ("mean", "low", "high"))
        yield (*(cell[name] for name in CELL), *numbers)
