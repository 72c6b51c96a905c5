"""A context as a model reads it, with notes on what of it the model does not know or see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textgen.errors import TextError, shorten
from textgen.records import Encoded
from textgen.text.tokenizer import Level, TextTokenizer, visible

if TYPE_CHECKING:
    from textgen.models.folder import Model

MAX_CONTEXT = 20_000  # characters
UNITS: Mapping[Level, str] = {"char": "characters", "word": "words and signs", "subword": "subwords"}
NAMED_UNKNOWN = 10  # unknown pieces spelled out in a note


@dataclass(frozen=True, slots=True)
class Context:
    """A text as a model starts from it."""

    encoded: Encoded  # the text's own tokens
    ids: tuple[int, ...]  # (T,), T ≥ 1: what the model reads; its start where the text has no token
    note: str  # what the reader should know; "" for nothing


def read_context(model: Model, text: str) -> Context:
    """A context as the model reads it; unknown pieces are left out and named in the note.

    A model whose texts begin at BOS reads BOS first, and of the text what stands after its last BOS.
    Raises TextError for a text over 20,000 characters.
    """
    encoded = model.tokenizer.encode(checked(text))
    ids = with_start(model, encoded.ids)
    notes = (
        start_note(model, encoded),
        anew_note(model, encoded),
        sight_note(model, ids),
        space_note(model.tokenizer, text),
        unknown_note(model.tokenizer, encoded.unknown),
    )
    seen = replace(encoded, unseen=unseen(model, encoded, ids))
    return Context(seen, ids, " ".join(note for note in notes if note))


def checked(text: str, name: str = "the context", most: int = MAX_CONTEXT) -> str:
    """The text, or a TextError."""
    if not isinstance(text, str):
        raise TextError(f"{name} must be a text, got {shorten(text)}; an empty one is fine")
    if len(text) > most:
        raise TextError(f"{name} must be at most {most:,} characters, got {len(text):,}; keep its end")
    return text


def with_start(model: Model, ids: Sequence[int]) -> tuple[int, ...]:
    """A context's ids as the model reads them, never none: with BOS first, if the model has one."""
    if model.bos is None:
        return tuple(ids) or model.tokenizer.encode(model.start).ids or (0,)
    last = max((place for place, token in enumerate(ids) if token == model.bos), default=-1)
    return (model.bos, *ids[last + 1 :])


def unseen(model: Model, encoded: Encoded, ids: Sequence[int]) -> int:
    """How many of the context's first pieces lie out of the sight of a model that reads `ids`."""
    known = [place for place, (_, is_known) in enumerate(encoded.pieces) if is_known]
    seen = min(len(ids), model.net.context or len(ids))
    return known[-seen] if seen < len(known) else 0


def start_note(model: Model, encoded: Encoded) -> str:
    """What an empty context means: the model reads its start instead."""
    if encoded.ids:
        return ""
    nothing = "Nothing of the context is known to the model" if encoded.pieces else "The context is empty"
    start = visible(model.start) if model.bos is None else model.labels[model.bos]
    return f"{nothing}: the model reads {start} instead, where its texts begin."


def anew_note(model: Model, encoded: Encoded) -> str:
    """That a context with BOS in it is read from there on."""
    if model.bos is None or model.bos not in encoded.ids[1:]:
        return ""
    return f"The model reads only what stands after the last {visible(model.start)}: each text begins anew."


def sight_note(model: Model, ids: Sequence[int]) -> str:
    """How far back a model sees that cannot see all that it reads."""
    if model.net.context is None or len(ids) <= model.net.context:
        return ""
    unit = UNITS[model.tokenizer.level]
    return f"The model sees only the last {model.net.context:,} {unit} of this."


def space_note(tokenizer: TextTokenizer, text: str) -> str:
    """That a space at the end is read as one that no word follows."""
    if not tokenizer.exact or not text.endswith(" "):
        return ""
    return "The space at the end is a token of its own: leave it out for a word to follow."


def unknown_note(tokenizer: TextTokenizer, unknown: Sequence[str]) -> str:
    """Which pieces were left out."""
    if not unknown:
        return ""
    named = ", ".join(with_nearest(tokenizer, piece) for piece in unknown[:NAMED_UNKNOWN])
    more = f" and {len(unknown) - NAMED_UNKNOWN} more" if len(unknown) > NAMED_UNKNOWN else ""
    return f"Left out, since the model does not know them: {named}{more}."


def with_nearest(tokenizer: TextTokenizer, piece: str) -> str:
    """An unknown piece, and the known words that are most like it."""
    nearest = ", ".join(tokenizer.nearest(piece))
    return shorten(visible(piece), 30) + (f" (nearest: {nearest})" if nearest else "")
