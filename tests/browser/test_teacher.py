"""The page for a projector and its keys; Share; the address and the history; a frame in another page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage

pytestmark = pytest.mark.browser


@pytest.fixture
def teaching(shared_page: LabPage) -> LabPage:
    """The Next token tab on the page for a projector, with nothing in focus."""
    lab, page = shared_page, shared_page.page
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    if page.locator("html[data-teach]").count():
        page.keyboard.press("t")
    page.get_by_role("tab", name="Next token", exact=True).click()
    page.evaluate("document.activeElement.blur()")
    lab.set_sidebar()
    lab.view("next_token").locator(".panel .bar").first.wait_for()
    page.keyboard.press("t")
    expect(page.locator("html[data-teach]")).to_have_count(1)
    page.keyboard.press("0")  # no panel chosen, none hidden
    return lab


# Printing keeps what would be on the paper.
PRINT = "() => { window.print = () => window.printed = document.querySelector('.paper-sheet').textContent; }"


def heat(page: Page) -> str:
    return page.locator(".teach-heat span").inner_text()


def test_keys_lead_the_page(teaching: LabPage) -> None:
    page = teaching.page
    expect(page.locator("#sidebar")).to_be_hidden()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("-")
    page.keyboard.press("]")
    assert heat(page) == "T = 1.11"
    panels = teaching.view("next_token").locator(".panel")
    own = panels.nth(1).locator(".panel-t")
    before = float(own.input_value())
    page.keyboard.press("2")
    for key in ("+", "ArrowUp", "-", "]"):
        page.keyboard.press(key)
    expect(own).to_have_value(f"{before + 0.11:.2f}")
    assert heat(page) == "T = 1.11"
    page.keyboard.press("h")
    expect(panels.nth(1)).to_be_hidden()
    page.keyboard.press("0")
    expect(panels.nth(1)).to_be_visible()
    tokens = teaching.view("next_token").locator(".strip .tok")
    count = tokens.count()
    page.keyboard.press("s")
    expect(tokens).to_have_count(count + 1)
    page.keyboard.press("x")
    expect(page.locator(".teach-said")).to_contain_text("nothing to stop")
    page.keyboard.press("b")
    expect(page.locator("dialog.blank")).to_be_visible()
    page.keyboard.press("b")
    expect(page.locator("dialog.blank")).to_be_hidden()


def test_the_next_tab_is_an_entry_of_the_history(teaching: LabPage) -> None:
    page = teaching.page
    page.keyboard.press("n")
    expect(page.locator(".teach-title")).to_have_text("Generate")
    page.wait_for_url(re.compile("#v=1&tab=generate"))
    page.keyboard.press("+")
    expect(page.locator(".teach-said")).to_contain_text("temperature")
    page.go_back()
    expect(page.locator(".teach-title")).to_have_text("Next token")
    page.wait_for_url(re.compile("#v=1&tab=next"))


def test_keys_are_letters_in_fields_and_can_be_turned_off(teaching: LabPage) -> None:
    page = teaching.page
    page.keyboard.press("t")
    expect(page.locator("html[data-teach]")).to_have_count(0)
    page.locator("#context textarea").press("t")
    page.locator("#context textarea").press("Control+t")
    expect(page.locator("html[data-teach]")).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    switch = page.get_by_role("checkbox", name="Single keys work on this page")
    switch.uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("html[data-teach]")).to_have_count(0)
    page.get_by_role("button", name="Keys", exact=True).click()
    switch.check()
    page.keyboard.press("Escape")


def test_share_has_the_link_its_code_and_what_gives_the_same(teaching: LabPage) -> None:
    page = teaching.page
    page.keyboard.press("l")
    share = page.get_by_role("dialog", name="Share what you see")
    page.wait_for_url(share.get_by_label("Link", exact=True).input_value())
    assert "?embed=1#v=1&amp;tab=next" in share.get_by_label("Frame for a learning platform").input_value()
    expect(share.get_by_role("img", name="QR code of the link")).to_be_visible()
    expect(share.get_by_label("In Python")).to_have_value(re.compile("predict"))
    expect(share.get_by_label("In a terminal")).to_have_value(re.compile("python -m textgen next"))
    page.evaluate(PRINT)
    share.get_by_role("button", name="Print a worksheet").click()
    page.wait_for_function("window.printed?.includes('Exact probabilities')")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".paper-sheet")).to_have_count(0)
    expect(share).to_be_hidden()


def test_a_damaged_link_says_so_and_a_frame_shows_the_tab_alone(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?embed=1#v=1&tab=next&temperature=0.5&top_p=7&zz=<b>")
    doubts = page.locator(".link-doubts li")
    expect(doubts).to_have_text(
        ["Top_p must be in (0, 1], got 7; 1 turns it off", "A link to this tab has no zz; it is left out"]
    )
    expect(page.locator("#lab-next_token .panel-t").first).to_have_value("0.5")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(doubts).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


def test_parts_are_left_out_by_the_address(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?hide=tabs,top_k,nothing&big=1#v=1&tab=next&temperature=0.5")
    expect(page.locator(".link-doubts li")).to_have_text(
        re.compile("^Hide must be some of sidebar, .*, got nothing")
    )
    expect(page.locator("#sidebar #top_p")).to_be_visible()
    expect(page.locator("#sidebar #top_k")).to_be_hidden()
    expect(page.get_by_role("tab")).to_have_count(0)
