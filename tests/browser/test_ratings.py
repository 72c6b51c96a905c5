"""The Blind ratings part in a real Chromium, on a sweep of the page."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit
from tests.browser.sweep_page import FIRST, Served, opened, serving_sweeps, swept
from tests.ui.model.model_folders import three_models
from textgen.experiments.ratings.rating_set import RatingSet, cells_of, items_of, rating_set, usual_cells
from textgen.experiments.sweep.records import SweepResult
from textgen.experiments.sweep.run import SweepSettings, collect, plan, run
from textgen.models.registry import Registry

VIEW = "ratings"
PROMPT = "the "


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return Registry(three_models(tmp_path_factory.mktemp("three")))


@pytest.fixture(scope="module")
def result(models: Registry) -> SweepResult:
    """Three temperatures, two seeds: what the page runs."""
    settings = SweepSettings(
        models=(FIRST,), prompts=(PROMPT,), temperatures=(0.5, 1, 2), seeds=(0, 1), length=20
    )
    return collect(settings, run(plan(settings, models), models))


@pytest.fixture(scope="module")
def served(models: Registry) -> Iterator[Served]:
    with serving_sweeps(models) as found:
        yield found


@pytest.fixture(scope="module")
def app_url(served: Served) -> str:
    return served.url


@pytest.fixture(scope="module")
def swept_page(shared_page: LabPage) -> LabPage:
    """A page that has run the sweep."""
    shared_page.set_sidebar(context=PROMPT)
    swept(opened(shared_page), temperatures="0.5, 1, 2", seeds=2, length=20)
    return shared_page


@pytest.fixture
def tab(swept_page: LabPage) -> Iterator[LabPage]:
    """The part before a set is begun, whatever was done before."""
    open_part(swept_page)
    swept_page.press_if_there(button(swept_page, "I am done"))
    if button(swept_page, "Show the result").count():
        give_one(swept_page)
        button(swept_page, "Show the result").click()
    choice = swept_page.view(VIEW).get_by_role("heading", name="What to rate")
    expect(choice.or_(button(swept_page, "Rate another set"))).to_be_visible()
    swept_page.press_if_there(button(swept_page, "Rate another set"))
    expect(choice).to_be_visible()
    yield swept_page
    swept_page.resize(1280, 720)


def give_one(lab: LabPage) -> None:
    """A result needs one score."""
    button(lab, "‹ Back to the texts").click()
    button(lab, "3").click()
    lab.press_if_there(button(lab, "I am done"))


def expected(result: SweepResult) -> RatingSet:
    """The set that the page begins with: what it ticks by itself."""
    items = items_of(result.texts)
    return rating_set(items, usual_cells(list(cells_of(items))), 3, "coherence", 1)


def open_part(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Blind ratings", exact=True).click()
    lab.view(VIEW).locator(".ratings-main > section, .ratings-result").first.wait_for()


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def begin(lab: LabPage, rater: str = "Ann") -> None:
    lab.view(VIEW).get_by_label("Your name").fill(rater)
    button(lab, "Begin").click()
    expect(card(lab)).to_contain_text("Text 1 of 6")


def card(lab: LabPage) -> Locator:
    """What tells which text is rated."""
    return lab.view(VIEW).locator(".ratings-card header")


def raters(lab: LabPage) -> Locator:
    """Who has rated, once the rating has ended."""
    return lab.view(VIEW).locator(".ratings-raters")


def scores_of(result: SweepResult, better: bool) -> list[int]:
    """Cold texts 5, hot ones 1; who is stricter gives 4."""
    best = 5 if better else 4
    return [{0.5: best, 1: 3, 2: 1}[item.cell.temperature] for item in expected(result).items.values()]


def test_without_a_sweep_it_leads_to_one(context: BrowserContext, app_url: str) -> None:
    with visit(context, app_url) as fresh:
        open_part(fresh)
        expect(fresh.view(VIEW).get_by_text("There is none on this page yet")).to_be_visible()
        button(fresh, "Go to Sweep").click()
        sweep = fresh.page.get_by_role("tab", name="Sweep", exact=True)
        expect(sweep).to_have_attribute("aria-selected", "true")


def test_two_raters_and_a_third_from_elsewhere(tab: LabPage, result: SweepResult, tmp_path: Path) -> None:
    of = expected(result)
    with tab.page.expect_response(re.compile("component_server")) as waiting:
        begin(tab)
    answer = waiting.value.text()
    assert of.name in answer
    assert not any(word in answer for word in ("plain", "0.5", "temperature", "seed"))
    for code, score in zip(of.items, scores_of(result, True), strict=True):
        expect(card(tab)).to_contain_text(f"code {code}")
        shown = tab.view(VIEW).locator(".ratings-text").evaluate("node => node.textContent")
        assert shown == f"the {of.items[code].text}"
        tab.page.keyboard.press(str(score))
    expect(raters(tab)).to_have_text("Ann 6 of 6 texts")
    tab.view(VIEW).get_by_label("Name of the next rater").fill('Bob, "<b>"')
    button(tab, "Hand over").click()
    expect(tab.view(VIEW).locator(".ratings-score[aria-pressed=true]")).to_have_count(0)
    for score in scores_of(result, False):
        button(tab, str(score)).click()
    expect(raters(tab)).to_contain_text("6 of 6 texts")
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
    expect(raters(tab)).to_contain_text("Cem 6 of 6 texts")
    button(tab, "Show the result").click()
    expect(tab.view(VIEW).get_by_role("heading", name="Coherence, as 3 people see it")).to_be_visible()
    means = tab.view(VIEW).locator(".ratings-result td.strong").all_inner_texts()
    assert means == ["4.67", "3.00", "1.00"]
    plot = tab.view(VIEW).locator(".ratings-result .js-plotly-plot")
    plot.wait_for()
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
    expect(card(tab)).to_contain_text("Text 3 of 6")
    tab.page.get_by_role("tab", name="Calibration", exact=True).click()
    tab.page.keyboard.press("5")  # of no text: this part is not seen
    tab.page.get_by_role("tab", name="Blind ratings", exact=True).click()
    expect(card(tab)).to_contain_text("Text 3 of 6")
    button(tab, "‹ Back").click()
    expect(button(tab, "4")).to_have_attribute("aria-pressed", "true")
    tab.page.keyboard.press("ArrowLeft")
    expect(button(tab, "2")).to_have_attribute("aria-pressed", "true")
    button(tab, "1").click()
    button(tab, "I am done").click()
    expect(raters(tab)).to_have_text("Ann 2 of 6 texts")
    with tab.page.expect_download() as download:
        button(tab, "Save the scores").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8").splitlines()))
    assert [row["score"] for row in rows] == ["1", "4"]


def test_mistakes_are_told(tab: LabPage) -> None:
    problem = tab.view("ratings").locator(".lab-problem")
    tab.view(VIEW).get_by_label("Your name").fill(" ")
    button(tab, "Begin").click()
    expect(problem).to_contain_text("Give a name first")
    tab.view(VIEW).get_by_label("Seed of the order").fill("-5")
    tab.view(VIEW).get_by_label("Your name").fill("Ann")
    button(tab, "Begin").click()
    expect(problem).to_contain_text("Seed must be")
    tab.view(VIEW).get_by_label("Seed of the order").fill("1")
    begin(tab)
    button(tab, "I am done").click()
    button(tab, "Show the result").click()
    expect(problem).to_contain_text("at least one rating")
    tab.view(VIEW).get_by_text("or paste them").click()
    tab.view(VIEW).get_by_label("Scores of others, as CSV").fill("set,item,rater,score\nffff,T1,Cem,4\n")
    button(tab, "Add these scores").click()
    expect(problem).to_contain_text("Row 2 belongs to the set 'ffff'")
    button(tab, "Hand over").click()
    expect(problem).to_contain_text("needs a name")


def test_it_fits_a_phone(tab: LabPage) -> None:
    tab.resize(390, 844)
    begin(tab)
    assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    for score in "123":
        expect(button(tab, score)).to_be_in_viewport()
    tab.page.keyboard.press("3")
    tab.page.reload()
    open_part(tab)
    expect(card(tab)).to_contain_text("Text 2 of 6")
    button(tab, "‹ Back").click()
    expect(button(tab, "3")).to_have_attribute("aria-pressed", "true")
