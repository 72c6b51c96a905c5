"""Two models that write on from one context, with one seed and the same settings.

The server keeps nothing between two requests: the page holds what was written and sends it back for the
next leg, so a request is short, and who stops asking has stopped the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import tee
from typing import TYPE_CHECKING, Any

from textgen.errors import TextError
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings, check_seed, check_whole
from textgen.ui.generate.runs import checked_ids
from textgen.validation import as_list, as_object

if TYPE_CHECKING:
    from textgen.models.folder import Model

MIN_LENGTH, MAX_LENGTH = 20, 2_000  # characters
LEG = 0.25  # seconds that one request writes
Clock = Callable[[], float]  # seconds, from any start
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Duel:
    """What two models write, and what they have written so far."""

    models: tuple[Model, Model]
    prompt: str
    settings: DecodeSettings
    seed: int
    length: int  # characters that each text is to have
    ids: tuple[Ids, Ids] = ((), ())

    def head(self) -> dict[str, Any]:
        """What the page sends back for the next leg."""
        return {
            "models": [model.name for model in self.models],
            "prompt": self.prompt,
            "settings": self.settings.to_dict(),
            "seed": self.seed,
            "length": self.length,
        }


def recorded_duel(registry: Registry, head: Any, ids: Any) -> Duel:
    """What the page holds → the duel, checked as if a stranger had sent it. Raises TextgenError."""
    head = as_object("the texts' head", head)
    names = pair("models", head.get("models"))
    models = (registry.get(names[0]), registry.get(names[1]))
    written = pair("ids", ids)
    return Duel(
        models=models,
        prompt=checked_prompt(head),
        settings=DecodeSettings.from_dict(dict(as_object("the settings", head.get("settings")))),
        seed=check_seed(head.get("seed")),
        length=checked_length(head.get("length")),
        ids=(checked_ids(written[0], models[0]), checked_ids(written[1], models[1])),
    )


def pair(name: str, value: Any) -> tuple[Any, Any]:
    """Two of something. Raises TextError."""
    found = as_list(name, value, 1, 4)
    if len(found) != 2:
        raise TextError(f"{name} must be 2, got {len(found)}; use the page's own controls")
    return found[0], found[1]


def checked_prompt(head: Mapping[str, Any]) -> str:
    """A text; what it holds is judged where it is read. Raises TextError."""
    prompt = head.get("prompt")
    if not isinstance(prompt, str):
        raise TextError(f"the context must be a text, got {type(prompt).__name__}; an empty one is fine")
    return prompt


def checked_length(length: Any) -> int:
    """Raises SettingError."""
    return check_whole("length", length, MIN_LENGTH, MAX_LENGTH, "300 characters are the default")


def leg(duel: Duel, clock: Clock, seconds: float = LEG) -> list[dict[str, Any]]:
    """Write on for some time, token by token in turn → what each text holds now. Raises TextError."""
    writers = [writer(duel, side) for side in range(2)]
    ids = [list(written) for written in duel.ids]
    going, started = [0, 1], clock()
    while going and clock() - started < seconds:
        for side in tuple(going):
            token = next(writers[side], None)
            if token is None:
                going.remove(side)
            else:
                ids[side].append(token)
    return [text(duel, side, tuple(ids[side]), done=side not in going) for side in range(2)]


def writer(duel: Duel, side: int) -> Iterator[int]:
    """The tokens that one model writes next, until its text is long enough or ends of itself."""
    from textgen import api

    model, ids = duel.models[side], duel.ids[side]
    context = api.read_context(model, duel.prompt).ids  # the prompt is judged before anything is done with it
    before = model.text(ids, duel.prompt)
    characters, left = len(before), duel.length - len(ids)  # every token is a character or more
    if model.ended(ids) or characters >= duel.length or left <= 0:
        return
    steps = api.write(model, [(*context, *ids)], [duel.settings], [duel.seed], left, len(ids))
    tokens, same = tee(int(step.ids[0]) for step in steps)
    for token, part in zip(tokens, model.parts(same, duel.prompt + before), strict=False):
        yield token
        characters += len(part)
        if characters >= duel.length:
            return


def text(duel: Duel, side: int, ids: Ids, done: bool) -> dict[str, Any]:
    """One text: what it goes on from, and what the model wrote."""
    return {"ids": list(ids), "text": duel.models[side].text(ids, duel.prompt), "done": done}
