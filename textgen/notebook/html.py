"""How a record looks in a notebook: a table and bars in plain HTML, without a script, online or not.

Every text is escaped; colours are the page's, and what is not coloured takes the notebook's own ink.
"""

from __future__ import annotations

import html as markup
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from textgen.experiments.chaos.rows import Chaos
from textgen.experiments.chaos.summary import sentences
from textgen.experiments.draws.counts import expected
from textgen.experiments.metrics.metrics import METRICS
from textgen.experiments.metrics.scoring import HeldOut
from textgen.experiments.panels import distribution
from textgen.experiments.readings import ReadText
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.summary import interval_text, summarize
from textgen.graphemes import clip
from textgen.models.calibration import CalibrationCurve
from textgen.plots import distributions, theme
from textgen.plots.draws import shown_first
from textgen.records import BeamStep, Distribution, Draws, Generation, NextToken, TrainingLog
from textgen.settings import DecodeSettings
from textgen.text.tokenizer import visible

ROWS = 12
MONO = f"font-family:{markup.escape(theme.MONO)}"


class Raw(str):
    """HTML that stands as it is."""


def html(record: Any) -> str:
    """A record of the library → HTML; of any other object its `repr`."""
    for kind, write in KINDS:
        if isinstance(record, kind):
            return f"<div>{write(record)}</div>"
    return f"<pre>{markup.escape(repr(record))}</pre>"


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; the first column holds tokens, texts or names, the others numbers."""
    head = "".join(f'<th scope="col">{markup.escape(name)}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(cell(value, k) for k, value in enumerate(row))}</tr>" for row in rows)
    title = f'<caption style="text-align:left;white-space:nowrap">{markup.escape(caption)}</caption>'
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: Any, column: int) -> str:
    shown = value if isinstance(value, Raw) else markup.escape(str(value))
    look = f"text-align:left;white-space:pre;{MONO}" if column == 0 else "text-align:right"
    return f'<td style="padding:1px 10px 1px 0;{look}">{shown}</td>'


def bar(share: float, colour: str, gone: bool) -> Raw:
    """A bar of a share (0..1) of 180 px; an outline for what was removed."""
    fill = f"border:1px dashed {colour}" if gone else f"background:{colour}"
    return Raw(f'<div style="width:{180 * share:.1f}px;height:12px;box-sizing:border-box;{fill}"></div>')


def of_distribution(found: Distribution) -> str:
    order = distributions.order_of(found)
    shown, rest = shown_first(order), order[len(shown_first(order)) :]
    values, gone = distributions.lengths(found), distributions.removed(found)
    most = max(float(values[shown].max()), 1e-12)
    colour = theme.thermal(found.settings["temperature"])
    rows: list[Sequence[Any]] = [
        (
            found.next.labels[i],
            bar(float(values[i] / most), colour, bool(gone[i])),
            f"{found.probabilities[i]:.2%}",
            f"{found.trace[0].probabilities[i]:.2%}",
        )
        for i in shown
    ]
    if len(rest):
        more = found.probabilities[rest].sum(), found.trace[0].probabilities[rest].sum()
        rows.append((f"… {len(rest):,} more", "", *(f"{value:.2%}" for value in more)))
    s = found.summary
    kept = f"{s.entropy:.2f} bits, {s.choices:.1f} choices, {s.kept:,} tokens kept"
    return table(f"{after(found.next)}: {distributions.title(found)}; {kept}", HEADS, rows)


HEADS = ("token", "", "probability", "as learned")


def after(found: NextToken) -> str:
    """What the distribction comes after."""
    text = "".join(piece for piece, _ in found.context.pieces)
    return f"{found.model or 'your own numbers'} after “{visible(text[-60:])}”"


def of_next_token(found: NextToken) -> str:
    return of_distribution(distribution(found, DecodeSettings()))


def of_draws(found: Draws) -> str:
    order = np.argsort(-found.probabilities.max(axis=0), kind="stable")[:ROWS]
    columns = list(zip(found.temperatures, found.counts, expected(found), strict=True))
    rows = (
        (found.labels[i], *(f"{counts[i]:,} ({likely[i]:,.1f})" for _, counts, likely in columns))
        for i in order
    )
    heads = ("token", *(f"T = {t:g}" for t, _, _ in columns))
    return table(f"{found.n:,} draws at each temperature: drawn (expected)", heads, rows)


def of_generation(found: Generation) -> str:
    mean = float(found.surprisal.mean()) if len(found.ids) else 0.0
    about = f"{found.model}, T = {found.settings['temperature']:g}, seed {found.seed}"
    facts = f"{about}: {len(found.ids):,} tokens, {mean:.2f} bits of surprise a token"
    prompt = f"<b>{markup.escape(found.prompt)}</b>"
    return f'<p>{markup.escape(facts)}</p><pre style="{MONO}">{prompt}{markup.escape(found.text)}</pre>'


def of_reading(found: ReadText) -> str:
    """The least expected tokens of a text that was read, in its order."""
    places = sorted(np.argsort(-found.surprisal, kind="stable")[:ROWS])
    rows = (
        (
            found.labels[i],
            i + 1,
            f"{found.surprisal[i]:.2f}",
            f"{found.ranks[i]:,}",
            found.removed_by[i] or "–",
        )
        for i in places
    )
    about = f"{found.model}: {found.bits_per_character:.3f} bits per character, the least expected tokens"
    return table(about, ("token", "place", "bits", "rank", "removed by"), rows)


def of_beam_step(found: BeamStep) -> str:
    columns = zip(found.ids, found.logprobs, found.totals, found.fates, strict=True)
    rows = [(f"#{token}", f"{logprob:.3f}", f"{total:.3f}", fate) for token, logprob, total, fate in columns][
        :ROWS
    ]
    heads = ("token id", "ln p", "total", "fate")
    return table(f"Step {found.index + 1} of a beam search: {len(found.ids)} candidates", heads, rows)


def of_sweep(found: SweepResult) -> str:
    names = [metric for metric in METRICS if metric.name in {"surprise", "distinct_2", "repetition"}]
    cells = summarize(found)
    rows = [
        (
            f"{one.key.model} · {one.key.strategy} · {visible(clip(one.key.prompt, 20))}",
            f"{one.key.temperature:g}",
            *(interval_text(one.metrics[metric.name]) for metric in names),
        )
        for one in cells
    ]
    heads = ("setting", "T", *(metric.title for metric in names))
    shown = rows[:40]
    more = f", the first {len(shown)} of {len(rows)} settings" if len(rows) > len(shown) else ""
    return table(f"{len(found.texts):,} texts: mean (95% interval){more}", heads, shown)


def of_chaos(found: Chaos) -> str:
    rows = [
        (visible(clip(text, 60)), f"{t:g}", "–" if at is None else at + 1)
        for text, t, at in zip(found.texts, found.settings.temperatures, found.divergences, strict=True)
    ]
    words = "".join(f"<p>{markup.escape(sentence)}</p>" for sentence in sentences(found))
    heads = ("text", "T", "differs at token")
    return words + table(f"The first {min(ROWS, len(rows))} of {len(rows)} rows", heads, rows[:ROWS])


def of_log(found: TrainingLog) -> str:
    places = np.unique(np.linspace(0, len(found.steps) - 1, ROWS).round().astype(int))
    rows = (
        (f"{found.steps[i]:,}", f"{found.tokens[i]:,}", f"{found.train[i]:.4f}", f"{found.validation[i]:.4f}")
        for i in places
    )
    heads = ("step", "tokens", "training loss", "validation loss")
    return table("Nats per token on the way", heads, rows)


def of_held_out(found: HeldOut) -> str:
    rows = (
        (f"T = {t:g}", f"{value:.4g}", "least" if t == found.best else "")
        for t, value in zip(found.temperatures, found.perplexities, strict=True)
    )
    return table(f"Perplexity on {found.targets:,} tokens", ("temperature", "perplexity", ""), rows)


def of_calibration(found: CalibrationCurve) -> str:
    least = found.nats.min()
    rows = (
        (f"T = {t:g}", f"{nats:.4f}", f"{np.exp(nats):.4g}", "least" if nats == least else "")
        for t, nats in zip(found.temperatures, found.nats, strict=True)
    )
    heads = ("temperature", "nats per token", "perplexity", "")
    return table(f"How well each temperature predicts: {found.part or 'a text'}", heads, rows)


KINDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Distribution, of_distribution),
    (NextToken, of_next_token),
    (Draws, of_draws),
    (Generation, of_generation),
    (ReadText, of_reading),
    (BeamStep, of_beam_step),
    (SweepResult, of_sweep),
    (Chaos, of_chaos),
    (TrainingLog, of_log),
    (HeldOut, of_held_out),
    (CalibrationCurve, of_calibration),
)
