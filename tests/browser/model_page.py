"""The page on three tiny models, as the tests of the Model tab and of the sidebar's choice drive it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from textgen.models.registry import Registry
from textgen.ui.frame.page import build, launch_options

FIRST, GRU, NAMES = "shakespeare-char-lstm", "plays-gru", "names"
CONTEXT = "The king is d"


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The app on the models of a folder."""
    registry = Registry(root)
    page = build(registry)
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(registry))
    yield url.rstrip("/")
    page.close()


def open_model(lab: LabPage) -> LabPage:
    """The Model tab as it opens: the first model, and the other one of its text beside it."""
    lab.page.get_by_role("tab", name="Model", exact=True).click()
    lab.set_sidebar(model=NAMES)  # what was chosen beside the first model is forgotten
    expect(model_title(lab)).to_have_text("Names")
    lab.set_sidebar()
    expect(model_title(lab)).to_have_text("Plays, characters")
    expect(sides(lab).locator("h4")).to_have_text(["Plays, characters", "Plays, characters (GRU)"])
    return lab


def model_title(lab: LabPage) -> Locator:
    return lab.view("model").locator(".model-title")


def sides(lab: LabPage) -> Locator:
    """The two models beside each other."""
    return lab.view("model").locator(".compare-side")


def context_box(lab: LabPage) -> Locator:
    return lab.page.locator("#context textarea")
