"""The Model tab: the card and the timeline of a training, in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import NAMES, open_model
from tests.ui.model.model_folders import ROWS


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    return open_model(lab)


# ---- card and timeline


def test_the_card_has_the_facts(tab: LabPage) -> None:
    expect(tab.view("model").locator(".model-title")).to_have_text("Plays, characters")
    tile = tab.view("model").locator(".tile", has_text="Had to beat")
    expect(tile.locator("b")).to_have_text("1.44 nats")
    expect(tile.locator("span")).to_contain_text("Beaten by 0.016. nanoGPT reaches 1.4697")
    labels = tab.view("model").locator(".tile dt").all_inner_texts()
    assert labels[:4] == ["Network", "Parameters", "Vocabulary", "Loss on new text"]


def moment(lab: LabPage) -> Locator:
    return lab.view("model").get_by_label("Moment of the training")


def marked(lab: LabPage) -> list[float]:
    """Where the line of the moment stands in the chart."""
    plot = lab.view("model").locator(".model-curves .js-plotly-plot")
    return plot.evaluate("plot => [plot.layout.shapes[0].x0, plot.layout.shapes[0].x1]")


def texts(lab: LabPage) -> list[str]:
    return [pane.text_content() or "" for pane in lab.view("model").locator(".moment-text").all()]


def test_the_slider_shows_every_moment_without_the_server(tab: LabPage) -> None:
    assert texts(tab) == ROWS[0][5:]
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    for i, row in enumerate(ROWS):
        moment(tab).fill(str(i))
        tab.wait_for_data("moment", str(i), "model")
        assert texts(tab) == row[5:]
        assert marked(tab) == [int(row[1])] * 2
        expect(tab.view("model").locator(".moment-when")).to_have_text(f"Step {row[0]} of 40")
    expect(tab.view("model").locator(".moment-loss")).to_contain_text("new text 2.700 nats")
    assert tab.view("model").locator(".moment-text b").count() == 0
    assert asked == []


def test_the_slider_is_used_with_the_keyboard(tab: LabPage) -> None:
    moment(tab).focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.keyboard.press("ArrowRight")
    tab.wait_for_data("moment", "2", "model")
    tab.page.keyboard.press("ArrowLeft")
    tab.wait_for_data("moment", "1", "model")
    tab.page.keyboard.press("End")
    tab.wait_for_data("moment", "3", "model")
    expect(moment(tab)).to_have_attribute("aria-valuetext", "Step 40, loss 2.700")


def test_it_plays_from_the_first_moment_to_the_last(tab: LabPage) -> None:
    moment(tab).fill("3")
    tab.view("model").get_by_role("button", name="▶ Play").click()
    tab.wait_for_data("moment", "0", "model")
    expect(tab.view("model").get_by_role("button", name="■ Pause")).to_be_visible()
    tab.wait_for_data("moment", "3", "model")
    expect(tab.view("model").get_by_role("button", name="▶ Play")).to_be_visible()


def test_the_panes_have_the_colours_of_their_temperatures(tab: LabPage) -> None:
    colours = (
        tab.view("model")
        .locator(".moment-pane")
        .evaluate_all("panes => panes.map((pane) => pane.style.getPropertyValue('--t'))")
    )
    assert colours == ["#3f86c0", "#7d858f", "var(--lab-muted)"]


def test_the_losses_are_drawn_and_in_a_table(tab: LabPage) -> None:
    plot = tab.view("model").locator(".model-curves .js-plotly-plot")
    drawn = plot.evaluate("plot => plot._fullData.map(({name, y}) => [name, [...(y ?? [])]])")
    assert drawn[1] == ["new text", [3.091, 2.8, 2.6, 2.7]]
    assert drawn[3] == ["kept", [2.6]]
    tab.view("model").locator(".model-curves summary").click()
    cells = tab.view("model").locator(".model-curves tbody tr").nth(2)
    expect(cells).to_have_text("20 (kept)1,2802.5002.600")


def test_the_readme_is_text_whatever_it_holds(tab: LabPage) -> None:
    tab.view("model").get_by_text("The whole model card").click()
    readme = tab.view("model").locator(".readme")
    expect(readme.locator("h3")).to_have_text("Plays")
    expect(readme).to_contain_text("<img src=x onerror=alert(1)>")
    expect(readme.locator("td").first).to_have_text("windows")
    expect(readme.locator("pre")).to_have_text("python -m textgen evaluate plays")
    expect(readme.locator("b")).to_have_text("character")
    assert readme.locator("img, a, script").count() == 0


def test_another_model_while_the_tab_is_open(tab: LabPage) -> None:
    moment(tab).fill("2")
    tab.choose_model("Names")
    expect(tab.view("model").locator(".model-title")).to_have_text("Names")
    tab.wait_for_data("moment", "0", "model")
    assert tab.data("model", "model") == NAMES


def test_while_another_tab_is_open_the_server_is_not_asked(tab: LabPage) -> None:
    before = tab.data("updates", "model")
    tab.page.get_by_role("tab", name="Next token").click()
    tab.choose_model("Names")
    tab.wait_for_data("context", "mar")
    assert tab.data("updates", "model") == before
    tab.page.get_by_role("tab", name="Model", exact=True).click()
    expect(tab.view("model").locator(".model-title")).to_have_text("Names")


def test_a_phone_holds_it_all(tab: LabPage) -> None:
    tab.page.set_viewport_size({"width": 390, "height": 844})
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
