"""The Generate tab without a browser: the sidebar's values, and what the page adds up."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import gradio as gr
import numpy as np

from textgen import api
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.settings import DecodeSettings
from textgen.ui.generate.tab import Clocks, GenerateTab
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.shell.errors import told
from textgen.ui.shell.sidebar import Controls, build_controls

PROMPT = "The cab"
FRESH = 77  # what the page's source of seeds gives
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
TEMPERATURES = (0, 0.5, 1, 1.5)


class Lab:
    """The sidebar and the tab, driven as the page drives them."""

    def __init__(self, registry: Registry, seconds: Callable[[], float] | None = None) -> None:
        with gr.Blocks():
            self.controls: Controls = build_controls(registry)
            clocks = Clocks(seconds or (lambda: 0.0), lambda: NOON)
            self.tab = GenerateTab(registry, self.controls, lambda: FRESH, clocks)
            self.next_token = NextTokenTab(registry, self.controls, lambda: FRESH)
        self.model, self.context, self.seed, self.locked = "tiny", PROMPT, 5, True
        self.stages: dict[str, Any] = {}

    def write(self, **data: Any) -> list[dict[str, Any]]:
        """All values that one "Write" brings."""
        stages = [self.stages.get(name, part.value) for name, part in self.controls.stages.items()]  # type: ignore[attr-defined]
        sidebar = [self.model, self.context, self.seed, self.locked, *stages, self.controls.order.value]
        asked = {"leg": 3, "panes": [pane(t) for t in TEMPERATURES], "length": 30, "vocabulary": "", **data}
        return list(told(self.tab.write)(gr.EventData(None, asked), *sidebar))

    def go_on(self, texts: list[dict[str, Any]], goal: int = 30, **data: Any) -> list[dict[str, Any]]:
        """All values that one "Continue" or branch brings."""
        record = {
            "model": self.model,
            "prompt": PROMPT,
            "seed": self.seed,
            "leg": 4,
            "texts": texts,
            "goal": goal,
        }
        return list(told(self.tab.go_on)(gr.EventData(None, {**record, **data})))


def pane(temperature: Any, **more: Any) -> dict[str, Any]:
    return {"temperature": temperature, **more}


def text(ids: Iterable[int], settings: DecodeSettings | None = None, **more: Any) -> dict[str, Any]:
    """What the page sends of one text."""
    return {"settings": (settings or DecodeSettings()).to_dict(), "ids": [int(i) for i in ids], **more}


def lines(values: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Every line with its numbers: reals (n, B, 2), whole (n, B, 2 + 2A)."""
    for line in values[-1]["stream"].splitlines():
        fields = json.loads(line)
        shape = (fields["n"], len(fields["rows"]), -1)
        reals = np.frombuffer(base64.b64decode(fields["reals"]), "<f4").reshape(shape)
        whole = np.frombuffer(base64.b64decode(fields["whole"]), "<u4" if fields["wide"] else "<u2").reshape(
            shape
        )
        yield fields, reals, whole


def written(values: list[dict[str, Any]]) -> list[list[int]]:
    """The ids that each text got, as the page adds them up."""
    texts: dict[int, list[int]] = {}
    for fields, _, whole in lines(values):
        for column, row in enumerate(fields["rows"]):
            texts.setdefault(row, []).extend(int(token) for token in whole[:, column, 0])
    return [texts.get(row, []) for row in range(max(texts) + 1)]


def head(values: list[dict[str, Any]]) -> dict[str, Any]:
    return json.loads(values[0]["head"])


def generated(model: Model, settings: DecodeSettings, length: int = 30, seed: int = 5) -> list[int]:
    """What the library writes."""
    return list(api.generate(model, PROMPT, settings=settings, seed=seed, length=length).ids)
