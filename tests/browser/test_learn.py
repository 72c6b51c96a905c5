"""A lesson from its question to the tab that it ends in."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage


def test_a_lesson_is_predicted_revealed_explained_and_played(shared_page: LabPage) -> None:
    page = shared_page.page
    page.get_by_role("tab", name="Learn", exact=True).click()
    room = shared_page.view("learn")
    room.get_by_role("button", name="Are temperature and top-p the same?").click()
    expect(room.locator(".panels .bar").first).to_be_visible()
    room.get_by_role("button", name="Commit").click()
    expect(room.get_by_role("alert")).to_have_text("Choose one of the answers first")
    room.get_by_role("radio", name="It grows").check()
    expect(room.get_by_text("The lead was")).to_have_count(0)  # nothing is shown before one has committed
    room.get_by_role("button", name="Commit").click()
    expect(room.locator(".learn-verdict")).to_have_text("Measured: “It stays”. You said: “It grows”.")
    expect(room.locator(".panels .panel")).to_have_count(2)
    expect(room.get_by_role("radio", name="It grows")).to_be_disabled()
    room.get_by_role("radio", name="Fewer letters can come").check()
    room.get_by_role("button", name="Commit").click()
    expect(room.get_by_text("Now play")).to_be_visible()
    room.get_by_role("button", name="Open it with this state").click()
    expect(page.get_by_role("tab", name="Next token", exact=True)).to_have_attribute("aria-selected", "true")
    shared_page.wait_for_context("The king is n")
    expect(page.get_by_role("slider", name="range slider for Top-p")).to_have_value("0.9")

    page.get_by_role("tab", name="Learn", exact=True).click()
    room.get_by_role("button", name="All lessons").first.click()
    expect(room.locator(".learn-card", has_text="Are temperature and top-p")).to_contain_text("✓ seen")
    room.get_by_role("button", name="Erase it").click()
    expect(room.locator(".learn-done")).to_have_count(0)


def test_an_address_opens_a_lesson(page: Page, app_url: str) -> None:
    page.goto(f"{app_url}/?lesson=same-everywhere")
    expect(page.get_by_role("heading", name="Does T = 0 always give the same?")).to_be_visible()
    page.wait_for_url("**#v=1&tab=learn&**lesson=same-everywhere")
