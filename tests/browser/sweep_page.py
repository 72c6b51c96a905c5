"""The Sweep part of the Experiments tab, as its tests drive it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.ui.model.model_folders import three_models
from textgen.models.ngrams import FILE, NoveltyIndex
from textgen.models.registry import Registry
from textgen.ui.shell.limits import Limits
from textgen.ui.shell.page import build, launch_options

FIRST, GRU = "shakespeare-char-lstm", "plays-gru"
LIMIT = 2_000_000  # tokens


def sweep_models(root: Path) -> Registry:
    """Three tiny models, the first with an index of what it read."""
    three_models(root)
    NoveltyIndex.build(["the king is dead", "that kind of a sad thing"]).save(root / FIRST / FILE)
    return Registry(root)


@contextmanager
def serving_sweeps(models: Registry) -> Iterator[str]:
    """The app on some models; one sweep at a time."""
    page = build(models, Limits(sweep_tokens=LIMIT, sweeps=1))
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options())
    yield url.rstrip("/")
    page.close()


def opened(lab: LabPage) -> LabPage:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.wait_for_data("busy", "false", "sweep")
    return lab


def view(lab: LabPage) -> Locator:
    return lab.view("sweep")


def button(lab: LabPage, name: str) -> Locator:
    return view(lab).get_by_role("button", name=name, exact=True)


def fill(lab: LabPage, **fields: Any) -> None:
    names = {"seeds": "Seeds, at most 64", "length": "Tokens of a text", "temperatures": "Temperatures"}
    for name, value in fields.items():
        view(lab).get_by_label(names[name], exact=True).fill(str(value))


def settle(lab: LabPage) -> None:
    lab.wait_for_data("busy", "false", "sweep")
    lab.wait_for_data("idle", "true", "sweep")


def swept(lab: LabPage, **fields: Any) -> None:
    """Run what the form says, to its end."""
    fill(lab, **{"temperatures": "0.5, 1, 2", "seeds": 3, "length": 60, **fields})
    button(lab, "Run").click()
    expect(view(lab).locator(".sweep-status")).to_contain_text(" in ", timeout=30_000)
    settle(lab)


def endless(lab: LabPage) -> None:
    """Run what takes minutes."""
    fill(lab, temperatures="0.1:2:0.1", seeds=64, length=350)
    button(lab, "Run").click()


def charted(lab: LabPage, metric: str) -> list[dict[str, Any]]:
    """What Plotly draws of a metric: the means of each line."""
    script = "plot => plot._fullData.map(({x, y, name, mode}) => ({x: [...x], y: [...y], name, mode}))"
    found = view(lab).locator(f"[data-metric='{metric}'] .sweep-plot").evaluate(script)
    return found[1 : 2 * (len(found) // 2) : 2]
