"""The Next token tab, driven in a real Chromium."""

from __future__ import annotations

import math

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from textgen.api import predict
from textgen.experiments.panels import distribution
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings

HOSTILE = "<img src=x onerror=alert(1)> ${7*6} {{value}} \u202eabc \x00 🙂"


def test_first_visit_shows_four_panels_of_the_shipped_model(lab: LabPage) -> None:
    lab.type_context("The king is d")
    record = predict(Registry(default_root()).get("shakespeare-char-lstm"), "The king is d")
    for panel, temperature in enumerate([0.5, 1, 2, 1]):
        expected = distribution(record, DecodeSettings(temperature=temperature)).probabilities
        order = np.argsort(-record.logits, kind="stable")
        shown = lab.bars(panel)
        np.testing.assert_allclose(shown[:10], expected[order[:10]], atol=1e-6)
        assert shown[10] == pytest.approx(expected[order[10:]].sum(), abs=1e-6)


def test_the_slider_moves_the_bars_without_asking_the_server(lab: LabPage) -> None:
    before = lab.bars()
    asked: list[str] = []
    lab.page.on("request", lambda request: asked.append(request.url))
    for value in (0.3, 2.6, 0.7):
        lab.slide("Temperature", value)
    lab.wait_for_data("temperature", "0.7")
    lab.slide("Top-p (1 = off)", 0.8)
    lab.page.wait_for_function("window.TemperatureLab.settings.top_p === 0.8")
    assert lab.bars()[0] > before[0]
    assert 0 in lab.bars()
    assert asked == []


def test_greedy_keeps_one_token_and_says_what_has_no_effect(lab: LabPage) -> None:
    lab.slide("Top-k (0 = off)", 5)
    lab.slide("Temperature", 0)
    lab.wait_for_data("temperature", "0")
    assert lab.bars()[0] == 1
    expect(lab.page.locator(".lab-effects")).to_contain_text("top-k have no effect")


def test_typed_in_numbers_give_the_blackboard_table(lab: LabPage) -> None:
    lab.choose_model("Your own numbers")
    lab.page.locator("#numbers textarea").fill("1: 0.726, 12: 0.15")
    lab.page.wait_for_function(
        "document.querySelector('#lab-next_token .ratio')?.dataset.ratios?.startsWith('[23.4')"
    )
    ratios = lab.page.locator(".ratio td").all_inner_texts()
    assert ratios[:3] == ["23.4", "4.8", "2.2"]


def test_a_bar_joins_the_context_and_back_takes_it_away(lab: LabPage) -> None:
    lab.type_context("ROMEO")
    first = lab.page.locator("#lab-next_token .numbers tbody button").first
    token = first.inner_text()
    first.click()
    lab.wait_for_data("context", "ROMEO" + {"␣": " ", "⏎": "\n"}.get(token, token))
    lab.page.get_by_role("button", name="Back").click()
    lab.wait_for_data("context", "ROMEO")
    assert lab.page.locator("#context textarea").input_value() == "ROMEO"


def test_clicking_a_plotly_bar_appends_its_token(lab: LabPage) -> None:
    lab.type_context("The king is d")
    bars = lab.page.locator("#lab-next_token .panel-plot").first
    bars.evaluate("plot => plot.emit('plotly_click', {points: [{pointNumber: 0}]})")
    lab.page.wait_for_function(
        "document.querySelector('#lab-next_token .lab-root').dataset.context.length === 14"
    )


def test_sampling_one_after_another_writes_what_generate_writes(lab: LabPage) -> None:
    from textgen.api import generate, load

    lab.type_context("ROMEO:")
    for length in range(1, 6):
        lab.page.get_by_role("button", name="Sample one").click()
        lab.page.wait_for_function(
            f"document.querySelector('#lab-next_token .lab-root').dataset.context.length === {6 + length}"
        )
    written = generate(load("shakespeare-char-lstm"), "ROMEO:", seed=1234, length=5).text
    assert lab.data("context") == "ROMEO:" + written


def test_unknown_characters_are_named(lab: LabPage) -> None:
    lab.type_context("café 🙂")
    expect(lab.page.locator("#lab-next_token .note")).to_contain_text("does not know them: é, 🙂.")


def test_nothing_typed_becomes_markup(lab: LabPage) -> None:
    lab.type_context(HOSTILE)
    assert lab.page.locator("#lab-next_token img").count() == 0
    expect(lab.page.locator("#lab-next_token .tokens")).to_contain_text(
        "${7*6}".replace("7", "").replace("6", "")[:1]
    )


def test_an_empty_context_says_what_it_means(lab: LabPage) -> None:
    lab.type_context("")
    expect(lab.page.locator("#lab-next_token .note")).to_contain_text("empty")
    assert math.isclose(sum(lab.bars()), 1, abs_tol=1e-6)


def test_a_megabyte_of_context_is_refused_and_the_page_keeps_what_it_had(lab: LabPage) -> None:
    lab.type_context("The king is d")
    before = lab.bars()
    lab.page.locator("#context textarea").evaluate(
        "box => { box.value = 'a'.repeat(1e6); box.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    expect(lab.page.locator("#lab-next_token .note")).to_contain_text(
        "at most 20,000 characters, got 1,000,000"
    )
    assert lab.bars() == before


def test_panels_are_added_edited_and_removed(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="+ Temperature").click()
    assert lab.page.locator("#lab-next_token .panel").count() == 5
    box = lab.page.get_by_label("Temperature of this panel", exact=True).first
    box.fill("0")
    box.press("Enter")
    lab.page.wait_for_function(
        "document.querySelector('#lab-next_token .panel-plot')._fullData[0].x[0] === 1"
    )
    lab.page.get_by_role("button", name="Remove this panel").first.click()
    assert lab.page.locator("#lab-next_token .panel").count() == 4
    box = lab.page.get_by_label("Temperature of this panel", exact=True).first
    box.fill("-3")
    box.press("Enter")
    expect(lab.page.locator("#lab-next_token .note")).to_contain_text("got -3")


def test_stages_are_reordered_by_keyboard(lab: LabPage) -> None:
    lab.slide("Temperature", 2)
    lab.slide("Top-p (1 = off)", 0.9)
    stages = "[...document.querySelectorAll('.stage')].map((s) => s.dataset.stage).join()"
    lab.page.wait_for_function(f"{stages} === 'raw,temperature,top_p'")
    kept = lab.page.locator(".panel.live .panel-stats b").nth(3).inner_text()
    lab.page.get_by_role("button", name="Move top-p earlier").press("Enter")
    lab.page.wait_for_function(f"{stages} === 'raw,top_p,temperature'")
    assert lab.page.locator(".panel.live .panel-stats b").nth(3).inner_text() != kept
    expect(lab.page.locator("#order textarea")).to_have_value(
        "repetition_penalty,no_repeat_ngram,top_n_sigma,top_p,temperature,top_k,min_p,typical,epsilon,eta,xtc"
    )


def test_the_sweep_moves_the_temperature_and_stops(lab: LabPage) -> None:
    lab.page.get_by_role("button", name="Sweep T").click()
    before = lab.data("temperature")
    lab.wait_for_change("temperature", before)
    lab.page.get_by_role("button", name="Stop sweep").click()
    stopped = lab.data("temperature")
    box = lab.page.get_by_role("slider", name="range slider for Temperature")
    expect(box).to_have_value(str(float(stopped or 0)).removesuffix(".0"))


@pytest.mark.parametrize("width", [390, 1920])
def test_nothing_is_wider_than_the_window(lab: LabPage, width: int) -> None:
    lab.page.set_viewport_size({"width": width, "height": 900})
    overflow = lab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0


@pytest.mark.parametrize("width", [390, 1440, 1920])
def test_the_mouse_hits_the_bar_it_points_at(lab: LabPage, width: int) -> None:
    lab.page.set_viewport_size({"width": width, "height": 1400})
    lab.type_context("The king is d")
    target = lab.page.locator("#lab-next_token .panel.live .panel-plot .point path").nth(1)
    token = lab.page.locator("#lab-next_token .numbers tbody button").nth(1).inner_text()
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab.wait_for_data("context", "The king is d" + token)
