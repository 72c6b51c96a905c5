"""The Calibration part in a real Chromium, on three tiny models."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import FOLLOWS, LabPage
from tests.browser.model_page import FIRST, serving
from tests.ui.model.model_folders import three_models
from textgen.api import perplexity
from textgen.models.calibration import TEMPERATURES
from textgen.models.registry import Registry

VIEW = "calibration"
LOSSES = {FIRST: (2.0, 1.1, 1.0, 1.4), "plays-gru": (3.0, 2.5, 2.6, 3.1)}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Two of them come with a curve; `names` has none."""
    root = three_models(tmp_path_factory.mktemp("three"))
    for name, nats in LOSSES.items():
        with (root / name / "calibration.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("temperature", "nats"), *zip((0.5, 1, 1.5, 2), nats, strict=True)])
    return Registry(root)


@pytest.fixture(scope="module")
def app_url(models: Registry) -> Iterator[str]:
    """The app on three tiny models instead of the shipped ones."""
    with serving(models.root) as url:
        yield url


@pytest.fixture
def tab(shared_page: LabPage) -> Iterator[LabPage]:
    """The part with the first model's curve alone, whatever was done before."""
    shared_page.set_sidebar()
    open_part(shared_page)
    for remove in shared_page.view(VIEW).get_by_role("button", name="Remove “").all():
        remove.click()
        settle(shared_page)
    for chosen in shared_page.view(VIEW).locator(".calibration-beside [aria-pressed=true]").all():
        chosen.click()
        settle(shared_page)
    curves(shared_page, 1)
    yield shared_page
    shared_page.resize(1280, 720)
    shared_page.page.evaluate("document.body.classList.remove('dark')")


def open_part(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Calibration", exact=True).click()
    settle(lab)


def settle(lab: LabPage) -> None:
    """Wait until all that was asked is answered."""
    lab.page.locator("#lab-calibration .lab-root[aria-busy=false]").wait_for()


def plotted(lab: LabPage, trace: int) -> list[float]:
    return chart(lab).evaluate("(plot, i) => [...plot._fullData[i].y]", trace)


def chart(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator(".calibration-plot")


def curves(lab: LabPage, count: int) -> None:
    """Wait until so many are shown, in the key and in the chart: each a line and its minimum."""
    expect(lab.view(VIEW).locator(".calibration-key > span")).to_have_count(count)
    expect(chart(lab).locator(".scatterlayer .trace")).to_have_count(2 * count)


def chip(lab: LabPage, title: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=title, exact=True)


def measure(lab: LabPage, text: str) -> None:
    lab.view(VIEW).get_by_label("Your own text").fill(text)
    lab.view(VIEW).get_by_role("button", name="Measure").click()


def test_curves_and_verdict_of_models_beside_each_other(tab: LabPage) -> None:
    verdict = tab.view(VIEW).locator(".calibration-verdict")
    expect(verdict).to_contain_text("at T = 1.5: on this text the model is too sure of itself")
    assert plotted(tab, 0) == pytest.approx(np.exp(LOSSES[FIRST]), rel=1e-5)
    chip(tab, "Plays, characters (GRU)").click()
    curves(tab, 2)
    expect(chip(tab, "Above its minimum")).to_have_attribute("aria-pressed", "true")
    assert plotted(tab, 1) == pytest.approx(np.expm1(np.array(LOSSES["plays-gru"]) - 2.5), abs=1e-5)
    tab.view(VIEW).get_by_text("The numbers").click()
    marked = tab.view(VIEW).locator("tbody td.strong").all_inner_texts()
    assert marked == ["+0.0% ◂ least", "+0.0% ◂ least"]
    tab.choose_model("Names")  # which has no curve
    expect(tab.view(VIEW).locator(".note")).to_contain_text("evaluate names --corpus TEXT")
    expect(verdict).to_be_hidden()


def test_a_text_of_ones_own_is_measured_and_survives_another_tab(tab: LabPage, models: Registry) -> None:
    text = "the king is not a king <img src=x onerror=alert(1)>\n" * 3
    measure(tab, text)
    curves(tab, 2)
    status = tab.view(VIEW).locator(".calibration-status")
    expect(status).to_contain_text("Left out, since the model does not know them")
    expect(status).to_contain_text("say little")
    expect(tab.view(VIEW).locator("img")).to_have_count(0)
    expected = perplexity(models.get(FIRST), text, TEMPERATURES).perplexities
    assert plotted(tab, 1) == pytest.approx(expected / expected.min() - 1, abs=1e-4)
    tab.page.get_by_role("tab", name="Next token").click()
    open_part(tab)
    curves(tab, 2)
    assert tab.view(VIEW).get_by_label("Your own text").input_value() == text
    saved = json.loads(tab.saved(VIEW, "JSON").read_text("utf-8"))
    assert np.exp(saved[1]["nats"]) == pytest.approx(expected, rel=1e-5)
    receipt = json.loads(tab.saved(VIEW, "Receipt").read_text("utf-8"))
    asked = receipt["request"]
    assert (asked["kind"], asked["model"], asked["text"]) == ("perplexity", FIRST, text)
    assert receipt["result"]["best"] == TEMPERATURES[expected.argmin()]
    tab.view(VIEW).get_by_role("button", name="Remove “the king").click()
    curves(tab, 1)
    tab.view(VIEW).get_by_role("button", name="Undo: “the king").click()
    curves(tab, 2)
    tab.view(VIEW).get_by_role("button", name="Remove “the king").click()
    curves(tab, 1)


def test_what_cannot_be_measured_is_told_and_nothing_lost(tab: LabPage) -> None:
    before = plotted(tab, 0)
    for text, sentence in (("   ", "must not be empty"), ("€€€", "at least 2 tokens, got 0")):
        measure(tab, text)
        expect(tab.view(VIEW).locator(".lab-problem")).to_contain_text(sentence)
    settle(tab)
    assert plotted(tab, 0) == before
    tab.view(VIEW).get_by_label("Your own text").fill("a" * 20_001)
    expect(tab.view(VIEW).get_by_role("button", name="Measure")).to_be_disabled()


def test_it_fits_a_phone_and_its_ink_the_dark(tab: LabPage) -> None:
    colour = "plot => plot._fullData[0].line.color"
    light = chart(tab).evaluate(colour)
    tab.page.evaluate("document.body.classList.add('dark')")
    tab.page.wait_for_function(
        "old => document.querySelector('.calibration-plot')._fullData[0].line.color !== old", arg=light
    )
    ink = "getComputedStyle(document.body).getPropertyValue('--lab-text').trim()"
    assert chart(tab).evaluate(colour) == tab.page.evaluate(ink)
    tab.resize(390, 844)
    assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    tab.page.wait_for_function(FOLLOWS, arg=".calibration-plot")
