"""Temperature chaos on the page, in a real Chromium, on tiny models."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LabPage
from tests.browser.model_page import CONTEXT, FIRST, context
from textgen.experiments.chaos.flips import flips_above
from textgen.experiments.chaos.rows import Chaos, ChaosSettings, chaos, grid
from textgen.models.registry import Registry

VIEW = "chaos"
SEED = 1234  # what the sidebar starts with


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    """The page with the first picture there, and its first divergence magnified."""
    open_chaos(lab)
    lab.wait_for_data("looks", "1", VIEW)
    return lab


def open_chaos(lab: LabPage) -> None:
    lab.page.get_by_role("tab", name="Experiments", exact=True).click()
    lab.page.get_by_role("tab", name="Chaos", exact=True).click()


def made(models: Registry, low: float = 0.5, high: float = 1.5, rows: int = 41, length: int = 120) -> Chaos:
    """The same picture from the library."""
    return chaos(models.get(FIRST), CONTEXT, ChaosSettings(grid(low, high, rows), SEED, length))


def first_divergence(picture: Chaos) -> int:
    return next(row for row, at in enumerate(picture.divergences) if at is not None)


def button(lab: LabPage, name: str) -> Locator:
    return lab.view(VIEW).get_by_role("button", name=name, exact=True)


def fill(lab: LabPage, **form: float | str) -> None:
    names = {"low": "From T", "high": "to T", "rows": "Rows", "length": "Tokens"}
    for field, value in form.items():
        lab.view(VIEW).get_by_label(names[field], exact=True).fill(str(value))


def press(lab: LabPage, name: str, awaited: str = "updates") -> None:
    """Press a button and wait for the picture or the magnifier that it brings."""
    before = lab.data(awaited, VIEW)
    button(lab, name).click()
    lab.wait_for_change(awaited, before, VIEW)


def lines(lab: LabPage) -> dict[int, str]:
    """The texts that are shown, by their row."""
    script = """lines => lines.map((line) =>
        [Number(line.dataset.row), line.querySelector('.chaos-text').textContent])"""
    return dict(lab.view(VIEW).locator(".chaos-line[data-row]").evaluate_all(script))


def temperatures(lab: LabPage) -> list[float]:
    return lab.page.evaluate("TemperatureLab.memory.chaos.picture.request.temperatures")


def flips(lab: LabPage) -> list[str]:
    return lab.view(VIEW).locator(".chaos-at b").all_inner_texts()


def test_the_picture_and_the_flip_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    picture = made(models)
    button(tab, "Fold rows that are alike").click()
    shown = lines(tab)
    assert len(shown) == 41
    for row, text in enumerate(picture.texts):
        seen, written = shown[row], text.replace("\n", "⏎")
        assert seen.replace("␣", " ") == written
    script = """lines => lines.map((line) =>
        [Number(line.dataset.row), line.querySelector('.shared').textContent.length])"""
    starts = tab.view(VIEW).locator(".chaos-line:has(b)").evaluate_all(script)
    assert starts == [[row, at] for row, at in enumerate(picture.divergences) if at is not None]
    row = first_divergence(picture)
    found = flips_above(models.get(FIRST), picture, row)
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in found]
    points = (
        tab.view(VIEW).locator(".chaos-parts .js-plotly-plot").evaluate("plot => [...plot._fullData[0].y]")
    )
    assert points == [at + 1 for at in picture.divergences if at is not None]


def test_a_row_is_magnified_by_keys_and_by_the_chart(tab: LabPage, models: Registry) -> None:
    picture = made(models)
    button(tab, "Fold rows that are alike").click()
    parted = [row for row, at in enumerate(picture.divergences) if at is not None]
    tab.view(VIEW).locator(".chaos-line.picked button").focus()
    for _ in range(parted[1] - parted[0]):
        tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("Enter")
    tab.wait_for_data("looks", "2", VIEW)
    model = models.get(FIRST)
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in flips_above(model, picture, parted[1])]
    tab.view(VIEW).locator(".chaos-parts .js-plotly-plot").evaluate(
        "(plot, row) => plot.emit('plotly_click', {points: [{customdata: row}]})", parted[-1]
    )
    tab.wait_for_data("looks", "3", VIEW)
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in flips_above(model, picture, parted[-1])]


def test_rows_alike_are_folded_and_unfold(tab: LabPage, models: Registry) -> None:
    picture = made(models)
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


def test_the_overview_has_a_block_for_each_beginning_that_rows_share(tab: LabPage, models: Registry) -> None:
    picture = made(models)
    button(tab, "Overview").click()
    beginnings = set()
    for row, text in enumerate(picture.texts):
        ends = sorted({at for at in picture.divergences if at} | {len(text)})
        beginnings |= {text[:end] for end in ends if shared_by(picture, row, end)}
    blocks = tab.view(VIEW).locator("[data-blocks]")
    expect(blocks).to_have_attribute("data-blocks", str(len(beginnings)))
    tab.view(VIEW).locator(".chaos-map svg").click(position={"x": 300, "y": 200})
    tab.wait_for_data("looks", "2", VIEW)


def shared_by(picture: Chaos, row: int, end: int) -> bool:
    """Whether the rows that begin like this one up to `end` part there, or never."""
    beginning = picture.texts[row][:end]
    alike = {text for text in picture.texts if text.startswith(beginning)}
    return end == len(picture.texts[row]) or len({text[end] for text in alike}) > 1


def test_zooming_in_and_out(tab: LabPage, models: Registry) -> None:
    picture = made(models)
    low, high = picture.settings.temperatures[first_divergence(picture) - 1 :][:2]
    context(tab).fill("another")  # a zoom shows more of the picture, not of the sidebar
    press(tab, "Zoom in")
    assert temperatures(tab) == list(grid(low, high, 41))
    assert lines(tab)[0].replace("␣", " ") == picture.texts[first_divergence(picture) - 1].replace("\n", "⏎")
    press(tab, "Zoom out to 0.5 – 1.5")
    assert temperatures(tab) == list(picture.settings.temperatures)
    expect(tab.view(VIEW).get_by_role("button", name="Zoom out")).to_be_hidden()


def test_two_temperatures_of_ones_own(tab: LabPage, models: Registry) -> None:
    tab.view(VIEW).get_by_label("Lower temperature").fill("0.2")
    tab.view(VIEW).get_by_label("Upper temperature").fill("3")
    press(tab, "Magnify", "looks")
    pair = chaos(models.get(FIRST), CONTEXT, ChaosSettings((0.2, 3.0), SEED, 120))
    found = flips_above(models.get(FIRST), pair, 1)
    assert flips(tab) == [f"T = {flip.temperature!r}" for flip in found]
    assert found


def test_mistakes_are_told_and_nothing_is_lost(tab: LabPage) -> None:
    before = lines(tab)
    for form, sentence in (
        ({"rows": 500, "length": 5000}, "at most 50,000 tokens on this server"),
        ({"rows": "<img src=x onerror=alert(1)>"}, "got <img src=x onerror=alert(1)>"),
        ({"rows": 41, "low": 3}, "from T must be below to T"),
    ):
        fill(tab, **form)
        button(tab, "Write").click()
        expect(tab.page.locator(".lab-toast")).to_contain_text(sentence)
        expect(button(tab, "Write")).to_be_enabled()
    tab.choose_model("Your own numbers")
    expect(tab.view(VIEW).locator("> .note")).to_contain_text("The sidebar has changed since")
    fill(tab, low=0.5, length=120)
    button(tab, "Write").click()
    expect(tab.page.locator(".lab-toast")).to_contain_text("Chaos needs a model")
    assert lines(tab) == before


def test_stop_keeps_what_there_was_and_another_can_follow(tab: LabPage, models: Registry) -> None:
    before = lines(tab)
    fill(tab, rows=500, length=100)
    names = "['Write', '■ Stop']"
    tab.page.evaluate(
        f"{names}.forEach((name) => [...document.querySelectorAll('#lab-chaos .chaos-form button')]"
        ".find((button) => button.textContent === name).click())"
    )
    expect(tab.view(VIEW).locator("> .note")).to_have_text("Stopped: nothing was changed.")
    expect(button(tab, "Write")).to_be_enabled()
    assert lines(tab) == before
    fill(tab, rows=5, length=20)
    press(tab, "Write")
    assert temperatures(tab) == list(grid(0.5, 1.5, 5))


def test_a_picture_outlives_another_tab_and_is_light_where_it_is_large(tab: LabPage) -> None:
    fill(tab, rows=500, length=100)
    press(tab, "Write")
    tab.wait_for_data("looks", "2", VIEW)
    button(tab, "Fold rows that are alike").click()
    before = lines(tab)
    assert len(before) == 500
    assert tab.view(VIEW).locator(".chaos-box *").count() < 4500, "runs of text, not a node a token"
    tab.page.get_by_role("tab", name="Draws", exact=True).click()
    expect(tab.view(VIEW)).to_be_hidden()
    open_chaos(tab)
    expect(tab.view(VIEW).locator(".chaos-at").first).to_be_visible()
    assert lines(tab) == before
    assert (tab.data("updates", VIEW), tab.data("looks", VIEW)) == ("2", "2"), "the server is not asked again"


def test_nothing_is_wider_than_the_window(tab: LabPage) -> None:
    for view in ("Texts", "Overview"):
        button(tab, view).click()
        for width in (390, 1920):
            tab.page.set_viewport_size({"width": width, "height": 900})
            assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_without_a_model_it_waits_for_one(lab: LabPage) -> None:
    """What typed-in numbers cannot do is told, and done when a model is chosen, in whichever tab."""
    lab.choose_model("Your own numbers")
    open_chaos(lab)
    expect(lab.view(VIEW).locator("> .note")).to_contain_text("Chaos needs a model")
    lab.page.get_by_role("tab", name="Sweep", exact=True).click()
    lab.choose_model("Plays, characters (GRU)")
    lab.page.get_by_role("tab", name="Chaos", exact=True).click()
    lab.wait_for_data("looks", "1", VIEW)
    expect(lab.view(VIEW).locator("> .note")).to_have_text("")
