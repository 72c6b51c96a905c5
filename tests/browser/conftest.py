"""A running app and a page of it that may neither complain nor look outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from textgen.models.own import OwnModels
from textgen.models.registry import Registry, default_root
from textgen.ui.frame.page import build_lab, launch_options
from textgen.ui.server.laboratory import Allowed, Laboratory
from textgen.ui.shell import assets

expect.set_options(timeout=30_000)  # other work on the machine must not fail a test

# Whether a chart is as wide as its place, once the window has come to rest.
FOLLOWS = """(place) => {
    const element = document.querySelector(place);
    return element.clientWidth > 0 && element.querySelector(".main-svg").clientWidth === element.clientWidth;
}"""


TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app on the shipped models, served from this process on a free port."""
    registry = Registry(default_root(), own=OwnModels(tmp_path_factory.mktemp("own")))
    page = build_lab(Laboratory(registry, allowed=Allowed(own_models=True, training=True)))
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(registry))
    yield url.rstrip("/")
    page.close()


@dataclass
class LabPage:
    """The page as tests drive it."""

    page: Page

    def slide(self, label: str, value: float) -> None:
        """Move a slider of the sidebar, named by its label."""
        self.page.get_by_role("slider", name=f"range slider for {label}").fill(str(value))

    def set_sidebar(self, **changes: Any) -> None:
        """Bring the sidebar back to how the page opened, but at T = 1, and with `changes` of the state."""
        script = """async ([lab, changes]) => {
            const shell = new URL(lab, document.baseURI);
            const { store } = await import(shell.href);
            const { config } = await import(new URL("config.js", shell).href);
            store.set({ ...config.state, settings: { ...config.state.settings, temperature: 1 } });
            store.set(changes);
        }"""
        self.page.evaluate(script, [assets.address("shell/lab.js"), changes])

    def drawn(self) -> None:
        """Wait until the page has drawn what it was told: who hears of a window's size does with a frame."""
        self.page.evaluate(TWO_FRAMES)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, and wait until the page is drawn for it."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.drawn()

    def press_if_there(self, button: Locator) -> None:
        """Press a button that may be there, and that may go at any moment by itself."""
        self.drawn()
        button.evaluate_all("""(found) => found
            .filter((one) => !one.disabled && one.checkVisibility())
            .forEach((one) => one.click())""")
        self.drawn()

    def view(self, factory: str = "next_token") -> Any:
        return self.page.locator(f"#lab-{factory} .lab-root")

    def data(self, name: str, factory: str = "next_token") -> str | None:
        """A data- attribute of a component's root."""
        return self.view(factory).get_attribute(f"data-{name}")

    def wait_for_data(self, name: str, value: str, factory: str = "next_token") -> None:
        self.page.wait_for_function(
            "([id, name, value]) => document.querySelector(`#lab-${id} .lab-root`)?.dataset[name] === value",
            arg=[factory, name, value],
        )

    def wait_for_change(self, name: str, before: str | None, factory: str = "next_token") -> None:
        """Wait until a data- attribute differs from what it was."""
        self.page.wait_for_function(
            "([id, name, old]) => document.querySelector(`#lab-${id} .lab-root`)?.dataset[name] !== old",
            arg=[factory, name, before],
        )

    def type_context(self, text: str) -> None:
        """Replace the context, and wait until the Next token tab shows what comes after it."""
        self.page.locator("#context textarea").fill(text)
        self.wait_for_context(text)

    def wait_for_context(self, text: str) -> None:
        """Wait until the Next token tab shows this context."""
        script = """(text) => {
            const pieces = [...document.querySelectorAll("#lab-next_token .tokens .tok:not(.open)")];
            const shown = pieces.map((piece) => piece.textContent).join("");
            return shown.replace(/[\u2423\u23ce\u21e5]/g, "") === text.replace(/\\s/g, "");
        }"""
        self.page.wait_for_function(script, arg=text)

    def choose_model(self, title: str) -> None:
        """Choose a model of the sidebar's list by its title, or "Your own numbers"."""
        if title == "Your own numbers":
            self.page.locator("#model").get_by_role("button", name=title).click()
            return
        self.page.locator("#model").get_by_role("button", name="A model").click()
        self.page.locator("#model .picker-button").click()
        titled = self.page.get_by_text(title, exact=True)
        self.page.locator("#model").get_by_role("option").filter(has=titled).click()

    def saved(self, factory: str, entry: str, menu: int = 0) -> Path:
        """Choose an entry of a component's Save menu → the file that the browser got."""
        opened = self.view(factory).locator(".save-menu").nth(menu)
        opened.locator("summary").click()
        with self.page.expect_download() as waiting:
            opened.get_by_role("button", name=entry, exact=True).click()
        expect(opened.locator(".save-entries")).to_be_hidden()
        return waiting.value.path()

    def bars(self, panel: int = 0) -> list[float]:
        """The bars of a panel (0: the live one) as probabilities: kept tokens (0: removed), then the tail."""
        script = """(rows) => rows.map((row) => row.classList.contains("gone") ? 0
            : parseFloat(row.querySelector("i").style.width) / 100 * row.closest(".panels").dataset.scale)"""
        return self.page.locator("#lab-next_token .panel").nth(panel).locator(".bar").evaluate_all(script)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Nothing glides: what is shown is where it ends."""
    return {**browser_context_args, "reduced_motion": "reduce"}


@pytest.fixture(scope="session")
def context(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[BrowserContext]:
    """One for all tests: its cache holds the compiled scripts, which are most of what a page load costs."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of its own for each test, with nothing left of the one before."""
    page = context.new_page()
    yield page
    page.close()


@contextmanager
def visit(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    """A page, opened; fails on any console error and any request that leaves the machine."""
    problems: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: problems.extend(complaint(message)))
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("request", lambda request: problems.extend(outside(request)))
    page.goto(app_url)
    page.wait_for_selector("#tabs [role=tab]")
    yield LabPage(page)
    page.close()
    assert problems == []


@pytest.fixture(scope="module")
def shared_page(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    """One page for a file's tests, each of which first brings it into the state that it needs."""
    with visit(context, app_url) as opened:
        yield opened


@pytest.fixture
def lab(page: Page, app_url: str) -> Iterator[LabPage]:
    """The page, opened and drawn; fails on any console error and any request that leaves the machine."""
    problems: list[str] = []
    page.on("console", lambda message: problems.extend(complaint(message)))
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
    page.on("request", lambda request: problems.extend(outside(request)))
    page.goto(app_url)
    opened = LabPage(page)
    page.wait_for_selector("#lab-next_token .bar")
    yield opened
    assert problems == []


def complaint(message: ConsoleMessage) -> list[str]:
    """A console error or warning, as one line."""
    return [f"console {message.type}: {message.text}"] if message.type in ("error", "warning") else []


def outside(request: Request) -> list[str]:
    """A request to another host than this machine."""
    parts = urlsplit(request.url)
    local = parts.scheme in ("data", "blob", "about") or parts.hostname in ("127.0.0.1", "localhost")
    return [] if local else [f"request to {request.url}"]
