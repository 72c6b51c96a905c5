"""The Draws tab: a thousand draws from one distribution, and how their counts settle on it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np

from textgen.errors import TextgenError
from textgen.experiments.draws.counts import MAX_DRAWS, MAX_TOTAL, normalized, nothing_drawn
from textgen.experiments.panels import draw_side_by_side, side_by_side
from textgen.models.registry import Registry
from textgen.plots.theme import THERMAL
from textgen.records import Distribution, Draws
from textgen.settings import check_seed
from textgen.ui.draws.request import (
    MAX_TEMPERATURES,
    SLIDER,
    Request,
    Source,
    read_request,
    read_source,
)
from textgen.ui.draws.view import board, view
from textgen.ui.shell.components import LabComponent
from textgen.ui.shell.events import serial_of
from textgen.ui.shell.sidebar import Controls
from textgen.ui.shell.source import expectation, named

EVENTS = ("look", "draw", "more")
TEMPERATURES = (0.5, 1.0, 2.0)  # as in the Next token tab
DRAWS = 100
TICK = 150  # ms between two additions while adding goes on

Calls = tuple[tuple[int, int], ...]

LOST = (
    "The earlier draws are gone, since the page or the server was started again: counting starts from none."
)
SAME = "The seed is kept, so the same draws came again: untick “keep it” beside the seed for others."
FULL = f"{MAX_TOTAL:,} draws are all that one count holds: press Draw to start again."


@dataclass(frozen=True, eq=False)
class Session:
    """One visitor's draws. Compared by identity, since Gradio hashes a state and arrays have no hash."""

    source: Source
    panels: tuple[Distribution, ...]  # made once a source: the model is not asked again for more draws
    draws: Draws
    calls: Calls = ()  # draws made at once, and how often in a row: the counts depend on them
    note: str = ""  # why the counts were cleared


class DrawsTab:
    """Builds the tab and answers its events; every handler takes what any client may send."""

    def __init__(self, registry: Registry, controls: Controls, new_seed: Callable[[], int]) -> None:
        self.registry, self.controls, self.new_seed = registry, controls, new_seed
        self.session = gr.State(None)
        self.view = LabComponent("draws", view_config(controls), EVENTS)

    def connect(self) -> None:
        """Wire the component's events; the page itself notices when the sidebar changes.

        So the server is asked only while this tab is open.
        """
        c = self.controls
        quick: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        inputs = [self.session, c.seed, c.lock, *c.source, *c.settings]
        outputs = [self.session, c.seed, self.view]
        for listener, handler in (
            (self.view.look, self.look),
            (self.view.draw, self.draw),
            (self.view.more, self.more),
        ):
            # "multiple": the page asks again in the answer's own callback, before Gradio calls it over
            event = listener(told_in_view(handler), inputs, outputs, trigger_mode="multiple", **quick)
            event.failure(None, None, None, js="() => TemperatureLab.drawsFailed()", api_visibility="private")
        gr.on(
            [component.change for component in c.source],  # type: ignore[attr-defined]
            None,
            None,
            None,
            js="() => TemperatureLab.drawsSourceChanged?.()",
            api_visibility="private",
        )

    def look(self, event: gr.EventData, session: Any, _seed: Any, _lock: Any, *values: Any) -> Any:
        """The counts as they stand; none, and why, when they belong to another source."""
        request = read_request(event)
        try:
            session = self.current(session, request, values)
        except TextgenError as error:  # while somebody types in the sidebar, a mistake is only a sentence
            return gr.skip(), gr.skip(), {"serial": request.serial, "note": str(error)}
        return session, gr.skip(), shown(session, request)

    def draw(self, event: gr.EventData, session: Any, seed: Any, lock: Any, *values: Any) -> Any:
        """A fresh run: its counts take the place of the earlier ones."""
        request = read_request(event)
        before = self.current(session, request, values)
        seed = self.seed_in_use(seed, lock)
        draws = draw_side_by_side(before.panels, request.n, seed)
        again = np.array_equal(before.draws.counts, draws.counts) and before.draws.seed == draws.seed
        after = replace(before, draws=draws, calls=((draws.n, 1),), note=SAME if again else "")
        return after, seed, shown(after, request)

    def more(self, event: gr.EventData, session: Any, seed: Any, lock: Any, *values: Any) -> Any:
        """More draws to the same counts, with their seed; a fresh run where there are none."""
        request = read_request(event)
        before = self.current(session, request, values)
        if not before.draws.n:
            return self.first(before, request, seed, lock)
        n = min(request.n, MAX_TOTAL - before.draws.n) or request.n  # of too many the error tells
        draws = draw_side_by_side(before.panels, n, before.draws.seed, before.draws)
        note = FULL if draws.n == MAX_TOTAL else before.note
        after = replace(before, draws=draws, calls=one_more(before.calls, n), note=note)
        return after, gr.skip(), shown(after, request)

    def first(self, before: Session, request: Request, seed: Any, lock: Any) -> Any:
        """The first draws of a session; the note that its counts were cleared stays."""
        seed = self.seed_in_use(seed, lock)
        draws = draw_side_by_side(before.panels, request.n, seed)
        after = replace(before, draws=draws, calls=((draws.n, 1),))
        return after, seed, shown(after, request)

    def seed_in_use(self, seed: Any, lock: Any) -> int:
        """The sidebar's seed where it is kept, else a fresh one. Raises SettingError."""
        return check_seed(seed) if lock else self.new_seed()

    def current(self, session: Any, request: Request, values: tuple[Any, ...]) -> Session:
        """The session if it belongs to the source as it stands, else a new one that says why."""
        before = session if isinstance(session, Session) else None
        source = read_source(request, values)
        if before and before.source == source:
            return before
        asked = (source.model, source.context, source.numbers, source.kind)
        panels = side_by_side(expectation(self.registry, asked), source.temperatures, source.settings)
        return Session(source, panels, none_of(panels), note=cleared(before, source, request))


def told_in_view(handler: Callable[..., Any]) -> Callable[..., Any]:
    """As `errors.told_in_view`; the problem also carries the request's number, which the page waits for."""

    @functools.wraps(handler)
    def telling(event: gr.EventData, *values: Any) -> Any:
        try:
            return handler(event, *values)
        except TextgenError as error:
            return gr.skip(), gr.skip(), {"serial": serial_of(event), "problem": str(error)}

    return telling


def none_of(panels: tuple[Distribution, ...]) -> Draws:
    """The record of panels before the first draw."""
    truth = normalized(np.stack([panel.probabilities for panel in panels]))
    temperatures = tuple(panel.settings["temperature"] for panel in panels)
    return nothing_drawn(truth, temperatures, 0, panels[0].next.labels)


def cleared(before: Session | None, source: Source, request: Request) -> str:
    """Why there are no counts any more; "" where there were none."""
    if before is None:
        return LOST if request.shown else ""
    if not before.draws.n:
        return before.note
    changed = source.changed_from(before.source)
    return f"Counts cleared, since {changed} changed: counts of one distribution say nothing about another."


def shown(session: Session, request: Request) -> dict[str, Any]:
    """The component's value."""
    notes = (session.note, session.panels[0].next.note)
    return {
        **view(board(session.draws, session.panels), request, notes),
        "request": request_of(session) if session.draws.n else None,
    }


def request_of(session: Session) -> dict[str, Any]:
    """What it takes to draw these counts again."""
    source = session.source
    return {
        "kind": "draws",
        **named((source.model, source.context, source.numbers, source.kind)),
        "settings": source.settings.to_dict(),
        "temperatures": list(source.temperatures),
        "seed": session.draws.seed,
        "calls": [list(call) for call in session.calls],
    }


def one_more(calls: Calls, n: int) -> Calls:
    """The calls after another one of `n` draws."""
    if calls and calls[-1][0] == n:
        return (*calls[:-1], (n, calls[-1][1] + 1))
    return (*calls, (n, 1))


def view_config(controls: Controls) -> dict[str, Any]:
    """What the component needs once."""
    return {
        "stops": [list(stop) for stop in THERMAL],
        "temperatures": list(TEMPERATURES),
        "slider": SLIDER,
        "most": MAX_TEMPERATURES,
        "at": TEMPERATURES.index(1.0),  # whose table comes first
        "draws": DRAWS,
        "limit": MAX_DRAWS,
        "tick": TICK,
        "bounds": {name: [stage.minimum, stage.maximum] for name, stage in controls.stages.items()},  # type: ignore[attr-defined]
    }
