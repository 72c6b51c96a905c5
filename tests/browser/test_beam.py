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
    view(shared_page).get_by_label("A text ends at", exact=True).select_option("none")
    view(shared_page).get_by_label("show pruned", exact=True).uncheck()
    set_form(shared_page, width="3", length="12")
    press_search(shared_page)
    return shared_page


def view(lab: LabPage) -> Locator:
    return lab.view(VIEW)


def rows(lab: LabPage) -> Locator:
    return view(lab).get_by_role("treeitem")


def folds(lab: LabPage) -> Locator:
    return rows(lab).filter(has_text=re.compile("^[▸▾] "))


def counter(lab: LabPage) -> Locator:
    return view(lab).locator(".counter")


def note(lab: LabPage) -> Locator:
    return view(lab).locator("> .note")


def set_form(lab: LabPage, width: str, length: str) -> None:
    view(lab).get_by_label("Width", exact=True).fill(width)
    view(lab).get_by_label("Length", exact=True).fill(length)


def press_search(lab: LabPage) -> None:
    """Press the button, once any search before it has ended; all of what was found is shown."""
    idle = lab.page.locator("#lab-beam .lab-root[aria-busy=false]")
    idle.wait_for()
    with lab.page.expect_response(lambda response: "component_server" in response.url):
        view(lab).get_by_role("button", name="Search", exact=True).click()
    idle.wait_for()
    expect(counter(lab)).to_have_text(re.compile(r"step (\d+) of \1$"))


def show(lab: LabPage, step: int) -> None:
    view(lab).get_by_label("Step", exact=True).fill(str(step))
    expect(counter(lab)).to_contain_text(f"step {step} of")


def test_a_visit(context: BrowserContext, app_url: str) -> None:
    """The tab searches by itself when it is first seen, and plays it; not where motion is unwanted."""
    with visit(context, app_url) as lab:
        lab.page.emulate_media(reduced_motion="no-preference")
        lab.page.get_by_role("tab", name="Beam search").click()
        view(lab).get_by_role("button", name="Pause").click()
        expect(view(lab).get_by_role("button", name="Play")).to_be_visible()
        view(lab).get_by_role("button", name="Play").click()
        expect(counter(lab)).to_have_text("step 12 of 12", timeout=15_000)
        expect(view(lab).get_by_role("button", name="Play")).to_be_visible()


def test_the_tree_grows_with_the_steps_and_unfolds_what_was_pruned(beam: LabPage) -> None:
    assert rows(beam).count() < 12, "the shared beginning stands once"
    show(beam, 1)
    expect(rows(beam)).to_have_count(1 + 1 + 3)  # the start, what is folded, the three kept
    folds(beam).locator(".beam-fold").click()
    expect(rows(beam)).to_have_count(1 + 1 + 12)
    view(beam).get_by_label("show pruned", exact=True).check()
    show(beam, 3)
    texts = view(beam).locator(".beam-text")
    assert texts.count() > 20
    view(beam).get_by_label("show pruned", exact=True).uncheck()
    expect(folds(beam).first).to_contain_text("pruned: ")


def test_the_tree_is_one_tab_stop_with_arrow_keys_inside(beam: LabPage) -> None:
    view(beam).get_by_label("show pruned", exact=True).focus()
    beam.page.keyboard.press("Tab")  # the definition of "pruned"
    beam.page.keyboard.press("Tab")
    expect(rows(beam).first).to_be_focused()
    for key in ("ArrowDown", "Enter", "ArrowRight"):
        beam.page.keyboard.press(key)
    expect(view(beam).locator(".hover")).to_contain_text(re.compile(r"p \d.*running −\d.*pruned|overtaken"))
    beam.page.keyboard.press("End")
    expect(rows(beam).last).to_be_focused()
    beam.page.keyboard.press("Shift+Tab")
    beam.page.keyboard.press("Tab")
    expect(rows(beam).last).to_be_focused()


def test_rows_tell_their_numbers_and_the_best_two_are_dark(beam: LabPage) -> None:
    rows(beam).last.hover()
    expect(view(beam).locator(".hover")).to_contain_text(re.compile(r"p \d.*running −\d.*finished"))
    assert view(beam).locator(".beam-item.best").count() >= 2
    sizes = (
        view(beam)
        .locator(".beam-tree, .beam-tree *")
        .evaluate_all("(all) => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    )
    assert min(sizes) >= 13


def test_length_penalty_reorders_the_ranking(beam: LabPage) -> None:
    view(beam).get_by_label("A text ends at", exact=True).select_option("line")
    set_form(beam, width="6", length="40")
    press_search(beam)
    orders = []
    field = view(beam).get_by_label("length penalty", exact=True)
    for penalty, typed in (("-1", "-1.00"), ("2", "2.00")):
        view(beam).get_by_label("Length penalty, slider").fill(penalty)
        expect(field).to_have_value(typed)
        orders.append(view(beam).locator(".ranking tbody th").all_inner_texts())
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    field.fill("-1,0")
    assert view(beam).locator(".ranking tbody th").all_inner_texts() == orders[0]
    field.fill("3")
    told = "Length penalty must be from -1 to 2, got 3; 0 ranks by the sum"
    expect(field).to_have_accessible_description(told)
    field.fill("1")
    expect(view(beam).get_by_role("alert")).to_have_count(0)


def test_the_blackboard_example_is_played_through(beam: LabPage) -> None:
    beam.choose_model("Your own numbers")
    expect(view(beam).get_by_label("Conditional probabilities")).to_be_visible()
    expect(note(beam)).to_have_text("The model or the context has changed: press Search.")
    set_form(beam, width="2", length="3")
    press_search(beam)
    expect(note(beam)).not_to_contain_text("has changed")
    expect(view(beam).locator(".ranking tbody th").first).to_have_text("BAC")
    view(beam).get_by_label("show pruned", exact=True).check()
    expect(view(beam).locator(".beam-text").filter(has_text="C")).not_to_have_count(0)


def test_a_search_of_another_context_is_called_so(beam: LabPage) -> None:
    box = beam.page.locator("#context textarea")
    before = box.input_value()
    box.fill("ROMEO")
    expect(note(beam)).to_contain_text("press Search")
    beam.slide("Temperature", 0.5)
    box.fill(before)
    expect(note(beam)).not_to_contain_text("press Search")


def test_a_mistake_is_told_by_its_field_and_the_tree_stays(beam: LabPage) -> None:
    before = rows(beam).count()
    width = view(beam).get_by_label("Width", exact=True)
    width.fill("99")
    view(beam).get_by_role("button", name="Search", exact=True).click()
    told = "Width must be a whole number from 1 to 8, got 99; 1 is greedy"
    expect(view(beam).get_by_role("alert")).to_have_text(told)
    expect(width).to_have_accessible_description(told)
    assert rows(beam).count() == before > 0
    set_form(beam, width="3", length="")
    view(beam).get_by_role("button", name="Search", exact=True).click()
    expect(view(beam).get_by_role("alert")).to_have_text(
        "Length must be a whole number from 1 to 60, got nothing; 12 is the default"
    )


def test_what_of_the_sidebar_the_search_heeds_is_said_as_it_changes(beam: LabPage) -> None:
    heeds = view(beam).locator(".beam-heeds")
    expect(heeds).to_have_text(
        "Beam search: temperature, seed, top-k, top-p, min-p have no effect; beam sampling heeds them."
    )
    view(beam).get_by_label("beam sampling", exact=True).check()
    expect(heeds).to_have_text("Beam sampling heeds the temperature and all stages of the sidebar.")
    beam.slide("Temperature", 0)
    expect(heeds).to_contain_text("since T = 0 draws nothing")
    view(beam).get_by_label("beam sampling", exact=True).uncheck()


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_is_wider_than_the_window(beam: LabPage, width: int) -> None:
    beam.resize(width, 768)
    try:
        view(beam).get_by_label("show pruned", exact=True).check()
        assert beam.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        wider = "(tree) => tree.scrollWidth - tree.clientWidth"
        assert view(beam).locator(".beam-scroll").evaluate(wider) <= 0
    finally:
        beam.resize(1280, 720)


def test_what_was_found_is_there_after_a_reload_and_is_not_searched_again(beam: LabPage) -> None:
    found = view(beam).locator(".ranking").inner_text(), counter(beam).inner_text()
    beam.page.reload()
    expect(counter(beam)).to_have_text(found[1])
    beam.drawn()  # in which a tab without a result would begin to search
    assert view(beam).get_attribute("aria-busy") == "false"
    assert view(beam).locator(".ranking").inner_text() == found[0]
