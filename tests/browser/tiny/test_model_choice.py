"""The sidebar's choice of a model, and the context that comes along, in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit
from tests.browser.model_page import CONTEXT, GRU, context_box
from tests.ui.model.model_folders import make_model
from textgen.api import next_token
from textgen.models.registry import Registry


@pytest.fixture
def lab(shared_page: LabPage) -> LabPage:
    """The page with its first tab and its first model, whatever was done before."""
    shared_page.page.get_by_role("tab", name="Next token").click()
    shared_page.set_sidebar()
    chosen(shared_page, "Plays, characters")
    return shared_page


@pytest.fixture
def new(context: BrowserContext, app_url: str) -> Iterator[LabPage]:
    """A page where the context is still the one that the page itself put there."""
    with visit(context, app_url) as opened:
        yield opened


def button(lab: LabPage) -> Locator:
    return lab.page.locator("#model .picker-button")


def option(lab: LabPage, name: str) -> Locator:
    return lab.page.locator("#model").get_by_role("option", name=name)


def chosen(lab: LabPage, title: str) -> None:
    """Wait until the sidebar shows a choice."""
    expect(button(lab).locator("b")).to_have_text(title)


def left_out(lab: LabPage) -> Locator:
    """What the model cannot read of the context."""
    return lab.page.locator("#context .note")


# ---- the list


def test_the_list_tells_models_apart(lab: LabPage) -> None:
    expect(button(lab)).to_have_text("Plays, characters4.4k · characters · 1.42 nats · 2.05 bits/character")
    button(lab).click()
    expect(lab.page.locator("#model").get_by_role("option")).to_have_count(3)
    heads = lab.page.locator("#model .picker-head").all_inner_texts()
    assert heads == ["plays", "names"]
    expect(option(lab, "Names")).to_contain_text("characters · 1.42 nats")
    box, sidebar = option(lab, "Names").bounding_box(), lab.page.locator("#sidebar").bounding_box()
    assert box is not None
    assert sidebar is not None
    assert box["x"] + box["width"] <= sidebar["x"] + sidebar["width"]


def test_the_list_is_used_with_the_keyboard(lab: LabPage) -> None:
    button(lab).focus()
    lab.page.keyboard.press("ArrowDown")
    expect(button(lab)).to_have_attribute("aria-expanded", "true")
    expect(option(lab, "Plays, characters").first).to_have_attribute("aria-selected", "true")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Enter")
    chosen(lab, "Plays, characters (GRU)")
    expect(button(lab)).to_be_focused()
    expect(button(lab)).to_have_attribute("aria-expanded", "false")
    lab.page.keyboard.press("n")
    lab.page.keyboard.press(" ")
    chosen(lab, "Names")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Escape")
    expect(button(lab)).to_have_attribute("aria-expanded", "false")
    chosen(lab, "Names")


def test_leaving_the_list_closes_it(lab: LabPage) -> None:
    button(lab).click()
    context_box(lab).focus()
    expect(button(lab)).to_have_attribute("aria-expanded", "false")


def test_another_model_is_read_everywhere(lab: LabPage, models: Registry) -> None:
    context_box(lab).fill("The dark")
    lab.choose_model("Plays, characters (GRU)")
    lab.slide("Temperature", 0.5)
    record = next_token(models.get(GRU), "The dark", temperature=0.5)
    live = lab.view().locator(".panel.live")
    expect(live.locator(".bar:not(.tail) .bar-label")).to_have_text([label for label, _ in record.top(10)])
    expect(live.locator(".bar-number").first).to_have_text(f"{record.top(1)[0][1]:.1%}")


# ---- the context


def test_the_pages_own_context_goes_with_its_model(new: LabPage) -> None:
    expect(context_box(new)).to_have_value(CONTEXT)
    new.choose_model("Names")
    expect(context_box(new)).to_have_value("mar")
    expect(new.view().locator(".tokens")).to_have_text("mar?")
    expect(left_out(new)).to_be_hidden()
    new.choose_model("Plays, characters (GRU)")
    expect(context_box(new)).to_have_value(CONTEXT)


def test_what_was_typed_stays_and_what_cannot_be_read_is_said(lab: LabPage) -> None:
    context_box(lab).fill("The dark!")
    lab.choose_model("Names")
    expect(left_out(lab)).to_contain_text("Left out, since the model does not know them")
    expect(context_box(lab)).to_have_value("The dark!")
    context_box(lab).fill("dark")
    expect(left_out(lab)).to_be_hidden()


def test_typed_in_numbers_hide_the_context_and_models_bring_it_back(lab: LabPage) -> None:
    lab.choose_model("Your own numbers")
    expect(lab.page.locator("#numbers textarea")).to_be_visible()
    expect(context_box(lab)).to_be_hidden()
    lab.choose_model("Names")
    expect(context_box(lab)).to_be_visible()
    expect(lab.page.locator("#numbers")).to_be_hidden()


def test_a_new_folder_is_there_when_the_page_is_loaded_again(new: LabPage, models: Registry) -> None:
    folder = make_model(models.root, "zz-own", seed=5, title="My <b>own</b> text")
    try:
        new.page.reload()
        new.page.wait_for_selector("#tabs [role=tab]")
        button(new).click()
        option(new, "My <b>own</b> text").click()
        chosen(new, "My <b>own</b> text")
        expect(new.view().locator(".panel").first).to_be_visible()
        expect(new.view().locator("> .note")).to_have_text("")
    finally:
        shutil.rmtree(folder)
