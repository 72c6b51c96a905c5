"""A class: the teacher's tab, and a phone that joins, votes by keyboard, is loaded anew, loses its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.conftest import LabPage, visit
from tests.browser.test_views import AXE, COLOURS, EVERYTHING, FAULTS, RUN, SWITCH

MOST = 75_000  # bytes of all that a phone loads, as it travels: half of what it may be


@dataclass
class Phone:
    """The page of a student, and all that it has loaded."""

    page: Page
    loaded: list[Response] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(response.url).netloc for response in self.loaded}

    def bytes(self) -> int:
        requests = [one.request for one in self.loaded if one.request.method == "GET"]
        return sum(one.sizes()["responseBodySize"] + one.sizes()["responseHeadersSize"] for one in requests)

    def is_sound(self) -> None:
        """Nothing that axe-core finds, light and dark, and nothing that does not fit."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        assert self.page.evaluate(RUN, EVERYTHING) == []
        self.page.evaluate(SWITCH, True)
        assert self.page.evaluate(RUN, COLOURS) == []
        self.page.evaluate(SWITCH, False)
        assert self.page.locator("body").evaluate(FAULTS) == []


@pytest.fixture(scope="module")
def teacher(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    with visit(context, app_url) as lab:
        lab.page.evaluate("localStorage.clear()")  # a session that another file opened
        lab.page.reload()
        lab.page.get_by_role("tab", name="Class", exact=True).click()
        lab.view("classroom").get_by_role("button", name="Open a session").click()
        lab.view("classroom").locator(".class-qr").wait_for()
        yield lab


@pytest.fixture(scope="module")
def phone(browser: Browser, app_url: str) -> Iterator[Phone]:
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="en-GB")
    phone = Phone(context.new_page())

    def loaded(response: Response) -> None:
        phone.loaded.append(response)

    phone.page.on("response", loaded)
    phone.page.goto(f"{app_url}/class")
    phone.page.get_by_role("button", name="Join").wait_for()
    yield phone
    context.close()


def test_a_phone_votes_and_sees_the_result(teacher: LabPage, phone: Phone, app_url: str) -> None:
    room, page = teacher.view("classroom"), phone.page
    phone.is_sound()
    page.get_by_label("Code on the board").fill(room.locator(".class-code").inner_text().lower())
    page.keyboard.press("Enter")
    expect(page.get_by_text("You are in.")).to_be_visible()
    expect(room.locator(".class-counts")).to_contain_text("1 joined")
    assert phone.bytes() < MOST
    assert phone.hosts == {urlsplit(app_url).netloc}

    room.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("heading", name="Which token comes next?").wait_for()
    phone.is_sound()
    page.locator(".class-list button").first.focus()
    for key in ("ArrowDown", "Enter"):
        page.keyboard.press(key)
    chosen = page.locator(".class-list button").nth(1).inner_text()
    page.get_by_role("button", name=f"Send {chosen}").press("Enter")
    expect(page.get_by_text(f"Your answer: {chosen}")).to_be_visible()
    expect(room.locator(".class-counts")).to_contain_text("1 voted")
    assert room.locator(".bar").count() == 0  # the tally is hidden from the projector, too

    page.reload()
    expect(page.get_by_text(f"Your answer: {chosen}")).to_be_visible()
    room.get_by_role("button", name="Close the vote").click()
    expect(page.get_by_text("Talk with your neighbours")).to_be_visible()
    room.get_by_role("button", name="Vote again").click()
    page.locator(".class-list button").first.click()
    page.get_by_role("button", name="Send").click()
    room.get_by_role("button", name="Reveal").click()
    expect(page.locator(".class-panel")).to_have_count(3)
    expect(room.locator(".class-panel")).to_have_count(3)
    phone.is_sound()
    assert page.context.cookies() == []
    assert page.evaluate("Object.keys(localStorage)") == ["temperature-lab device"]


def test_a_lesson_s_step_is_put_to_the_class(teacher: LabPage, phone: Phone, app_url: str) -> None:
    room, learn, page = teacher.view("classroom"), teacher.view("learn"), phone.page
    page.goto(f"{app_url}/class#{room.locator('.class-code').inner_text()}")
    teacher.page.get_by_role("tab", name="Learn", exact=True).click()
    learn.get_by_role("button", name="Which way does the knob turn?").click()
    learn.get_by_role("button", name="Ask the class").click()
    expect(room.locator(".class-texts li")).to_have_count(3)
    expect(room.locator(".class-texts li.right")).to_have_count(0)
    page.get_by_role("heading", name="What happens to the likeliest letter?").wait_for()
    assert page.get_by_text("Its probability went from").count() == 0
    page.get_by_role("button", name="B It stays as likely").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Your answer: B: It stays as likely")).to_be_visible()
    room.get_by_role("button", name="Reveal").click()
    for shown in (page, room):
        expect(shown.locator(".class-texts li.right")).to_have_text("AIt becomes likelier")
        expect(shown.get_by_text("Its probability went from")).to_be_visible()
    phone.is_sound()
    assert phone.bytes() < MOST
    teacher.page.get_by_role("tab", name="Learn", exact=True).click()
    learn.get_by_role("button", name="← All lessons").click()
    teacher.page.get_by_role("tab", name="Class", exact=True).click()


def test_a_slider_moves_the_phones_and_a_lost_line_comes_back(teacher: LabPage, phone: Phone) -> None:
    room, page = teacher.view("classroom"), phone.page
    room.get_by_role("button", name="Follow me").click()
    room.get_by_role("button", name="Ask", exact=True).click()
    page.locator(".class-follow").wait_for()
    teacher.set_sidebar(settings={"temperature": 2.25})
    expect(page.locator(".class-t")).to_have_text("T = 2.25")
    page.context.set_offline(True)
    expect(page.locator(".class-line")).to_have_text("Reconnecting …")
    teacher.set_sidebar(settings={"temperature": 0.4})
    page.context.set_offline(False)
    expect(page.locator(".class-t")).to_have_text("T = 0.4")
    room.get_by_role("button", name="End the session").click()
    room.get_by_role("button", name="End it").click()
    expect(page.get_by_text("This session has ended.")).to_be_visible()


def test_german_is_complete_on_the_phone(browser: Browser, app_url: str) -> None:
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(f"{app_url}/class#CDFHJK")
    expect(page.get_by_role("alert")).to_contain_text("Es gibt keine Sitzung mit diesem Code")
    assert page.locator("html").get_attribute("lang") == "de"
    context.close()
