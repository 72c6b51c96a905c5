"""A record of draws → what the Draws tab shows: figures, sentences and a page of the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from textgen.experiments.draws.chi_squared import chi_squared
from textgen.experiments.draws.counts import expected
from textgen.plots import draws as bars
from textgen.plots.distances import distances
from textgen.records import Bools, ChiSquared, Distribution, Draws, Encoded, Ints
from textgen.text.tokenizer import visible

PAGE = 200  # tokens of the table sent at a time
FAR = 2  # standard deviations beyond which a count is set in bold


@dataclass(frozen=True, slots=True)
class Board:
    """Draws beside the panels they come from, the tokens in the order of T = 1."""

    draws: Draws
    removed: Bools  # (K, V) by a stage
    order: Ints  # (V,) likeliest first
    context: Encoded  # what the draws come after
    note: str = ""  # what to know about it


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page wants to see of it."""

    planned: int  # draws that the next press of Draw makes
    at: int  # which temperature the table shows, from 0
    page: int  # which 200 tokens the table shows, from 0


def board(draws: Draws, panels: Sequence[Distribution]) -> Board:
    """What a view is made from."""
    order = np.argsort(-panels[0].next.logits, kind="stable")
    removed = np.stack([panel.trace[0].kept & ~panel.trace[-1].kept for panel in panels])
    return Board(draws, removed, order, panels[0].next.context, panels[0].next.note)


def view(shown: Board, asked: Asked) -> dict[str, Any]:
    """The answer to the page. Before the first draw the bands stand for the draws that are planned."""
    draws = shown.draws
    planned = replace(draws, n=draws.n or asked.planned)
    rows = bars.pooled(planned, shown.removed, shown.order)
    end = bars.axis_end(rows)
    count = len(draws.temperatures)
    return {
        "n": draws.n,
        "rest": len(shown.order) - len(rows.draws.labels) + 1 if rows.tail else 0,
        "note": shown.note,
        "pieces": [[visible(piece), known] for piece, known in shown.context.pieces],
        "unseen": shown.context.unseen,
        "panels": [{**panel(shown, k), "figure": bars.bars(rows, k, end)} for k in range(count)],
        "distance": distances(draws, asked.planned),
        "table": table(shown, min(asked.at, count - 1), asked.page, planned.n),
    }


def panel(shown: Board, k: int) -> dict[str, Any]:
    """One temperature in words and numbers."""
    draws = shown.draws
    fit = chi_squared(draws.counts[k], draws.probabilities[k]) if draws.n else None
    return {
        "temperature": draws.temperatures[k],
        "distance": decimals(float(draws.distances[k, -1])) if draws.n else "–",
        "test": chi_line(fit) if fit else "",
        "bins": bins_line(fit) if fit else "",
        "meaning": meaning(fit, int(np.count_nonzero(draws.probabilities[k]))) if fit else "",
        "removed": int(shown.removed[k].sum()),
    }


def decimals(distance: float) -> str:
    """A distance with three decimals, or two significant figures below 0.01."""
    return f"{distance:.3f}" if distance >= 0.01 or distance == 0 else f"{distance:.2g}"


def chi_line(fit: ChiSquared) -> str:
    """`χ² = 9.31, p = 0.593`."""
    if fit.p_value is None:
        return "no χ² test"
    p = f"p = {fit.p_value:.3f}" if fit.p_value >= 0.001 else "p < 0.001"
    return f"χ² = {fit.statistic:.2f}, {p}"


def bins_line(fit: ChiSquared) -> str:
    """`11 degrees of freedom from 12 bins`."""
    if fit.p_value is None:
        return ""
    degrees = "1 degree" if fit.degrees == 1 else f"{fit.degrees:,} degrees"
    return f"{degrees} of freedom from {fit.bins:,} bins"


def meaning(fit: ChiSquared, kept: int) -> str:
    """What the test says, in one sentence."""
    if fit.p_value is None:
        if kept == 1:
            return "Only one token can come: there is nothing to test."
        return "Too few draws: the test needs two bins that each expect 5."
    if fit.p_value >= 0.05:
        return f"{share(fit.p_value)} fair runs stray at least this far: chance explains it."
    few = share(fit.p_value)
    return f"{few[0].upper()}{few[1:]} fair runs stray this far: rare, not impossible. Draw again and see."


def share(p: float) -> str:
    """A p-value as a number of runs: `59 of 100`, `3 of 1,000`."""
    if p < 0.001:
        return "fewer than 1 of 1,000"
    if p < 0.01:
        return f"{round(p * 1000)} of 1,000"
    return f"{min(round(p * 100), 99)} of 100"


def table(shown: Board, k: int, page: int, planned: int) -> dict[str, Any]:
    """200 tokens at one temperature: token, probability, expected, drawn, difference in σ."""
    pages = -(-len(shown.order) // PAGE)
    page = min(page, pages - 1)
    ids = shown.order[page * PAGE : (page + 1) * PAGE]
    middle = expected(replace(shown.draws, n=planned))[k, ids]
    p = shown.draws.probabilities[k, ids]
    sigma = np.sqrt(planned * p * (1 - p))
    rows = [row(shown, k, int(i), float(e), float(s)) for i, e, s in zip(ids, middle, sigma, strict=True)]
    return {"at": k, "page": page, "pages": pages, "tokens": len(shown.order), "rows": rows}


def row(shown: Board, k: int, token: int, middle: float, sigma: float) -> list[str]:
    """One token's cells and how to set them: "gone" for a removed one, "far" beyond ±2σ."""
    draws = shown.draws
    label, p, drawn = draws.labels[token], draws.probabilities[k, token], int(draws.counts[k, token])
    if shown.removed[k, token]:
        return [label, "removed", "0", f"{drawn:,}" if draws.n else "–", "", "gone"]
    if not draws.n:
        return [label, percent(p), bars.amount(middle), "–", "", ""]
    off = (drawn - middle) / sigma if sigma > 0 else 0.0
    return [
        label,
        percent(p),
        bars.amount(middle),
        f"{drawn:,}",
        sigmas(off),
        "far" if abs(off) > FAR else "",
    ]


def percent(p: float) -> str:
    """A probability with two decimals, four where two say nothing."""
    if 0 < p < 1e-6:
        return "<0.0001%"
    return f"{p:.2%}" if p == 0 or p >= 1e-4 else f"{p:.4%}"


def sigmas(off: float) -> str:
    """A difference in standard deviations with its sign: `+0.3 σ`, `−1.2 σ`, `0.0 σ`."""
    size = f"{abs(off):,.1f}"
    sign = "" if size == "0.0" else "+" if off > 0 else "−"
    return f"{sign}{size} σ"
