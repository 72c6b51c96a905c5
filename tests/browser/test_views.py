"""Every view of the page: in any window each drawing fits its card and nothing lies over something else, and
axe-core finds nothing, light and dark (WCAG 2.2 AA, and what is good practice besides).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from scripts.screenshots import PAPER
from tests.browser.conftest import LabPage, visit
from tests.browser.walk import VIEWS, fold, open_view

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
WINDOWS = (
    (1366, 768),
    (1600, 900),
    (1920, 1080),
    (683, 384),  # a laptop's, zoomed to 200%
    (844, 390),  # a phone, and the same one turned
    (390, 844),
    (320, 640),  # the narrowest, or a laptop's zoomed to 400%
)

# What is wrong with what a room shows, as sentences. A chart has the width of its place; what stands in
# a card ends within it, unless something around it scrolls; neighbours in a card do not cover each other; one
# button at most is the primary one.
FAULTS = """(root) => {
    const seen = (node) => node.checkVisibility({ visibilityProperty: true })
        && node.getBoundingClientRect().width > 0 && node.getBoundingClientRect().height > 0;
    const named = (node) => `${node.tagName}.${node.getAttribute("class") ?? ""}`;
    const scrolls = (node, card) => {
        for (let at = node; at && at !== card; at = at.parentElement)
            if (/auto|scroll|hidden|clip/.test(getComputedStyle(at).overflowX)) return true;
        return false;
    };
    const floats = (node) => /absolute|fixed/.test(getComputedStyle(node).position);
    const faults = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide in ${clientWidth}`);
    const primary = [...root.querySelectorAll(".button.primary")].filter(seen);
    if (primary.length > 1) faults.push(`${primary.length} primary buttons where one may be`);
    for (const chart of root.querySelectorAll(".js-plotly-plot")) {
        if (!seen(chart)) continue;
        const [place, drawn] = [chart, chart.querySelector(".main-svg")]
            .map((node) => node.getBoundingClientRect().width);
        if (Math.abs(place - drawn) > 2)
            faults.push(`${named(chart)}: a drawing of ${drawn} px in a place of ${place}`);
    }
    for (const card of root.querySelectorAll(".card")) {
        if (!seen(card)) continue;
        const edge = card.getBoundingClientRect();
        if (edge.right > document.documentElement.clientWidth + 1)
            faults.push(`${named(card)} leaves the window`);
        for (const node of card.querySelectorAll("*")) {
            const drawing = node.closest("svg, .js-plotly-plot");
            if (!seen(node) || drawing?.contains(node.parentElement)) continue;
            if (floats(node) || scrolls(node.parentElement, card)) continue;
            const box = node.getBoundingClientRect();
            if (box.right > edge.right + 1 || box.left < edge.left - 1)
                faults.push(`${named(node)} "${node.textContent.slice(0, 30)}" leaves ${named(card)}`);
        }
    }
    const rows = ".lab-root, .card, .card > *, .panels, .pair, header, .actions";
    for (const row of root.querySelectorAll(rows)) {
        const all = [...row.children].filter((node) => seen(node) && !floats(node)
            && getComputedStyle(node).display !== "inline" && getComputedStyle(node).display !== "contents");
        all.forEach((one, i) => all.slice(i + 1).forEach((other) => {
            const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
            const [across, down] = [Math.min(a.right, b.right) - Math.max(a.left, b.left),
                Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
            if (across > 2 && down > 2 && one.closest("svg, .js-plotly-plot") === null)
                faults.push(`${named(one)} lies over ${named(other)} by ${across} × ${down}`);
        }));
    }
    return [...new Set(faults)];
}"""

SWITCH = "(dark) => document.body.classList.toggle('dark', dark)"


@pytest.fixture(scope="module")
def lab(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    with visit(context, app_url) as opened:
        opened.view().locator(".bar").first.wait_for()
        opened.page.evaluate(AXE.read_text(encoding="utf-8"))
        yield opened


@pytest.fixture(scope="module", params=VIEWS)
def name(lab: LabPage, request: pytest.FixtureRequest) -> str:
    """A view, opened once for all that is asked of it."""
    open_view(lab, request.param)
    return request.param


def faults(lab: LabPage, name: str) -> list[str]:
    """What does not fit, once the page has had the time to follow."""
    found: list[str] = []
    for _ in range(12):
        found = lab.view(VIEWS[name].room).evaluate(FAULTS)
        if not found:
            break
        lab.page.wait_for_timeout(80)
    return found


def violations(lab: LabPage, options: dict[str, Any], dark: bool = False) -> list[str]:
    """What axe-core finds on the page as it is."""
    lab.page.evaluate(SWITCH, dark)
    return lab.page.evaluate(RUN, options)


@pytest.mark.usefixtures("name")
def test_a_view_has_no_violations(lab: LabPage) -> None:
    assert violations(lab, EVERYTHING) == []
    assert violations(lab, COLOURS, dark=True) == []
    lab.page.evaluate(SWITCH, False)


def test_everything_fits_in_every_window(lab: LabPage, name: str) -> None:
    shown = {"at first": faults(lab, name)}
    fold(lab, closed=True)
    shown["sidebar folded"] = faults(lab, name)
    for width, height in WINDOWS:
        lab.resize(width, height)
        shown[f"{width} × {height}"] = faults(lab, name)
    lab.page.emulate_media(media="print")
    for paper, (width, height) in PAPER.items():
        lab.resize(width, height)
        shown[paper] = faults(lab, name)
    lab.page.emulate_media(media="screen")
    assert {window: wrong for window, wrong in shown.items() if wrong} == {}


def test_a_phone_with_its_sheet_open_has_no_violations(lab: LabPage) -> None:
    open_view(lab, "Next token")
    lab.resize(390, 844)
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


def test_a_chart_that_does_not_follow_its_card_is_a_fault(lab: LabPage) -> None:
    """The check must see what it is for: a drawing that is too wide, and one card over another."""
    open_view(lab, "Draws")
    room = lab.view("draws")
    assert faults(lab, "Draws") == []
    room.locator(".draws-distance").evaluate("place => { place.style.width = '150px' }")
    drawn = room.locator(".draws-distance .main-svg").first
    expect(drawn).to_have_attribute("width", "150")
    room.locator(".draws-distance").evaluate("place => { place.style.width = '' }")
    panel = room.locator(".panel").first
    panel.evaluate("card => { card.style.marginRight = '-80px' }")
    assert any("lies over" in fault for fault in faults(lab, "Draws"))
    panel.evaluate("card => { card.style.marginRight = '' }")
