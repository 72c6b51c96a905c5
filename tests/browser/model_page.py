"""The page on three tiny models, as the tests of the Model tab and of the sidebar's choice drive it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator

from tests.browser.conftest import LabPage
from textgen.models.registry import Registry
from textgen.ui.shell.page import build, launch_options

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
    """The page with the Model tab open and filled."""
    lab.page.get_by_role("tab", name="Model", exact=True).click()
    lab.page.wait_for_selector("#lab-model .lab-root[data-updates]")
    lab.page.wait_for_selector("#lab-compare .lab-root[data-updates]")
    lab.wait_for_data("idle", "true", "compare")
    return lab


def context(lab: LabPage) -> Locator:
    return lab.page.locator("#context textarea")
