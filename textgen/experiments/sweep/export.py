"""A sweep as files: its cells and its texts as CSV, all of it as JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from textgen.experiments.metrics.bootstrap import CONFIDENCE, RESAMPLES, Interval
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.sweep.records import Cell, SweepResult, SweepText

CELL = ("model", "prompt", "strategy", "temperature", "texts")
TEXT = ("model", "prompt", "strategy", "temperature", "seed", "tokens", "ended", "text")


def cells_csv(cells: Sequence[Cell]) -> str:
    """One row a cell; of each metric the mean and the ends of its interval, empty where not measured."""
    names = [metric.name for metric in METRICS]
    header = [*CELL, *(f"{name}{end}" for name in names for end in ("", "_low", "_high"))]
    rows = [
        [*cell.key, len(cell.texts), *(shown(value) for name in names for value in ends(cell.metrics[name]))]
        for cell in cells
    ]
    return as_csv([header, *rows])


def ends(found: Interval) -> tuple[float, float, float]:
    return found.mean, found.low, found.high


def texts_csv(texts: Sequence[SweepText]) -> str:
    """One row a text, with its metrics; no seed where nothing was drawn."""
    names = [metric.name for metric in METRICS if metric.name != "self_bleu"]
    rows = [[*facts(text), *(shown(getattr(text.metrics, name)) for name in names)] for text in texts]
    return as_csv([[*TEXT, *names], *rows])


def facts(text: SweepText) -> list[Any]:
    seed = "" if text.key.seed is None else text.key.seed
    return [*text.key[:4], seed, len(text.ids), text.ended, text.text]


def shown(value: float) -> Any:
    return "" if math.isnan(value) else value


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


def as_json(result: SweepResult, cells: Sequence[Cell]) -> dict[str, Any]:
    """All of a sweep but the numbers of each token; null = not measured."""
    return {
        "settings": result.settings.to_dict(),
        "complete": result.complete,
        "notes": list(result.notes),
        "intervals": {"method": "percentile bootstrap", "level": CONFIDENCE, "resamples": RESAMPLES},
        "metrics": {metric.name: asdict(metric) for metric in METRICS},
        "cells": [cell_json(cell) for cell in cells],
        "texts": [text_json(text) for text in result.texts],
    }


def cell_json(cell: Cell) -> dict[str, Any]:
    metrics = {name: known(asdict(found)) for name, found in cell.metrics.items()}
    return {**cell.key._asdict(), "texts": len(cell.texts), "metrics": metrics}


def text_json(text: SweepText) -> dict[str, Any]:
    return {
        **text.key._asdict(),
        "settings": text.settings.to_dict(),
        "ids": list(text.ids),
        "text": text.text,
        "ended": text.ended,
        "metrics": known(asdict(text.metrics)),
    }


def known(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN: null instead."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }
