"""Make the README's pictures from the running page: `python -m scripts.screenshots [FOLDER]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.chromium import find
from textgen.registry import Registry, default_root

SIZES = {"phone": (390, 844), "light": (1440, 930), "dark": (1440, 930), "projector": (1920, 1080)}

SLIDE = "(s, value) => { s.value = value; s.dispatchEvent(new Event('input', {bubbles: true})); }"


def main(folder: Path) -> None:
    """Every tab in light, in dark, on a phone and on a projector."""
    from textgen.ui.app import build, launch_options

    folder.mkdir(parents=True, exist_ok=True)
    app = build(Registry(default_root()))
    _, url, _ = app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for look in SIZES:
            for name, prepare in SCENES.items():
                take(browser, url, look, prepare, folder / f"{name}_{look}.png")
        browser.close()
    app.close()


def take(browser: Browser, url: str, look: str, prepare: Callable[[Page], None], path: Path) -> None:
    """One picture of one scene."""
    width, height = SIZES[look]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(f"{url}?__theme={'dark' if look == 'dark' else 'light'}")
    page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    prepare(page)
    page.screenshot(path=path)
    page.close()


def next_token(page: Page) -> None:
    """The slider at 0.7 with top-p 0.95."""
    page.wait_for_selector("#temperature input[type=range]", state="attached")
    for name, value in (("temperature", "0.7"), ("top_p", "0.95")):
        page.locator(f"#{name} input[type=range]").evaluate(SLIDE, value)
    page.wait_for_function("TemperatureLab.settings.top_p === 0.95")


def generate(page: Page) -> None:
    """Four panes, written to their end."""
    open_tab(page, "Generate")
    page.get_by_role("button", name="Write", exact=True).click()
    page.wait_for_selector("#lab-generate .lab-root[data-tokens='400,400,400,400']", timeout=120_000)


def draws(page: Page) -> None:
    """A hundred draws at T = 2."""
    open_tab(page, "Draws")
    page.get_by_role("button", name="100 draws at T = 2").click()
    page.wait_for_selector("#lab-draws .lab-root[data-n='100']")


def beam(page: Page) -> None:
    """A search, all of it shown."""
    open_tab(page, "Beam search")
    page.wait_for_selector("#lab-beam .lab-root[data-runs]")
    page.get_by_label("Step", exact=True).fill("8")


def model(page: Page) -> None:
    """The card, and the last moment of the training."""
    open_tab(page, "Model")
    page.wait_for_selector("#lab-model .lab-root[data-updates]")
    page.get_by_label("Moment of the training").press("End")


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


SCENES: dict[str, Callable[[Page], None]] = {
    "next_token": next_token,
    "generate": generate,
    "draws": draws,
    "beam": beam,
    "model": model,
}

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
