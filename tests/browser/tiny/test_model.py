"""The Model tab: the card and the timeline of a training, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import model_title, open_model
from tests.ui.model.model_folders import ROWS


@pytest.fixture
def tab(shared_page: LabPage) -> Iterator[LabPage]:
    """The tab on the first model, as it came out of its training."""
    yield open_model(shared_page)
    shared_page.resize(1280, 720)


def moment(lab: LabPage) -> Locator:
    return lab.view("model").get_by_label("Moment of the training")


def button(lab: LabPage, name: str) -> Locator:
    return lab.view("model").get_by_role("button", name=name, exact=True)


def step(lab: LabPage) -> Locator:
    """Which moment the page says it is."""
    return lab.view("model").locator(".moment-when")


def texts(lab: LabPage) -> Locator:
    return lab.view("model").locator(".moment-text")


def line(lab: LabPage) -> float:
    """Where the line of the moment stands in the chart, as a share of the width of all its points."""
    script = """chart => {
        const middle = (node) => {
            const { left, width } = node.getBoundingClientRect();
            return left + width / 2;
        };
        const points = [...chart.querySelectorAll(".scatterlayer .trace:nth-child(2) .point")].map(middle);
        const [first, last] = [points[0], points.at(-1)];
        return (middle(chart.querySelector(".shapelayer path")) - first) / (last - first);
    }"""
    return lab.view("model").locator(".model-curves .js-plotly-plot").evaluate(script)


def test_the_card_has_the_facts(tab: LabPage) -> None:
    tile = tab.view("model").locator(".tile", has_text="Had to beat")
    expect(tile.locator("b")).to_have_text("1.44 nats")
    expect(tile.locator("span")).to_contain_text("Beaten by 0.016. nanoGPT reaches 1.4697")
    labels = tab.view("model").locator(".tile dt").all_inner_texts()
    assert labels[:4] == ["Network", "Parameters", "Vocabulary", "Loss on new text"]


def test_the_slider_shows_every_moment_without_the_server(tab: LabPage) -> None:
    tab.view("model").locator(".model-curves .point").first.wait_for()
    expect(texts(tab)).to_have_text(ROWS[2][5:])  # the moment whose weights were kept
    expect(tab.view("model").locator(".compare-side .panel-stats")).to_have_count(2)  # all answers are there
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    for i, row in enumerate(ROWS):
        moment(tab).fill(str(i))
        expect(step(tab)).to_have_text(f"Step {row[0]} of 40")
        expect(texts(tab)).to_have_text(row[5:])
        assert line(tab) == pytest.approx(int(row[1]) / 2560, abs=0.01)
    expect(tab.view("model").locator(".moment-loss")).to_contain_text(
        "new text 2.700 nats (3.895 bits per character)"
    )
    assert tab.view("model").locator(".moment-text b").count() == 0
    assert asked == []


def test_the_slider_is_used_with_the_keyboard_and_by_steps(tab: LabPage) -> None:
    moment(tab).focus()
    tab.page.keyboard.press("Home")
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("ArrowRight")
    expect(step(tab)).to_have_text("Step 20 of 40")
    tab.page.keyboard.press("ArrowLeft")
    expect(step(tab)).to_have_text("Step 10 of 40")
    tab.page.keyboard.press("End")
    expect(moment(tab)).to_have_attribute(
        "aria-valuetext", "Step 40, loss 2.700 nats (3.895 bits per character)"
    )
    expect(button(tab, "Moment after")).to_be_disabled()
    button(tab, "Moment before").click()
    expect(step(tab)).to_have_text("Step 20 of 40")
    expect(tab.view("model").locator(".moment-loss")).to_contain_text("kept")


def test_it_plays_from_the_first_moment_to_the_last(tab: LabPage) -> None:
    moment(tab).fill("3")
    button(tab, "▶ Play").click()
    expect(step(tab)).to_have_text("Step 0 of 40")
    expect(button(tab, "■ Pause")).to_be_visible()
    expect(step(tab)).to_have_text("Step 40 of 40")
    expect(button(tab, "▶ Play")).to_be_visible()


def test_a_point_of_the_chart_is_a_moment(tab: LabPage) -> None:
    point = tab.view("model").locator(".model-curves .scatterlayer .trace").nth(1).locator(".point").nth(1)
    point.scroll_into_view_if_needed()
    box = point.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(*middle)
    tab.view("model").locator(".model-curves .hovertext").first.wait_for()
    tab.page.mouse.click(*middle)
    expect(step(tab)).to_have_text("Step 10 of 40")


def test_the_panes_have_the_colours_of_their_temperatures(tab: LabPage) -> None:
    script = "panes => panes.map((pane) => getComputedStyle(pane).borderTopColor)"
    colours = tab.view("model").locator(".moment-pane").evaluate_all(script)
    assert colours == ["rgb(63, 134, 192)", "color(srgb 0.105882 0.129412 0.188235)", "rgb(91, 100, 115)"]


def test_the_losses_are_drawn_and_in_a_table(tab: LabPage) -> None:
    traces = tab.view("model").locator(".model-curves .scatterlayer .trace")
    points = traces.evaluate_all("traces => traces.map((trace) => trace.querySelectorAll('.point').length)")
    assert points == [3, 4, 0, 1]
    expect(tab.view("model").locator(".model-key span")).to_have_text(
        ["text it learns from", "new text", "to beat", "kept"]
    )
    tab.view("model").locator(".model-curves summary").click()
    cells = tab.view("model").locator(".model-curves tbody tr")
    expect(cells.nth(2)).to_have_text("20 (kept)1,2802.5002.6003.6073.751")
    moment(tab).fill("2")
    expect(tab.view("model").locator(".model-curves tr.at")).to_have_text(
        "20 (kept)1,2802.5002.6003.6073.751"
    )


def test_the_readme_is_text_whatever_it_holds(tab: LabPage) -> None:
    tab.view("model").get_by_text("The whole model card").click()
    readme = tab.view("model").locator(".readme")
    expect(readme.locator("h3")).to_have_text("Plays")
    expect(readme).to_contain_text("<img src=x onerror=alert(1)>")
    assert readme.locator("img, a, script").count() == 0


def test_another_model_is_shown_as_it_was_trained(tab: LabPage) -> None:
    moment(tab).fill("1")
    tab.choose_model("Names")
    expect(model_title(tab)).to_have_text("Names")
    expect(step(tab)).to_have_text("Step 20 of 40")


def test_while_another_tab_is_open_the_server_is_not_asked(tab: LabPage) -> None:
    tab.page.get_by_role("tab", name="Next token").click()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.post_data or ""))
    tab.choose_model("Names")
    expect(tab.view().locator(".panel").first).to_contain_text("13 kept")
    assert [data for data in asked if '"facts"' in data or '"expect"' in data] == []
    tab.page.get_by_role("tab", name="Model", exact=True).click()
    expect(model_title(tab)).to_have_text("Names")
    assert [data for data in asked if '"facts"' in data]


def test_typed_in_numbers_are_no_model(tab: LabPage) -> None:
    tab.choose_model("Your own numbers")
    note = tab.view("model").locator("> .note")
    expect(note).to_contain_text("Your own numbers are no model")
    expect(tab.view("model").get_by_text("Your own numbers cannot be compared")).to_be_visible()
    expect(button(tab, "Write both")).to_be_disabled()


def test_a_phone_holds_it_all(tab: LabPage) -> None:
    tab.resize(390, 844)
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
