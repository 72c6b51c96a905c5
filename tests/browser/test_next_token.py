"""The Next token tab, and the sidebar beside it, driven in a real Chromium."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.walk import fold
from textgen.api import generate, load, predict
from textgen.experiments.panels import distribution
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings

HOSTILE = "<img src=x onerror=alert(1)> ${7*6} {{value}} \u202eabc \x00 🙂"
CONTEXT = "The king is d"
WIDTH = 2e-5  # a bar's length is written with three decimals of a percent


@pytest.fixture
def tab(shared_page: LabPage) -> LabPage:
    """The file's page, with the sidebar as it opened and the bars of its first context."""
    shared_page.resize(1280, 900)
    fold(shared_page, closed=False)
    shared_page.set_sidebar()
    shared_page.wait_for_context(CONTEXT)
    return shared_page


def panel(lab: LabPage, place: int = 0) -> Locator:
    return lab.view().locator(".panel").nth(place)


def note(lab: LabPage) -> Locator:
    return lab.view().locator("> .note")


# ---- bars


def test_first_visit_shows_four_panels_of_the_shipped_model(tab: LabPage) -> None:
    record = predict(Registry(default_root()).get("shakespeare-char-lstm"), CONTEXT)
    order = np.argsort(-record.logits, kind="stable")
    for place, temperature in enumerate([1, 0.5, 1, 2]):
        expected = distribution(record, DecodeSettings(temperature=temperature)).probabilities
        shown = tab.bars(place)
        np.testing.assert_allclose(shown[:10], expected[order[:10]], atol=WIDTH)
        assert shown[10] == pytest.approx(expected[order[10:]].sum(), abs=WIDTH)


def rest(tab: LabPage, asked: list[str]) -> None:
    """Wait until the page asks nothing more of what it was told before."""
    while True:
        asked.clear()
        tab.page.wait_for_timeout(500)
        if not asked:
            return


def test_the_slider_moves_the_bars_without_asking_the_server(tab: LabPage) -> None:
    asked = list[str]()
    listener = lambda request: asked.append(request.url)  # noqa: E731
    tab.page.on("request", listener)
    rest(tab, asked)
    before = tab.bars()
    for value in (0.3, 2.6, 0.7):
        tab.slide("Temperature", value)
    expect(tab.page.get_by_label("Temperature of the live panel", exact=True)).to_have_value("0.7")
    tab.slide("Top-p (1 = off)", 0.8)
    expect(panel(tab)).to_contain_text("removed by top")
    assert tab.bars()[0] > before[0]
    assert 0 in tab.bars()
    assert asked == []
    tab.page.remove_listener("request", listener)


def test_greedy_keeps_one_token_and_says_what_has_no_effect(tab: LabPage) -> None:
    tab.slide("Top-k (0 = off)", 5)
    tab.slide("Temperature", 0)
    expect(panel(tab).locator(".bar-number").first).to_have_text("100.0%")
    assert tab.bars()[0] == 1
    expect(tab.page.locator(".lab-effects")).to_contain_text("top-k have no effect")


def test_removed_tokens_keep_their_length_in_outline(tab: LabPage) -> None:
    tab.slide("Top-k (0 = off)", 2)
    gone = panel(tab).locator(".bar.gone")
    expect(gone).to_have_count(8)
    assert gone.first.locator("i").bounding_box()["width"] > 5  # type: ignore[index]
    expect(gone.first).to_have_accessible_name("i 13.3% ; removed by top-k; put it into the context")
    expect(panel(tab)).to_contain_text("63 removed by top‑k")


def test_all_panels_and_all_stages_have_one_scale(tab: LabPage) -> None:
    tab.slide("Top-p (1 = off)", 0.9)
    widths = (
        tab.view()
        .locator(".stage .bar:first-child i")
        .evaluate_all("(bars) => bars.map((bar) => bar.getBoundingClientRect().width)")
    )
    record = predict(load("shakespeare-char-lstm"), CONTEXT)
    tops = [distribution(record, DecodeSettings(top_p=p)).summary.top for p in (1, 0.9)]
    assert widths[0] / widths[1] == pytest.approx(tops[0] / tops[1], abs=0.01)
    before = tab.bars(0)[0], tab.bars(1)[0]
    length = panel(tab).locator(".bar i").first
    zoom = tab.page.get_by_role("button", name="Full width: 60%")
    assert length.evaluate("(bar) => bar.style.width") == f"{100 * before[0] / 0.6:.3f}%"
    zoom.click()
    expect(tab.page.get_by_role("button", name="Full width: 100%")).to_have_attribute("aria-pressed", "false")
    assert length.evaluate("(bar) => bar.style.width") == f"{100 * before[0]:.3f}%"
    assert [tab.bars(0)[0], tab.bars(1)[0]] == pytest.approx(before, abs=WIDTH)
    tab.page.get_by_role("button", name="Full width: 100%").click()


def test_a_sentence_says_what_the_slider_did_and_is_spoken_when_it_rests(tab: LabPage) -> None:
    tab.slide("Temperature", 2)
    said = "T = 2: the gap between e and o shrank from 1.3× to 1.1×; 10 choices instead of 5.1."
    expect(tab.view().locator(".sentence")).to_have_text(said)
    spoken = tab.view().locator(".lead [role=status]")
    expect(spoken).to_have_text(said)
    expect(panel(tab).get_by_role("slider")).to_have_attribute("aria-valuetext", "2.0, flatter")


def test_softmax_is_worked_out_with_these_numbers(tab: LabPage) -> None:
    record = predict(load("shakespeare-char-lstm"), CONTEXT)
    best = int(record.logits.argmax())
    tab.slide("Temperature", 2)
    tab.view().get_by_text("softmax(z / T), with these numbers").click()
    cells = tab.view().locator(".arithmetic tbody tr").first.locator("td")
    z, p = float(record.logits[best]), distribution(record, DecodeSettings(temperature=2)).probabilities[best]
    expect(cells).to_have_text([f"{z:.3f}", f"{z / 2:.3f}", "1.000", f"{p:.2%}"])
    tab.view().get_by_text("softmax(z / T), with these numbers").click()


def test_a_newcomer_is_told_once_and_sees_no_panel_twice(lab: LabPage) -> None:
    lab.page.evaluate("localStorage.clear()")
    lab.page.reload()
    heads = lab.view().locator(".panel-t")
    expect(heads).to_have_count(4)
    assert len({head.input_value() for head in heads.all()}) == 4
    lab.page.get_by_role("button", name="Got it").click()
    lab.page.reload()
    expect(heads).to_have_count(4)
    expect(lab.page.get_by_role("button", name="Got it")).to_have_count(0)


# ---- the context


def test_a_bar_joins_the_context_and_back_takes_it_away(tab: LabPage) -> None:
    tab.type_context("ROMEO")
    expect(note(tab)).to_have_text("")
    bar = panel(tab, 0).get_by_role("button", name="put it into the context").first
    token = bar.locator(".bar-label").inner_text()
    bar.click()
    tab.wait_for_context("ROMEO" + token)
    assert len(tab.page.locator("#context textarea").input_value()) == 6
    row = tab.view().locator(".numbers tbody button").first
    row.click()
    expect(tab.view().locator(".tokens .tok:not(.open)")).to_have_count(7)
    tab.page.get_by_role("button", name="Back").click()
    expect(tab.view().locator(".tokens .tok:not(.open)")).to_have_count(6)
    tab.page.get_by_role("button", name="Back").click()
    tab.wait_for_context("ROMEO")
    assert tab.page.locator("#context textarea").input_value() == "ROMEO"


def test_bars_are_one_tab_stop_with_arrows_inside(tab: LabPage) -> None:
    bars = panel(tab).get_by_role("toolbar", name="Probabilities at T = 1.0")
    first = bars.locator(".bar").first
    first.focus()
    tab.page.keyboard.press("ArrowDown")
    second = bars.locator(".bar").nth(1)
    expect(second).to_be_focused()
    assert bars.locator("button[tabindex='0']").count() == 1
    token = second.locator(".bar-label").inner_text()
    tab.page.keyboard.press("Enter")
    tab.wait_for_context(CONTEXT + token)


@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_the_mouse_hits_the_bar_it_points_at(tab: LabPage, width: int) -> None:
    tab.resize(width, 1400)
    bar = panel(tab).locator(".bar").nth(1)
    token = bar.locator(".bar-label").inner_text()
    bar.scroll_into_view_if_needed()
    box = bar.locator("i").bounding_box()
    assert box
    tab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.wait_for_context(CONTEXT + token)


def test_sampling_one_after_another_writes_what_generate_writes(tab: LabPage) -> None:
    tab.type_context("ROMEO:")
    for length in range(1, 6):
        tab.page.get_by_role("button", name="Sample one").click()
        expect(tab.view().locator(".tokens .tok:not(.open)")).to_have_count(6 + length)
    written = generate(load("shakespeare-char-lstm"), "ROMEO:", seed=1234, length=5).text
    assert tab.page.locator("#context textarea").input_value() == "ROMEO:" + written


def test_unknown_characters_are_named(tab: LabPage) -> None:
    tab.type_context("café 🙂")
    expect(note(tab)).to_contain_text("does not know them: é, 🙂.")


def test_nothing_typed_becomes_markup(tab: LabPage) -> None:
    tab.page.locator("#context textarea").fill(HOSTILE)
    expect(tab.view().locator(".tokens")).to_contain_text("<img␣src=x␣onerror=alert(1)>␣${7*6}␣{{value}}")
    assert tab.page.locator("#lab-next_token img").count() == 0


def test_an_empty_context_says_what_it_means(tab: LabPage) -> None:
    tab.type_context("")
    expect(note(tab)).to_contain_text("empty")
    assert math.isclose(sum(tab.bars()), 1, abs_tol=20 * WIDTH)


def test_a_megabyte_of_context_is_refused_and_the_bars_before_are_marked(tab: LabPage) -> None:
    before = tab.bars()
    tab.set_sidebar(context="a" * 1_000_000)
    expect(note(tab)).to_contain_text("at most 20,000 characters, got 1,000,000")
    assert tab.bars() == before
    expect(tab.page.get_by_role("button", name="Sample one")).to_be_disabled()
    faded = tab.view().locator(".view")
    assert float(faded.evaluate("(panels) => getComputedStyle(panels).opacity")) < 0.6
    tab.type_context("The king")
    expect(note(tab)).to_have_text("")
    assert float(faded.evaluate("(panels) => getComputedStyle(panels).opacity")) == 1


def test_typed_in_numbers_give_the_blackboard_table(tab: LabPage) -> None:
    tab.choose_model("Your own numbers")
    tab.page.get_by_role("button", name="Example from the blackboard").click()
    expect(tab.view().locator(".ratio td").nth(1)).to_have_text("23.4")
    for place, numbers in enumerate((["95.6%", "4.1%"], ["72.6%", "15.0%"], ["37.1%", "16.9%"]), 1):
        expect(panel(tab, place).locator(".bar-number").nth(0)).to_have_text(numbers[0])
        expect(panel(tab, place).locator(".bar-number").nth(1)).to_have_text(numbers[1])
    assert tab.view().locator(".ratio td").all_inner_texts() == ["4.8", "23.4", "4.8", "2.2"]
    panel(tab).locator(".bar").first.click()
    expect(tab.view().locator(".tokens .tok:not(.open)")).to_have_text(["1"])
    tab.page.get_by_role("button", name="Back").click()
    expect(tab.view().locator(".tokens .tok:not(.open)")).to_have_count(0)


# ---- tokens that are kept


def test_a_token_that_is_kept_has_a_bar_in_every_panel_removed_or_not(tab: LabPage) -> None:
    search = tab.page.get_by_label("Keep a token in all panels")
    search.fill("z")  # there is a Z, too
    search.press("Enter")
    record = predict(load("shakespeare-char-lstm"), CONTEXT)
    kept = record.labels.index("z")
    for place, temperature in enumerate([1, 0.5, 1, 2]):
        expect(panel(tab, place).locator(".bar-label")).to_have_count(12)
        expected = distribution(record, DecodeSettings(temperature=temperature)).probabilities[kept]
        assert tab.bars(place)[10] == pytest.approx(expected, abs=WIDTH)
    tab.slide("Top-k (0 = off)", 5)
    expect(panel(tab).locator(".bar").nth(10)).to_have_accessible_name(re.compile("^z .*removed by top-k"))
    tab.page.get_by_role("button", name="Let z go").click()
    expect(panel(tab).locator(".bar-label")).to_have_count(11)


# ---- numbers that are typed


def test_the_sidebar_takes_a_comma_and_says_what_is_out_of_range(tab: LabPage) -> None:
    box = tab.page.get_by_label("number input for Top-p (1 = off)")
    for typed, value in (("0,7", "0.7"), ("1.2", "0.7"), ("much", "0.7"), ("0.001", "0.001")):
        box.fill(typed)
        box.press("Enter")
        expect(box).to_have_value(value)
        problem = tab.page.locator("#top_p .lab-problem")
        if value == "0.7" and typed != "0,7":
            expect(problem).to_have_text(f"Top-p must be in (0, 1], got {typed}; 1 turns it off")
        else:
            expect(problem).to_have_count(0)


def test_a_seed_that_is_none_is_said_and_never_sent(tab: LabPage) -> None:
    box = tab.page.locator("#seed input")
    box.fill("lucky")
    box.press("Enter")
    expect(tab.page.locator("#seed-row .lab-problem")).to_contain_text("Seed must be a whole number")
    expect(box).to_have_value("1234")
    box.fill("77")
    expect(tab.page.locator("#seed-row .lab-problem")).to_have_count(0)


def test_a_panels_number_that_cannot_be_falls_back_to_its_bars(tab: LabPage) -> None:
    box = tab.page.get_by_label("Temperature of panel 1", exact=True)
    box.fill("-3")
    box.press("Enter")
    alert = panel(tab, 1).get_by_role("alert")
    expect(alert).to_have_text("T must be 0 or from 0.01 to 100, got -3; 0 is greedy")
    expect(box).to_have_value("0.5")
    box.fill("0,5")
    box.press("Enter")
    expect(alert).to_have_count(0)


# ---- panels, stages, the sweep


def test_panels_are_added_edited_and_removed(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="+ Temperature").click()
    expect(lab.view().locator(".panel")).to_have_count(5)
    box = lab.page.get_by_label("Temperature of panel 1", exact=True)
    box.fill("0")
    box.press("Enter")
    expect(panel(lab, 1).locator(".bar-number").first).to_have_text("100.0%")
    lab.page.get_by_role("button", name="Remove panel 1, T = 0.0").click()
    expect(lab.view().locator(".panel")).to_have_count(4)
    expect(lab.page.get_by_label("Temperature of panel 1", exact=True)).to_have_value("1.0")


def test_what_was_thrown_away_comes_back(tab: LabPage) -> None:
    tab.page.get_by_role("button", name="Remove panel 1, T = 0.5").click()
    expect(tab.view().locator(".panel")).to_have_count(3)
    tab.page.keyboard.press("Control+z")
    expect(tab.page.get_by_label("Temperature of panel 1", exact=True)).to_have_value("0.5")
    expect(tab.view().locator(".panel")).to_have_count(4)
    tab.page.get_by_role("button", name="Back").first.click()
    tab.wait_for_context(CONTEXT[:-1])
    tab.page.get_by_role("button", name="Undo: last token taken away").click()
    tab.wait_for_context(CONTEXT)
    tab.slide("Top-k (0 = off)", 7)
    tab.page.get_by_role("button", name="Reset Top-k").click()
    tab.page.get_by_role("button", name="Undo: top-k 7 reset").click()
    expect(tab.page.get_by_label("number input for Top-k (0 = off)")).to_have_value("7")


def test_stages_are_reordered_by_keyboard(tab: LabPage) -> None:
    tab.slide("Temperature", 2)
    tab.slide("Top-p (1 = off)", 0.9)
    stages = tab.view().locator(".stage header b")
    expect(stages).to_have_text(["raw", "temperature", "top-p"])
    kept = panel(tab).locator(".panel-stats b").nth(3)
    before = kept.inner_text()
    tab.page.get_by_role("button", name="Move top-p earlier").press("Enter")
    expect(stages).to_have_text(["raw", "top-p", "temperature"])
    expect(tab.page.get_by_role("button", name="Move top-p earlier")).to_be_focused()
    assert kept.inner_text() != before
    tab.page.locator("#more-stages summary").click()
    expect(tab.page.locator("#order p")).to_have_text("custom: top-p → temperature")
    tab.page.get_by_role("button", name="Change it in the pipeline").click()
    expect(tab.page.get_by_role("button", name="custom")).to_be_focused()
    tab.page.get_by_role("button", name="temperature first").click()
    expect(stages).to_have_text(["raw", "temperature", "top-p"])
    tab.page.locator("#more-stages summary").click()


def test_the_temperature_plays_by_itself_and_stops(tab: LabPage) -> None:
    heading = tab.page.get_by_label("Temperature of the live panel", exact=True)
    tab.page.get_by_role("button", name="Play T").click()
    expect(heading).not_to_have_value("1.0")
    tab.page.get_by_role("button", name="■ Stop").click()
    slider = tab.page.get_by_role("slider", name="range slider for Temperature")
    assert float(heading.input_value()) == float(slider.input_value())


# ---- any window


@pytest.mark.parametrize("width", [390, 768, 1366, 1920])
def test_every_bar_fits_its_card_and_no_number_its_bar(tab: LabPage, width: int) -> None:
    tab.slide("Temperature", 0)  # one bar is as long as can be
    tab.resize(width, 900)
    assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    apart = (
        tab.view()
        .locator(".panel .bar")
        .evaluate_all("""(rows) => rows.every((row) => {
        const [bar, number] = [row.querySelector("i"), row.querySelector(".bar-number")];
        const [card, box] = [row.closest(".panel").getBoundingClientRect(), bar.getBoundingClientRect()];
        const text = document.createRange();
        text.selectNodeContents(number);
        const end = text.getBoundingClientRect();
        return box.left >= card.left && box.right <= end.left && end.right <= card.right;
    })""")
    )
    assert apart
