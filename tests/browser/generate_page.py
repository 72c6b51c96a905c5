"""The Generate tab as browser tests drive it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator

from tests.browser.conftest import LabPage
from textgen import api
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root

VIEW = "generate"
CONTEXT = "The king is d"
TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
SEED = 1234
LENGTH = 60


def open_generate(lab: LabPage, context: str = CONTEXT) -> LabPage:
    """The page with the Generate tab open on a context, and a length that is soon written."""
    lab.type_context(context)
    lab.page.get_by_role("tab", name="Generate").click()
    lab.page.wait_for_selector("#lab-generate .lab-root[data-updates]")
    set_length(lab, LENGTH)
    return lab


def shipped() -> Model:
    """The model that the page opens with."""
    registry = Registry(default_root())
    return registry.get(str(registry.first()))


def set_length(lab: LabPage, n: int | str) -> None:
    lab.view(VIEW).get_by_label("Length in tokens").fill(str(n))


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def answered(lab: LabPage, act: Callable[[], Any]) -> None:
    """Do something that asks the server to write, and wait until it has, or was stopped or refused."""
    before = lab.data("ended", VIEW)
    act()
    lab.wait_for_change("ended", before, VIEW)


def press(lab: LabPage, name: str) -> None:
    answered(lab, button(lab, name).click)


def texts(lab: LabPage) -> list[str]:
    """What each pane holds, from what the page would download."""
    return [one["text"] for one in record(lab)["panes"]]


def record(lab: LabPage) -> dict[str, Any]:
    return lab.page.evaluate("TemperatureLab.runRecord(TemperatureLab.memory.generate.run)")


def shown(lab: LabPage, pane: int) -> str:
    """The text as it stands in a pane, line by line, without the context."""
    script = """(node) => {
        const tokens = (line) => [...line.children].filter((one) => one.className !== "given");
        const lines = [...node.querySelectorAll(".line")].map(tokens);
        return lines.map((line) => line.map((one) => one.textContent).join("")).join("\\n");
    }"""
    return lab.view(VIEW).locator(".pane .text").nth(pane).evaluate(script)


def token(lab: LabPage, pane: int, index: int) -> Locator:
    """A token of a pane's text, scrolled into sight."""
    return lab.view(VIEW).locator(".pane").nth(pane).locator(".line span:not(.given)").nth(index)


def written(model: Model, length: int = LENGTH, seed: int = SEED, **settings: Any) -> str:
    return api.generate(model, CONTEXT, seed=seed, length=length, **settings).text


def wait_for_length(lab: LabPage, tokens: int) -> None:
    """Wait until every pane holds so many tokens."""
    script = "(n) => TemperatureLab.lengths(TemperatureLab.memory.generate.run).every((held) => held === n)"
    lab.page.wait_for_function(script, arg=tokens)


def stop_after(lab: LabPage, tokens: int, then: str = "") -> None:
    """Press Write, and Stop as soon as a pane holds so many tokens; at once press another, if named."""
    script = """([tokens, then]) => new Promise((done) => {
        const root = document.querySelector("#lab-generate .lab-root");
        const buttons = [...root.querySelectorAll("button")];
        const press = (name) => buttons.find((one) => one.textContent.includes(name)).click();
        press("Write");
        const watch = new MutationObserver(() => {
            const { run, leg } = TemperatureLab.memory.generate;
            if (!leg.begun || TemperatureLab.lengths(run)[0] < tokens) return;
            watch.disconnect();
            press("Stop");
            requestAnimationFrame(() => {
                if (then) press(then);
                done();
            });
        });
        watch.observe(root, { attributes: true });
    })"""
    answered(lab, lambda: lab.page.evaluate(script, [tokens, then]))
