"""The Beam search tab, driven in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit

VIEW = "beam"


@pytest.fixture
def beam(shared_page: LabPage) -> LabPage:
    """The tab with a whole search of width 3 and length 12, whatever was done before."""
    shared_page.set_sidebar()
    shared_page.page.get_by_role("tab", name="Beam search").click()
    view(shared_page).get_by_label("A text ends at").select_option("none")
    view(shared_page).get_by_label("show pruned").check()
    set_form(shared_page, width="3", length="12")
    press_search(shared_page)
    return shared_page


def view(lab: LabPage) -> Locator:
    return lab.view(VIEW)


def nodes(lab: LabPage) -> Locator:
    return view(lab).locator(".beam-tree .node")


def counter(lab: LabPage) -> Locator:
    return view(lab).locator(".counter")


def note(lab: LabPage) -> Locator:
    return view(lab).locator("> .note")


def set_form(lab: LabPage, width: str, length: str) -> None:
    view(lab).get_by_label("Width").fill(width)
    view(lab).get_by_label("Length", exact=True).fill(length)


def press_search(lab: LabPage) -> None:
    """Press the button; all of what was found is shown."""
    with lab.page.expect_response(lambda response: "component_server" in response.url):
        view(lab).get_by_role("button", name="Search", exact=True).click()
    expect(counter(lab)).to_have_text(re.compile(r"step (\d+) of \1$"))


def show(lab: LabPage, step: int) -> None:
    view(lab).get_by_label("Step", exact=True).fill(str(step))
    expect(counter(lab)).to_contain_text(f"step {step} of")


def test_a_visit(context: BrowserContext, app_url: str) -> None:
    """The tab searches by itself when it is first seen; the tree grows, pauses and follows the keys."""
    with visit(context, app_url) as lab:
        lab.page.get_by_role("tab", name="Beam search").click()
        view(lab).get_by_role("button", name="Pause").click()
        expect(view(lab).get_by_role("button", name="Play")).to_be_visible()
        show(lab, 3)
        expect(nodes(lab)).to_have_count(36)
        expect(view(lab).locator(".beam-tree .node.pruned")).to_have_count(27)
        view(lab).locator(".beam-scroll").focus()
        lab.page.keyboard.press("ArrowRight")
        expect(counter(lab)).to_have_text("step 4 of 12")
        lab.page.keyboard.press("ArrowLeft")
        expect(counter(lab)).to_have_text("step 3 of 12")
        view(lab).get_by_label("show pruned").uncheck()
        expect(nodes(lab)).to_have_count(9)
        view(lab).get_by_role("button", name="Play").click()
        expect(counter(lab)).to_have_text("step 12 of 12", timeout=15_000)
        expect(view(lab).get_by_role("button", name="Play")).to_be_visible()


def test_nodes_tell_their_numbers_and_the_best_two_are_dark(beam: LabPage) -> None:
    nodes(beam).first.focus()
    expect(view(beam).locator(".hover")).to_contain_text(re.compile(r"p \d.*running −\d"))
    nodes(beam).nth(5).hover()
    expect(view(beam).locator(".hover")).to_contain_text("pruned: outside the best of its step")
    assert view(beam).locator(".beam-tree .node.best").count() >= 12


def test_length_penalty_reorders_the_ranking(beam: LabPage) -> None:
    view(beam).get_by_label("A text ends at").select_option("line")
    set_form(beam, width="6", length="40")
    press_search(beam)
    orders = []
    for penalty in ("-1", "2"):
        view(beam).get_by_label("Length penalty").fill(penalty)
        orders.append(view(beam).locator(".ranking tbody th").all_inner_texts())
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    view(beam).get_by_label("Length penalty").fill("1")


def test_the_blackboard_example_is_played_through(beam: LabPage) -> None:
    beam.choose_model("Your own numbers")
    expect(view(beam).get_by_label("Conditional probabilities")).to_be_visible()
    expect(note(beam)).to_have_text("The model or the context has changed: press Search.")
    set_form(beam, width="2", length="3")
    press_search(beam)
    expect(note(beam)).not_to_contain_text("has changed")
    expect(view(beam).locator(".ranking tbody th").first).to_have_text("BAC")
    expect(nodes(beam)).to_have_count(15)


def test_a_search_of_another_context_is_called_so(beam: LabPage) -> None:
    box = beam.page.locator("#context textarea")
    before = box.input_value()
    box.fill("ROMEO")
    expect(note(beam)).to_contain_text("press Search")
    beam.slide("Temperature", 0.5)
    box.fill(before)
    expect(note(beam)).not_to_contain_text("press Search")


def test_a_mistake_is_a_sentence_and_the_tree_stays(beam: LabPage) -> None:
    before = nodes(beam).count()
    view(beam).get_by_label("Width").fill("99")
    view(beam).get_by_role("button", name="Search", exact=True).click()
    expect(note(beam)).to_have_text("width must be a whole number from 1 to 8, got 99; 1 is greedy")
    assert nodes(beam).count() == before > 0


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_is_wider_than_the_window(beam: LabPage, width: int) -> None:
    beam.page.set_viewport_size({"width": width, "height": 768})
    try:
        assert beam.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    finally:
        beam.page.set_viewport_size({"width": 1280, "height": 720})
