"""The Generate tab in a real Chromium: writing, stopping, going on."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from tests.browser.generate_page import (
    CONTEXT,
    LENGTH,
    SEED,
    TEMPERATURES,
    VIEW,
    button,
    open_generate,
    press,
    record,
    set_length,
    shipped,
    shown,
    stop_after,
    texts,
    token,
    wait_for_length,
    written,
)
from textgen import api
from textgen.models.folder import Model


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    return open_generate(lab)


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped()


# ---- Write


def test_every_pane_shows_what_the_library_writes(tab: LabPage, model: Model) -> None:
    press(tab, "Write")
    expected = [written(model, temperature=t) for t in TEMPERATURES]
    assert texts(tab) == expected
    assert [shown(tab, i) for i in range(4)] == expected
    assert tab.data("seed", VIEW) == str(SEED)
    expect(tab.view(VIEW).locator(".seed")).to_have_text(f"Seed {SEED} kept")


def test_where_a_pane_parts_from_its_left_neighbour_is_marked(tab: LabPage, model: Model) -> None:
    press(tab, "Write")
    ids = [api.generate(model, CONTEXT, seed=SEED, length=LENGTH, temperature=t).ids for t in TEMPERATURES]
    for i in range(1, 4):
        at = next(k for k in range(LENGTH) if ids[i][k] != ids[i - 1][k])
        pane = tab.view(VIEW).locator(".pane").nth(i)
        expect(pane.locator(".parts")).to_have_text(f"parts from its left neighbour at token {at + 1}")
        expect(token(tab, i, at)).to_have_class(
            np.char.add("", token(tab, i, at).get_attribute("class") or "").item()
        )
        assert "part" in (token(tab, i, at).get_attribute("class") or "").split()
        assert pane.locator(".part").count() == 1
    assert tab.view(VIEW).locator(".pane").first.locator(".part").count() == 0


def test_colour_is_surprise_and_can_be_turned_off(tab: LabPage, model: Model) -> None:
    press(tab, "Write")
    surprise = api.generate(model, CONTEXT, seed=SEED, length=LENGTH, temperature=1.2).surprise
    steps = [int(sum(bits >= edge for edge in (1, 2, 4, 6, 8))) for bits in surprise.astype(np.float32)]
    classes = tab.view(VIEW).locator(".pane").nth(3).locator(".line span:not(.given)")
    assert [int(name[1]) for name in classes.evaluate_all("all => all.map((one) => one.className)")] == steps
    coloured = token(tab, 3, steps.index(max(steps)))
    assert coloured.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"
    button(tab, "Colour").click()
    assert coloured.evaluate("one => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_can_be_read_on_every_colour(tab: LabPage, theme: str) -> None:
    """WCAG contrast of at least 4.5, and lightness alone tells the steps apart."""
    script = """(theme) => {
        document.body.classList.toggle("dark", theme === "dark");
        const probe = document.createElement("span");
        document.querySelector("#lab-generate .pane .line").append(probe);
        return [1, 2, 3, 4, 5].map((step) => {
            probe.className = `s${step}`;
            const style = getComputedStyle(probe);
            const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            return [style.color, style.backgroundColor].map(channels);
        });
    }"""
    pairs = np.array(tab.page.evaluate(script, theme)) / 255
    linear = np.where(pairs <= 0.03928, pairs / 12.92, ((pairs + 0.055) / 1.055) ** 2.4)
    ink, ground = (linear @ [0.2126, 0.7152, 0.0722]).T
    contrast = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    assert contrast.min() >= 4.5
    rising = np.diff(ground) * (1 if theme == "dark" else -1)
    assert (rising > 0).all()


def test_greedy_is_one_pane_and_says_what_has_no_effect(tab: LabPage, model: Model) -> None:
    button(tab, "Greedy").click()
    press(tab, "Write")
    assert texts(tab) == [written(model, temperature=0)]
    expect(tab.view(VIEW).locator(".idle")).to_have_text("greedy: seed, top-k, top-p, min-p have no effect")


def test_the_guides_four_are_compared_at_a_click(tab: LabPage, model: Model) -> None:
    press(tab, "The guide's four")
    expected = [
        written(model, temperature=0),
        written(model, temperature=0.5, top_p=0.9),
        written(model, temperature=0.8, top_k=40),
    ]
    assert texts(tab)[:3] == expected
    assert record(tab)["panes"][3]["beam_width"] == 3
    expect(tab.view(VIEW).locator(".expect")).to_have_count(4)
    button(tab, "Sampling").click()
    temperatures = tab.view(VIEW).get_by_label("Temperature of this pane")
    assert [float(one.input_value()) for one in temperatures.all()] == list(TEMPERATURES)


def test_the_sidebars_stages_apply_to_every_pane(tab: LabPage, model: Model) -> None:
    tab.slide("Top-k (0 = off)", 3)
    expect(tab.view(VIEW).locator(".pane").first.locator(".chip")).to_have_text("top-k 3")
    press(tab, "Write")
    assert texts(tab) == [written(model, temperature=t, top_k=3) for t in TEMPERATURES]


def test_panes_can_be_added_removed_and_changed(tab: LabPage, model: Model) -> None:
    tab.view(VIEW).get_by_label("Remove this pane").first.click()
    tab.view(VIEW).get_by_label("Remove this pane").first.click()
    box = tab.view(VIEW).get_by_label("Temperature of this pane").first
    box.fill("0.7")
    box.press("Enter")
    button(tab, "+ Pane").click()
    press(tab, "Write")
    assert texts(tab) == [written(model, temperature=t) for t in (0.7, 1.2, 0.2)]


def test_an_unlocked_seed_is_new_at_each_write(tab: LabPage, model: Model) -> None:
    tab.page.get_by_label("keep it").uncheck()
    expect(tab.view(VIEW).locator(".seed")).to_contain_text("new at each Write")
    press(tab, "Write")
    seed = int(tab.data("seed", VIEW) or "")
    assert texts(tab)[2] == written(model, temperature=1.0, seed=seed)
    expect(tab.page.locator("#seed input")).to_have_value(str(seed))
    press(tab, "Write")
    assert tab.data("seed", VIEW) != str(seed)


# ---- Stop, Continue


def test_stopped_and_continued_is_as_if_it_had_never_stopped(tab: LabPage, model: Model) -> None:
    set_length(tab, 900)
    stop_after(tab, 30)
    held = [len(text) for text in texts(tab)]
    assert 30 <= held[0] < 900
    expect(tab.view(VIEW).locator(".status")).to_contain_text(f"Stopped at token {held[0]}")
    press(tab, "Continue")
    assert texts(tab) == [written(model, 900, temperature=t) for t in TEMPERATURES]
    set_length(tab, 20)
    press(tab, "Continue")
    assert texts(tab) == [written(model, 920, temperature=t) for t in TEMPERATURES]


def test_continue_may_be_pressed_at_once(tab: LabPage, model: Model) -> None:
    set_length(tab, 900)
    stop_after(tab, 30, then="Continue")
    wait_for_length(tab, 900)
    assert texts(tab) == [written(model, 900, temperature=t) for t in TEMPERATURES]


def test_a_page_that_missed_messages_catches_up(tab: LabPage, model: Model) -> None:
    set_length(tab, 400)
    script = """() => new Promise((done) => {
        const { generate } = TemperatureLab.memory;
        const root = document.querySelector("#lab-generate .lab-root");
        [...root.querySelectorAll("button")].find((one) => one.textContent === "Write").click();
        const watch = new MutationObserver(() => {
            if (!generate.leg.begun) return;
            watch.disconnect();
            generate.leg.read = -1; // as if a part had never come
            done();
        });
        watch.observe(root, { attributes: true });
    })"""
    tab.page.evaluate(script)
    wait_for_length(tab, 400)
    assert texts(tab) == [written(model, 400, temperature=t) for t in TEMPERATURES]


def test_another_tab_meanwhile_loses_nothing(tab: LabPage, model: Model) -> None:
    set_length(tab, 900)
    button(tab, "Write").click()
    tab.page.get_by_role("tab", name="Next token").click()
    tab.page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    tab.page.get_by_role("tab", name="Generate").click()
    tab.page.wait_for_selector("#lab-generate .lab-root[data-state=still]")
    assert texts(tab) == [written(model, 900, temperature=t) for t in TEMPERATURES]
    assert [shown(tab, i) for i in range(4)] == texts(tab)
