"""Two models side by side, in a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import CONTEXT, FIRST, NAMES, context, open_model, serving
from tests.ui.model.model_folders import make_model
from textgen import receipts
from textgen.api import generate, next_token, predict
from textgen.models.registry import Registry
from textgen.ui.model.duel import leg


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    return open_model(lab)


def sides(lab: LabPage) -> Locator:
    return lab.view("compare").locator(".compare-side")


def beside(lab: LabPage, title: str) -> None:
    lab.view("compare").locator(".picker-button").click()
    lab.view("compare").get_by_role("option", name=title).click()
    lab.wait_for_data("idle", "true", "compare")
    expect(sides(lab).nth(1).locator("h4")).to_have_text(title)


def write_both(lab: LabPage) -> list[str]:
    lab.view("compare").get_by_role("button", name="Write both").click()
    expect(lab.view("compare").get_by_role("status").first).to_contain_text("Seed", timeout=30_000)
    return [side.get_attribute("data-text") or "" for side in sides(lab).all()]


def test_a_model_of_the_same_text_stands_beside(tab: LabPage) -> None:
    titles = sides(tab).locator("h4").all_inner_texts()
    assert titles == ["Plays, characters", "Plays, characters (GRU)"]


def test_what_was_picked_by_hand_stays_beside(tab: LabPage) -> None:
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
    tab.page.wait_for_function("TemperatureLab.settings.temperature === 0.3")
    for i, name in enumerate((FIRST, NAMES)):
        record = next_token(predict(models.get(name), CONTEXT), temperature=0.3)
        expect(sides(tab).nth(i)).to_have_attribute("data-entropy", f"{record.summary.entropy:.4f}")
        expect(sides(tab).nth(i)).to_have_attribute("data-top", record.top(1)[0][0])
        drawn = sides(tab).nth(i).locator(".panel-plot").evaluate("plot => [...plot._fullData[0].x]")
        assert drawn == pytest.approx([p for _, p in record.top(10)], abs=1e-6)
    assert asked == []


def test_both_texts_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    beside(tab, "Names")
    tab.view("compare").get_by_label("Length in characters").fill("200")
    written = write_both(tab)
    for name, text in zip((FIRST, NAMES), written, strict=True):
        assert text == generate(models.get(name), CONTEXT, seed=1234, length=200).text
    assert write_both(tab) == written


# Presses Stop as soon as both texts have begun; true once it has.
STOP = """() => {
    const root = document.querySelector("#lab-compare .lab-root");
    const stop = [...root.querySelectorAll("button")].find((button) => button.textContent === "■ Stop");
    const begun = [...root.querySelectorAll(".compare-side")].every((side) => side.dataset.text);
    if (begun && !stop.hidden) stop.click();
    return begun;
}"""


def test_writing_is_stopped_and_the_texts_stay(tab: LabPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textgen.ui.model.compare.leg", lambda duel, clock: leg(duel, clock, 0.02))
    tab.view("compare").get_by_label("Length in characters").fill("2000")
    tab.view("compare").get_by_role("button", name="Write both").click()
    tab.page.wait_for_function(STOP)
    tab.wait_for_data("idle", "true", "compare")
    tab.wait_for_data("running", "false", "compare")
    lengths = [len(side.get_attribute("data-text") or "") for side in sides(tab).all()]
    assert all(0 < length < 2000 for length in lengths)


def test_a_length_that_cannot_be_is_told_and_the_texts_stay(tab: LabPage) -> None:
    before = write_both(tab)
    tab.view("compare").get_by_label("Length in characters").fill("1000000000000")
    tab.view("compare").get_by_role("button", name="Write both").click()
    expect(tab.page.locator(".lab-toast")).to_contain_text("from 20 to 2,000, got 1000000000000")
    assert [side.get_attribute("data-text") for side in sides(tab).all()] == before


def test_the_context_is_read_by_both_as_it_is_typed(tab: LabPage) -> None:
    context(tab).fill("<img src=x onerror=alert(1)>")
    expect(sides(tab).nth(0).locator(".tokens")).to_contain_text("<img␣src=x")
    assert tab.view("compare").locator("img").count() == 0


def test_the_numbers_stand_in_a_table(tab: LabPage, models: Registry) -> None:
    tab.view("compare").locator(".fold > summary").click()
    record = next_token(models.get(FIRST), CONTEXT)
    (label, p) = record.top(1)[0]
    first = tab.view("compare").locator("tbody tr").first.locator("td")
    expect(first.nth(0)).to_have_text(label)
    expect(first.nth(1)).to_have_text(f"{p:.2%}")


def test_one_model_alone_has_nothing_beside_it(page: Page, tmp_path: Path) -> None:
    make_model(tmp_path, "alone")
    with serving(tmp_path) as url:
        page.goto(url)
        page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
        page.get_by_role("tab", name="Model", exact=True).click()
        expect(page.locator("#lab-compare .note").first).to_contain_text("There is no second model yet")
        expect(page.get_by_role("button", name="Write both")).to_be_disabled()


def test_each_side_saves_its_own(tab: LabPage, models: Registry) -> None:
    texts = write_both(tab)
    for side, text in enumerate(texts):
        saved = tab.saved("compare", "Text’s receipt", side).read_text(encoding="utf-8")
        receipt = receipts.read(saved)
        assert receipts.replay(receipt, models).identical
        assert receipt.result["texts"][0]["text"] == text
        bars = json.loads(tab.saved("compare", "JSON", side).read_text(encoding="utf-8"))
        assert bars["request"]["model"] == receipt.request["model"]
