"""The Blind ratings part in a real Chromium, on a sweep that the server holds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import FIRST, serving
from tests.ui.model.model_folders import three_models
from textgen.experiments.ratings.rating_set import RatingSet, cells_of, items_of, rating_set, usual_cells
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.run import SweepSettings, collect, plan, run
from textgen.models.registry import Registry
from textgen.ui.sweep.store import SweepStore

VIEW = "ratings"
RUN = "the-run"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SweepResult:
    """Three temperatures, two seeds."""
    registry = Registry(three_models(tmp_path_factory.mktemp("three")))
    settings = SweepSettings(
        models=(FIRST,), prompts=("the ",), temperatures=(0.5, 1, 2), seeds=(0, 1), length=20
    )
    return collect(settings, run(plan(settings, registry), registry))


@pytest.fixture(scope="module")
def app_url(tmp_path_factory: pytest.TempPathFactory, result: SweepResult) -> Iterator[str]:
    """The app on three tiny models, holding the sweep."""
    store = SweepStore(lambda: RUN)
    store.put(result)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textgen.ui.shell.page.SweepStore", lambda _new_run: store)
        with serving(three_models(tmp_path_factory.mktemp("served"))) as url:
            yield url


def expected(result: SweepResult) -> RatingSet:
    """The set that the page begins with: what it ticks by itself."""
    items = items_of(result.texts)
    return rating_set(items, usual_cells(list(cells_of(items))), 3, "coherence", 1)


def open_part(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Blind ratings", exact=True).click()
    lab.page.wait_for_selector("#lab-ratings .lab-root[data-phase]")


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    """The part open, on a page that has run the sweep."""
    lab.page.evaluate("run => { (TemperatureLab.memory.sweep ??= {}).run = run; }", RUN)
    open_part(lab)
    lab.wait_for_data("phase", "choose", VIEW)
    return lab


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def begin(lab: LabPage, rater: str = "Ann") -> None:
    lab.view(VIEW).get_by_label("Your name").fill(rater)
    button(lab, "Begin").click()
    lab.wait_for_data("phase", "rate", VIEW)


def scores_of(result: SweepResult, better: bool) -> list[int]:
    """Cold texts 5, hot ones 1; who is stricter gives 4."""
    best = 5 if better else 4
    return [{0.5: best, 1: 3, 2: 1}[item.cell.temperature] for item in expected(result).items.values()]


def test_without_a_sweep_it_leads_to_one(lab: LabPage) -> None:
    open_part(lab)
    expect(lab.view(VIEW).get_by_text("There is none on this page yet")).to_be_visible()
    button(lab, "Go to Sweep").click()
    expect(lab.page.get_by_role("tab", name="Sweep", exact=True)).to_have_attribute("aria-selected", "true")


def test_two_raters_and_a_third_from_elsewhere(tab: LabPage, result: SweepResult, tmp_path: Path) -> None:
    known: list[str] = []
    tab.page.on("response", lambda response: known.append(response.url))
    begin(tab)
    of = expected(result)
    assert tab.data("set", VIEW) == of.name
    for code, score in zip(of.items, scores_of(result, True), strict=True):
        expect(tab.view(VIEW).locator(".ratings-card header")).to_contain_text(f"code {code}")
        shown = tab.view(VIEW).locator(".ratings-text").evaluate("node => node.textContent")
        assert shown == f"the {of.items[code].text}"
        tab.page.keyboard.press(str(score))
    tab.wait_for_data("phase", "done", VIEW)
    memory = tab.page.evaluate(
        "JSON.stringify([TemperatureLab.memory.ratings.set, TemperatureLab.memory.ratings.ratings])"
    )
    assert not any(word in memory for word in ("plain", "0.5", "temperature", "seed"))
    tab.view(VIEW).get_by_label("Name of the next rater").fill('Bob, "<b>"')
    button(tab, "Hand over").click()
    expect(tab.view(VIEW).locator(".ratings-score[aria-pressed=true]")).to_have_count(0)
    for score in scores_of(result, False):
        button(tab, str(score)).click()
    tab.wait_for_data("phase", "done", VIEW)
    with tab.page.expect_download() as download:
        button(tab, "Save the scores").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert {row["rater"] for row in rows} == {"Ann", 'Bob, "<b>"'}
    theirs = tmp_path / "cem.csv"
    theirs.write_text(
        "\n".join(
            [
                "set,item,rater,score",
                *(
                    f"{of.name},{code},Cem,{s}"
                    for code, s in zip(of.items, scores_of(result, True), strict=True)
                ),
            ]
        )
    )
    tab.view(VIEW).get_by_label("Files of scores").set_input_files(theirs)
    expect(tab.view(VIEW).locator(".ratings-raters")).to_contain_text("Cem 6 of 6 texts")
    button(tab, "Show the result").click()
    tab.wait_for_data("phase", "result", VIEW)
    means = tab.view(VIEW).locator(".ratings-result td.strong").all_inner_texts()
    assert means == ["4.67", "3.00", "1.00"]
    plot = tab.view(VIEW).locator(".ratings-result .js-plotly-plot")
    assert plot.evaluate("plot => [...plot._fullData[0].y]") == pytest.approx([14 / 3, 3, 1])
    expect(tab.view(VIEW).locator(".ratings-agreement")).to_contain_text(
        "over the 6 texts that two or more rated"
    )
    expect(tab.view(VIEW).locator("b b, img")).to_have_count(0)
    with tab.page.expect_download() as download:
        button(tab, "All (JSON)").click()
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert saved["set"] == of.name
    assert [row["t"] for row in saved["rows"]] == [0.5, 1, 2]


def test_back_and_another_tab_lose_nothing(tab: LabPage) -> None:
    begin(tab)
    tab.page.keyboard.press("2")
    tab.page.keyboard.press("4")
    tab.wait_for_data("rated", "2", VIEW)
    tab.page.get_by_role("tab", name="Calibration", exact=True).click()
    tab.page.keyboard.press("5")  # of no text: this part is not seen
    tab.page.get_by_role("tab", name="Blind ratings", exact=True).click()
    tab.wait_for_data("phase", "rate", VIEW)
    expect(tab.view(VIEW).locator(".ratings-card header")).to_contain_text("Text 3 of 6")
    button(tab, "‹ Back").click()
    expect(button(tab, "4")).to_have_attribute("aria-pressed", "true")
    tab.page.keyboard.press("ArrowLeft")
    expect(button(tab, "2")).to_have_attribute("aria-pressed", "true")
    button(tab, "1").click()
    button(tab, "I am done").click()
    expect(tab.view(VIEW).locator(".ratings-raters")).to_have_text("Ann 2 of 6 texts")
    assert tab.page.evaluate("TemperatureLab.memory.ratings.ratings.map(([, , score]) => score)") == [1, 4]


def test_mistakes_are_told(tab: LabPage) -> None:
    toast = tab.page.locator(".lab-toast")
    button(tab, "Begin").click()
    expect(toast).to_contain_text("Give a name first")
    tab.view(VIEW).get_by_label("Seed of the order").fill("-5")
    tab.view(VIEW).get_by_label("Your name").fill("Ann")
    button(tab, "Begin").click()
    expect(toast).to_contain_text("seed must be")
    tab.view(VIEW).get_by_label("Seed of the order").fill("1")
    begin(tab)
    button(tab, "I am done").click()
    button(tab, "Show the result").click()
    expect(toast).to_contain_text("at least one rating")
    tab.view(VIEW).get_by_text("or paste them").click()
    tab.view(VIEW).get_by_label("Scores of others, as CSV").fill("set,item,rater,score\nffff,T1,Cem,4\n")
    button(tab, "Add these scores").click()
    expect(toast).to_contain_text("row 2 belongs to the set 'ffff'")
    button(tab, "Hand over").click()
    expect(toast).to_contain_text("needs a name")


def test_it_fits_a_phone(tab: LabPage) -> None:
    tab.page.set_viewport_size({"width": 390, "height": 844})
    begin(tab)
    assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    for score in "123":
        expect(button(tab, score)).to_be_in_viewport()
