"""The texts of temperature chaos on one line each, cut where they start to differ from the one above."""

from __future__ import annotations

from dataclasses import dataclass

from textgen.decoding.stream import NO_TOKEN
from textgen.experiments.chaos.rows import Chaos
from textgen.models.folder import Model
from textgen.text.tokenizer import visible

END = "∎"  # where a text ends by itself


@dataclass(frozen=True, slots=True)
class Cut:
    """A row's text in three; the first row is all rest, one that never differs is all shared."""

    shared: str  # what the row above begins with, too; the space before a word that differs
    token: str  # the first token that differs, its blanks as signs
    rest: str


def cut(model: Model, chaos: Chaos, row: int) -> Cut:
    """A row's text."""
    tokens, at = pieces(model, chaos, row), chaos.divergences[row]
    if row == 0:
        return Cut("", "", "".join(tokens))
    if at is None:
        return Cut("".join(tokens), "", "")
    word = tokens[at].lstrip(" ")
    gap = " " * (len(tokens[at]) - len(word)) if word else ""
    return Cut("".join(tokens[:at]) + gap, word or visible(tokens[at]), "".join(tokens[at + 1 :]))


def pieces(model: Model, chaos: Chaos, row: int) -> list[str]:
    """What each token of a row adds to its text; a text that has ended ends with its sign."""
    ids = chaos.ids[row].tolist()
    written = [one_line(piece) for piece in model.parts(ids, chaos.prompt)]
    ended = any(token in model.stops for token in ids if token != NO_TOKEN)
    return [*written, END] if ended else written


def one_line(piece: str) -> str:
    """A piece of text as part of a line: spaces as they are, all else that is blank as a sign."""
    return "".join(" " if char == " " else visible(char) for char in piece)
