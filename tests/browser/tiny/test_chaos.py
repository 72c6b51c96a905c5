"""Temperature chaos on the page, in a real Chromium, on tiny models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import FOLLOWS, LabPage, visit
from tests.browser.model_page import CONTEXT, FIRST, context_box
from textgen.experiments.chaos.flips import flips_above
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos, grid
from textgen.models.registry import Registry

VIEW = "chaos"
SEED = 1234  # what the sidebar starts with
FORM = {"low": 0.5, "high": 1.5, "rows": 41, "length": 120}
LABELS = {"low": "From T", "high": "to T", "rows": "Rows", "length": "Tokens"}


@pytest.fixture
def tab(shared_page: LabPage) -> Iterator[LabPage]:
    """The part with its first picture, whatever was done before."""
    shared_page.set_sidebar()
    open_chaos(shared_page)
    settle(shared_page)
    if button(shared_page, "Texts").get_attribute("aria-pressed") != "true":
        button(shared_page, "Texts").click()
    fill(shared_page, **FORM)
    press(shared_page, "Write")
    if button(shared_page, "Fold rows that are alike").get_attribute("aria-pressed") != "true":
        button(shared_page, "Fold rows that are alike").click()
    yield shared_page
    shared_page.resize(1280, 720)


def open_chaos(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Chaos", exact=True).click()
    expect(button(lab, "Compare").or_(lab.view(VIEW).locator("> .note"))).not_to_have_count(0)


def settle(lab: LabPage) -> None:
    """Wait until all that was asked is answered."""
    lab.page.locator("#lab-chaos .lab-root[aria-busy=false]").wait_for()


def press(lab: LabPage, name: str) -> None:
    button(lab, name).click()
    settle(lab)


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def fill(lab: LabPage, **form: float | str) -> None:
    for field, value in form.items():
        lab.view(VIEW).get_by_label(LABELS[field], exact=True).fill(str(value))


def note(lab: LabPage) -> Locator:
    return lab.view(VIEW).locator("> .note")


def lines(lab: LabPage) -> dict[int, str]:
    """The texts that are shown, by their row."""
    script = """lines => lines.map((line) =>
        [Number(line.dataset.row), line.querySelector('.chaos-text').textContent])"""
    return dict(lab.view(VIEW).locator(".chaos-line[data-row]").evaluate_all(script))


def temperatures(lab: LabPage) -> list[float]:
    """Those of all rows, which are unfolded for it."""
    if button(lab, "Fold rows that are alike").get_attribute("aria-pressed") == "true":
        button(lab, "Fold rows that are alike").click()
    shown = lab.view(VIEW).locator("button.chaos-t > span:first-child")
    return [float(text) for text in shown.all_text_contents()]


def flips(lab: LabPage) -> list[str]:
    return lab.view(VIEW).locator(".chaos-at b").all_inner_texts()


def library(
    models: Registry, low: float = 0.5, high: float = 1.5, rows: int = 41, length: int = 120
) -> Chaos:
    """The same picture from the library."""
    return chaos(models.get(FIRST), CONTEXT, ChaosSettings(grid(low, high, rows), SEED, length))


def first_divergence(picture: Chaos) -> int:
    return next(row for row, at in enumerate(picture.divergences) if at is not None)


def test_the_picture_and_the_flip_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    picture = library(models)
    assert temperatures(tab) == list(picture.settings.temperatures)
    shown = lines(tab)
    assert len(shown) == 41
    for row, text in enumerate(picture.texts):
        assert shown[row].replace("␣", " ") == text.replace("\n", "⏎")
    script = """lines => lines.map((line) =>
        [Number(line.dataset.row), line.querySelector('.shared').textContent.length])"""
    starts = tab.view(VIEW).locator(".chaos-line:has(b)").evaluate_all(script)
    assert starts == [[row, at] for row, at in enumerate(picture.divergences) if at is not None]
    found = flips_above(models.get(FIRST), picture, first_divergence(picture))
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in found]
    plot = tab.view(VIEW).locator(".chaos-parts .js-plotly-plot")
    points = plot.evaluate("plot => [...plot._fullData[0].y]")
    assert points == [at + 1 for at in picture.divergences if at is not None]
    before = lines(tab), flips(tab)
    tab.page.wait_for_function("location.hash.includes('fold=false')")  # the address has followed
    tab.page.reload()  # what was found is there again
    expect(tab.view(VIEW).locator(".chaos-status")).to_contain_text("4,920 tokens in")
    settle(tab)
    expect(tab.view(VIEW).locator(".chaos-at b")).to_have_count(len(before[1]))
    assert (lines(tab), flips(tab)) == before


def test_a_row_is_compared_by_keys_and_by_the_chart(tab: LabPage, models: Registry) -> None:
    picture, model = library(models), models.get(FIRST)
    button(tab, "Fold rows that are alike").click()
    parted = [row for row, at in enumerate(picture.divergences) if at is not None]
    tab.view(VIEW).locator(".chaos-line.picked button").focus()
    for _ in range(parted[1] - parted[0]):
        tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    second, last = (
        [f"T = {flip.temperature!r}" for flip in flips_above(model, picture, row)]
        for row in (parted[1], parted[-1])
    )
    expect(tab.view(VIEW).locator(".chaos-at b")).to_have_text(second)
    tab.view(VIEW).locator(".chaos-parts .js-plotly-plot").evaluate(
        "(plot, row) => plot.emit('plotly_click', {points: [{customdata: row}]})", parted[-1]
    )
    expect(tab.view(VIEW).locator(".chaos-at b")).to_have_text(last)


def test_rows_alike_are_folded_and_unfold(tab: LabPage, models: Registry) -> None:
    picture = library(models)
    starts = [row for row, at in enumerate(picture.divergences) if row == 0 or at is not None]
    ends = [*starts[1:], 41]
    hidden = sum(end - start - 1 for start, end in zip(starts, ends, strict=True) if end - start > 2)
    assert hidden > 0
    assert len(lines(tab)) == 41 - hidden
    folded = tab.view(VIEW).locator(".chaos-line.alike button")
    for fold in range(folded.count()):
        folded.nth(fold).click()
    assert len(lines(tab)) == 41
    expect(folded.last).to_be_focused()


def test_the_overview_says_what_is_under_the_pointer(tab: LabPage, models: Registry) -> None:
    picture = library(models)
    beginnings = set()
    for row, text in enumerate(picture.texts):
        ends = sorted({at for at in picture.divergences if at} | {len(text)})
        beginnings |= {text[:end] for end in ends if shared_by(picture, row, end)}
    button(tab, "Overview").click()
    drawing = tab.view(VIEW).locator(".chaos-map svg")
    expect(drawing.locator("rect:not(.picked)")).to_have_count(len(beginnings))
    drawing.hover(position={"x": 300, "y": 12})
    expect(tab.view(VIEW).locator(".chaos-told")).to_contain_text("T = 0.500 · token")
    before = tab.view(VIEW).get_by_label("Lower temperature").input_value()
    drawing.click(position={"x": 300, "y": 300})
    settle(tab)
    assert tab.view(VIEW).get_by_label("Lower temperature").input_value() != before


def shared_by(picture: Chaos, row: int, end: int) -> bool:
    """Whether the rows that begin like this one up to `end` part there, or never."""
    beginning = picture.texts[row][:end]
    alike = {text for text in picture.texts if text.startswith(beginning)}
    return end == len(picture.texts[row]) or len({text[end] for text in alike}) > 1


def test_zooming_in_and_out(tab: LabPage, models: Registry) -> None:
    picture = library(models)
    low, high = picture.settings.temperatures[first_divergence(picture) - 1 :][:2]
    context_box(tab).fill("another")  # a zoom shows more of the picture, not of the sidebar
    press(tab, "Zoom in")
    assert temperatures(tab) == pytest.approx(grid(low, high, 41), abs=1e-4)
    assert lines(tab)[0].replace("␣", " ") == picture.texts[first_divergence(picture) - 1].replace("\n", "⏎")
    press(tab, "Zoom out to 0.5 – 1.5")
    assert temperatures(tab) == list(picture.settings.temperatures)
    expect(tab.view(VIEW).get_by_role("button", name="Zoom out")).to_have_count(0)


def test_two_temperatures_of_ones_own(tab: LabPage, models: Registry) -> None:
    tab.view(VIEW).get_by_label("Lower temperature").fill("0,2")
    tab.view(VIEW).get_by_label("Upper temperature").fill("3")
    press(tab, "Compare")
    pair = chaos(models.get(FIRST), CONTEXT, ChaosSettings((0.2, 3.0), SEED, 120))
    found = flips_above(models.get(FIRST), pair, 1)
    assert found
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in found]


def test_mistakes_are_told_and_nothing_is_lost(tab: LabPage) -> None:
    before = lines(tab)
    for form, sentence in (
        ({"rows": 500, "length": 5000}, "at most 60,000 tokens on this server"),
        ({"rows": "<img src=x onerror=alert(1)>"}, "got <img src=x onerror=alert(1)>"),
        ({"rows": 41, "low": 3}, "From T must be below to T"),
    ):
        fill(tab, **form)
        button(tab, "Write").click()
        expect(tab.view(VIEW).locator(".lab-problem")).to_contain_text(sentence)
        expect(button(tab, "Write")).to_be_enabled()
    tab.choose_model("Your own numbers")
    expect(note(tab)).to_contain_text("The sidebar has changed since")
    fill(tab, low=0.5, length=120)
    button(tab, "Write").click()
    expect(tab.view(VIEW).locator(".lab-problem")).to_contain_text("Chaos needs a model")
    assert lines(tab) == before


def test_stop_keeps_what_there_was_and_another_can_follow(tab: LabPage, models: Registry) -> None:
    before = lines(tab)
    fill(tab, rows=500, length=100)
    names = "['Write', '■ Stop']"
    tab.page.evaluate(
        f"{names}.forEach((name) => [...document.querySelectorAll('#lab-chaos .chaos-form button')]"
        ".find((button) => button.textContent === name).click())"
    )
    expect(note(tab)).to_have_text("Stopped: nothing was changed.")
    assert lines(tab) == before
    fill(tab, rows=5, length=20)
    press(tab, "Write")
    assert temperatures(tab) == list(grid(0.5, 1.5, 5))


def test_a_picture_outlives_another_tab_and_is_light_where_it_is_large(tab: LabPage) -> None:
    fill(tab, rows=500, length=100)
    press(tab, "Write")
    button(tab, "Fold rows that are alike").click()
    before = lines(tab)
    assert len(before) == 500
    assert tab.view(VIEW).locator(".chaos-box *").count() < 4500, "runs of text, not a node a token"
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    tab.page.get_by_role("tab", name="Next token", exact=True).click()
    expect(tab.view(VIEW)).to_be_hidden()
    open_chaos(tab)
    expect(tab.view(VIEW).locator(".chaos-at").first).to_be_visible()
    assert lines(tab) == before
    assert asked == [], "the server is not asked again"


@pytest.mark.parametrize("width", [390, 1920])
def test_nothing_is_wider_than_the_window(tab: LabPage, width: int) -> None:
    tab.resize(width, 900)
    for view in ("Texts", "Overview"):
        button(tab, view).click()
        assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        tab.page.wait_for_function(FOLLOWS, arg=".chaos-parts [role=img]")


def test_without_a_model_it_waits_for_one(context: BrowserContext, app_url: str) -> None:
    """What typed-in numbers cannot do is told, and done when a model is chosen, in whichever tab."""
    with visit(context, app_url) as lab:
        lab.choose_model("Your own numbers")
        open_chaos(lab)
        expect(note(lab)).to_contain_text("Chaos needs a model")
        lab.page.get_by_role("tab", name="Calibration", exact=True).click()
        lab.choose_model("Plays, characters (GRU)")
        lab.page.get_by_role("tab", name="Chaos", exact=True).click()
        expect(lab.view(VIEW).locator(".chaos-at").first).to_be_visible()
        expect(note(lab)).to_have_text("")
