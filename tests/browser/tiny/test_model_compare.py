"""Two models side by side, in a real Chromium."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit
from tests.browser.model_page import CONTEXT, FIRST, NAMES, context_box, open_model, serving, sides
from tests.ui.model.model_folders import make_model
from textgen import receipts
from textgen.api import generate, next_token, predict
from textgen.models.registry import Registry
from textgen.ui.model import compare


@pytest.fixture
def tab(shared_page: LabPage) -> LabPage:
    """The tab without a text, the first model beside the other one of its text."""
    return open_model(shared_page)


def beside(lab: LabPage, title: str) -> None:
    lab.view("model").locator(".picker-button").click()
    lab.view("model").get_by_role("option", name=title).click()
    expect(sides(lab).nth(1).locator("h4")).to_have_text(title)


def button(lab: LabPage, name: str) -> Locator:
    return lab.view("model").get_by_role("button", name=name, exact=True)


def length(lab: LabPage) -> Locator:
    return lab.view("model").get_by_label("Length in characters")


def status(lab: LabPage) -> Locator:
    return lab.view("model").locator(".compare-card > [role=status]").nth(1)


def texts(lab: LabPage) -> list[str]:
    """What each model has written so far."""
    return lab.view("model").locator(".compare-text .own").all_text_contents()


def write_both(lab: LabPage) -> list[str]:
    button(lab, "Write both").click()
    expect(status(lab)).to_contain_text("Seed 1234", timeout=30_000)
    return texts(lab)


def test_the_other_one_of_its_text_stands_beside_until_somebody_picks(tab: LabPage) -> None:
    tab.choose_model("Plays, characters (GRU)")
    expect(sides(tab).locator("h4")).to_have_text(["Plays, characters (GRU)", "Plays, characters"])
    beside(tab, "Names")
    tab.choose_model("Plays, characters")
    expect(sides(tab).locator("h4")).to_have_text(["Plays, characters", "Names"])


def test_both_distributions_follow_the_slider_without_the_server(tab: LabPage, models: Registry) -> None:
    beside(tab, "Names")
    expect(sides(tab).nth(1).locator(".note")).to_contain_text("Left out")
    expect(sides(tab).nth(0).locator(".note")).to_be_hidden()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.slide("Temperature", 0.3)
    for i, name in enumerate((FIRST, NAMES)):
        record = next_token(predict(models.get(name), CONTEXT), temperature=0.3)
        side, likeliest = sides(tab).nth(i), record.top(10)
        expect(side.locator(".panel-stats")).to_contain_text(
            f"{record.summary.entropy:.2f} bits per character"
        )
        expect(side.locator(".bar:not(.tail) .bar-label")).to_have_text([label for label, _ in likeliest])
        expect(side.locator(".bar:not(.tail) .bar-number")).to_have_text([percent(p) for _, p in likeliest])
        widths = side.locator(".bar:not(.tail) i").evaluate_all(
            "fills => fills.map((fill) => parseFloat(fill.style.width))"
        )
        assert widths == pytest.approx([100 * p for _, p in likeliest], abs=1e-3)
    assert asked == []


def percent(p: float) -> str:
    return "<0.1%" if 0 < p < 0.0005 else f"{p:.1%}"


def test_both_texts_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    beside(tab, "Names")
    length(tab).fill("200")
    written = write_both(tab)
    for name, text in zip((FIRST, NAMES), written, strict=True):
        assert text == generate(models.get(name), CONTEXT, seed=1234, length=200).text
    expect(sides(tab).nth(0)).to_contain_text("200 tokens at T = 1.0")
    assert write_both(tab) == written


def test_an_unlocked_seed_is_new_and_stands_in_the_sidebar(tab: LabPage, models: Registry) -> None:
    tab.page.locator("#seed-lock input").uncheck()
    button(tab, "Write both").click()
    expect(status(tab)).to_contain_text("Seed ")
    seed = tab.page.locator("#seed input").input_value()
    assert seed != "1234"
    expect(status(tab)).to_contain_text(f"Seed {seed}:")
    assert (
        texts(tab)[0] == generate(models.get(FIRST), CONTEXT, seed=int(seed), length=len(texts(tab)[0])).text
    )


# Presses Stop as soon as both texts have begun; true once it has.
def test_writing_is_stopped_and_the_texts_stay_until_the_models_change(
    tab: LabPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server takes its time, so that the texts are not at their end before the button is found."""
    plain = compare.Text.grow
    monkeypatch.setattr(compare.Text, "grow", lambda *args: time.sleep(0.005) or plain(*args))
    length(tab).fill("2000")
    button(tab, "Write both").click()
    for side in (0, 1):
        expect(sides(tab).nth(side).locator(".compare-text .own")).not_to_be_empty()
    button(tab, "■ Stop").click()
    expect(status(tab)).to_have_text("Stopped.")
    expect(button(tab, "Write both")).to_be_visible()
    stopped = texts(tab)
    assert all(0 < len(text) < 2000 for text in stopped)
    context_box(tab).fill("Thy")
    expect(sides(tab).nth(0).locator(".tokens")).to_have_text("Thy?")
    assert texts(tab) == stopped
    beside(tab, "Names")
    assert texts(tab) == []


def test_a_length_that_cannot_be_is_told_and_the_texts_stay(tab: LabPage) -> None:
    length(tab).fill("40")
    before = write_both(tab)
    length(tab).fill("1000000000000")
    button(tab, "Write both").click()
    expect(length(tab)).to_have_attribute("aria-invalid", "true")
    expect(tab.view("model").get_by_role("alert")).to_contain_text("from 20 to 2,000, got 1000000000000")
    expect(button(tab, "Write both")).to_be_visible()
    assert texts(tab) == before


def test_the_context_is_read_by_both_as_it_is_typed(tab: LabPage) -> None:
    context_box(tab).fill("<img src=x onerror=alert(1)>")
    expect(sides(tab).nth(0).locator(".tokens")).to_contain_text("<img␣src=x")
    assert tab.view("model").locator("img").count() == 0
    context_box(tab).fill("a" * 20_001)
    expect(tab.view("model").locator(".compare-card > .note")).to_contain_text("at most 20,000 characters")
    expect(sides(tab).nth(0).locator(".tokens")).to_contain_text("<img␣src=x")


def test_the_numbers_stand_in_a_table(tab: LabPage, models: Registry) -> None:
    numbers = tab.view("model").locator(".compare-card .fold")
    numbers.locator("summary").click()
    ((label, p),) = next_token(models.get(FIRST), CONTEXT).top(1)
    first = numbers.locator("tbody tr").first.locator("td")
    expect(first.nth(0)).to_have_text(label)
    expect(first.nth(1)).to_have_text(f"{p:.2%}")


def test_each_side_saves_its_own(tab: LabPage, models: Registry) -> None:
    beside(tab, "Names")
    length(tab).fill("40")
    for side, text in enumerate(write_both(tab)):
        saved = tab.saved("model", "Text’s receipt", side).read_text(encoding="utf-8")
        receipt = receipts.read(saved)
        assert receipts.replay(receipt, models).identical
        assert receipt.result["texts"][0]["text"] == text
        bars = json.loads(tab.saved("model", "JSON", side).read_text(encoding="utf-8"))
        assert bars["request"]["model"] == receipt.request["model"]
        picture = tab.saved("model", "SVG", side).read_text(encoding="utf-8")
        assert "bits per character" in picture


def test_one_model_alone_has_nothing_beside_it(context: BrowserContext, tmp_path: Path) -> None:
    make_model(tmp_path, "alone")
    with serving(tmp_path) as url, visit(context, url) as lab:
        lab.page.get_by_role("tab", name="Model", exact=True).click()
        expect(lab.view("model").get_by_text("There is no second model yet")).to_be_visible()
        expect(button(lab, "Write both")).to_be_disabled()
