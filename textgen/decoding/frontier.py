"""What one step of beam search weighs: texts that share their beginnings, and their continuations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textgen.records import BeamStep, Floats, Hypothesis, Ints


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

    def line(self) -> list[Node]:
        """The nodes from the first token to this one."""
        nodes, node = [], self
        while node.before is not None:
            nodes.append(node)
            node = node.before
        return nodes[::-1]


PROMPT = Node(before=None, id=-1, logprob=0.0, running_logprob=0.0, total=0.0, place=-1)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The C candidates of one step, best or first drawn first."""

    running: tuple[Node, ...]  # (B,) the texts that they extend
    rows: Ints  # (C,) which of them
    ids: Ints  # (C,)
    logprobs: Floats  # (C,) as the model learned them
    totals: Floats  # (C,)

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
