"""The Draws tab, driven in a real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from textgen.api import draw
from textgen.models.registry import Registry, default_root

VIEW = "draws"
CONTEXT = "The king is d"


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    """The page with the Draws tab open and its first view there."""
    open_draws(lab)
    lab.page.wait_for_selector("#lab-draws .lab-root[data-updates]")
    settle(lab)
    return lab


def open_draws(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Draws").click()


def settle(lab: LabPage) -> None:
    """Wait until every request has its answer."""
    lab.wait_for_data("idle", "true", VIEW)


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def press(lab: LabPage, name: str) -> None:
    """Press a button and wait for the answer."""
    before = lab.data("updates", VIEW)
    button(lab, name).click()
    lab.wait_for_change("updates", before, VIEW)
    settle(lab)


def set_draws(lab: LabPage, n: str) -> None:
    lab.view(VIEW).locator("input.draws-n").fill(n)
    settle(lab)


def set_temperature(lab: LabPage, panel: int, text: str) -> None:
    """Type a panel's temperature and wait for the answer."""
    before = lab.data("updates", VIEW)
    box = lab.view(VIEW).get_by_label("Temperature of this panel").nth(panel)
    box.fill(text)
    box.press("Enter")
    lab.wait_for_change("updates", before, VIEW)
    settle(lab)


def temperatures(lab: LabPage) -> list[str]:
    boxes = lab.view(VIEW).get_by_label("Temperature of this panel").all()
    return [box.input_value() for box in boxes]


def counts(lab: LabPage) -> list[list[int]]:
    """The counts that Plotly draws, a list a panel: the likeliest tokens, then the tail."""
    script = "plots => plots.map((plot) => [...plot._fullData[1].x])"
    return lab.view(VIEW).locator(".panel-plot").evaluate_all(script)


def drawn(lab: LabPage) -> int:
    return int(lab.data("n", VIEW) or -1)


def note(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator("> .note")


def test_first_there_are_bands_and_then_the_draws_of_the_library(tab: LabPage) -> None:
    assert drawn(tab) == 0
    expect(tab.view(VIEW).locator(".draws-status")).to_contain_text("nothing drawn yet")
    press(tab, "Draw")
    model = Registry(default_root()).get("shakespeare-char-lstm")
    record = draw(model, CONTEXT, (0.5, 1.0, 2.0), n=100, seed=1234)
    order = np.argsort(-record.probabilities[1], kind="stable")
    for k, panel in enumerate(counts(tab)):
        assert panel[:12] == record.counts[k, order[:12]].tolist()
        assert sum(panel) == 100
    expect(tab.view(VIEW).locator(".draws-status")).to_contain_text(
        "100 draws at each temperature · seed 1234"
    )


def test_more_draws_are_added(tab: LabPage) -> None:
    press(tab, "Draw")
    set_draws(tab, "2,000")
    press(tab, "Add 2,000 more")
    assert [sum(panel) for panel in counts(tab)] == [2100] * 3
    assert drawn(tab) == 2100


def test_keep_adding_goes_on_until_stopped(tab: LabPage) -> None:
    set_draws(tab, "50")
    button(tab, "▶ Keep adding").click()
    tab.page.wait_for_function("Number(document.querySelector('#lab-draws .lab-root').dataset.n) >= 200")
    button(tab, "■ Stop").click()
    tab.wait_for_data("running", "false", VIEW)
    settle(tab)
    stopped = drawn(tab)
    press(tab, "Add 50 more")  # had it gone on, more than these would come
    assert drawn(tab) == stopped + 50
    assert stopped % 50 == 0


def test_a_chart_keeps_its_place_while_draws_are_added(tab: LabPage) -> None:
    press(tab, "Draw")
    tab.page.evaluate("window.kept = [...document.querySelectorAll('#lab-draws .js-plotly-plot')]")
    press(tab, "Add 100 more")
    assert tab.page.evaluate("window.kept.length") == 4
    assert tab.page.evaluate("window.kept.every((plot) => plot.isConnected)")


def test_the_button_of_the_histogram_draws_100_at_2(tab: LabPage) -> None:
    set_draws(tab, "7")
    press(tab, "100 draws at T = 2")
    assert temperatures(tab) == ["2.0"]
    assert [sum(panel) for panel in counts(tab)] == [100]
    assert tab.view(VIEW).locator("input.draws-n").input_value() == "100"


def change_context(lab: LabPage) -> None:
    lab.page.locator("#context textarea").fill("ROMEO")


def change_stages(lab: LabPage) -> None:
    lab.slide("Top-k (0 = off)", 4)


def change_model(lab: LabPage) -> None:
    lab.choose_model("Your own numbers")


@pytest.mark.parametrize(
    ("change", "what"),
    [(change_context, "the context"), (change_stages, "the stages"), (change_model, "the model")],
)
def test_a_change_clears_the_counts_and_says_so(
    tab: LabPage, change: Callable[[LabPage], None], what: str
) -> None:
    press(tab, "Draw")
    change(tab)
    expect(note(tab)).to_contain_text(f"Counts cleared, since {what} changed")
    tab.wait_for_data("n", "0", VIEW)
    assert sum(map(sum, counts(tab))) == 0


def test_a_temperature_is_edited_added_and_removed(tab: LabPage) -> None:
    press(tab, "Draw")
    set_temperature(tab, 1, "1.25")
    expect(note(tab)).to_contain_text("the temperatures changed")
    press(tab, "+ Temperature")
    assert temperatures(tab) == ["0.5", "1.25", "2.0", "1.0"]
    tab.view(VIEW).get_by_role("button", name="Remove this temperature").first.click()
    expect(tab.view(VIEW).locator(".panel")).to_have_count(3)
    assert temperatures(tab) == ["1.25", "2.0", "1.0"]


def test_there_are_at_most_six_temperatures(tab: LabPage) -> None:
    for _ in range(3):
        press(tab, "+ Temperature")
    assert tab.view(VIEW).locator(".panel").count() == 6
    expect(button(tab, "+ Temperature")).to_be_disabled()
    expect(button(tab, "Follow the slider")).to_be_disabled()


def test_only_a_panel_that_follows_the_slider_feels_it(tab: LabPage) -> None:
    press(tab, "Draw")
    tab.slide("Temperature", 0.3)
    tab.page.wait_for_function("window.TemperatureLab.settings.temperature === 0.3")
    press(tab, "Add 100 more")
    assert drawn(tab) == 200
    press(tab, "Follow the slider")
    press(tab, "Draw")
    assert temperatures(tab)[-1] == "0.3"
    tab.slide("Temperature", 2.5)
    tab.wait_for_data("n", "0", VIEW)
    settle(tab)
    assert temperatures(tab) == ["0.5", "1.0", "2.0", "2.5"]


def test_a_temperature_that_is_being_typed_waits_until_it_is_one(tab: LabPage) -> None:
    press(tab, "Follow the slider")
    press(tab, "Draw")
    box = tab.page.locator("#temperature input[type=number]")
    box.fill("1e9")
    tab.page.wait_for_function("window.TemperatureLab.settings.temperature === 1e9")
    settle(tab)
    assert drawn(tab) == 100
    box.blur()  # Gradio moves it to the nearest legal value
    tab.wait_for_data("n", "0", VIEW)
    assert temperatures(tab)[-1] == "3.0"


def test_while_another_tab_is_open_the_server_is_not_asked(tab: LabPage) -> None:
    press(tab, "Follow the slider")
    press(tab, "Draw")
    tab.page.get_by_role("tab", name="Next token").click()
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.slide("Temperature", 2.5)
    tab.wait_for_data("temperature", "2.5")
    assert asked == []
    open_draws(tab)
    tab.wait_for_data("n", "0", VIEW)
    settle(tab)
    assert temperatures(tab)[-1] == "2.5"


def test_adding_stops_when_another_tab_is_opened(tab: LabPage) -> None:
    button(tab, "▶ Keep adding").click()
    tab.wait_for_data("n", "100", VIEW)
    tab.page.get_by_role("tab", name="Next token").click()
    tab.wait_for_data("running", "false", VIEW)


def test_a_number_of_draws_that_cannot_be_is_told_and_nothing_lost(tab: LabPage) -> None:
    press(tab, "Draw")
    before = counts(tab)
    for n in ("0", "1000000000000", "NaN", "abc", "", "<img src=x onerror=alert(1)>"):
        set_draws(tab, n)
        press(tab, "Draw")
        toast = tab.page.locator(".lab-toast")
        expect(toast).to_contain_text(f"whole number from 1 to 1,000,000, got {n or 'nothing'}")
        assert tab.view(VIEW).locator("input.draws-n").input_value() == n
    assert tab.page.locator(".lab-toasts img").count() == 0
    assert counts(tab) == before


def test_a_temperature_that_cannot_be_is_told_and_nothing_lost(tab: LabPage) -> None:
    press(tab, "Draw")
    before = counts(tab)
    for typed, sentence in (
        ("-1", "got -1"),
        ("1e9", "got 1000000000"),
        ("", "got nothing"),
        ("2", "2.0 twice"),
    ):
        set_temperature(tab, 1, typed)
        expect(tab.page.locator(".lab-toast")).to_contain_text(sentence)
        assert temperatures(tab) == ["0.5", "1.0", "2.0"]
    assert counts(tab) == before


def test_a_mistake_while_typing_numbers_is_a_sentence_in_the_tab(tab: LabPage) -> None:
    change_model(tab)
    tab.page.locator("#numbers textarea").fill("0.5, x")
    expect(note(tab)).to_contain_text("'x' is not a number")
    expect(tab.page.locator(".lab-toast")).to_have_count(0)
    tab.page.locator("#numbers textarea").fill("0.5, 0.5")
    expect(note(tab)).not_to_contain_text("is not a number")
    settle(tab)
    press(tab, "Draw")
    assert [len(panel) for panel in counts(tab)] == [2, 2, 2]


def test_no_label_becomes_markup(tab: LabPage) -> None:
    change_model(tab)
    tab.page.locator("#numbers textarea").fill("<img src=x onerror=alert(1)>: 0.6, ${7*6}: 0.4")
    first = tab.view(VIEW).locator("tbody th").first
    expect(first).to_have_text("<img␣src=x␣onerror=alert(1)>")
    assert tab.view(VIEW).locator("img").count() == 0
    expect(tab.view(VIEW).locator(".panel-plot").first).to_contain_text("${7*6}")


def test_the_table_reaches_every_token_and_holds_the_counts(tab: LabPage) -> None:
    press(tab, "Draw")
    rows = tab.view(VIEW).locator(".draws-numbers tbody tr")
    expect(rows).to_have_count(12)
    button(tab, "show all 65").click()
    expect(rows).to_have_count(65)
    cells = rows.locator("td:nth-child(4)").all_inner_texts()
    assert sum(map(int, cells)) == 100
    assert list(map(int, cells))[:12] == counts(tab)[1][:12]
    press(tab, "T = 2.0")
    cells = rows.locator("td:nth-child(4)").all_inner_texts()
    assert list(map(int, cells))[:12] == counts(tab)[2][:12]


def test_removed_tokens_have_no_draws_and_are_struck_through(tab: LabPage) -> None:
    change_stages(tab)
    settle(tab)
    press(tab, "Draw")
    for panel in counts(tab):
        assert sum(panel[:4]) == 100
        assert not any(panel[4:])
    struck = tab.view(VIEW).locator(".panel-plot").first.evaluate("plot => plot.layout.yaxis.ticktext")
    assert [label.startswith("<s>") for label in struck] == [False] * 4 + [True] * 9
    expect(tab.view(VIEW).get_by_text("removed by a stage")).to_be_visible()


def test_the_distance_falls_along_its_law(tab: LabPage) -> None:
    set_draws(tab, "1,000,000")
    press(tab, "Draw")
    line = (
        tab.view(VIEW)
        .locator(".draws-side .js-plotly-plot")
        .evaluate("plot => plot._fullData.slice(3).map(({x, y}) => [[...x], [...y]])")
    )
    law = (
        tab.view(VIEW)
        .locator(".draws-side .js-plotly-plot")
        .evaluate("plot => plot._fullData.slice(0, 3).map(({y}) => [...y].at(-1))")
    )
    for (x, y), end in zip(line, law, strict=True):
        assert x[-1] == 1_000_000
        assert end / 4 < y[-1] < end * 4


def test_the_kept_seed_repeats_and_the_fresh_one_is_shown(tab: LabPage) -> None:
    press(tab, "Draw")
    first = counts(tab)
    press(tab, "Draw")
    assert counts(tab) == first
    expect(note(tab)).to_contain_text("same draws came again")
    tab.page.locator("#seed-lock input").uncheck()
    press(tab, "Draw")
    seed = tab.page.locator("#seed input").input_value()
    expect(tab.view(VIEW).locator(".draws-status")).to_contain_text(f"seed {seed}")


def test_a_reload_says_that_the_draws_are_gone(tab: LabPage) -> None:
    press(tab, "Draw")
    tab.page.reload()
    tab.page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    open_draws(tab)
    expect(note(tab)).to_contain_text("The earlier draws are gone")
    tab.wait_for_data("n", "0", VIEW)


def test_in_the_dark_the_marks_are_light(tab: LabPage) -> None:
    colour = "plot => plot._fullData[2].marker.color"
    plot = tab.view(VIEW).locator(".panel-plot").first
    light = plot.evaluate(colour)
    tab.page.evaluate("document.body.classList.add('dark')")
    tab.page.wait_for_function(
        "before => document.querySelector('#lab-draws .panel-plot')._fullData[2].marker.color !== before",
        arg=light,
    )
    assert plot.evaluate(colour) == tab.page.evaluate("TemperatureLab.ink('--lab-text')")


def test_python_and_the_page_have_one_thermal_scale(tab: LabPage) -> None:
    from textgen.plots.theme import THERMAL, thermal

    values = [0, 0.2, 0.5, 0.77, 1, 1.1, 1.5, 2.4, 3, 50]
    script = "([values, stops]) => values.map((t) => TemperatureLab.thermal(t, stops))"
    shown = tab.page.evaluate(script, [values, json.loads(json.dumps(THERMAL))])
    assert shown == [thermal(value) for value in values]


@pytest.mark.parametrize("width", [390, 1920])
def test_nothing_is_wider_than_the_window(lab: LabPage, width: int) -> None:
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.page.reload()
    lab.page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    open_draws(lab)
    lab.page.wait_for_selector("#lab-draws .lab-root[data-updates]")
    press(lab, "Draw")
    assert lab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
