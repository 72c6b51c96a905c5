"""The Beam search tab, driven in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage


@pytest.fixture
def beam(lab: LabPage) -> LabPage:
    """The tab, opened: it searches once by itself."""
    lab.page.get_by_role("tab", name="Beam search").click()
    lab.page.wait_for_selector("#lab-beam .lab-root[data-runs='1']")
    return lab


def show(beam: LabPage, step: int) -> None:
    beam.page.get_by_label("Step", exact=True).fill(str(step))
    beam.wait_for_data("step", str(step), "beam")


def test_the_tree_grows_by_itself_pauses_and_follows_the_keys(beam: LabPage) -> None:
    beam.wait_for_data("step", "2", "beam")
    beam.page.get_by_role("button", name="Pause").click()
    show(beam, 3)
    nodes = beam.page.locator(".beam-tree .node")
    assert nodes.count() == 36
    assert beam.page.locator(".beam-tree .node.pruned").count() == 27
    beam.page.locator(".beam-scroll").focus()
    beam.page.keyboard.press("ArrowRight")
    beam.wait_for_data("step", "4", "beam")
    beam.page.keyboard.press("ArrowLeft")
    beam.wait_for_data("step", "3", "beam")
    beam.page.get_by_label("show pruned").uncheck()
    assert nodes.count() == 9


def test_nodes_tell_their_numbers_and_the_best_two_are_dark(beam: LabPage) -> None:
    show(beam, 12)
    beam.page.locator(".beam-tree .node").first.focus()
    expect(beam.page.locator("#lab-beam .hover")).to_contain_text(re.compile(r"p \d.*running −\d"))
    assert beam.page.locator(".beam-tree .node.best").count() >= 12


def test_length_penalty_reorders_the_ranking(beam: LabPage) -> None:
    beam.page.get_by_label("Width").fill("6")
    beam.page.get_by_label("A text ends at").select_option("line")
    beam.page.get_by_label("Length", exact=True).fill("40")
    beam.page.get_by_label("Length", exact=True).blur()
    beam.page.get_by_role("button", name="Search", exact=True).click()
    beam.wait_for_data("runs", "2", "beam")
    orders = []
    for penalty in ("-1", "2"):
        beam.page.get_by_label("Length penalty").fill(penalty)
        orders.append(beam.page.locator("#lab-beam .ranking tbody th").all_inner_texts())
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]


def test_the_blackboard_example_is_played_through(beam: LabPage) -> None:
    beam.choose_model("Your own numbers")
    beam.page.get_by_label("Width").fill("2")
    beam.page.get_by_label("Length", exact=True).fill("3")
    beam.page.get_by_label("Length", exact=True).blur()
    beam.page.get_by_role("button", name="Search", exact=True).click()
    beam.wait_for_data("runs", "2", "beam")
    beam.wait_for_data("best", "BAC", "beam")
    expect(beam.page.get_by_label("Conditional probabilities")).to_be_visible()
    show(beam, 3)
    assert beam.page.locator(".beam-tree .node").count() == 15


def test_a_mistake_is_a_sentence_and_the_tree_stays(beam: LabPage) -> None:
    show(beam, 5)
    beam.page.get_by_label("Width").fill("99")
    beam.page.get_by_label("Width").blur()
    beam.page.get_by_role("button", name="Search", exact=True).click()
    expect(beam.page.locator("#lab-beam .note")).to_contain_text(
        "width must be a whole number from 1 to 8, got 99"
    )
    assert beam.page.locator(".beam-tree .node").count() > 0
