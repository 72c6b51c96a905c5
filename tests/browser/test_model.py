"""The Model tab and the sidebar's choice of a model, driven in a real Chromium on three tiny models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LabPage
from tests.ui.model_folders import ROWS, make_model, three_models
from textgen.api import generate, next_token, predict
from textgen.registry import Registry
from textgen.ui.app import build, launch_options

FIRST, GRU, NAMES = "shakespeare-char-lstm", "plays-gru", "names"
CONTEXT = "The king is d"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture(scope="module")
def app_url(models: Registry) -> Iterator[str]:
    """The app on three tiny models instead of the shipped ones."""
    page = build(models)
    _, url, _ = page.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options())
    yield url.rstrip("/")
    page.close()


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    """The page with the Model tab open and filled."""
    open_model(lab)
    return lab


def open_model(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Model", exact=True).click()
    lab.page.wait_for_selector("#lab-model .lab-root[data-updates]")
    lab.page.wait_for_selector("#lab-compare .lab-root[data-updates]")
    lab.wait_for_data("idle", "true", "compare")


def button(lab: LabPage) -> Locator:
    return lab.page.locator("#model .picker-button")


def option(lab: LabPage, name: str) -> Locator:
    return lab.page.locator("#model").get_by_role("option", name=name)


def chosen(lab: LabPage, name: str) -> None:
    """Wait until the sidebar's choice has reached the first view."""
    lab.page.wait_for_selector(f"#model .lab-root[data-model='{name}']")


def context(lab: LabPage) -> Locator:
    return lab.page.locator("#context textarea")


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
        remove(folder)


def remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


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


# ---- two models


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


def test_writing_is_stopped_and_the_texts_stay(tab: LabPage) -> None:
    tab.view("compare").get_by_label("Length in characters").fill("2000")
    tab.view("compare").get_by_role("button", name="Write both").click()
    tab.view("compare").get_by_role("button", name="■ Stop").click()
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
    tab.view("compare").locator("summary").click()
    record = next_token(models.get(FIRST), CONTEXT)
    (label, p) = record.top(1)[0]
    first = tab.view("compare").locator("tbody tr").first.locator("td")
    expect(first.nth(0)).to_have_text(label)
    expect(first.nth(1)).to_have_text(f"{p:.2%}")


def test_a_phone_holds_it_all(tab: LabPage) -> None:
    tab.page.set_viewport_size({"width": 390, "height": 844})
    wide = tab.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_one_model_alone_has_nothing_beside_it(page: Page, tmp_path: Path) -> None:
    make_model(tmp_path, "alone")
    app = build(Registry(tmp_path))
    _, url, _ = app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options())
    page.goto(url)
    page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    page.get_by_role("tab", name="Model", exact=True).click()
    expect(page.locator("#lab-compare .note").first).to_contain_text("There is no second model yet")
    expect(page.get_by_role("button", name="Write both")).to_be_disabled()
    app.close()
