"""The Generate tab without a browser: the sidebar's values, and what the page adds up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from textgen import api
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.generate.tab import Room
from textgen.ui.server.laboratory import Laboratory

PROMPT = "The cab"
FRESH = 77  # what the page's source of seeds gives
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TEMPERATURES = (0, 0.5, 1, 1.5)
Message = dict[str, Any]


class Lab:
    """The sidebar and the tab, driven as the page drives them."""

    def __init__(self, registry: Registry, seconds: Callable[[], float] | None = None) -> None:
        clock = seconds or (lambda: 0.0)
        self.room = Room(Laboratory(registry, new_seed=lambda: FRESH, now=lambda: NOON, clock=clock))
        self.model: Any = "tiny"
        self.prompt: Any = PROMPT
        self.seed: Any = "5"
        self.settings = DecodeSettings()

    def write(self, **data: Any) -> list[Message]:
        """All messages that one "Write" brings."""
        texts = [self.text(temperature) for temperature in TEMPERATURES]
        return list(self.room.write({**self.head(), "texts": texts, "goal": 30, **data}))

    def go_on(self, texts: list[dict[str, Any]], goal: Any = 30, **data: Any) -> list[Message]:
        """All messages that one "Continue" or another way brings."""
        return list(self.room.write({**self.head(), "texts": texts, "goal": goal, **data}))

    def head(self) -> dict[str, Any]:
        return {"model": self.model, "prompt": self.prompt, "seed": self.seed, "vocabulary": ""}

    def text(self, temperature: Any, stages: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """What the page sends of a text that begins: the sidebar's settings with a pane's own."""
        own = {**self.settings.to_dict(), **(stages or {}), "temperature": temperature}
        return {"settings": own, "ids": [], **more}


def held(ids: Iterable[int], settings: DecodeSettings | None = None, **more: Any) -> dict[str, Any]:
    """What the page sends of a text that holds some tokens."""
    return {"settings": (settings or DecodeSettings()).to_dict(), "ids": [int(i) for i in ids], **more}


def lines(messages: list[Message]) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Every line with its numbers: reals (n, B, 2), whole (n, B, 2 + 2A)."""
    for line in "".join(message["lines"] for message in messages).splitlines():
        fields = json.loads(line)
        shape = (fields["n"], len(fields["rows"]), -1)
        kind = "<u4" if fields["wide"] else "<u2"
        reals = np.frombuffer(base64.b64decode(fields["reals"]), "<f4").reshape(shape)
        yield fields, reals, np.frombuffer(base64.b64decode(fields["whole"]), kind).reshape(shape)


def written(messages: list[Message]) -> list[list[int]]:
    """The ids that each text got, as the page adds them up."""
    texts: dict[int, list[int]] = {}
    for fields, _, whole in lines(messages):
        for column, row in enumerate(fields["rows"]):
            texts.setdefault(row, []).extend(int(token) for token in whole[:, column, 0])
    return [texts.get(row, []) for row in range(max(texts) + 1)]


def head(messages: list[Message]) -> dict[str, Any]:
    return json.loads(messages[0]["head"])


def generated(model: Model, settings: DecodeSettings, length: int = 30, seed: int = 5) -> list[int]:
    """What the library writes."""
    return list(api.generate(model, PROMPT, settings=settings, seed=seed, length=length).ids)
