"""The Draws tab, driven in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit
from textgen.api import draw
from textgen.models.registry import Registry, default_root

VIEW = "draws"
CONTEXT = "The king is d"
OPENED = ["0.5", "1.0", "2.0"]


@pytest.fixture
def tab(shared_page: LabPage) -> Iterator[LabPage]:
    """The tab with 100 draws at three temperatures, whatever was done before."""
    shared_page.set_sidebar()
    open_draws(shared_page)
    shared_page.press_if_there(button(shared_page, "■ Stop"))
    settle(shared_page)
    if temperatures(shared_page) != OPENED:
        press(shared_page, "100 draws at T = 2")
        set_temperature(shared_page, 0, "0.5")
        press(shared_page, "+ Temperature")
        press(shared_page, "+ Temperature")
    set_draws(shared_page, "100")
    if not status(shared_page).inner_text().startswith("100 draws"):
        press(shared_page, "Draw")
    assert temperatures(shared_page) == OPENED
    yield shared_page
    shared_page.resize(1280, 720)


def open_draws(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Draws").click()
    lab.view(VIEW).locator(".draws-distance .main-svg").first.wait_for()
    settle(lab)


def settle(lab: LabPage) -> None:
    """Wait until every question has its answer."""
    lab.page.locator("#lab-draws .lab-root[aria-busy=false]").wait_for()


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def press(lab: LabPage, name: str) -> None:
    """Press a button and wait for the answer."""
    button(lab, name).click()
    settle(lab)


def number(lab: LabPage) -> Locator:
    return lab.view(VIEW).get_by_role("textbox", name="Number of draws")


def set_draws(lab: LabPage, n: str) -> None:
    number(lab).fill(n)
    settle(lab)


def set_temperature(lab: LabPage, panel: int, text: str) -> None:
    """Type a panel's temperature and wait for the answer."""
    box = lab.view(VIEW).locator(".panel-t").nth(panel)
    box.fill(text)
    box.press("Enter")
    settle(lab)


def temperatures(lab: LabPage) -> list[str]:
    boxes = lab.view(VIEW).locator(".panel-t").all()
    return [box.input_value() for box in boxes]


def counts(lab: LabPage) -> list[list[int]]:
    """The counts beside the bars, a list a panel: the likeliest tokens, then the tail; none before a draw."""
    script = (
        "plots => plots.map((plot) => [...plot.querySelectorAll('.textpoint')].map((t) => t.textContent))"
    )
    texts = lab.view(VIEW).locator(".panel-plot").evaluate_all(script)
    return [[int(text.replace(",", "")) for text in panel if text.strip()] for panel in texts]


def bars(lab: LabPage, panel: int) -> list[float]:
    """How long the bars of a panel are, px."""
    script = "paths => paths.map((path) => path.getBBox().width)"
    traces = lab.view(VIEW).locator(".panel-plot").nth(panel).locator(".barlayer .trace.bars")
    return traces.nth(1).locator("path").evaluate_all(script)


def drawn(lab: LabPage) -> int:
    """The number of draws that the tab says were made."""
    text = status(lab).inner_text()
    return 0 if text.startswith("nothing") else int(text.split()[0].replace(",", ""))


def status(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator(".draws-status")


def note(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator("> .note")


def problem(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator(".lab-problem")


def undo(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator(".lab-undo button")


def test_a_visit(context: BrowserContext, app_url: str) -> None:
    """First there are bands, then the draws of the library, which are there after a reload as well."""
    with visit(context, app_url) as lab:
        open_draws(lab)
        assert temperatures(lab) == OPENED
        expect(status(lab)).to_contain_text("nothing drawn yet")
        assert counts(lab) == [[], [], []]
        press(lab, "Draw")
        expect(status(lab)).to_have_text("100 draws at each temperature · seed 1234")
        model = Registry(default_root()).get("shakespeare-char-lstm")
        record = draw(model, CONTEXT, (0.5, 1.0, 2.0), n=100, seed=1234)
        order = np.argsort(-record.probabilities[1], kind="stable")
        for k, panel in enumerate(counts(lab)):
            assert panel[:12] == record.counts[k, order[:12]].tolist()
            assert sum(panel) == 100
            lengths = np.array(bars(lab, k))
            np.testing.assert_allclose(lengths / lengths.max(), np.array(panel) / max(panel), atol=0.03)
        before = counts(lab)
        lab.page.reload()
        open_draws(lab)
        expect(status(lab)).to_have_text("100 draws at each temperature · seed 1234")
        assert counts(lab) == before
        expect(lab.view(VIEW).locator(".draws-context")).to_have_text("Drawn after The␣king␣is␣d?")


def test_more_draws_are_added_and_the_charts_keep_their_place(tab: LabPage) -> None:
    charts = tab.view(VIEW).locator(".js-plotly-plot")
    charts.evaluate_all("charts => charts.forEach((chart) => (chart.title = 'kept'))")
    before = counts(tab)
    set_draws(tab, "2,000")
    press(tab, "Add 2,000 more")
    assert [sum(panel) for panel in counts(tab)] == [2100] * 3
    assert (np.array(counts(tab)) >= before).all()
    assert drawn(tab) == 2100
    assert charts.evaluate_all("charts => charts.map(({ title }) => title)") == ["kept"] * 4


def test_keep_adding_goes_on_until_stopped_or_another_tab_is_opened(tab: LabPage) -> None:
    set_draws(tab, "50")
    button(tab, "▶ Keep adding").click()
    expect(status(tab)).to_have_text(re.compile(r"^([2-9]\d\d|\d+,\d\d\d) draws"))
    button(tab, "■ Stop").click()
    settle(tab)
    stopped = drawn(tab)
    press(tab, "Add 50 more")  # had it gone on, more than these would come
    assert drawn(tab) == stopped + 50
    assert stopped % 50 == 0
    button(tab, "▶ Keep adding").click()
    tab.page.get_by_role("tab", name="Next token").click()
    tab.page.wait_for_function(
        "document.querySelector('#lab-draws .actions [aria-pressed=false]')?.textContent === '▶ Keep adding'"
    )


def test_the_button_of_the_histogram_draws_100_at_2(tab: LabPage) -> None:
    set_draws(tab, "7")
    press(tab, "100 draws at T = 2")
    assert temperatures(tab) == ["2.0"]
    assert [sum(panel) for panel in counts(tab)] == [100]
    expect(number(tab)).to_have_value("100")
    expect(tab.view(VIEW).get_by_role("button", name="Remove T =")).to_have_count(0)


def test_what_is_thrown_away_comes_back(tab: LabPage) -> None:
    set_draws(tab, "7")
    press(tab, "Add 7 more")
    before = counts(tab)
    press(tab, "100 draws at T = 2")
    expect(undo(tab)).to_have_text("↶ Undo: 100 draws at T = 2")
    undo(tab).click()
    settle(tab)
    expect(number(tab)).to_have_value("7")
    assert temperatures(tab) == OPENED
    assert counts(tab) == before
    tab.view(VIEW).get_by_role("button", name="Remove T = 1.0").click()
    expect(undo(tab)).to_have_text("↶ Undo: T = 1.0 removed")
    settle(tab)
    tab.view(VIEW).locator(".draws-status").click()
    tab.page.keyboard.press("Control+z")
    expect(status(tab)).to_contain_text("107 draws at each temperature")
    assert counts(tab) == before
    tab.set_sidebar(locked=False)
    press(tab, "Draw")
    undo(tab).click()
    settle(tab)
    assert counts(tab) == before


def test_a_change_clears_the_counts_and_says_so(tab: LabPage) -> None:
    for change, what in (
        (lambda: tab.page.locator("#context textarea").fill("ROMEO"), "the context"),
        (lambda: tab.slide("Top-k (0 = off)", 4), "the stages"),
        (lambda: tab.choose_model("Your own numbers"), "the model"),
    ):
        change()
        expect(note(tab)).to_contain_text(f"Counts cleared, since {what} changed")
        settle(tab)
        assert drawn(tab) == 0
        assert counts(tab) == [[], [], []]
        press(tab, "Draw")
        expect(note(tab)).to_have_text("")


def test_temperatures_are_edited_added_and_removed_up_to_six(tab: LabPage) -> None:
    set_temperature(tab, 1, "1.25")
    expect(note(tab)).to_contain_text("the temperatures changed")
    press(tab, "+ Temperature")
    assert temperatures(tab) == ["0.5", "1.25", "2.0", "1.0"]
    tab.view(VIEW).get_by_role("button", name="Remove T = 0.5").click()
    expect(tab.view(VIEW).locator(".draws-panel")).to_have_count(3)
    assert temperatures(tab) == ["1.25", "2.0", "1.0"]
    for _ in range(3):
        press(tab, "+ Temperature")
    assert len(temperatures(tab)) == 6
    expect(button(tab, "+ Temperature")).to_be_disabled()
    expect(button(tab, "Follow the slider")).to_be_disabled()


def test_only_a_panel_that_follows_the_slider_feels_it(tab: LabPage) -> None:
    tab.slide("Temperature", 0.3)
    press(tab, "Add 100 more")
    assert drawn(tab) == 200
    press(tab, "Follow the slider")
    press(tab, "Draw")
    assert temperatures(tab)[-1] == "0.3"
    typed = tab.page.get_by_label("number input for Temperature")
    typed.fill("1e9")  # a number that is being typed waits until it is one
    settle(tab)
    assert drawn(tab) == 100
    typed.fill("2.5")
    expect(status(tab)).to_contain_text("nothing drawn yet")
    assert temperatures(tab) == [*OPENED, "2.5"]
    press(tab, "Follow the slider")
    assert temperatures(tab) == OPENED


def test_while_another_tab_is_open_the_server_is_not_asked(tab: LabPage) -> None:
    asked: list[str] = []
    tab.page.get_by_role("tab", name="Beam search").click()
    tab.page.on("request", lambda request: asked.append(request.post_data or ""))
    tab.slide("Top-k (0 = off)", 3)
    tab.page.wait_for_timeout(300)
    assert not [data for data in asked if '"temperatures"' in data]
    open_draws(tab)
    expect(note(tab)).to_contain_text("the stages changed")


def test_a_number_of_draws_that_cannot_be_is_told_and_nothing_lost(tab: LabPage) -> None:
    before = counts(tab)
    for n in ("0", "", "<img src=x onerror=alert(1)>"):
        set_draws(tab, n)
        press(tab, "Draw")
        told = f"The number of draws must be a whole number from 1 to 1,000,000, got {n or 'nothing'}; "
        expect(problem(tab)).to_contain_text(told)
        expect(number(tab)).to_have_accessible_description(re.compile(f"^{re.escape(told)}"))
        expect(number(tab)).to_have_value(n)
    assert tab.view(VIEW).locator("img").count() == 0
    assert counts(tab) == before
    set_draws(tab, "100")
    press(tab, "Draw")
    expect(problem(tab)).to_have_count(0)


def test_a_temperature_that_cannot_be_is_told_and_nothing_lost(tab: LabPage) -> None:
    before = counts(tab)
    for typed, sentence in (("-1", "got -1"), ("", "got nothing"), ("2", "2.0 twice")):
        set_temperature(tab, 1, typed)
        expect(tab.view(VIEW).locator(".draws-panel").nth(1).locator(".lab-problem")).to_contain_text(
            sentence
        )
        assert temperatures(tab) == [OPENED[0], typed, OPENED[2]]
    assert counts(tab) == before
    set_temperature(tab, 1, "1,0")
    expect(problem(tab)).to_have_count(0)
    assert temperatures(tab) == OPENED


def test_a_mistake_while_typing_numbers_is_a_sentence_and_no_label_becomes_markup(tab: LabPage) -> None:
    tab.set_sidebar(model="your-own-numbers", numbers="0.5, x")
    expect(note(tab)).to_contain_text("'x' is not a number")
    expect(problem(tab)).to_have_count(0)
    tab.page.locator("#numbers textarea").fill("<img src=x onerror=alert(1)>: 0.6, ${7*6}: 0.4")
    expect(note(tab)).not_to_contain_text("is not a number")
    settle(tab)
    press(tab, "Draw")
    assert [len(panel) for panel in counts(tab)] == [2, 2, 2]
    expect(tab.view(VIEW).locator("tbody th").first).to_have_text("<img␣src=x␣onerror=alert(1)>")
    assert tab.view(VIEW).locator("img").count() == 0
    expect(tab.view(VIEW).locator(".panel-plot").first).to_contain_text("${7*6}")


def test_the_table_reaches_every_token_and_holds_the_counts(tab: LabPage) -> None:
    rows = tab.view(VIEW).locator(".draws-numbers tbody tr")
    expect(rows).to_have_count(12)
    button(tab, "show all 65").click()
    expect(rows).to_have_count(65)
    for k, title in enumerate(("T = 0.5", "T = 1.0", "T = 2.0")):
        press(tab, title)
        expect(button(tab, title)).to_have_attribute("aria-pressed", "true")
        cells = [int(cell) for cell in rows.locator("td:nth-child(4)").all_inner_texts()]
        assert sum(cells) == 100
        assert cells[:12] == counts(tab)[k][:12]
    button(tab, "show 12").click()
    expect(rows).to_have_count(12)


def test_a_large_vocabulary_has_pages(tab: LabPage) -> None:
    tab.set_sidebar(model="novels-word-lstm", context="the king")
    tab.view(VIEW).get_by_role("button", name="show 200 of").click()
    press(tab, "next ›")
    press(tab, "next ›")
    expect(tab.view(VIEW).locator(".pager")).to_contain_text("401 to 600")
    expect(tab.view(VIEW).locator("tbody tr")).to_have_count(200)
    press(tab, "‹ previous")
    press(tab, "‹ previous")
    expect(button(tab, "‹ previous")).to_be_disabled()
    button(tab, "show 12").click()


def test_removed_tokens_have_no_draws_and_are_struck_through(tab: LabPage) -> None:
    tab.slide("Top-k (0 = off)", 4)
    settle(tab)
    press(tab, "Draw")
    for panel in counts(tab):
        assert sum(panel[:4]) == 100
        assert not any(panel[4:])
    ticks = tab.view(VIEW).locator(".panel-plot").first.locator(".ytick text")
    struck = ticks.evaluate_all(
        "ticks => ticks.map((tick) => !!tick.querySelector('tspan[style*=line-through]'))"
    )
    assert struck == [False] * 4 + [True] * 9
    expect(tab.view(VIEW).get_by_text("removed by a stage")).to_be_visible()


def test_the_kept_seed_repeats_and_the_fresh_one_is_shown(tab: LabPage) -> None:
    first = counts(tab)
    press(tab, "Draw")
    assert counts(tab) == first
    expect(note(tab)).to_contain_text("same draws came again")
    tab.page.locator("#seed-lock input").uncheck()
    press(tab, "Draw")
    seed = tab.page.locator("#seed input").input_value()
    assert seed != "1234"
    expect(status(tab)).to_contain_text(f"seed {seed}")


def test_in_the_dark_the_marks_are_light(tab: LabPage) -> None:
    mark = tab.view(VIEW).locator(".panel-plot .scatterlayer path.point").first
    ink = "getComputedStyle(document.body).getPropertyValue('--lab-text')"
    stroke = "mark => getComputedStyle(mark).stroke"
    light = mark.evaluate(stroke)
    assert light == "rgb(27, 33, 48)"
    tab.page.evaluate("document.body.classList.add('dark')")
    try:
        expect(mark).not_to_have_css("stroke", light)
        assert tab.page.evaluate(ink) == "#eceef3"
        expect(mark).to_have_css("stroke", "rgb(236, 238, 243)")
    finally:
        tab.page.evaluate("document.body.classList.remove('dark')")


def test_python_and_the_page_have_one_thermal_scale(tab: LabPage) -> None:
    from textgen.plots.theme import thermal

    colour = "rgb({}, {}, {})"
    for typed in ("0", "0.77", "1.1", "2.4", "50"):
        set_temperature(tab, 0, typed)
        channels = [int(thermal(float(typed))[i : i + 2], 16) for i in (1, 3, 5)]
        panel = tab.view(VIEW).locator(".draws-panel").first
        expect(panel).to_have_css("border-top-color", colour.format(*channels))


@pytest.mark.parametrize("width", [390, 1920])
def test_nothing_is_wider_than_the_window(tab: LabPage, width: int) -> None:
    tab.resize(width, 900)
    tab.page.wait_for_timeout(300)  # charts follow their cards
    assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_term_is_explained_by_hover_focus_and_tap_within_the_window(tab: LabPage) -> None:
    asked = tab.view(VIEW).locator(".term-ask[data-term='±2σ']")
    card, page = tab.page.locator(".term-card:popover-open"), tab.page
    tab.resize(390, 844)
    asked.hover()
    expect(card).to_contain_text("two standard deviations")
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    card.hover()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    asked.click()
    expect(asked).to_have_attribute("aria-expanded", "true")
    number(tab).click()
    expect(card).to_have_count(0)
    asked.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="two standard deviations")).to_have_count(1)
    page.emulate_media(media="print")
    expect(asked).to_be_hidden()
    page.emulate_media(media="screen")
    page.keyboard.press("Escape")
