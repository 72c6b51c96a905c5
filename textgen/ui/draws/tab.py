"""The Draws tab: a thousand draws from one distribution, and how their counts settle on it.

Nothing is held for a visitor: a question names all that its counts depend on, and how many there are.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar

import numpy as np

from textgen.experiments.draws.counts import MAX_DRAWS, MAX_TOTAL, normalized, nothing_drawn
from textgen.experiments.panels import draw_up_to
from textgen.experiments.requests import DrawsRequest, ModelSource
from textgen.experiments.requests.base import DRAWS as DRAWS_A_TOKEN
from textgen.models.registry import stamp_of
from textgen.records import Distribution, Draws
from textgen.ui.draws.view import Asked, board, view
from textgen.ui.server.laboratory import Laboratory
from textgen.ui.shell.components import LabComponent
from textgen.validation import check_whole

TEMPERATURES = (0.5, 1.0, 2.0)  # as in the Next token tab
MAX_TEMPERATURES = 6
DRAWS = 100
TICK = 150  # ms between two additions while adding goes on
MAX_PAGE = 100_000
# Of a word model's three panels, 1.3 MB, and of their counts, 0.4 MB: for all visitors together.
PANELS, DRAWN = 6, 32
KEPT = 300.0  # seconds that they stay
FIELDS = ("model", "context", "numbers", "numbers_kind", "settings", "temperatures")  # what is drawn from
OWN = "use the page's own controls"

Value = TypeVar("Value")
IGNORES = {  # of the sidebar
    "temperature": "Each panel has its own temperature. This one counts where a panel follows the slider."
}


def build(lab: Laboratory) -> None:
    """Put the tab's component where Gradio is building."""
    counting = Counting(lab)
    LabComponent("draws", view_config(), answers={"look": counting.look, "draw": counting.draw})


def view_config() -> dict[str, Any]:
    """What the component needs once."""
    return {
        "temperatures": list(TEMPERATURES),
        "most": MAX_TEMPERATURES,
        "at": TEMPERATURES.index(1.0),  # whose table comes first
        "draws": DRAWS,
        "limit": MAX_DRAWS,
        "total": MAX_TOTAL,
        "tick": TICK,
    }


class Counting:
    """Answers the page; both answers take what any client may send."""

    def __init__(self, lab: Laboratory) -> None:
        self.lab = lab
        self.recent_panels: Recent[Sequence[Distribution]] = Recent(PANELS, lab.clock)
        self.recent_draws: Recent[Draws] = Recent(DRAWN, lab.clock)

    def look(self, data: dict[str, Any]) -> dict[str, Any]:
        """The counts after `drawn` draws, 0 or more; where there are none, what `n` draws would bring."""
        return self.counts(data, drawn_of(data), planned_of(data))

    def draw(self, data: dict[str, Any]) -> dict[str, Any]:
        """The counts after `n` more than `drawn` draws; with 0 drawn, a fresh run."""
        drawn, n = drawn_of(data), planned_of(data)
        self.lab.visitors.charge(1 + n // DRAWS_A_TOKEN)
        total = min(drawn + n, MAX_TOTAL) if drawn < MAX_TOTAL else drawn + n  # of too many the error tells
        return self.counts(data, total, n)

    def counts(self, data: dict[str, Any], total: int, planned: int) -> dict[str, Any]:
        """The component's answer. Raises TextgenError."""
        request, asked = self.request(data, total), asked_of(data, planned)
        panels = self.panels(request)
        draws = self.draws(request, panels) if total else none_of(panels)
        answer = view(board(draws, panels), asked)
        if not total:
            return answer
        return {**answer, "seed": str(request.seed), "request": request.to_json()}

    def request(self, data: dict[str, Any], total: int) -> DrawsRequest:
        """What determines the counts."""
        own = {name: data[name] for name in FIELDS if name in data}
        own["temperatures"] = temperatures_of(data.get("temperatures"))
        return DrawsRequest.from_json({**own, "seed": self.lab.seed(data.get("seed")), "n": total or 1})

    def panels(self, request: DrawsRequest) -> Sequence[Distribution]:
        """What is drawn from, at each temperature."""
        key = (replace(request, n=1, seed=0), self.stamp(request))
        panels = self.recent_panels.get(key)
        if panels is None:
            self.lab.charge_reading(request.source)
            panels = request.panels(self.lab.registry)
        return self.recent_panels.put(key, panels)

    def draws(self, request: DrawsRequest, panels: Sequence[Distribution]) -> Draws:
        """The draws of a request, going on from fewer of the same that were asked for just before."""
        key = (replace(request, n=1), self.stamp(request))
        draws = draw_up_to(panels, request.n, request.seed, self.recent_draws.get(key))
        return self.recent_draws.put(key, draws)

    def stamp(self, request: DrawsRequest) -> Hashable:
        """What tells a model from another that took its place. Raises ModelError."""
        if not isinstance(request.source, ModelSource):
            return None
        return stamp_of(self.lab.registry.folder(request.source.model))


class Recent(Generic[Value]):
    """The last few values by their keys, so that adding draws asks no model and draws nothing again.

    An answer is the same whether its parts are found here or not. Safe to use from many threads.
    """

    def __init__(self, most: int, clock: Callable[[], float]) -> None:
        self.most, self.clock = most, clock
        self._held: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        with self._guard:
            held = self._held.get(key)
        return held[1] if held else None

    def put(self, key: Hashable, value: Value) -> Value:
        """Hold a value, which is given back; those put in longest ago give way, and all that are old."""
        now = self.clock()
        with self._guard:
            self._held[key] = (now, value)
            self._held.move_to_end(key)
            while len(self._held) > self.most or next(iter(self._held.values()))[0] < now - KEPT:
                self._held.popitem(last=False)
        return value


def none_of(panels: Sequence[Distribution]) -> Draws:
    """The record before the first draw."""
    truth = normalized(np.stack([panel.probabilities for panel in panels]))
    temperatures = tuple(panel.settings["temperature"] for panel in panels)
    return nothing_drawn(truth, temperatures, 0, panels[0].next.labels)


def drawn_of(data: dict[str, Any]) -> int:
    return check_whole("the draws shown", data.get("drawn"), 0, MAX_TOTAL, OWN)


def planned_of(data: dict[str, Any]) -> int:
    return check_whole("the number of draws", or_nothing(data.get("n")), 1, MAX_DRAWS, "more can be added")


def asked_of(data: dict[str, Any], planned: int) -> Asked:
    """Which part of the table the page shows."""
    return Asked(
        planned=planned,
        at=check_whole("the table's temperature", data.get("at"), 0, MAX_TEMPERATURES - 1, OWN),
        page=check_whole("the table's page", data.get("page"), 0, MAX_PAGE, OWN),
    )


def temperatures_of(values: Any) -> list[Any]:
    """1 to 6 temperatures, each still to be checked. Raises SettingError."""
    listed = values if isinstance(values, list) else [values]
    check_whole("the number of temperatures", len(listed), 1, MAX_TEMPERATURES, "remove or add one")
    return [or_nothing(value) for value in listed]


def or_nothing(value: Any) -> Any:
    """A field that was left empty has a name in the error."""
    return "nothing" if value is None or value == "" else value
