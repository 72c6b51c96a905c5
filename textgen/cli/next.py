"""`next`: the next-token distribution, one column a temperature."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.tables import percent, shown_first, table, tail, tail_label
from textgen.experiments.requests import NextTokenRequest
from textgen.files import check_writable
from textgen.records import Distribution, StageTrace, Summary

SUMMARY_ROWS: tuple[tuple[str, Callable[[Summary], str]], ...] = (
    ("entropy (bits)", lambda summary: f"{summary.entropy:.3f}"),
    ("choices (2^H)", lambda summary: f"{summary.choices:.2f}"),
    ("top probability", lambda summary: percent(summary.top)),
    ("tokens kept", lambda summary: str(summary.kept)),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_source(parser)
    options.add_settings(parser)
    options.add_rows(parser)
    options.add_receipt(parser)
    parser.add_argument("--trace", action="store_true", help="say what each stage did")


def run(args: argparse.Namespace, console: Console) -> None:
    rows = options.rows_of(args)
    check_writable(args.receipt)
    settings = options.settings_of(args)
    registry, source = options.source_of(args)
    temperatures = options.temperatures_of(args, settings)
    request = NextTokenRequest(source=source, panels=tuple(map(settings.at, temperatures)))
    result = request.run(registry)
    panels = result.panels
    console.remark(panels[0].next.note)
    if args.json:
        console.json(as_json(panels, options.prompt_of(args)))
    else:
        show(panels, rows, console, trace=args.trace)
    options.save_receipt(args, registry, request, result)


def show(panels: Sequence[Distribution], rows: int, console: Console, trace: bool) -> None:
    """Print the table, and if asked what each stage did."""
    console.say(table(distribution_rows(panels, rows)))
    for panel in panels if trace else ():
        console.say(f"\nT = {panel.settings['temperature']:g}\n{table(trace_rows(panel.trace))}")


def distribution_rows(panels: Sequence[Distribution], n: int) -> list[tuple[str, ...]]:
    """Token rows in one order for all panels, the tail, then each panel's summary."""
    expectation = panels[0].next
    shown = shown_first(expectation, n)
    rows = [("token", *(f"T = {panel.settings['temperature']:g}" for panel in panels))]
    rows += [
        (expectation.labels[i], *(percent(float(panel.probabilities[i])) for panel in panels)) for i in shown
    ]
    if len(shown) < len(expectation.labels):
        tails = (percent(tail(panel.probabilities, shown)) for panel in panels)
        rows.append((tail_label(expectation, len(shown)), *tails))
    rows.append(("", *("" for _ in panels)))
    return rows + [(name, *(show(panel.summary) for panel in panels)) for name, show in SUMMARY_ROWS]


def trace_rows(trace: Sequence[StageTrace]) -> list[tuple[str, ...]]:
    """How many tokens each stage left, the probability it removed, and whether it changed anything."""
    rows = [("stage", "tokens left", "removed", "")]
    for stage in trace:
        effect = "" if stage.changed or stage.name == "raw" else "no effect here"
        rows.append((stage.name, str(int(stage.kept.sum())), percent(stage.removed_mass), effect))
    return rows


def as_json(panels: Sequence[Distribution], context: str) -> dict[str, Any]:
    """All of every distribution, tokens in the order of their ids."""
    expectation = panels[0].next
    return {
        "model": expectation.model,
        "context": context,
        "note": expectation.note,
        "labels": list(expectation.labels),
        "panels": [panel_json(panel) for panel in panels],
    }


def panel_json(panel: Distribution) -> dict[str, Any]:
    return {
        "settings": panel.settings,
        **panel.summary.to_dict(),
        "probabilities": panel.probabilities.tolist(),
        "stages": [stage_json(stage) for stage in panel.trace[1:]],
    }


def stage_json(stage: StageTrace) -> dict[str, Any]:
    return {
        "stage": stage.name,
        "kept": int(stage.kept.sum()),
        "removed_mass": stage.removed_mass,
        "changed": stage.changed,
    }
