"""What the Beam search tab draws: the columns of the tree, the ranking, and two paths beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from textgen.decoding.beam import Scorer, single_path
from textgen.records import BeamStep, Hypothesis
from textgen.settings import BeamSettings, DecodeSettings

ENDS = {
    "length": "Every text is as long as allowed.",
    "enough": "As many texts as the beam is wide have ended, and early stopping is on.",
    "no better": "No running text could still overtake one that has ended.",
    "nothing left": "The stages removed every token.",
}
TIE = 0.005  # nats: a smaller difference would read 0.00


@dataclass(frozen=True, slots=True)
class Source:
    """What is searched: something that scores, and its tokens."""

    scorer: Scorer
    labels: tuple[str, ...]  # (V,)
    context: tuple[int, ...]  # ids that the stages read before what is written
    between: Callable[[int, int], str] | None = None  # what stands between two tokens, if a model says so
    stops: tuple[int, ...] = ()  # at which its texts end in any case

    def gap(self, left: int, right: int) -> str:
        """What stands between two labels; longer ones than a character are set apart."""
        if self.between is not None:
            return self.between(left, right)
        return "" if all(len(label) == 1 for label in self.labels) else " "

    def joined(self, ids: Sequence[int]) -> str:
        """Tokens as one visible text."""
        gaps = ("", *(self.gap(left, right) for left, right in pairwise(ids)))
        return "".join(gap + self.labels[token] for gap, token in zip(gaps, ids, strict=False))


def beside(source: Source, beam: BeamSettings, decode: DecodeSettings) -> Iterator[Hypothesis]:
    """The texts that stand beside a search: the greedy one, the one that is drawn."""
    for settings in (decode.at(0), decode):
        yield single_path(source.scorer, beam, settings, source.context)


def view_of(source: Source, steps: Sequence[BeamStep], texts: Iterable[Hypothesis]) -> dict[str, Any]:
    """A finished search, and the `texts` beside it → JSON for the component."""
    last, (greedy, sampled) = steps[-1], texts
    return {
        "columns": columns(steps, source),
        "hypotheses": [hypothesis(h, order, source) for order, h in enumerate(last.finished)],
        "greedy": path(greedy, source),
        "sampled": path(sampled, source),
        "verdict": verdict(steps, greedy, last.finished),
        "note": ENDS.get(last.done, ""),
    }


def columns(steps: Sequence[BeamStep], source: Source) -> list[list[dict[str, Any]]]:
    """Every step's candidates."""
    return [column(step, before, source) for before, step in pairwise([None, *steps]) if step]


def column(step: BeamStep, before: BeamStep | None, source: Source) -> list[dict[str, Any]]:
    """One step's candidates, best first; `gap` is what stands between its label and its parent's."""
    return [
        {
            "parent": int(parent),
            "gap": "" if before is None else source.gap(int(before.ids[parent]), int(token)),
            "label": source.labels[token],
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


def hypothesis(finished: Hypothesis, order: int, source: Source) -> dict[str, Any]:
    """A finished text, and where in the columns its last token stands."""
    return {
        "text": source.joined(finished.ids),
        "total": finished.total,
        "length": len(finished.ids),
        "ended": finished.stopped,
        "order": order,
        "end": {"step": len(finished.path) - 1, "row": int(finished.path[-1])},
    }


def path(taken: Hypothesis, source: Source) -> dict[str, Any]:
    return {"text": source.joined(taken.ids), "total": taken.total}


def verdict(steps: Sequence[BeamStep], greedy: Hypothesis, finished: Sequence[Hypothesis]) -> str:
    """How the best text of the search compares with greedy's, and why it may be the worse one."""
    if not finished:
        return "The search found no text."
    best = max(finished, key=lambda h: h.logprob)
    gain = best.logprob - greedy.logprob
    if best.ids == greedy.ids:
        return "The likeliest text of the search is greedy's own."
    if len(best.ids) != len(greedy.ids):
        return "The texts are of different length: a longer text always has the lower sum."
    if abs(gain) < TIE:
        return "The search's best text and greedy's differ, but are equally likely."
    if gain > 0:
        times = np.exp(gain)
        likely = f"{times:.1f}" if times >= 1.95 else f"{times:.2f}"
        return f"The search's best text is {gain:.2f} nats likelier than greedy's, {likely} times as likely."
    lost = pruned_at(steps, greedy)
    where = f" at step {lost + 1}, where other beginnings looked better" if lost is not None else ""
    return (
        f"Greedy's text is {-gain:.2f} nats likelier than the search's best: its path was pruned{where}. "
        "Beam search is no guarantee of the likeliest text."
    )


def pruned_at(steps: Sequence[BeamStep], greedy: Hypothesis) -> int | None:
    """The first step at which greedy's path was not among those kept."""
    place = -1
    for step, token in zip(steps, greedy.ids, strict=False):
        places = np.flatnonzero((step.parents == place) & (step.ids == token))
        if not len(places) or step.fates[places[0]] == "pruned":
            return step.index
        place = int(places[0])
    return None
