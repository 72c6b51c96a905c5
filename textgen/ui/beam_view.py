"""What the Beam search tab draws: the columns of the tree, the ranking, and two paths beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen.decoding.beam import ignored
from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.scorer import Scorer
from textgen.decoding.stages import log_softmax
from textgen.records import BeamStep, Hypothesis
from textgen.settings import BeamSettings, DecodeSettings

ENDS = {
    "length": "Every text is as long as allowed.",
    "enough": "As many texts as the beam is wide have ended, and early stopping is on.",
    "no better": "No running text could still overtake one that has ended.",
    "nothing left": "The stages removed every token.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What is searched: something that scores, and its tokens."""

    scorer: Scorer
    labels: tuple[str, ...]  # (V,)
    context: tuple[int, ...]  # ids that the stages read before what is written


@dataclass(frozen=True, slots=True)
class Path:
    """One text and what the model thinks of it."""

    ids: tuple[int, ...]
    total: float  # Σ ln p as learned


def searched(
    source: Source, steps: Sequence[BeamStep], beam: BeamSettings, decode: DecodeSettings
) -> dict[str, Any]:
    """A finished search → JSON for the component."""
    last = steps[-1]
    greedy = follow(source, beam, decode.at(0))
    sampled = follow(source, beam, decode)
    return {
        "columns": [column(step, source.labels) for step in steps],
        "hypotheses": [hypothesis(h, order, source.labels) for order, h in enumerate(last.finished)],
        "greedy": path(greedy, source.labels),
        "sampled": path(sampled, source.labels),
        "verdict": verdict(steps, greedy, last.finished),
        "note": " ".join(filter(None, [ENDS.get(last.done, ""), without_effect(decode, beam)])),
    }


def column(step: BeamStep, labels: tuple[str, ...]) -> list[dict[str, Any]]:
    """One step's candidates, best first."""
    return [
        {
            "parent": int(parent),
            "label": labels[token],
            "local": finite(local),
            "total": finite(total),
            "state": fate,
        }
        for parent, token, local, total, fate in zip(
            step.parents, step.ids, step.logprobs, step.running_logprobs, step.fates, strict=True
        )
    ]


def finite(value: float) -> float | None:
    """A number that JSON holds; None for −inf."""
    return float(value) if np.isfinite(value) else None


def hypothesis(found: Hypothesis, order: int, labels: tuple[str, ...]) -> dict[str, Any]:
    return {
        "text": joined(found.ids, labels),
        "total": found.total,
        "length": len(found.ids),
        "ended": found.stopped,
        "order": order,
        "end": {"step": len(found.path) - 1, "row": found.path[-1]},
    }


def path(taken: Path, labels: tuple[str, ...]) -> dict[str, Any]:
    return {"text": joined(taken.ids, labels), "total": taken.total}


def joined(ids: Sequence[int], labels: tuple[str, ...]) -> str:
    """Tokens as one visible text; longer labels than a character are set apart."""
    words = [labels[token] for token in ids]
    return ("" if all(len(word) == 1 for word in words) else " ").join(words)


def follow(source: Source, beam: BeamSettings, decode: DecodeSettings) -> Path:
    """One text written token by token, as Generate would: greedy at T = 0, else one sample."""
    pipeline, noise = Pipeline(decode), GumbelNoise(beam.seed, source.scorer.vocab_size)
    ids: list[int] = []
    total = 0.0
    logits, state = source.scorer.start()
    for step in range(beam.length):
        staged = pipeline(logits[0], (*source.context, *ids))
        token = int(pick(staged, noise.at(step)))
        total += float(log_softmax(logits[0])[token])
        ids.append(token)
        if token in beam.stops or step == beam.length - 1:
            break
        logits, state = source.scorer.extend(state, np.array([0]), np.array([token]))
    return Path(tuple(ids), total)


def verdict(steps: Sequence[BeamStep], greedy: Path, finished: Sequence[Hypothesis]) -> str:
    """How the best text of the search compares with greedy's, and why it may be the worse one."""
    if not finished:
        return "The search found no text."
    best = max(finished, key=lambda h: sum(h.logprobs))
    gain = sum(best.logprobs) - greedy.total
    if best.ids == greedy.ids:
        return "The likeliest text of the search is greedy's own."
    if len(best.ids) != len(greedy.ids):
        return "The texts are of different length: a longer text always has the lower sum."
    if gain >= 0:
        return f"The search's best text is {gain:.2f} nats likelier than greedy's, {np.exp(gain):.1f} times as likely."
    lost = pruned_at(steps, greedy)
    where = f" at step {lost + 1}, where other beginnings looked better" if lost is not None else ""
    return (
        f"Greedy's text is {-gain:.2f} nats likelier than the search's best: its path was pruned{where}. "
        "Beam search is no guarantee of the likeliest text."
    )


def pruned_at(steps: Sequence[BeamStep], greedy: Path) -> int | None:
    """The first step after which greedy's beginning was no longer followed."""
    for step in steps:
        followed = {h.ids for h in (*step.running, *step.finished)}
        if greedy.ids[: step.index + 1] not in followed:
            return step.index
    return None


def without_effect(decode: DecodeSettings, beam: BeamSettings) -> str:
    """Which settings of the sidebar this search does not heed."""
    names = [name.replace("_", "-") for name in ignored(decode, beam)]
    if not names:
        return ""
    return f"Beam search takes the best candidates: {', '.join(names)} {'have' if len(names) > 1 else 'has'} no effect here; beam sampling heeds all."
