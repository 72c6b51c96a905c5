"""What the page asks of the writer: texts to begin, to go on with, or to take another way.

The server keeps nothing between two requests. The page holds the record of a run (model, prompt, seed,
settings and ids of every text) and sends it back; all of it is checked as if a stranger had sent it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from textgen.errors import SettingError, TextError, out_of_range, shorten
from textgen.settings import DecodeSettings, check_seed, check_whole

if TYPE_CHECKING:
    from textgen.models.folder import Model

MAX_PANES = 4
MAX_LENGTH = 5_000  # tokens in a pane
MAX_WIDTH = 8  # hypotheses of a beam search
MAX_SEARCHED = 1_000  # tokens that one beam search may write
STRATEGIES = {"sampling": "Sampling", "greedy": "Greedy", "beam": "Beam", "beam_sampling": "Beam sampling"}
GO_ON = "write a text from the page first"


@dataclass(frozen=True, slots=True)
class Text:
    """One text: its settings and what it holds so far."""

    settings: DecodeSettings
    ids: tuple[int, ...] = ()  # (n,) tokens written so far
    pick: int | None = None  # a token chosen by hand, which comes next
    width: int = 0  # hypotheses of a beam search; 0: drawn token by token
    draws: bool = False  # whether that search draws its candidates

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


def new_run(model: Model, prompt: Any, seed: int, base: DecodeSettings, asked: Mapping[str, Any]) -> Run:
    """The run that "Write" asks for: `panes` change the sidebar's settings, `length` is the goal.

    Raises SettingError and TextError.
    """
    panes = [checked_object("a pane", pane) for pane in checked_list("panes", asked.get("panes"))]
    goal = check_whole("length", asked.get("length"), 1, MAX_LENGTH, "Continue writes more")
    texts = tuple(with_strategy(Text(pane_settings(base, pane)), pane) for pane in panes)
    return checked_run(Run(model, prompt, check_seed(seed), texts, goal))


def recorded_run(model: Model, record: Mapping[str, Any]) -> Run:
    """The run that "Continue" or a branch asks for. Raises SettingError and TextError."""
    texts = tuple(recorded_text(text, model) for text in checked_list("texts", record.get("texts")))
    goal = check_whole(
        "length", record.get("goal"), 1, MAX_LENGTH, "put the end of the text into the context"
    )
    longest = max(text.length for text in texts)
    if all(text.pick is None and model.ended(text.ids) for text in texts):
        raise TextError("every text has ended, so there is nothing to go on with; Write begins anew")
    if longest > goal or not any(unfinished(text, model, goal) for text in texts):
        raise out_of_range("length", f"more than the {longest:,} tokens that there are", goal, "ask for more")
    return checked_run(Run(model, record.get("prompt", ""), check_seed(record.get("seed")), texts, goal))


def unfinished(text: Text, model: Model, goal: int) -> bool:
    """Whether there is a token to come."""
    return text.pick is not None or (text.length < goal and not model.ended(text.ids))


def checked_run(run: Run) -> Run:
    """The run, unless one of its searches would be too long. Raises SettingError."""
    for text in run.texts:
        if text.width and run.goal - text.length > MAX_SEARCHED:
            legal = f"at most {MAX_SEARCHED:,} tokens more for a beam search"
            raise out_of_range("length", legal, run.goal, "Continue searches on")
    return run


def pane_settings(base: DecodeSettings, pane: Mapping[str, Any]) -> DecodeSettings:
    """The sidebar's settings with a pane's own. Raises SettingError."""
    changes = checked_object("a pane's changes", pane.get("changes", {}))
    return DecodeSettings.from_dict({**base.to_dict(), **changes, "temperature": pane.get("temperature")})


def with_strategy(text: Text, pane: Mapping[str, Any]) -> Text:
    """The text, to be written by the pane's strategy; greedy is temperature 0. Raises SettingError."""
    strategy = pane.get("strategy", "sampling")
    if not isinstance(strategy, str) or strategy not in STRATEGIES:
        raise out_of_range(
            "strategy", f"one of {', '.join(STRATEGIES)}", strategy, "sampling draws each token"
        )
    if strategy == "greedy":
        return replace(text, settings=text.settings.at(0))
    if strategy == "sampling":
        return text
    width = check_whole("beam width", pane.get("width"), 1, MAX_WIDTH, "1 is greedy")
    return replace(text, width=width, draws=strategy == "beam_sampling")


def recorded_text(text: Any, model: Model) -> Text:
    """One text of a record. Raises SettingError and TextError."""
    text = checked_object("a text", text)
    settings = DecodeSettings.from_dict(checked_object("a text's settings", text.get("settings")))
    pick = text.get("pick")
    if pick is not None:
        pick = checked_pick(pick, model, "choose one of the alternatives")
    return with_strategy(Text(settings, checked_ids(text.get("ids"), model), pick), text)


def checked_pick(token: Any, model: Model, way_out: str) -> int:
    """A token chosen by hand. Raises SettingError for what is none, or is never written."""
    pick = check_whole("token", token, 0, model.net.vocab_size - 1, way_out)
    if pick in model.muted:
        raise out_of_range("token", "one that can be written", model.labels[pick], way_out)
    return pick


def checked_ids(ids: Any, model: Model) -> tuple[int, ...]:
    """The tokens that a text holds. Raises TextError."""
    vocab_size = model.net.vocab_size
    if not isinstance(ids, list) or len(ids) > MAX_LENGTH:
        raise TextError(f"a text's ids must be a list of at most {MAX_LENGTH:,}, got {shorten(ids)}; {GO_ON}")
    if not all(type(token) is int and 0 <= token < vocab_size for token in ids):
        raise TextError(f"a text's ids must be from 0 to {vocab_size - 1}, got {shorten(ids)}; {GO_ON}")
    if not model.muted.isdisjoint(ids):
        raise TextError(f"a text's ids must be tokens that can be written, got {shorten(ids)}; {GO_ON}")
    return tuple(ids)


def checked_list(name: str, value: Any) -> Sequence[Any]:
    """One to four of something. Raises SettingError."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_PANES:
        raise SettingError(f"{name} must be a list of 1 to {MAX_PANES}, got {shorten(value)}; {GO_ON}")
    return value


def checked_object(name: str, value: Any) -> Mapping[str, Any]:
    """A JSON object. Raises SettingError."""
    if not isinstance(value, dict):
        raise SettingError(f"{name} must be an object, got {shorten(value)}; {GO_ON}")
    return value


def phases(lengths: Sequence[int], goal: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
    """Who writes from which length to which: lengths (B,) → (rows, start, end) in turn.

    Texts of one batch have one length, so the shorter ones catch up first.
    """
    marks = [*sorted({length for length in lengths if length < goal}), goal]
    for start, end in pairwise(marks):
        yield tuple(row for row, length in enumerate(lengths) if length <= start), start, end
