"""Make the README's pictures from the running page: `python -m scripts.screenshots [FOLDER]`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.chromium import find
from textgen.models.registry import Registry, default_root

SIZES = {"phone": (390, 844), "light": (1440, 930), "dark": (1440, 930), "projector": (1920, 1080)}

SLIDE = "(s, value) => { s.value = value; s.dispatchEvent(new Event('input', {bubbles: true})); }"


def main(folder: Path) -> None:
    """Every tab in light, in dark, on a phone and on a projector."""
    from textgen.ui.shell.page import build, launch_options

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
    page.get_by_text("Done: 1,600 tokens").wait_for(timeout=120_000)


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


def chaos(page: Page) -> None:
    """41 temperatures as blocks of texts that agree."""
    open_tab(page, "Experiments")
    open_tab(page, "Chaos")
    page.wait_for_selector("#lab-chaos .lab-root[data-looks]")
    page.get_by_role("button", name="Overview").click()


def sweep(page: Page) -> None:
    """The full sweep, to its end, with its charts in sight."""
    open_tab(page, "Experiments")
    page.wait_for_selector("#lab-sweep .lab-root[data-busy=false]")
    page.locator("#lab-sweep").get_by_role("button", name="Run", exact=True).click()
    page.wait_for_selector("#lab-sweep .lab-root[data-shown='641']", timeout=120_000)
    page.locator(".sweep-head").evaluate("head => head.scrollIntoView({block: 'start'})")


def calibration(page: Page) -> None:
    """Three models beside each other."""
    open_tab(page, "Experiments")
    open_tab(page, "Calibration")
    page.wait_for_selector("#lab-calibration .lab-root[data-curves]")
    for number, title in enumerate(("Treasure Island, 40-character window", "Six novels, words"), 2):
        page.locator("#lab-calibration").get_by_role("button", name=title, exact=True).click()
        page.wait_for_selector(f"#lab-calibration .lab-root[data-curves='{number}']")


def ratings(page: Page) -> None:
    """A quick sweep, rated by somebody who presses the keys in turn."""
    open_tab(page, "Experiments")
    page.get_by_role("button", name="Quick look").click()
    page.locator("#lab-sweep").get_by_role("button", name="Run", exact=True).click()
    page.wait_for_selector("#lab-sweep .lab-root[data-run][data-busy='false']", timeout=120_000)
    open_tab(page, "Blind ratings")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.wait_for_selector("#lab-ratings .lab-root[data-phase='rate']")
    for number in range(12):
        page.keyboard.press(str(5 - number % 4))
    page.wait_for_selector("#lab-ratings .lab-root[data-phase='done']")
    page.get_by_role("button", name="Show the result").click()
    page.wait_for_selector("#lab-ratings .lab-root[data-phase='result']")


def open_tab(page: Page, name: str) -> None:
    """On a narrow window some tabs are in a menu."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if tab.count() == 0:
        page.locator(".overflow-menu > button:visible").first.click()
        tab = page.locator(".overflow-dropdown").get_by_role("button", name=name, exact=True)
    tab.click()


SCENES: dict[str, Callable[[Page], None]] = {
    "next_token": next_token,
    "generate": generate,
    "draws": draws,
    "beam": beam,
    "model": model,
    "sweep": sweep,
    "chaos": chaos,
    "calibration": calibration,
    "ratings": ratings,
}

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
