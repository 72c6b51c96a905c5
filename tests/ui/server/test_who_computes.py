"""Whatever room of the page asks, the scheduler's threads alone compute with the nets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from tests.ui.server.asked import Here, told
from textgen.experiments.metrics.scoring import log_likelihoods
from textgen.experiments.requests.read import ReadRequest
from textgen.models.registry import Registry
from textgen.nets.lstm import LSTM
from textgen.settings import DecodeSettings
from textgen.ui.beam.tab import searched, view_config
from textgen.ui.chaos.tab import ChaosPart
from textgen.ui.classroom.questions import ask_from
from textgen.ui.draws.tab import Counting
from textgen.ui.generate.tab import Room as Generate
from textgen.ui.model.tab import Room as Model
from textgen.ui.next_token.tab import NextTokenTab
from textgen.ui.server.endpoints import Endpoints
from textgen.ui.server.laboratory import Laboratory

SETTINGS = DecodeSettings(temperature=0.9, top_k=7).to_dict()
AT = {"model": "tiny", "context": "bad", "settings": SETTINGS, "seed": "5"}
ADAPTIVE = DecodeSettings(mirostat=3).to_dict()  # it reads again what was written
BEAM = {"settings": SETTINGS, "strategy": "beam", "width": 2}
TEXTS: list[dict[str, Any]] = [
    {"settings": SETTINGS, "ids": [3], "pick": 2},
    {"settings": ADAPTIVE, "ids": [3, 4]},
    {**BEAM, "ids": [1]},
]
CHAOS = {**AT, "prompt": "bad", "low": 0.5, "high": 1.5, "rows": 3, "length": 9}
TEXTS_ASK = {
    "kind": "texts",
    "model": "tiny",
    "context": "bad",
    "t": 1.2,
    "temperatures": [0.5, 2],
    "length": 20,
}
DRAWS = {"temperatures": [1], "drawn": 0, "n": 9, "at": 0, "page": 0}


def asked_of(lab: Laboratory) -> dict[str, Callable[[], Any]]:
    """A question of each kind, by what it is."""
    tab, endpoints, form = NextTokenTab(lab), Endpoints(lab.registry), view_config()["form"]
    return {
        "bars": lambda: tab.look(AT),
        "a token picked by hand": lambda: tab.append({**AT, "id": 3}),
        "a token taken back": lambda: tab.back(AT),
        "a token sampled": lambda: tab.sample({**AT, "step": 0}),
        "draws": lambda: Counting(lab).draw({**AT, **DRAWS}),
        "texts": lambda: list(Generate(lab).write({**AT, "prompt": "bad", "texts": TEXTS, "goal": 12})),
        "a beam search": lambda: searched(lab, {**AT, "form": form}),
        "a picture of chaos": lambda: list(told(ChaosPart(lab).picture(CHAOS))),
        "a flip": lambda: ChaosPart(lab).compare(CHAOS),
        "what a model expects": lambda: Model(lab).expect(AT),
        "two models' texts": lambda: list(Model(lab).write({**AT, "beside": "tiny", "length": 20})),
        "a text that is read": lambda: ReadRequest(model="tiny", text="bad").run(lab.registry),
        "a class's text": lambda: log_likelihoods(lab.registry.get("tiny"), [1], [2, 3], [1.0]),
        "the endpoint next_token": lambda: endpoints.next_token("tiny", "bad"),
        "the endpoint generate": lambda: endpoints.generate("tiny", "bad", length=9),
        "a class's question": lambda: ask_from({**TEXTS_ASK, "seed": 5}).question(lab),
        "the endpoint draw": lambda: endpoints.draw("tiny", "bad"),
    }


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the threads that compute with the net."""
    names: set[str] = set()

    def noted(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def noting(*given: Any) -> Any:
            names.add(threading.current_thread().name)
            return method(*given)

        return noting

    for name in ("unroll", "prefill", "step"):
        monkeypatch.setattr(LSTM, name, noted(getattr(LSTM, name)))
    return names


def test_the_scheduler_computes_for_all_rooms(threads: set[str], models_folder: Any) -> None:
    strangers = {}

    def new() -> Laboratory:
        """One that has read nothing yet."""
        return Laboratory(Registry(models_folder), new_workers=Here)

    for what in asked_of(new()):
        threads.clear()
        asked_of(new())[what]()
        strangers[what] = threads - {"scheduler"}
        assert threads, f"{what} asks the net"
    assert not any(strangers.values()), strangers
