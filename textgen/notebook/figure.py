"""`textgen.plot`: anything that the library returns → its Plotly figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from textgen.errors import SettingError, shorten
from textgen.experiments.chaos.rows import Chaos
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.metrics.perplexity_curve import Curve
from textgen.experiments.metrics.scoring import HeldOut
from textgen.experiments.panels import distribution
from textgen.experiments.readings import ReadText
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.summary import summarize
from textgen.models.calibration import CalibrationCurve
from textgen.models.folder import Model
from textgen.plots import beam, chaos, distributions, draws
from textgen.plots.beside import Figure, as_figure, beside
from textgen.plots.loss import LossCurves, losses
from textgen.plots.perplexity import perplexities
from textgen.plots.surprisal import surprisal
from textgen.plots.sweep import Line, chart
from textgen.records import BeamStep, Distribution, Draws, Generation, NextToken, TrainingLog
from textgen.settings import DecodeSettings
from textgen.text.tokenizer import visible

Plain = dict[str, Any]  # a figure as Plotly's JSON


def plot(record: Any, *more: Any, model: Model | None = None) -> Figure:
    """The figure of a record, or of several distributions (or losses on a text) beside each other.

        plot(next_token(model, "The "))
        plot(*(next_token(model, "The ", temperature=t) for t in (0.5, 1, 2)))
        plot(draw(model, "The ", temperatures=(0.5, 1), n=1000))
        plot(beam_search(model, "The "), model=model)

    It takes what `next_token`, `predict`, `draw`, `generate`, `read`, `beam_search`, `sweep`, `perplexity`
    and `chaos` return, a training log and a calibration curve. `model` names the tokens of records that hold
    ids alone: a beam search and a written text. Raises SettingError for anything else.
    """
    return as_figure(plain_figure([*as_records(record), *more], model))


def as_records(record: Any) -> list[Any]:
    """One record, or the several of a list or of a search's steps."""
    listed = isinstance(record, list | tuple) or hasattr(record, "__next__")
    return list(record) if listed else [record]


def plain_figure(records: Sequence[Any], model: Model | None) -> Plain:
    first = records[0] if records else None
    for kind, draw in KINDS:
        if isinstance(first, kind) and all(isinstance(record, kind) for record in records):
            return draw(records, model)
    names = sorted({type(record).__name__ for record in records}) or ["nothing"]
    known = ", ".join(kind.__name__ for kind, _ in KINDS)
    raise SettingError(
        f"plot takes records of one kind ({known}), got {shorten(', '.join(names))}; "
        "give what a function of textgen returned"
    )


def distribution_panels(found: Sequence[Distribution], _model: Model | None) -> Plain:
    order = distributions.order_of(found[0])
    if any(one.next.labels != found[0].next.labels for one in found):
        raise SettingError("distributions side by side must have the same tokens; plot each model's alone")
    end = distributions.longest(found, draws.shown_first(order))
    panels = [distributions.panel(one, order, end) for one in found]
    return beside(panels, [distributions.title(one) for one in found])


def learned(found: Sequence[NextToken], _model: Model | None) -> Plain:
    return distribution_panels([distribution(one, DecodeSettings()) for one in found], None)


def draws_panels(found: Sequence[Draws], _model: Model | None) -> Plain:
    record = alone(found)
    none = np.zeros_like(record.probabilities, dtype=bool)
    rows = draws.pooled(record, none, np.argsort(-record.probabilities.max(axis=0), kind="stable"))
    end = draws.axis_end(rows)
    panels = [draws.bars(rows, k, end) for k in range(len(record.temperatures))]
    return beside(panels, [f"T = {t:g}, {record.n:,} draws" for t in record.temperatures])


def sweep_charts(found: Sequence[SweepResult], _model: Model | None) -> Plain:
    cells = summarize(alone(found))
    keys = dict.fromkeys((cell.key.model, cell.key.prompt, cell.key.strategy) for cell in cells)
    lines = [
        Line(line_name(key, list(keys)), tuple(cell for cell in cells if cell.key[:3] == key)) for key in keys
    ]
    measured = [metric for metric in METRICS if any(line.points(metric.name) for line in lines)]
    figure = beside([chart(metric, lines) for metric in measured], [metric.title for metric in measured])
    named = len(lines) > 1
    for place, trace in enumerate(figure["data"]):
        trace["showlegend"] = named and place < 2 * len(lines) and place % 2 == 1
    figure["layout"].update(showlegend=named, legend={"orientation": "h"})
    return figure


def line_name(key: tuple[str, ...], keys: Sequence[tuple[str, ...]]) -> str:
    """What of a line's model, prompt and strategy differs from another line's."""
    parts = [visible(part) for place, part in enumerate(key) if len({other[place] for other in keys}) > 1]
    return " · ".join(parts) or key[-1]


def chaos_chart(found: Sequence[Chaos], _model: Model | None) -> Plain:
    one = alone(found)
    return chaos.divergences(
        chaos.Divergences(one.settings.temperatures, one.divergences, one.settings.length)
    )


def beam_tree(found: Sequence[BeamStep], model: Model | None) -> Plain:
    most = max(int(step.ids.max(initial=0)) for step in found) + 1
    return beam.tree(found, model.labels if model else [f"#{i}" for i in range(most)])


def surprise(found: Sequence[Generation], model: Model | None) -> Plain:
    one = alone(found)
    labels = [model.labels[i] if model else f"#{i}" for i in one.ids]
    return surprisal(labels, one.surprisal)


def read_surprise(found: Sequence[ReadText], _model: Model | None) -> Plain:
    one = alone(found)
    return surprisal(one.labels, one.surprisal)


def loss_curves(found: Sequence[TrainingLog], model: Model | None) -> Plain:
    curves = LossCurves(alone(found), **units_of(model))
    figure = losses(curves)
    del figure["layout"]["shapes"]  # the page's slider over moments
    figure["layout"].update(showlegend=True, legend={"x": 1, "xanchor": "right", "y": 1})
    figure["data"] = [trace for trace in figure["data"] if trace["x"]]
    return figure


def units_of(model: Model | None) -> dict[str, Any]:
    """What a model's losses count by."""
    if model is None:
        return {"unit": "token"}
    return {"unit": model.config.unit or "token", "characters": model.config.losses.characters_per_token}


def curves_of(found: Sequence[CalibrationCurve | HeldOut], _model: Model | None) -> Plain:
    nats = [np.log(one.perplexities) if isinstance(one, HeldOut) else one.nats for one in found]
    named = zip(range(1, len(found) + 1), found, nats, strict=True)
    return perplexities([Curve(f"text {n}", "token", one.temperatures, loss) for n, one, loss in named])


KINDS: tuple[tuple[type, Callable[[Sequence[Any], Model | None], Plain]], ...] = (
    (Distribution, distribution_panels),
    (NextToken, learned),
    (Draws, draws_panels),
    (BeamStep, beam_tree),
    (Generation, surprise),
    (ReadText, read_surprise),
    (SweepResult, sweep_charts),
    (Chaos, chaos_chart),
    (TrainingLog, loss_curves),
    (CalibrationCurve, curves_of),
    (HeldOut, curves_of),
)


def alone(found: Sequence[Any]) -> Any:
    """The only record. Raises SettingError for several."""
    if len(found) > 1:
        name = type(found[0]).__name__
        raise SettingError(f"plot takes one {name} at a time, got {len(found)}; call it once for each")
    return found[0]
