"""Pictures of the running page: `python -m scripts.screenshots [FOLDER] [--all]`.

Without --all, the README's own into docs/; with it, every tab in every window, light and dark, and as print.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.chromium import find
from textgen.models.registry import Registry, default_root


@dataclass(frozen=True)
class Look:
    """A window: its size in CSS pixels, its theme, whether printed, whether the sidebar is folded."""

    width: int
    height: int
    theme: Literal["light", "dark"] = "light"
    print: bool = False
    folded: bool = False

    @property
    def whole(self) -> bool:
        """Whether the picture is of all that is on the page, not of the window."""
        return self.print or self.width < 500


PAPER = {"A4": (688, 1016), "Letter": (718, 950)}  # between the margins, in CSS pixels
LOOKS = {
    "phone": Look(390, 844),
    "phone_dark": Look(390, 844, "dark"),
    "phone_turned": Look(844, 390),
    "beamer": Look(1280, 720),
    "beamer_dark": Look(1280, 720, "dark"),
    "laptop": Look(1366, 768),
    "laptop_dark": Look(1366, 768, "dark"),
    "laptop_folded": Look(1366, 768, folded=True),
    "projector": Look(1920, 1080),
    "projector_dark": Look(1920, 1080, "dark"),
    "print": Look(*PAPER["A4"], print=True),
    "print_letter": Look(*PAPER["Letter"], "dark", print=True),  # paper is light whatever the page is
    "light": Look(1440, 930),
    "dark": Look(1440, 930, "dark"),
}
README = (
    ("learn", "light"),
    ("learn_revealed", "light"),
    ("learn_paper", "print"),
    ("next_token", "light"),
    ("generate", "light"),
    ("beam", "light"),
    ("draws", "dark"),
    ("model", "light"),
    ("sweep", "light"),
    ("chaos", "dark"),
    ("class", "light"),
    ("class_phone", "phone"),
)
LONG = 240_000  # ms for what writes texts
FINISHED = re.compile(r"^[\d,]+ texts in ")  # the status of a sweep


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    parser.add_argument("--all", action="store_true", help="every tab in every window")
    parser.add_argument("--only", nargs="*", default=[], help="scenes and looks by name")
    parser.add_argument("--url", help="of an app that runs already")
    options = parser.parse_args()
    expect.set_options(timeout=LONG)
    options.folder.mkdir(parents=True, exist_ok=True)
    every = [(scene, look) for look in LOOKS for scene in SCENES]
    wanted = [pair for pair in (every if options.all else README) if {*options.only} <= {*pair}]
    with running(options.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        for scene, pairs in groupby(sorted(wanted), key=itemgetter(0)):
            with opened(browser, url, SCENES[scene]) as page:
                for _, look in pairs:
                    take(page, LOOKS[look], options.folder / f"{scene}_{look}.png")
        browser.close()


@contextmanager
def running(url: str | None) -> Iterator[str]:
    """The address of the app, which is started unless it runs already."""
    from textgen.ui.frame.page import build, launch_options

    if url:
        yield url
        return
    registry = Registry(default_root())
    app = build(registry)
    options: dict[str, Any] = launch_options(registry)
    _, started, _ = app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **options)
    yield started
    app.close()


@contextmanager
def opened(browser: Browser, url: str, scene: Callable[[Page], None]) -> Iterator[Page]:
    """The page with a scene on it."""
    size: Any = {"width": 1440, "height": 930}
    context = browser.new_context(viewport=size, reduced_motion="reduce", color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(LONG)
    page.goto(url)
    page.wait_for_selector("#lab-next_token .bar")
    scene(page)
    yield page
    context.close()


def take(page: Page, look: Look, path: Path) -> None:
    """One picture: the page follows the window that it is given, as it does a reader's."""
    page.emulate_media(media="screen", color_scheme=look.theme)
    page.set_viewport_size({"width": look.width, "height": look.height})
    toggle = page.locator("#sidebar .toggle-button")
    if (
        (look.width > 768 and look.height > 500)
        and toggle.count()
        and (toggle.get_attribute("aria-expanded") == "false") != look.folded
    ):
        toggle.click()
    page.emulate_media(media="print" if look.print else "screen")
    page.wait_for_timeout(600)  # charts follow their cards
    if look.whole:  # a window as high as the page, so that what stands at its foot does so in the picture
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": look.width, "height": height})
    page.screenshot(path=path)


def learn(page: Page) -> None:
    """A lesson, before anybody has committed to an answer."""
    open_tab(page, "Learn")
    room = page.locator("#lab-learn")
    room.get_by_role("button", name="Which way does the knob turn?").click()
    room.locator(".panels .bar").first.wait_for()
    room.get_by_role("radio").nth(2).check()


def learn_revealed(page: Page) -> None:
    """The same, revealed."""
    learn(page)
    page.get_by_role("button", name="Commit").click()
    page.locator("#lab-learn .learn-verdict").wait_for()


def learn_paper(page: Page) -> None:
    """The worksheet of a lesson, with its dice and its key."""
    learn(page)
    page.evaluate("window.print = () => {}")
    page.get_by_role("button", name="Print a worksheet").click()
    page.locator("#lab-learn .paper").wait_for(state="attached")


def next_token(page: Page) -> None:
    """The slider at 0.7 with top-p 0.95."""
    for label, value in (("Temperature", "0.7"), ("Top-p (1 = off)", "0.95")):
        page.get_by_label(f"number input for {label}").evaluate(TYPE, value)
    expect(page.get_by_label("Temperature of the live panel", exact=True)).to_have_value("0.7")


# The sidebar may be folded: what is hidden cannot be typed into.
TYPE = "(field, value) => { field.value = value; field.dispatchEvent(new Event('input', {bubbles: true})); }"


def generate(page: Page) -> None:
    """Four panes, written to their end."""
    open_tab(page, "Generate")
    page.locator("#lab-generate").get_by_role("button", name="Write", exact=True).click()
    page.get_by_text("Done: 1,600 tokens").wait_for(timeout=LONG)


def draws(page: Page) -> None:
    """A hundred draws at T = 2."""
    open_tab(page, "Draws")
    page.get_by_role("button", name="100 draws at T = 2").click()
    page.locator("#lab-draws").get_by_text("100 draws · seed").wait_for()
    page.wait_for_selector("#lab-draws .draws-distance .main-svg")


def beam(page: Page) -> None:
    """A search, all of it shown."""
    open_tab(page, "Beam search")
    page.wait_for_selector("#lab-beam .ranking tbody tr")
    page.get_by_label("Step", exact=True).press("End")


def model(page: Page) -> None:
    """The card, and the last moment of the training."""
    open_tab(page, "Model")
    page.get_by_label("Moment of the training").press("End")
    page.wait_for_selector("#lab-model .main-svg")


def sweep(page: Page) -> None:
    """The full sweep, to its end, with its charts in sight."""
    open_experiment(page, "Sweep")
    room = page.locator("#lab-sweep")
    room.get_by_role("button", name="Run", exact=True).click()
    room.locator(".sweep-status").filter(has_text=FINISHED).wait_for()
    room.locator(".sweep-head p").filter(has_text=re.compile(r"^641 texts")).wait_for()
    page.wait_for_selector("#lab-sweep .main-svg")
    room.locator(".sweep-head").evaluate("head => head.scrollIntoView({block: 'start'})")


def chaos(page: Page) -> None:
    """41 temperatures as blocks of texts that agree."""
    open_experiment(page, "Chaos")
    page.get_by_role("button", name="Overview").click(timeout=LONG)
    page.wait_for_selector("#lab-chaos .main-svg")


def calibration(page: Page) -> None:
    """Two models beside each other."""
    open_experiment(page, "Calibration")
    page.locator("#lab-calibration .chips .chip").first.click()
    expect(page.locator("#lab-calibration .calibration-key > span")).to_have_count(2)
    page.wait_for_selector("#lab-calibration .main-svg")


def ratings(page: Page) -> None:
    """A quick sweep, rated by somebody who presses the keys in turn."""
    open_experiment(page, "Sweep")
    page.get_by_role("button", name="Quick look").click()
    room = page.locator("#lab-sweep")
    room.get_by_role("button", name="Run", exact=True).click()
    room.locator(".sweep-status").filter(has_text=FINISHED).wait_for()
    open_tab(page, "Blind ratings")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.wait_for_selector("#lab-ratings .ratings-text")
    result = page.get_by_role("button", name="Show the result")
    for number in range(100):
        if result.is_visible():
            break
        page.keyboard.press(str(5 - number % 4))
    result.click()
    page.wait_for_selector("#lab-ratings .main-svg")


def asked_class(page: Page) -> None:
    """A vote before and after the talk, of 24 devices, revealed beside the model's bars."""
    page.add_style_tag(content=".class-door .note { display: none; }")  # phones reach no 127.0.0.1
    open_tab(page, "Class")
    room = page.locator("#lab-classroom")
    room.get_by_role("button", name="Open a session").click()
    room.locator(".class-qr").wait_for()
    code = room.locator(".class-code").inner_text()
    room.get_by_role("button", name="Ask", exact=True).click()
    for turn, options in ((1, "001112233344411556662113"), (2, "111111133133113111333110")):
        room.get_by_role("button", name="Close the vote").wait_for()
        page.evaluate(VOTES, [code, turn, options])
        room.get_by_role("button", name="Close the vote").click()
        room.get_by_role("button", name="Reveal" if turn == 2 else "Vote again").click()
    room.locator(".class-panel").nth(2).wait_for()


def class_phone(page: Page) -> None:
    """The same question, as a phone has it before it is answered."""
    asked_class(page)
    room = page.locator("#lab-classroom")
    room.get_by_role("button", name="Finish this round").click()
    room.get_by_role("button", name="Ask", exact=True).click()
    room.get_by_role("button", name="Close the vote").wait_for()
    code = room.locator(".class-code").inner_text()
    page.goto(page.evaluate("code => new URL(`class#${code}`, document.baseURI).href", code))
    page.locator(".class-list button").nth(1).click()


# Devices that join, and vote for an option each.
VOTES = """async ([code, turn, options]) => {
    const headers = { "Content-Type": "application/json" };
    const post = (name, data, more = {}) => fetch(new URL(`class/${name}`, document.baseURI),
        { method: "POST", headers, body: JSON.stringify({ code, ...data }), ...more });
    for (const [place, option] of [...options].entries()) {
        const [device, line] = [`device-of-a-picture-${place}`, new AbortController()];
        await post("watch", { device }, { signal: line.signal });
        await post("vote", { device, round: 1, turn, vote: Number(option) });
        line.abort();
    }
}"""


def open_experiment(page: Page, part: str) -> None:
    open_tab(page, "Experiments")
    open_tab(page, part)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


SCENES: dict[str, Callable[[Page], None]] = {
    "learn": learn,
    "learn_revealed": learn_revealed,
    "learn_paper": learn_paper,
    "next_token": next_token,
    "generate": generate,
    "draws": draws,
    "beam": beam,
    "sweep": sweep,
    "chaos": chaos,
    "calibration": calibration,
    "ratings": ratings,
    "model": model,
    "class": asked_class,
    "class_phone": class_phone,
}

if __name__ == "__main__":
    main()
