"""Beam search that can be watched: after every step, everything it considered.

The rules are those of Hugging Face transformers 5.15.1 (`generation/utils.py`, `_beam_search`):

1. A step's ln p go through the stages and are added to the running total.
2. The max(2, 1 + stops) · width best of all continuations are candidates; sampling draws them instead,
   without replacement, in proportion to e^total; of two beams or more each truncation keeps
   max(2, 1 + stops) tokens, so that they cannot collapse into one text.
3. Those among the first `width` that end (on a stop or at the length) have finished; of the others
   the best `width` go on.
4. The best `width` ever finished stay, by score = total / n^length_penalty, n with the stop and
   without the prompt.
5. It ends at the length, or with `width` finished: at once (early stopping True), or when the best
   running one, at its present length (False) or at the full length where that flatters it
   ("never"), could not overtake the worst finished.

Where transformers fills up with continuations of probability 0, nothing is considered here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch

from textgen.decoding.picking import GumbelNoise, pick
from textgen.decoding.pipeline import Pipeline
from textgen.decoding.reading import Read
from textgen.decoding.stream import advance, read
from textgen.history import History
from textgen.nets.base import LanguageModel
from textgen.records import BeamStep, Floats, Hypothesis, Ints
from textgen.settings import BeamSettings, DecodeSettings
from textgen.stages import STAGES, log_softmax

# So many times `width` candidates are recorded, though fewer can be chosen: the rest show what lost.
SHOWN = 4
ONLY = np.zeros(1, dtype=np.int64)  # the row of the one text


class Scorer(Protocol):
    """Scores the tokens that may follow each of B texts; B and their order may change every step."""

    @property
    def vocab_size(self) -> int: ...

    def start(self) -> tuple[Floats, Any]:
        """Logits (1, V) after the context alone, and a state for `extend`."""
        ...

    def extend(self, state: Any, rows: Ints, ids: Ints) -> tuple[Floats, Any]:
        """Texts rows (B,) of those before, each longer by ids (B,) → logits (B, V), state."""
        ...


class NetScorer:
    """A net after a context of T ≥ 1 ids, which somebody may have read already."""

    def __init__(self, net: LanguageModel, context: Sequence[int], known: Read | None = None) -> None:
        self.net, self.context, self.known = net, tuple(context), known

    @property
    def vocab_size(self) -> int:
        return self.net.vocab_size

    def start(self) -> tuple[Floats, Any]:
        if self.known is not None:
            return self.known.in_double()
        return read(self.net, [self.context])

    def extend(self, state: Any, rows: Ints, ids: Ints) -> tuple[Floats, Any]:
        with torch.inference_mode():
            chosen = self.net.select(state, torch.from_numpy(rows))
        return advance(self.net, ids, chosen)


@dataclass(frozen=True, slots=True)
class Node:
    """A text as its last token and the text before it, so that growing copies nothing."""

    before: Node | None
    id: int
    logprob: float  # of this token, as the model learned it
    running_logprob: float  # of the text
    total: float  # what the search compares
    place: int  # among the candidates of its step; −1: the prompt
    length: int = 0
    bits: float = 0.0  # Σ of the surprisal with which its tokens were picked, where a stage asks

    def line(self) -> list[Node]:
        """The nodes from the first token to this one."""
        nodes, node = [], self
        while node.before is not None:
            nodes.append(node)
            node = node.before
        return nodes[::-1]


EMPTY = Hypothesis(ids=(), logprobs=(), total=0.0, score=0.0, stopped=False, path=())
PROMPT = Node(before=None, id=-1, logprob=0.0, running_logprob=0.0, total=0.0, place=-1)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The C candidates of one step, best or first drawn first."""

    running: tuple[Node, ...]  # (B,) the texts that they extend
    rows: Ints  # (C,) which of them
    ids: Ints  # (C,)
    logprobs: Floats  # (C,) as the model learned them
    totals: Floats  # (C,)
    bits: Floats  # (C,) of each token where a stage asks, else 0

    def node(self, place: int) -> Node:
        """The text that the candidate at this place is."""
        before, logprob = self.running[self.rows[place]], float(self.logprobs[place])
        return Node(
            before=before,
            id=int(self.ids[place]),
            logprob=logprob,
            running_logprob=before.running_logprob + logprob,
            total=float(self.totals[place]),
            place=place,
            length=before.length + 1,
            bits=before.bits + float(self.bits[place]),
        )


def record(
    index: int, frontier: Frontier, fates: tuple[str, ...], finished: tuple[Hypothesis, ...], done: str
) -> BeamStep:
    before = [frontier.running[row] for row in frontier.rows]
    return BeamStep(
        index=index,
        parents=np.array([node.place for node in before], dtype=np.int64),
        ids=frontier.ids,
        logprobs=frontier.logprobs,
        running_logprobs=np.array([node.running_logprob for node in before]) + frontier.logprobs,
        totals=frontier.totals,
        fates=fates,
        finished=finished,
        done=done,
    )


def fates(count: int, finishing: Ints, going: Ints) -> tuple[str, ...]:
    names = ["pruned"] * count
    for place in finishing:
        names[place] = "finished"
    for place in going:
        names[place] = "kept"
    return tuple(names)


def beam_search(
    scorer: Scorer,
    settings: BeamSettings,
    decode: DecodeSettings | None = None,
    context: Sequence[int] = (),
) -> Iterator[BeamStep]:
    """Yield one BeamStep for each token, the last one with `done` and the final ranking.

    `context` are the ids that the stages read before what is written; a `History` says how many of them
    were written, too. Which settings of `decode`
    apply, and which do not, say `heeded` and `ignored`.
    """
    search = Search(scorer.vocab_size, settings, decode or DecodeSettings(), context)
    logits, state = scorer.start()
    running, finished = (PROMPT,), ()
    for index in range(settings.length):
        frontier = search.consider(index, logits, running)
        finishing, going = search.choose(index, frontier)
        running = tuple(frontier.node(place) for place in going)
        new = tuple(search.finish(frontier.node(place)) for place in finishing)
        finished = rank((*finished, *new))[: settings.width]
        done = why_done(index, running, finished, settings)
        yield record(index, frontier, fates(len(frontier.ids), finishing, going), finished, done)
        if done:
            return
        logits, state = scorer.extend(state, frontier.rows[going], frontier.ids[going])


def best_text(
    net: LanguageModel, context: Sequence[int], settings: BeamSettings, decode: DecodeSettings | None = None
) -> Hypothesis:
    """The best text that a search finds after a context of T ≥ 1 ids; an empty one where there is none.

    There is none where the stages remove every token at the first step.
    """
    *_, last = beam_search(NetScorer(net, context), settings, decode, context)
    return best_of(last)


def best_of(last: BeamStep) -> Hypothesis:
    """The best text of a search's last step."""
    return last.finished[0] if last.finished else EMPTY


class Search:
    """What stays the same from step to step."""

    def __init__(
        self, vocab_size: int, settings: BeamSettings, decode: DecodeSettings, context: Sequence[int]
    ) -> None:
        self.settings, self.context = settings, tuple(context)
        self.written = context.written if isinstance(context, History) else 0
        self.draws = draws(settings, decode)
        self.pipeline = Pipeline(heeded(decode, settings), least=least_kept(settings, decode))
        self.noise = GumbelNoise(settings.seed, settings.width * vocab_size)
        self.candidates = max(2, 1 + len(settings.stops)) * settings.width

    def consider(self, index: int, logits: Floats, running: tuple[Node, ...]) -> Frontier:
        """Raw logits (B, V) after each running text → the best continuations of all."""
        logs = log_softmax(logits)
        staged = self.pipeline.each(logs, self.texts(running))
        totals = (staged + np.array([node.total for node in running])[:, None]).ravel()
        # The largest of totals + Gumbel noise are a draw without replacement (Kool et al. 2019).
        ranked = totals + self.noise.at(index)[: totals.size] if self.draws else totals
        best = largest(ranked, max(self.candidates, SHOWN * self.settings.width))
        rows, ids = np.divmod(best, logits.shape[1])
        bits = np.zeros(len(best))
        if self.pipeline.reads_surprisal:
            bits = -log_softmax(staged)[rows, ids] / np.log(2)
        return Frontier(running, rows, ids, logs[rows, ids], totals[best], bits)

    def texts(self, running: Sequence[Node]) -> list[History]:
        """Each text, if any stage reads them."""
        return [self.text(last) for last in running] if self.pipeline.reads_history else []

    def text(self, last: Node) -> History:
        ids = (*self.context, *(node.id for node in last.line()))
        picked = {"picks": last.length, "bits": last.bits}
        return History(ids, written=self.written + last.length, stops=self.settings.stops, **picked)

    def choose(self, index: int, frontier: Frontier) -> tuple[Ints, Ints]:
        """The places of the candidates that finish, and of those that go on, best first."""
        ends = np.isin(frontier.ids, self.settings.stops) | (index == self.settings.length - 1)
        finishing = np.flatnonzero(ends[: self.settings.width])
        going = np.flatnonzero(~ends[: self.candidates])
        order = np.argsort(-frontier.totals[going], kind="stable")
        return finishing, going[order[: self.settings.width]]

    def finish(self, last: Node) -> Hypothesis:
        nodes = last.line()
        return Hypothesis(
            ids=tuple(node.id for node in nodes),
            logprobs=tuple(node.logprob for node in nodes),
            total=last.total,
            score=score(last.total, last.length, self.settings.length_penalty),
            stopped=last.id in self.settings.stops,
            path=tuple(node.place for node in nodes),
        )


def heeded(decode: DecodeSettings, settings: BeamSettings) -> DecodeSettings:
    """The settings that this search heeds, all others neutral.

    Taking the best, only what looks at tokens matters, not at how likely they are (transformers:
    processors, not warpers). Drawing, all do; T = 0 is the limit of drawing at
    low T, which is taking the best.
    """
    neutral = {name: STAGES[name].neutral for name in ignored(decode, settings)}
    return replace(decode, **neutral)


def ignored(decode: DecodeSettings, settings: BeamSettings) -> tuple[str, ...]:
    """The names of the stages that are on but that this search does not heed."""
    if draws(settings, decode):
        return ()
    return tuple(name for name in decode.active() if not STAGES[name].processor)


def least_kept(settings: BeamSettings, decode: DecodeSettings) -> int:
    """How many tokens each truncation of a search keeps at least, as `min_tokens_to_keep` of transformers."""
    if settings.width == 1 or not draws(settings, decode) or decode.beams_may_collapse:
        return 1
    return max(2, 1 + len(settings.stops))


def draws(settings: BeamSettings, decode: DecodeSettings) -> bool:
    return settings.sampling and decode.temperature != 0


def largest(values: Floats, n: int) -> Ints:
    """Places of the n largest values (N,) above −inf, largest first, the lowest place first on ties."""
    n = min(n, int((values > -np.inf).sum()))
    if n == 0:
        return np.empty(0, dtype=np.int64)
    least = np.partition(values, len(values) - n)[len(values) - n]
    among = np.flatnonzero(values >= least)
    return among[np.argsort(-values[among], kind="stable")[:n]]


def score(total: float, length: int, length_penalty: float) -> float:
    """total / n^length_penalty (Wu et al. 2016, in the form transformers uses)."""
    return total / length**length_penalty


def rank(hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Best score first, the earlier first on ties."""
    return tuple(sorted(hypotheses, key=lambda hypothesis: -hypothesis.score))


def ranking(hypotheses: Sequence[Hypothesis], length_penalty: float) -> tuple[Hypothesis, ...]:
    """Hypotheses scored again under another length penalty, best first, the earlier first on ties."""
    return rank([replace(h, score=score(h.total, len(h.ids), length_penalty)) for h in hypotheses])


def why_done(
    index: int, running: Sequence[Node], finished: Sequence[Hypothesis], settings: BeamSettings
) -> str:
    """Why the search ends after this step, one of BEAM_ENDS; "" when it goes on."""
    if index == settings.length - 1:
        return "length"
    if not running:
        return "nothing left"
    if len(finished) < settings.width:
        return ""
    if settings.early_stopping is True:
        return "enough"
    hopeful = settings.early_stopping == "never" and settings.length_penalty > 0
    length = settings.length if hopeful else index + 1
    best = score(running[0].total, length, settings.length_penalty)
    return "" if best > finished[-1].score else "no better"


def single_path(
    scorer: Scorer, settings: BeamSettings, decode: DecodeSettings, context: Sequence[int] = ()
) -> Hypothesis:
    """The text that `generate` writes with these settings and `settings.seed`, scored as a hypothesis.

    Its total is Σ ln p as the model learned it. Ends on a stop or at the length; T = 0 is greedy.
    `path` is empty: its tokens are no candidates.
    """
    pipeline, noise = Pipeline(decode), GumbelNoise(settings.seed, scorer.vocab_size)
    history, logprobs = History(context, stops=settings.stops), []
    logits, state = scorer.start()
    for index in range(settings.length):
        staged = pipeline(logits[0], history)
        token = int(pick(staged, noise.at(index)))
        logprobs.append(float(log_softmax(logits[0])[token]))
        pipeline.write(history, token, staged)
        if token in settings.stops or index == settings.length - 1:
            break
        logits, state = scorer.extend(state, ONLY, np.array([token]))
    total = sum(logprobs)
    return Hypothesis(
        ids=tuple(history[len(context) :]),
        logprobs=tuple(logprobs),
        total=total,
        score=total / len(logprobs) ** settings.length_penalty,
        stopped=history[-1] in settings.stops,
        path=(),
    )
