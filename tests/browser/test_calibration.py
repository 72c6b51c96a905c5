"""The Calibration part in a real Chromium, on three tiny models."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import FIRST, serving
from tests.ui.model.model_folders import three_models
from textgen.api import perplexity
from textgen.models.registry import Registry
from textgen.ui.calibration.tab import GRID

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
def tab(lab: LabPage) -> LabPage:
    open_part(lab)
    return lab


def open_part(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Calibration", exact=True).click()
    lab.page.wait_for_selector("#lab-calibration .lab-root[data-curves]")
    lab.wait_for_data("idle", "true", VIEW)


def plotted(lab: LabPage, trace: int) -> list[float]:
    plot = lab.view(VIEW).locator(".calibration-plot")
    return plot.evaluate("(plot, i) => [...plot._fullData[i].y]", trace)


def curves(lab: LabPage, count: int) -> None:
    """Wait until so many are shown."""
    lab.wait_for_data("curves", str(count), VIEW)
    lab.wait_for_data("idle", "true", VIEW)


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
    found = perplexity(models.get(FIRST), text, GRID).perplexities
    assert plotted(tab, 1) == pytest.approx(found / found.min() - 1, abs=1e-4)
    tab.page.get_by_role("tab", name="Next token").click()
    open_part(tab)
    curves(tab, 2)
    assert tab.view(VIEW).get_by_label("Your own text").input_value() == text
    with tab.page.expect_download() as download:
        tab.view(VIEW).locator(".save-menu summary").click()
        tab.view(VIEW).get_by_role("button", name="JSON").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert np.exp(saved[1]["nats"]) == pytest.approx(found, rel=1e-5)
    asked = tab.page.evaluate("TemperatureLab.memory.calibration.request")
    assert (asked["kind"], asked["model"], asked["text"]) == ("perplexity", FIRST, text)
    with tab.page.expect_download() as download:
        tab.view(VIEW).locator(".save-menu summary").click()
        tab.view(VIEW).get_by_role("button", name="Receipt").click()
    receipt = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert receipt["result"]["best"] == GRID[found.argmin()]
    tab.view(VIEW).get_by_role("button", name="Remove “the king").click()
    curves(tab, 1)


def test_what_cannot_be_measured_is_told_and_nothing_lost(tab: LabPage) -> None:
    before = plotted(tab, 0)
    for text, sentence in (("   ", "must not be empty"), ("€€€", "at least 2 tokens, got 0")):
        measure(tab, text)
        expect(tab.page.locator(".lab-toast")).to_contain_text(sentence)
    tab.wait_for_data("idle", "true", VIEW)
    assert plotted(tab, 0) == before
    tab.view(VIEW).get_by_label("Your own text").fill("a" * 20_001)
    expect(tab.view(VIEW).get_by_role("button", name="Measure")).to_be_disabled()


def test_it_fits_a_phone_and_its_ink_the_dark(lab: LabPage) -> None:
    open_part(lab)
    colour = "plot => plot._fullData[0].line.color"
    plot = lab.view(VIEW).locator(".calibration-plot")
    light = plot.evaluate(colour)
    lab.page.evaluate("document.body.classList.add('dark')")
    lab.page.wait_for_function(
        "old => document.querySelector('.calibration-plot')._fullData[0].line.color !== old", arg=light
    )
    assert plot.evaluate(colour) == lab.page.evaluate("TemperatureLab.ink('--lab-text')")
    lab.page.set_viewport_size({"width": 390, "height": 844})
    assert lab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
