"""The Sweep part of the Experiments tab, as its tests drive it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.ui.model.model_folders import three_models
from textgen.errors import TextError
from textgen.experiments.sweep.records import SweepResult
from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.models.registry import Registry
from textgen.ui.frame.page import build_lab, launch_options
from textgen.ui.server.laboratory import Laboratory, new_run
from textgen.ui.server.limits import Limits
from textgen.ui.sweep.runs import SweepStore

FIRST, GRU = "shakespeare-char-lstm", "plays-gru"
FIRST_TITLE, GRU_TITLE = "Plays, characters", "Plays, characters (GRU)"
LIMIT = 2_000_000  # tokens
FIELDS = {"seeds": "Seeds, at most 64", "length": "Tokens of a text", "temperatures": "Temperatures"}
FINISHED = re.compile(r"\d texts? in ")


def sweep_models(root: Path) -> Registry:
    """Three tiny models, the first with an index of what it read."""
    three_models(root)
    NoveltyIndex.build(["the king is dead", "that kind of a sad thing"]).save(root / FIRST / FILE)
    return Registry(root)


@dataclass
class Served:
    """The app: its address, the sweeps that it holds, and the ids of all that were begun."""

    url: str
    store: SweepStore
    runs: list[str]

    def last(self) -> SweepResult | None:
        """The last one, as far as it is; None before its first texts."""
        with suppress(TextError):
            return self.store.get(self.runs[-1])


@contextmanager
def serving_sweeps(models: Registry) -> Iterator[Served]:
    """The app on some models, one sweep at a time."""
    runs: list[str] = []

    def begin() -> str:
        runs.append(new_run())
        return runs[-1]

    store = SweepStore(begin)
    page = build_lab(Laboratory(models, Limits(sweep_tokens=LIMIT, sweeps=1), sweeps=store))
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(models))
    yield Served(url.rstrip("/"), store, runs)
    page.close()


def opened(lab: LabPage) -> LabPage:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Sweep", exact=True).click()
    view(lab).locator(".sweep-form").wait_for()
    return lab


def fresh_form(lab: LabPage) -> None:
    """The form as the page opens, whatever was done before."""
    lab.press_if_there(button(lab, "■ Stop"))
    button(lab, "Full sweep").click()
    lab.press_if_there(button(lab, "Take the sidebar's context"))
    for title in chosen_models(lab):
        if title != FIRST_TITLE:
            model(lab, title).click()


def view(lab: LabPage) -> Locator:
    return lab.view("sweep")


def button(lab: LabPage, name: str) -> Locator:
    return view(lab).get_by_role("button", name=name, exact=True)


def model(lab: LabPage, title: str) -> Locator:
    return (
        view(lab)
        .get_by_role("group", name="Models of the sweep")
        .get_by_role("button", name=title, exact=True)
    )


def chosen_models(lab: LabPage) -> list[str]:
    group = view(lab).get_by_role("group", name="Models of the sweep")
    return group.locator("[aria-pressed=true]").all_inner_texts()


def status(lab: LabPage) -> Locator:
    return view(lab).locator(".sweep-status")


def size(lab: LabPage) -> Locator:
    return view(lab).locator(".sweep-size")


def head(lab: LabPage) -> Locator:
    return view(lab).locator(".sweep-head")


def fill(lab: LabPage, **fields: Any) -> None:
    for name, value in fields.items():
        view(lab).get_by_label(FIELDS[name], exact=True).fill(str(value))


def swept(lab: LabPage, **fields: Any) -> None:
    """Run what the form says, to its end, and wait for the results."""
    fill(lab, **{"temperatures": "0.5, 1, 2", "seeds": 3, "length": 60, **fields})
    button(lab, "Run").click()
    expect(status(lab)).to_contain_text(FINISHED, timeout=30_000)
    texts = status(lab).inner_text().split(" in ")[0]
    expect(head(lab)).to_contain_text(f"{texts} ·")


def endless(lab: LabPage) -> None:
    """Run what takes minutes."""
    fill(lab, temperatures="0.1:2:0.1", seeds=64, length=350)
    button(lab, "Run").click()


def charted(lab: LabPage, metric: str) -> list[dict[str, Any]]:
    """What Plotly draws of a metric: the means of each line."""
    script = (
        """plot => (plot._fullData ?? []).map(({x, y, name, mode}) => ({x: [...x], y: [...y], name, mode}))"""
    )
    found = view(lab).locator(f"[data-metric='{metric}'] .sweep-plot").evaluate(script)
    return found[1 : 2 * (len(found) // 2) : 2]


def eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)
