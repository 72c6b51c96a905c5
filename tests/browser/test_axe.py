"""axe-core on every view, light and dark: WCAG 2.2 AA and what is good practice besides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import LabPage, visit
from tests.browser.walk import VIEWS, open_view

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = ["target-size", "label-content-name-mismatch"]  # off unless asked for
EVERYTHING = {"runOnly": TAGS, "rules": {rule: {"enabled": True} for rule in RULES}}
COLOURS = {"runOnly": ["color-contrast"]}  # all that a theme changes
RUN = """async (options) => {
    const page = { exclude: [".js-plotly-plot", "[role=tabpanel][style*='none']"] };
    const { violations } = await axe.run(page, { ...options, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, any, all, none }) =>
        `${id}: ${target.join(" ")}: ${[...any, ...all, ...none][0].message}`));
}"""
SWITCH = "(dark) => document.body.classList.toggle('dark', dark)"


@pytest.fixture(scope="module")
def lab(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    with visit(context, app_url) as opened:
        opened.view().locator(".bar").first.wait_for()
        opened.page.evaluate(AXE.read_text(encoding="utf-8"))
        yield opened


def violations(lab: LabPage, options: dict[str, Any], dark: bool = False) -> list[str]:
    """What axe-core finds on the page as it is."""
    lab.page.evaluate(SWITCH, dark)
    return lab.page.evaluate(RUN, options)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_no_violations(lab: LabPage, name: str) -> None:
    open_view(lab, name)
    assert violations(lab, EVERYTHING) == []
    assert violations(lab, COLOURS, dark=True) == []


def test_a_phone_with_its_sheet_open_has_no_violations(lab: LabPage) -> None:
    open_view(lab, "Next token")
    lab.page.set_viewport_size({"width": 390, "height": 844})
    lab.page.get_by_role("button", name="Controls").click()
    lab.page.locator("#more-stages summary").click()
    assert violations(lab, EVERYTHING) == []
    assert violations(lab, COLOURS, dark=True) == []
    lab.page.get_by_role("button", name="Controls").click()


def test_a_violation_is_found(lab: LabPage) -> None:
    """The check must see what it is for: grey on grey, a button without a name, a heading out of order."""
    lab.page.evaluate("""() => {
        const wrong = document.createElement("section");
        wrong.id = "wrong";
        wrong.innerHTML = "<h2>Two</h2><h5>Five</h5><button></button><p style='color: #bbb'>grey</p>";
        document.querySelector("main").append(wrong);
    }""")
    rules = {violation.split(":")[0] for violation in violations(lab, EVERYTHING)}
    assert {"heading-order", "button-name", "color-contrast"} <= rules
    lab.page.evaluate("document.querySelector('#wrong').remove()")
