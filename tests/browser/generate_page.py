"""The Generate tab as browser tests drive it, and one page of it that the tests of a file share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import LabPage, visit
from textgen import api
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root

CONTEXT = "The king is d"
TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
SEED = 1234
LENGTH = 60


@dataclass
class GeneratePage:
    """The page with the Generate tab open."""

    lab: LabPage

    @property
    def page(self) -> Page:
        return self.lab.page

    # ---- before a test

    def open(self) -> None:
        """Load the page as a new visitor does, who has typed nothing."""
        self.page.evaluate("addEventListener('pagehide', () => sessionStorage.clear())")
        self.page.evaluate("history.replaceState(null, '', location.pathname)")  # the address holds the form
        self.page.reload()
        self.page.get_by_role("tab", name="Generate").click()
        expect(self.panes).to_have_count(4)
        self.reset()

    def reset(self) -> None:
        """The sidebar and the form as they are at first, no text, a length that is soon written."""
        self.lab.press_if_there(self.button("■ Stop"))
        self.lab.set_sidebar(context=CONTEXT)
        self.page.mouse.move(0, 0)
        self.page.keyboard.press("Escape")
        if self.button("Colour").get_attribute("aria-pressed") == "false":
            self.button("Colour").click()
        self.set_length(LENGTH)
        if self.button("Temperatures").get_attribute("aria-pressed") == "false":
            self.press("Temperatures")

    # ---- what there is

    @property
    def root(self) -> Locator:
        return self.page.locator("#lab-generate .lab-root")

    @property
    def panes(self) -> Locator:
        return self.root.get_by_role("region", name=re.compile("^Text"))

    @property
    def status(self) -> Locator:
        return self.root.locator(".status")

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("dialog", name="A token")

    @property
    def temperatures(self) -> Locator:
        return self.root.get_by_label(re.compile("^T = of text"))

    def strategy(self, pane: int) -> Locator:
        return self.root.get_by_label(f"Strategy of text {pane + 1}", exact=True)

    def problem(self, pane: int) -> Locator:
        return self.panes.nth(pane).get_by_role("alert")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def texts(self) -> list[str]:
        """The texts as they stand in the panes, line by line, without the context."""
        return self.panes.evaluate_all("""(panes) => panes.map((pane) => {
            const lines = [...pane.querySelectorAll(".line")];
            const tokens = (line) => [...line.children].filter((one) => one.className !== "given");
            return lines.map((line) => tokens(line).map((one) => one.textContent).join("")).join("\\n");
        })""")

    def lengths(self) -> list[int]:
        """How many tokens each pane says that it holds."""
        counts = self.root.locator(".count").all_text_contents()
        return [int(count.split()[0].replace(",", "")) if count else 0 for count in counts]

    def seed(self) -> int:
        return int(self.root.locator(".seed b").text_content() or "")

    def token(self, pane: int, index: int) -> Locator:
        return self.panes.nth(pane).locator(".line span:not(.given)").nth(index)

    # ---- what a visitor does

    def remove(self, pane: int) -> None:
        self.root.get_by_label(f"Remove text {pane + 1}", exact=True).click()

    def set_temperatures(self, *typed: str) -> None:
        """Type into the first panes' fields."""
        for pane, text in enumerate(typed):
            self.temperatures.nth(pane).fill(text)
            self.temperatures.nth(pane).press("Enter")

    def set_length(self, n: int) -> None:
        self.root.get_by_label("Length in tokens").fill(str(n))

    def answered(self) -> None:
        """Wait until the server has answered, or was stopped or refused."""
        expect(self.button("■ Stop")).to_be_disabled(timeout=20_000)

    def press(self, name: str) -> None:
        """Press a button that makes the server write, and wait until it has."""
        self.button(name).click()
        self.answered()

    def while_writing(self, tokens: int, then: str) -> None:
        """Press Write; once the first pane holds so many tokens, run a script that has `press(name)`."""
        self.page.evaluate(
            """async ([tokens, then]) => {
                const root = document.querySelector("#lab-generate .lab-root");
                const buttons = () => [...root.querySelectorAll("button")];
                const press = (name) => buttons().find((one) => one.textContent.includes(name)).click();
                const frame = () => new Promise(requestAnimationFrame);
                const count = () => root.querySelector(".pane .count").textContent.replace(",", "");
                const held = () => Number.parseInt(count() || "0");
                const first = () => root.querySelector(".line span:not(.given)");
                const old = first();
                press("Write");
                while (first() === old) await frame();
                while (held() < tokens) await frame();
                await new Function("root", "press", `return (async () => { ${then} })()`)(root, press);
            }""",
            [tokens, then],
        )


@contextmanager
def generate_page(context: BrowserContext, url: str) -> Iterator[GeneratePage]:
    """A page that fails on any console error and any request that leaves the machine."""
    with visit(context, url) as lab:
        opened = GeneratePage(lab)
        opened.open()
        yield opened


def shipped() -> Model:
    """The model that the page opens with."""
    registry = Registry(default_root())
    return registry.get(str(registry.first()))


def written(model: Model, length: int = LENGTH, seed: int = SEED, **settings: float) -> str:
    """What the library writes."""
    return api.generate(model, CONTEXT, seed=seed, length=length, **settings).text  # type: ignore[arg-type]
