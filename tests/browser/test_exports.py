"""Saving from the page: every format of every tab, and receipts that replay to what the page shows."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from textgen import receipts
from textgen.api import draw, load
from textgen.models.registry import Registry, default_root


@pytest.fixture
def lab(shared_page: LabPage) -> LabPage:
    """The file's page, as it opened."""
    shared_page.resize(1280, 900)
    shared_page.page.get_by_role("tab", name="Next token", exact=True).click()
    shared_page.set_sidebar()
    shared_page.wait_for_context("The king is d")
    return shared_page


def replayed(lab: LabPage, factory: str) -> dict[str, Any]:
    """Save a receipt and replay it here → its result."""
    text = lab.saved(factory, "Receipt").read_text(encoding="utf-8")
    receipt = receipts.read(text)
    verdict = receipts.replay(receipt, Registry(default_root()))
    assert verdict.identical, verdict.differences
    return receipt.result


def test_bars(lab: LabPage) -> None:
    lab.slide("Top-p (1 = off)", 0.8)
    expect(lab.view().locator(".panel.live")).to_contain_text("removed by top")
    result = replayed(lab, "next_token")
    shares = result["panels"][0]["probabilities"]
    assert [round(max(shares), 4)] == [round(max(lab.bars()), 4)]
    assert sum(share > 0 for share in shares) < len(shares)
    assert lab.saved("next_token", "CSV").read_text(encoding="utf-8").count("\n") == 1 + len(shares)


def test_pictures(lab: LabPage) -> None:
    """The drawing holds each panel's title and bars; the picture is a PNG of it."""
    drawing = ElementTree.fromstring(lab.saved("next_token", "SVG").read_text(encoding="utf-8"))
    words = ["".join(node.itertext()) for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert [word for word in words if word.startswith("T = ")] == ["T = 1.0", "T = 0.5", "T = 1.0", "T = 2.0"]
    numbers = lab.view().locator(".panel .bar-number").all_inner_texts()
    assert [word for word in words if word.endswith("%")] == numbers
    assert any("The king is d" in word for word in words)
    picture = lab.saved("next_token", "PNG").read_bytes()
    assert picture.startswith(b"\x89PNG")
    size = int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    assert size == (2 * int(drawing.attrib["width"]), 2 * int(drawing.attrib["height"]))


def test_counts(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Draws", exact=True).click()
    for button, n in (("100 draws at T = 2", 100), ("Add 100 more", 200)):
        lab.page.get_by_role("button", name=button, exact=True).click()
        expect(lab.view("draws").get_by_text(f"{n} draws").first).to_be_visible()
    result = replayed(lab, "draws")
    drawn = draw(load("shakespeare-char-lstm"), "The king is d", [2], 200, seed=1234)
    assert result["counts"] == drawn.counts.tolist()
    assert lab.saved("draws", "CSV").read_text(encoding="utf-8").count("\n") == 1 + len(result["counts"][0])


def test_a_search(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Beam search", exact=True).click()
    expect(lab.view("beam").locator(".counter")).to_contain_text("of 12")
    result = replayed(lab, "beam")
    assert len(result["finished"]) == lab.view("beam").locator(".ranking tbody tr").count()
    lab.page.get_by_label("Step", exact=True).fill("8")
    drawing = ElementTree.fromstring(lab.saved("beam", "SVG").read_text(encoding="utf-8"))
    assert len(list(drawing.iter("{http://www.w3.org/2000/svg}text"))) > 10


def test_the_menu_stays_within_a_phone(lab: LabPage) -> None:
    """Wherever its button stands: at the left edge in Beam search, further right in Next token."""
    lab.resize(390, 844)
    within(lab, "next_token")
    lab.page.keyboard.press("Escape")
    expect(lab.view().locator(".save-entries")).to_be_hidden()
    lab.page.get_by_role("tab", name="Beam search").click()
    expect(lab.view("beam").locator(".counter")).to_contain_text("of 12")
    within(lab, "beam")


def within(lab: LabPage, factory: str) -> None:
    menu = lab.view(factory).locator(".save-menu")
    menu.locator("summary").click()
    box = menu.locator(".save-entries").bounding_box()
    assert box is not None
    assert 0 <= box["x"] < box["x"] + box["width"] <= 390
