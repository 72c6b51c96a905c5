"""`draw`: next tokens drawn many times, their counts beside the probabilities they were drawn with."""

from __future__ import annotations

import argparse
from typing import Any

from textgen.cli import options
from textgen.cli.console import Console
from textgen.cli.options import as_number
from textgen.cli.tables import percent, shown_first, table, tail, tail_label
from textgen.experiments.draws.chi_squared import chi_squared
from textgen.experiments.draws.counts import band, check_draws, expected
from textgen.experiments.requests import DrawsRequest
from textgen.files import check_writable
from textgen.models.registry import Registry
from textgen.records import ChiSquared, Draws, Ints, NextToken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)
    options.add_source(parser)
    parser.add_argument("-n", "--draws", type=as_number, default=100, help="draws at each temperature (100)")
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_rows(parser)
    options.add_receipt(parser)


def run(args: argparse.Namespace, console: Console) -> None:
    rows = options.rows_of(args)
    check_writable(args.receipt)
    registry, request = request_of(args, console)
    result = request.run(registry)
    console.remark(result.expectation.note)
    if args.json:
        console.json(as_json(result.draws, request.settings.to_dict()))
    else:
        show(result.draws, result.expectation, rows, console)
    options.save_receipt(args, registry, request, result)


def request_of(args: argparse.Namespace, console: Console) -> tuple[Registry, DrawsRequest]:
    """What is asked for, and where its model lies. Raises TextgenError."""
    n, settings = check_draws(args.draws), options.settings_of(args)
    temperatures = options.temperatures_of(args, settings)
    registry, source = options.source_of(args)
    seed, settings = options.seed_of(args, console), settings.at(temperatures[0])
    return registry, DrawsRequest(
        source=source, settings=settings, temperatures=tuple(temperatures), seed=seed, n=n
    )


def show(draws: Draws, expectation: NextToken, rows: int, console: Console) -> None:
    """Print a table for each temperature."""
    shown = shown_first(expectation, rows)
    for k, temperature in enumerate(draws.temperatures):
        console.say(("\n" if k else "") + f"T = {temperature:g}, {draws.n:,} draws")
        console.say(table(count_rows(draws, k, shown, expectation)))
        console.say(verdict(draws, k))


def count_rows(draws: Draws, k: int, shown: Ints, expectation: NextToken) -> list[tuple[str, ...]]:
    """One row a token: probability, expected count, ±2σ band, drawn."""
    low, high = band(draws)
    middle = expected(draws)[k]
    rows = [("token", "probability", "expected", "±2σ", "drawn")]
    for i in shown:
        reach = f"{low[k, i]:.1f} to {high[k, i]:.1f}"
        share = percent(draws.probabilities[k, i])
        rows.append((draws.labels[i], share, f"{middle[i]:.1f}", reach, str(draws.counts[k, i])))
    if len(shown) < len(draws.labels):
        share, rest = percent(tail(draws.probabilities[k], shown)), tail(middle, shown)
        drawn = str(int(tail(draws.counts[k].astype(float), shown)))
        rows.append((tail_label(expectation, len(shown)), share, f"{rest:.1f}", "", drawn))
    return rows


def verdict(draws: Draws, k: int) -> str:
    """How far the counts lie from the probabilities, and whether chance explains it (chi-squared)."""
    fit = chi_squared(draws.counts[k], draws.probabilities[k])
    distance = f"distance to the truth (total variation) {draws.distances[k, -1]:.4f}"
    if fit.p_value is None:
        return f"{distance}; too few draws for a chi-squared test"
    test = f"chi-squared {fit.statistic:.2f}, {fit.degrees} degrees of freedom, p = {fit.p_value:.3g}"
    return f"{distance}; {test}"


def as_json(draws: Draws, settings: dict[str, Any]) -> dict[str, Any]:
    """The whole record, one panel a temperature."""
    return {
        "seed": draws.seed,
        "draws": draws.n,
        "settings": settings,
        "labels": list(draws.labels),
        "checkpoints": draws.checkpoints.tolist(),
        "panels": [panel_json(draws, k) for k in range(len(draws.temperatures))],
    }


def panel_json(draws: Draws, k: int) -> dict[str, Any]:
    return {
        "temperature": draws.temperatures[k],
        "probabilities": draws.probabilities[k].tolist(),
        "counts": draws.counts[k].tolist(),
        "distances": draws.distances[k].tolist(),
        "chi_squared": fit_json(chi_squared(draws.counts[k], draws.probabilities[k])),
    }


def fit_json(fit: ChiSquared) -> dict[str, Any]:
    return {
        "statistic": fit.statistic,
        "degrees": fit.degrees,
        "p_value": fit.p_value,
        "bins": fit.bins,
    }
