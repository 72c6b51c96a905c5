"""What stands around the rooms: ways round them, light and dark, the sidebar and its sheet, print."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from tests.browser.walk import fold, open_view

PHONE, SIDEWAYS, LAPTOP = (390, 844), (844, 390), (1280, 720)
ROOM = "#lab-next_token .lab-root"
FOCUSED = "() => document.activeElement.matches('{}')"
# Of everything that can have the focus and is seen: what shows no ring when it has it by the keyboard.
WITHOUT_RING = """() => {
    const stops = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(stops)];
    const seen = all.filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }));
    return seen.filter((one) => {
        one.focus({ focusVisible: true });
        const { outlineStyle, outlineWidth } = getComputedStyle(one);
        return document.activeElement === one && (outlineStyle === "none" || parseFloat(outlineWidth) < 2);
    }).map((one) => one.outerHTML.slice(0, 120));
}"""


@pytest.fixture
def lab(shared_page: LabPage) -> LabPage:
    """The first tab in a wide window, nothing folded."""
    shared_page.page.emulate_media(
        media="screen", color_scheme="light", forced_colors="none", reduced_motion="reduce"
    )
    shared_page.resize(*LAPTOP)
    shared_page.page.get_by_role("tab", name="Next token", exact=True).click()
    shared_page.view().locator(".bar").first.wait_for()
    fold(shared_page, closed=False)
    shared_page.set_sidebar()
    return shared_page


def open_tab(lab: LabPage, name: str) -> None:
    lab.page.get_by_role("tab", name=name, exact=True).click()


def style(lab: LabPage, selector: str, name: str) -> str:
    """A computed property of the first element."""
    value = "(one, name) => getComputedStyle(one).getPropertyValue(name)"
    return lab.page.locator(selector).first.evaluate(value, name)


def test_two_keys_lead_past_the_controls(lab: LabPage) -> None:
    lab.page.evaluate("document.activeElement?.blur()")
    lab.page.locator(".skip").focus()
    lab.page.keyboard.press("Enter")
    assert lab.page.evaluate(FOCUSED.format(ROOM))
    stops = """() => [...document.querySelectorAll("a[href], button, input, textarea, [tabindex]")]
        .filter((one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())[0].className"""
    assert lab.page.evaluate(stops) == "skip"


def test_tabs_answer_to_keys(lab: LabPage) -> None:
    open_tab(lab, "Next token")
    keys = ("ArrowLeft", "ArrowRight", "End", "Home", "ArrowRight")
    names = ("Learn", "Next token", "Model", "Learn", "Next token")
    for key, name in zip(keys, names, strict=True):
        lab.page.keyboard.press(key)
        tab = lab.page.get_by_role("tab", name=name, exact=True)
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(tab).to_be_focused()
    expect(lab.page.locator('#tabs > .tab-wrapper [role="tab"][tabindex="0"]')).to_have_count(1)
    expect(lab.page.get_by_role("tabpanel", name="Next token")).to_be_visible()


def test_the_tabs_of_experiments_answer_to_keys_too(lab: LabPage) -> None:
    open_tab(lab, "Experiments")
    open_tab(lab, "Sweep")
    lab.page.keyboard.press("End")
    expect(lab.page.get_by_role("tab", name="Blind ratings")).to_be_focused()
    expect(lab.page.locator("#lab-ratings")).to_be_visible()


def test_whatever_has_the_focus_shows_it(lab: LabPage) -> None:
    lab.page.locator("#more-stages summary").click()
    assert lab.page.evaluate(WITHOUT_RING) == []
    lab.page.locator("#more-stages summary").click()


def test_no_two_controls_have_one_name(lab: LabPage) -> None:
    names = lab.page.evaluate("""() => [...document.querySelectorAll(
            ":is(#sidebar, #lab-next_token) :is(input:not([type=radio]), select, textarea, .control-reset)")]
        .filter((one) => one.checkVisibility())
        .map((one) => one.ariaLabel ?? one.labels?.[0]?.textContent ?? one.title)""")
    assert len(names) > 15
    assert sorted(names) == sorted(set(names))


def test_light_dark_and_as_the_system_is(lab: LabPage) -> None:
    paper = lambda: style(lab, "body", "background-color")  # noqa: E731
    light = paper()
    lab.page.get_by_role("button", name="Dark", exact=True).click()
    dark = paper()
    assert dark != light
    lab.page.reload(wait_until="commit")
    lab.page.wait_for_selector("gradio-app", state="attached")  # as soon as there is anything to paint
    assert "dark" in (lab.page.locator("body").get_attribute("class") or "")
    lab.view().locator(".bar").first.wait_for()
    assert paper() == dark
    assert "__theme" not in lab.page.url
    lab.page.get_by_role("button", name="As the system is").click()
    assert paper() == light
    lab.page.emulate_media(color_scheme="dark")
    lab.page.wait_for_function("document.body.classList.contains('dark')")
    assert paper() == dark
    lab.page.emulate_media(color_scheme="light")
    lab.page.wait_for_function("!document.body.classList.contains('dark')")


def test_a_folded_sidebar_leaves_no_tab_stops_and_stays_folded(lab: LabPage) -> None:
    width = lambda: lab.page.locator("#tabs").bounding_box()["width"]  # type: ignore[index]  # noqa: E731
    before = width()
    fold(lab, closed=True)
    assert width() > before + 200
    expect(lab.page.locator("#sidebar :is(input, textarea)")).to_have_count(0)
    lab.page.reload()
    lab.view().locator(".bar").first.wait_for()
    expect(lab.page.locator("#sidebar .toggle-button")).to_have_attribute("aria-expanded", "false")
    fold(lab, closed=False)
    assert width() == before


def test_on_a_phone_the_controls_are_a_sheet_over_which_the_bars_stay(lab: LabPage) -> None:
    lab.resize(*PHONE)
    box: Any = lab.page.locator("#sidebar").bounding_box
    assert box()["height"] < 0.2 * PHONE[1]
    slider = lab.page.get_by_role("slider", name="range slider for Temperature")
    expect(slider).to_be_in_viewport()
    lab.page.get_by_role("button", name="Controls").click()
    assert abs(box()["height"] - PHONE[1] / 2) < 2
    bar: Any = lab.page.locator(".panel.live .bar").first.bounding_box()
    assert 0 <= bar["y"] < bar["y"] + bar["height"] < box()["y"]
    lab.page.locator("#sidebar").evaluate("sheet => sheet.scrollTo(0, sheet.scrollHeight)")
    expect(slider).to_be_in_viewport(ratio=1)  # it stays while the rest is scrolled
    lab.page.keyboard.press("Escape")
    assert box()["height"] < 0.2 * PHONE[1]
    expect(lab.page.get_by_role("button", name="Controls")).to_be_focused()


def test_a_phone_held_sideways_has_its_sheet_at_the_side(lab: LabPage) -> None:
    lab.resize(*PHONE)
    controls = lab.page.get_by_role("button", name="Controls")
    controls.click()
    lab.page.locator("#context textarea").fill("The queen is")
    lab.resize(*SIDEWAYS)
    box: Any = lab.page.locator("#sidebar").bounding_box
    expect(controls).to_have_attribute("aria-expanded", "true")  # a turned phone closes nothing
    expect(lab.page.locator("#context textarea")).to_be_focused()
    assert (box()["x"], box()["height"]) == (0, SIDEWAYS[1])
    bars: Any = lab.page.locator(".panel.live .bars").bounding_box()
    assert box()["width"] < bars["x"] < bars["x"] + bars["width"] <= SIDEWAYS[0]
    controls.click()
    assert box()["height"] < 0.15 * SIDEWAYS[1]
    expect(lab.page.get_by_role("slider", name="range slider for Temperature")).to_be_in_viewport(ratio=1)
    lab.page.evaluate("scrollTo(0, 0)")
    expect(lab.page.locator(".panel.live .bar").first).to_be_in_viewport(ratio=1)


def test_a_sheet_stands_above_a_keyboard_on_the_screen(lab: LabPage) -> None:
    lab.resize(*PHONE)
    lab.page.evaluate("""() => {
        Object.defineProperty(visualViewport, "height", { value: 500, configurable: true });
        visualViewport.dispatchEvent(new Event("resize"));
    }""")
    box: Any = lab.page.locator("#sidebar").bounding_box
    assert box()["y"] + box()["height"] == 500
    lab.page.evaluate("delete visualViewport.height, visualViewport.dispatchEvent(new Event('resize'))")
    assert box()["y"] + box()["height"] == PHONE[1]


def test_a_context_that_cannot_be_used_is_told_at_its_field_on_every_tab(lab: LabPage) -> None:
    open_tab(lab, "Class")
    context = lab.page.locator("#context textarea")
    context.fill("a" * 20_001)
    problem = lab.page.locator("#context .lab-problem")
    expect(problem).to_have_text("Context must be at most 20,000 characters, got 20,001; shorten it")
    expect(context).to_have_attribute("aria-invalid", "true")
    expect(context).to_have_accessible_description(re.compile("Context must be at most"))
    fold(lab, closed=True)
    lab.resize(*PHONE)
    expect(lab.page.get_by_role("button", name="Controls")).to_contain_text("a mistake to mend")
    lab.resize(*LAPTOP)
    fold(lab, closed=False)
    context.fill("a🙂")
    expect(problem).to_have_count(0)
    expect(lab.page.locator("#context .note")).to_contain_text("the model does not know them: 🙂")
    lab.set_sidebar(model="your-own-numbers", numbers="0,7; x")
    expect(lab.page.locator("#sidebar .lab-problem")).to_have_text(re.compile("^'x' is not a number"))
    lab.set_sidebar()
    expect(lab.page.locator("#sidebar .lab-problem")).to_have_count(0)


def test_the_sheet_says_what_a_tab_ignores_while_it_is_closed(lab: LabPage) -> None:
    open_tab(lab, "Experiments")
    open_tab(lab, "Calibration")
    expect(lab.page.locator("#inert-context")).to_contain_text("only the model counts here")
    lab.resize(*PHONE)
    expect(lab.page.locator("#inert-temperature")).to_contain_text("only the model counts here")
    expect(lab.page.get_by_role("tab", name="Experiments")).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_all_tabs_are_reached_by_scrolling(lab: LabPage) -> None:
    lab.resize(*PHONE)
    expect(lab.page.locator("#tabs > .tab-wrapper [role=tab]")).to_have_count(8)
    lab.page.get_by_role("tab", name="Model", exact=True).click()
    expect(lab.page.get_by_role("tab", name="Model", exact=True)).to_be_in_viewport(ratio=0.9)
    assert lab.page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


IGNORED = {  # by tab: where a sentence stands, and what it says
    "Next token": {},
    "Generate": {"temperature": "Each text has its own temperature"},
    "Draws": {"temperature": "Each panel has its own temperature"},
    "Beam search": {"temperature": "only with “beam sampling”", "seed": "only with “beam sampling”"},
    "Model": {},
}


@pytest.mark.parametrize("tab", IGNORED)
def test_what_a_tab_ignores_is_said_at_the_control(lab: LabPage, tab: str) -> None:
    open_tab(lab, tab)
    for control in ("temperature", "seed"):
        note = lab.page.locator(f"#inert-{control}")
        if sentence := IGNORED[tab].get(control):
            where = lab.page.locator(f"#{control} input").last
            described = where.get_attribute("aria-describedby")
            expect(lab.page.locator(f"#{described}")).to_contain_text(sentence)
        else:
            expect(note).to_have_count(0)


def test_forced_colours_keep_tracks_and_pressed_states(lab: LabPage) -> None:
    lab.page.emulate_media(forced_colors="active")
    for control in ("#temperature", "#top_k"):
        track = style(lab, f"{control} input[type=range]", "--track")
        assert "CanvasText" in track
    pressed = style(lab, ".theme-switch [aria-pressed=true]", "background-color")
    assert pressed != style(lab, ".theme-switch [aria-pressed=false]", "background-color")


def test_forced_colours_keep_surprise(lab: LabPage) -> None:
    open_view(lab, "Generate")
    lab.page.emulate_media(forced_colors="active")
    surprising = "#lab-generate .line :is(.s2, .s3, .s4, .s5)"
    assert style(lab, surprising, "text-decoration-line") == "underline"
    assert style(lab, "#lab-generate .line .s0", "text-decoration-line") == "none"
    lab.page.get_by_role("button", name="Colour", exact=True).click()
    assert style(lab, surprising, "text-decoration-line") == "none"
    lab.page.get_by_role("button", name="Colour", exact=True).click()


def test_nothing_moves_where_no_motion_is_wanted(lab: LabPage) -> None:
    lab.page.emulate_media(reduced_motion="reduce")
    moving = lab.page.evaluate("""() => [...document.querySelectorAll("body *")].filter((one) => {
        const { transitionDuration, animationDuration, animationName } = getComputedStyle(one);
        const long = (times) => times.split(",").some((time) => parseFloat(time) > 0.01);
        return long(transitionDuration) || (animationName !== "none" && long(animationDuration));
    }).map((one) => one.outerHTML.slice(0, 100))""")
    assert moving == []


def test_a_printed_sheet_names_what_it_shows(lab: LabPage) -> None:
    lab.set_sidebar(settings={"temperature": 1.5, "top_p": 0.9})
    lab.page.emulate_media(media="print")
    line = lab.page.locator(".sheet-line")
    expect(line).to_have_text(
        "Next token · Shakespeare, characters · after “The king is d” · T = 1.5 · top-p 0.9 · seed 1234"
    )
    for chrome in ("#sidebar", "#tabs .tab-wrapper", ".theme-switch", "#lab-next_token .actions .button"):
        expect(lab.page.locator(chrome).first).to_be_hidden()
    expect(lab.page.locator(".panel .bar").first).to_be_visible()
