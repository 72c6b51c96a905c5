"""The sidebar's choice of a model, and the context that comes along, in a real Chromium."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import CONTEXT, GRU, NAMES, context
from tests.ui.model.model_folders import make_model
from textgen.api import next_token
from textgen.models.registry import Registry


def button(lab: LabPage) -> Locator:
    return lab.page.locator("#model .picker-button")


def option(lab: LabPage, name: str) -> Locator:
    return lab.page.locator("#model").get_by_role("option", name=name)


def chosen(lab: LabPage, name: str) -> None:
    """Wait until the sidebar shows a choice."""
    lab.page.wait_for_selector(f"#model .lab-root[data-model='{name}']")


def kept(lab: LabPage) -> Locator:
    return lab.page.locator("#lab-kept .note")


# ---- the list


def test_the_list_tells_models_apart(lab: LabPage) -> None:
    expect(button(lab)).to_have_text("Plays, characters4.4k · characters · 1.42 nats")
    button(lab).click()
    expect(lab.page.locator("#model").get_by_role("option")).to_have_count(4)
    heads = lab.page.locator("#model .picker-head").all_inner_texts()
    assert heads == ["plays", "names", "no model"]
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
    chosen(lab, GRU)
    expect(button(lab)).to_be_focused()
    expect(button(lab)).to_have_attribute("aria-expanded", "false")
    lab.page.keyboard.press("n")
    lab.page.keyboard.press(" ")
    chosen(lab, NAMES)
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("Home")
    lab.page.keyboard.press("Escape")
    expect(button(lab)).to_have_attribute("aria-expanded", "false")
    chosen(lab, NAMES)


def test_leaving_the_list_closes_it(lab: LabPage) -> None:
    button(lab).click()
    context(lab).focus()
    expect(button(lab)).to_have_attribute("aria-expanded", "false")


def test_another_model_is_read_everywhere(lab: LabPage, models: Registry) -> None:
    context(lab).fill("The dark")
    lab.wait_for_data("context", "The dark")
    before = lab.data("updates")
    lab.choose_model("Plays, characters (GRU)")
    lab.wait_for_change("updates", before)
    lab.slide("Temperature", 0.5)
    lab.wait_for_data("temperature", "0.5")
    record = next_token(models.get(GRU), "The dark", temperature=0.5)
    top = max(record.probabilities)
    assert max(lab.bars()[:10]) == pytest.approx(top, abs=1e-6)


# ---- the context


def test_the_pages_own_context_goes_with_its_model(lab: LabPage) -> None:
    expect(context(lab)).to_have_value(CONTEXT)
    lab.choose_model("Names")
    expect(context(lab)).to_have_value("mar")
    lab.wait_for_data("context", "mar")
    expect(kept(lab)).to_be_hidden()
    lab.choose_model("Plays, characters (GRU)")
    expect(context(lab)).to_have_value(CONTEXT)


def test_what_was_typed_stays_and_what_cannot_be_read_is_said(lab: LabPage) -> None:
    lab.type_context("The dark!")
    lab.choose_model("Names")
    expect(kept(lab)).to_contain_text("“Names” cannot read all of this. Left out")
    expect(context(lab)).to_have_value("The dark!")
    context(lab).fill("dark")
    expect(kept(lab)).to_be_hidden()


def test_typed_in_numbers_hide_the_context_and_models_bring_it_back(lab: LabPage) -> None:
    lab.choose_model("Your own numbers")
    expect(lab.page.locator("#numbers textarea")).to_be_visible()
    expect(context(lab)).to_be_hidden()
    open_tab = lab.page.get_by_role("tab", name="Model", exact=True)
    open_tab.click()
    note = lab.view("model").locator("> .note")
    expect(note).to_contain_text("Your own numbers are no model")
    lab.choose_model("Names")
    expect(lab.view("model").locator(".model-title")).to_have_text("Names")
    expect(context(lab)).to_be_visible()


def test_a_new_folder_is_there_when_the_page_is_loaded_again(lab: LabPage, models: Registry) -> None:
    folder = make_model(models.root, "zz-own", seed=5, title="My <b>own</b> text")
    try:
        lab.page.reload()
        lab.page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
        button(lab).click()
        expect(option(lab, "My <b>own</b> text")).to_be_visible()
        option(lab, "My <b>own</b> text").click()
        expect(lab.view().locator("> .note")).to_have_text("")
        chosen(lab, "zz-own")
    finally:
        shutil.rmtree(folder)
