"""Curves → what the Calibration part shows: a figure, sentences and a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.errors import shorten
from textgen.experiments.metrics.perplexity_curve import Curve, verdict
from textgen.models.calibration import CalibrationCurve
from textgen.plots.perplexity import SCALES, perplexities
from textgen.text.tokenizer import visible
from textgen.ui.sidebar.model_facts import Facts

FEW = 1_000  # tokens below which the place of a minimum says little
NAMED_UNKNOWN = 8  # unknown pieces spelled out
TITLE = 28  # characters of a text that stand for it


@dataclass(frozen=True, slots=True)
class Shown:
    """A curve with what the page says about it."""

    curve: Curve
    facts: str  # what was scored, and how
    name: str = ""  # of the model whose folder holds it; "" for a measured text

    def to_dict(self) -> dict[str, Any]:
        return {
            "label": self.curve.label,
            "name": self.name,
            "unit": self.curve.unit,
            "best": self.curve.best,
            "verdict": verdict(self.curve),
            "facts": self.facts,
            "temperatures": [round(t, 6) for t in self.curve.temperatures.tolist()],
            "nats": [round(nats, 6) for nats in self.curve.nats.tolist()],
        }


def shipped(facts: Facts, measured: CalibrationCurve) -> Shown:
    """The curve of a model's folder."""
    curve = Curve(facts.title, facts.unit, measured.temperatures, measured.nats)
    scored = f"{measured.targets:,} {facts.units}" if measured.targets else "text"
    windows = f", in windows of {measured.window:,}" if measured.window else ""
    return Shown(curve, f"Measured on {scored} that the model did not learn from{windows}.", facts.name)


def measured_facts(curve: Curve, targets: int, window: int, unknown: Sequence[str], kept: bool) -> str:
    """What was scored of a text of one's own, and what to make of it."""
    unit = curve.unit if targets == 1 else f"{curve.unit}s"
    sentences = [f"{targets:,} {unit} scored, in windows of {window:,}."]
    if unknown:
        sentences.append(unknown_sentence(unknown, kept))
    if targets < FEW:
        sentences.append(
            f"Fewer than {FEW:,} {curve.unit}s say little: "
            "the best temperature then moves by tenths from text to text."
        )
    return " ".join(sentences)


def unknown_sentence(unknown: Sequence[str], kept: bool) -> str:
    """What the model cannot read of a text, and what became of it."""
    named = ", ".join(shorten(visible(piece), 24) for piece in unknown[:NAMED_UNKNOWN])
    more = f" and {len(unknown) - NAMED_UNKNOWN:,} more" if len(unknown) > NAMED_UNKNOWN else ""
    fate = "Read as <unk>" if kept else "Left out"
    return f"{fate}, since the model does not know them: {named}{more}."


def label_of(text: str, title: str) -> str:
    """The name of a measured text's curve: its beginning, and the model."""
    return f"“{shorten(' '.join(text.split()), TITLE)}” · {title}"


def view(shown: Sequence[Shown], scale: str) -> dict[str, Any]:
    """All that the page shows of curves; characters and words compare only against their minimum."""
    scale = scale or ("relative" if len(shown) > 1 else "perplexity")
    curves = [one.curve for one in shown]
    return {
        "scale": scale,
        "curves": [one.to_dict() for one in shown],
        "figure": perplexities(curves, scale) if curves else None,
        "table": table(curves, scale),
    }


def table(curves: Sequence[Curve], scale: str) -> list[dict[str, Any]]:
    """One row a temperature, a cell a curve: its text, and whether it is the least."""
    columns = [columns_of(curve, scale) for curve in curves]
    temperatures = sorted({t for column in columns for t in column})
    return [{"t": t, "cells": [column.get(t, ["–", False]) for column in columns]} for t in temperatures]


def columns_of(curve: Curve, scale: str) -> dict[float, list[Any]]:
    values = SCALES[scale].values(curve)
    rounded = (round(float(t), 6) for t in curve.temperatures)
    return {
        t: [cell(float(value), scale), i == curve.lowest]
        for i, (t, value) in enumerate(zip(rounded, values, strict=True))
    }


def cell(value: float, scale: str) -> str:
    """`+12.3%` above the minimum, else four figures or so."""
    if scale == "relative":
        return f"{value:+.1%}" if value < 100 else "> 10,000%"
    return f"{value:,.3f}" if value < 1000 else f"{value:,.0f}" if value < 1e9 else f"{value:.2g}"


def nats_of(perplexities: np.ndarray) -> np.ndarray:
    """(K,) perplexities → (K,) nats per token."""
    return np.minimum(np.log(perplexities), math.log(1e300))
