"""What the page asks of the writer: texts to begin, to go on with, or to lead another way.

The server keeps nothing between two requests. The page holds the record of a run (model, prompt, seed,
settings and ids of every text) and sends it back; all of it is checked as if a stranger had sent it.

    {"model": "names-gpt", "prompt": "Ma", "seed": "5", "goal": 30,
     "texts": [{"settings": {"temperature": 0.5}, "strategy": "sampling", "ids": [3, 1], "pick": 7}]}
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from textgen import __version__
from textgen.errors import TextError, out_of_range, shorten
from textgen.experiments.requests import TextSpec
from textgen.experiments.requests.base import reading
from textgen.settings import Strategy
from textgen.text.context import read_context
from textgen.validation import as_list, as_object, as_text, check_whole

if TYPE_CHECKING:
    from textgen.models.folder import Model

MAX_PANES = 4
MAX_LENGTH = 5_000  # tokens in a pane
MAX_WIDTH = 8  # hypotheses of a beam search
MAX_SEARCHED = 1_000  # tokens that one beam search may write
GO_ON = "write a text from the page first"
LONGER = "to go on after that, put the end of the text into the context"


@dataclass(frozen=True, slots=True)
class Text:
    """One text: how it is written and what it holds so far."""

    strategy: Strategy
    ids: tuple[int, ...] = ()  # (n,) tokens written so far
    pick: int | None = None  # a token chosen by hand, which comes next

    @property
    def length(self) -> int:
        """Tokens that it holds, the one chosen by hand included."""
        return len(self.ids) + (self.pick is not None)


@dataclass(frozen=True, slots=True)
class Run:
    """Texts written side by side from one prompt with one seed."""

    model: Model
    prompt: str
    seed: int
    texts: tuple[Text, ...]
    goal: int  # tokens that each text is to hold

    @property
    def cost(self) -> int:
        """Tokens to read and to write at most, those of all hypotheses."""
        held = sum(reading(self.prompt) + text.length for text in self.texts)
        written = (max(0, self.goal - text.length) * max(text.strategy.beams, 1) for text in self.texts)
        return held + sum(written)


def run_from(model: Model, seed: int, data: Mapping[str, Any]) -> Run:
    """The run that the page asks for, anew or from its record. Raises SettingError and TextError."""
    texts = tuple(text_from(text, model) for text in as_list("texts", data.get("texts"), 1, MAX_PANES))
    goal = check_whole("length", data.get("goal"), 1, MAX_LENGTH, LONGER)
    check_unfinished(texts, model, goal)
    check_searches(texts, goal)
    return Run(model, as_text("the context", data.get("prompt", "")), seed, texts, goal)


def text_from(data: Any, model: Model) -> Text:
    """One text of a run. Raises SettingError and TextError."""
    given = dict(as_object("a text", data))
    ids, pick = checked_ids(given.pop("ids", []), model), given.pop("pick", None)
    if pick is not None:
        pick = checked_pick(pick, model, "choose one of the alternatives")
    spec = TextSpec.from_json({**given, "length": len(ids)})
    if spec.searched:
        check_whole("beam width", spec.width, 1, MAX_WIDTH, "1 is greedy")
    return Text(spec.decoding, ids, pick)


def check_unfinished(texts: Sequence[Text], model: Model, goal: int) -> None:
    """Raises SettingError and TextError where there is nothing to write."""
    longest = max(text.length for text in texts)
    if all(text.pick is None and model.ended(text.ids) for text in texts):
        raise TextError("every text has ended, so there is nothing to go on with; Write begins anew")
    if longest > goal or not any(unfinished(text, model, goal) for text in texts):
        raise out_of_range("length", f"more than the {longest:,} tokens that there are", goal, "ask for more")


def unfinished(text: Text, model: Model, goal: int) -> bool:
    """Whether there is a token to come."""
    return text.pick is not None or (text.length < goal and not model.ended(text.ids))


def check_searches(texts: Sequence[Text], goal: int) -> None:
    """Raises SettingError where one of the searches would be too long."""
    for text in texts:
        if text.strategy.beams and goal - text.length > MAX_SEARCHED:
            legal = f"at most {MAX_SEARCHED:,} tokens more for a beam search"
            raise out_of_range("length", legal, goal, "Continue searches on")


def checked_pick(token: Any, model: Model, hint: str) -> int:
    """A token chosen by hand. Raises SettingError for an id that is unknown or suppressed."""
    pick = check_whole("token", token, 0, model.net.vocab_size - 1, hint)
    if pick in model.suppressed:
        raise out_of_range("token", "one that can be written", model.labels[pick], hint)
    return pick


def checked_ids(ids: Any, model: Model) -> tuple[int, ...]:
    """The tokens that a text holds. Raises TextError."""
    vocab_size = model.net.vocab_size
    if not isinstance(ids, list) or len(ids) > MAX_LENGTH:
        raise TextError(f"a text's ids must be a list of at most {MAX_LENGTH:,}, got {shorten(ids)}; {GO_ON}")
    if not all(type(token) is int and 0 <= token < vocab_size for token in ids):
        raise TextError(f"a text's ids must be from 0 to {vocab_size - 1}, got {shorten(ids)}; {GO_ON}")
    if not model.suppressed.isdisjoint(ids):
        raise TextError(f"a text's ids must be tokens that can be written, got {shorten(ids)}; {GO_ON}")
    return tuple(ids)


def phases(lengths: Sequence[int], goal: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Who writes from which length to which: lengths (B,) → (rows, start, end) in turn.

    Texts of one batch have one length, so the shorter ones catch up first.
    """
    marks = [*sorted({length for length in lengths if length < goal}), goal]
    for start, end in pairwise(marks):
        yield tuple(row for row, length in enumerate(lengths) if length <= start), start, end


# ---- what the page learns of a run before its first token


def facts(run: Run, weights_sha256: str, now: datetime) -> dict[str, Any]:
    """All that it takes to write a run again, and how its texts begin and end.

    `tight`, of words alone, says that no space follows the prompt; `stops` are the tokens at which a text
    ends, if there are any. The seed is digits: the page's numbers are doubles.
    """
    model, prompt = run.model, run.prompt
    facts: dict[str, Any] = {
        "model": model.name,
        "weights_sha256": weights_sha256,
        "version": __version__,
        "time": now.isoformat(timespec="seconds"),
        "prompt": prompt,
        "note": read_context(model, prompt).note,
        "seed": str(run.seed),
        "goal": run.goal,
        "settings": [text.strategy.settings.to_dict() for text in run.texts],
        "vocabulary": vocabulary_key(model),
    }
    if model.stops:
        facts["stops"] = sorted(model.stops)
    if model.tokenizer.level == "word":
        facts["tight"] = model.tokenizer.tight_end(prompt)
    return facts


def vocabulary_key(model: Model) -> str:
    """A short name for the tokens of a model."""
    return hashlib.sha256("\0".join((*model.tokenizer.pieces, *model.labels)).encode()).hexdigest()[:16]


def vocabulary(model: Model) -> dict[str, Any]:
    """The tokens' names. `spaces`, of words alone, has a digit a token: 1 = no space before it, 2 = none
    after it, 3 = neither; `bytes`, of subwords alone, what those say that are no whole characters.
    """
    tokenizer = model.tokenizer
    names: dict[str, Any] = {"texts": tokenizer.texts, "labels": model.labels}
    if tokenizer.level == "word":
        tight = zip(tokenizer.tight_before, tokenizer.tight_after, strict=True)
        names["spaces"] = "".join(str(before + 2 * after) for before, after in tight)
    if parts := tokenizer.partial:
        names["bytes"] = {token: list(said) for token, said in parts.items()}
    return names
