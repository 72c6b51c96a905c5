"""The Generate tab in a real Chromium: writing, stopping, going on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.generate_page import (
    CONTEXT,
    LENGTH,
    SEED,
    TEMPERATURES,
    GeneratePage,
    generate_page,
    shipped,
    written,
)
from textgen import api
from textgen.models.folder import Model
from textgen.settings import BeamSettings, DecodeSettings


@pytest.fixture(scope="module")
def shared(context: BrowserContext, app_url: str) -> Iterator[GeneratePage]:
    with generate_page(context, app_url) as opened:
        yield opened


@pytest.fixture
def tab(shared: GeneratePage) -> GeneratePage:
    shared.reset()
    return shared


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped()


# ---- Write


def test_every_pane_shows_what_the_library_writes(tab: GeneratePage, model: Model) -> None:
    tab.press("Write")
    assert tab.texts() == [written(model, temperature=t) for t in TEMPERATURES]
    expect(tab.root.locator(".seed")).to_have_text(f"Seed {SEED} kept")
    expect(tab.status).to_contain_text(f"Done: {4 * LENGTH} tokens in ")


def test_where_a_pane_parts_from_the_one_before_is_marked_and_named(tab: GeneratePage, model: Model) -> None:
    tab.press("Write")
    ids = [api.generate(model, CONTEXT, seed=SEED, length=LENGTH, temperature=t).ids for t in TEMPERATURES]
    expect(tab.panes.first.locator(".part")).to_have_count(0)
    for i in range(1, 4):
        at = next(k for k in range(LENGTH) if ids[i][k] != ids[i - 1][k])
        before = "0.2 0.5 1.0".split()[i - 1]
        expect(tab.panes.nth(i).locator(".parts")).to_have_text(f"parts from T = {before} at token {at + 1}")
        marked = tab.panes.nth(i).locator(".line span:not(.given)")
        assert (
            marked.evaluate_all("all => all.map((one) => one.classList.contains('part'))").index(True) == at
        )
        expect(tab.panes.nth(i).locator(".part")).to_have_count(1)
        rule = tab.panes.nth(i).locator(".part").evaluate("one => getComputedStyle(one).borderLeft")
        assert rule.startswith("3px solid")


def test_texts_begin_at_the_prompt_and_are_brought_to_their_first_parting(tab: GeneratePage) -> None:
    """Two temperatures that part late: both texts stand where they do, at one height."""
    for _ in range(2):
        tab.remove(2)
    tab.set_temperatures("0,3", "0,302")
    tab.set_length(900)
    tab.press("Write")
    tops = tab.panes.locator(".text").evaluate_all("all => all.map((one) => one.scrollTop)")
    assert tops[0] == tops[1]
    rule, text = (
        tab.panes.nth(1).locator(".part").bounding_box(),
        tab.panes.nth(1).locator(".text").bounding_box(),
    )
    assert rule is not None
    assert text is not None
    assert text["y"] <= rule["y"] < text["y"] + text["height"]
    tab.press("Temperatures")
    assert tab.panes.locator(".text").evaluate_all("all => all.map((one) => one.scrollTop)") == [0] * 4
    boxes = [one.bounding_box() for one in tab.panes.locator(".given").all()]
    assert [box and box["y"] for box in boxes[:2]] == [boxes[0] and boxes[0]["y"]] * 2


def test_colour_is_surprise_and_can_be_turned_off(tab: GeneratePage, model: Model) -> None:
    tab.press("Write")
    surprise = api.generate(model, CONTEXT, seed=SEED, length=LENGTH, temperature=1.2).surprisal
    steps = [int(sum(bits >= edge for edge in (1, 2, 4, 6, 8))) for bits in surprise.astype(np.float32)]
    tokens = tab.panes.nth(3).locator(".line span:not(.given)")
    assert [int(name[1]) for name in tokens.evaluate_all("all => all.map((one) => one.className)")] == steps
    coloured = tab.token(3, steps.index(max(steps)))
    assert coloured.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"
    tab.button("Colour").click()
    assert coloured.evaluate("one => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_tokens_can_be_read_on_every_colour(tab: GeneratePage, theme: str) -> None:
    """WCAG contrast of at least 4.5, and lightness alone tells the steps apart."""
    script = """(theme) => {
        const before = document.body.className;
        document.body.classList.toggle("dark", theme === "dark");
        const probe = document.createElement("span");
        document.querySelector("#lab-generate .pane .line").append(probe);
        const pairs = [1, 2, 3, 4, 5].map((step) => {
            probe.className = `s${step}`;
            const style = getComputedStyle(probe);
            const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
            return [style.color, style.backgroundColor].map(channels);
        });
        probe.remove();
        document.body.className = before;
        return pairs;
    }"""
    pairs = np.array(tab.page.evaluate(script, theme)) / 255
    linear = np.where(pairs <= 0.03928, pairs / 12.92, ((pairs + 0.055) / 1.055) ** 2.4)
    ink, ground = (linear @ [0.2126, 0.7152, 0.0722]).T
    contrast = (np.maximum(ink, ground) + 0.05) / (np.minimum(ink, ground) + 0.05)
    assert contrast.min() >= 4.5
    rising = np.diff(ground) * (1 if theme == "dark" else -1)
    assert (rising > 0).all()


def test_a_greedy_pane_says_what_has_no_effect(tab: GeneratePage, model: Model) -> None:
    tab.strategy(1).select_option("Greedy")
    tab.press("Write")
    assert tab.texts()[:2] == [written(model, temperature=t) for t in (0.2, 0)]
    expect(tab.panes.nth(1)).to_contain_text("greedy: seed, top-k, top-p, min-p have no effect")
    expect(tab.panes.nth(2).locator(".parts")).to_contain_text("parts from greedy at token")


def test_all_strategies_stand_side_by_side_at_a_click(tab: GeneratePage, model: Model) -> None:
    tab.press("Strategies")
    texts = tab.texts()
    assert texts[:2] == [written(model, temperature=1), written(model, temperature=0)]
    beam = BeamSettings(width=3, length=LENGTH)
    *_, last = api.beam_search(model, CONTEXT, beam)
    assert texts[2] == model.text(last.finished[0].ids, CONTEXT)
    chosen = [tab.strategy(pane).input_value() for pane in range(4)]
    assert chosen == ["sampling", "greedy", "beam", "beam_sampling"]
    expect(tab.panes.nth(2)).to_contain_text(
        "beam search: temperature, seed, top-k, top-p, min-p have no effect"
    )


def test_the_guides_four_are_compared_at_a_click(tab: GeneratePage, model: Model) -> None:
    tab.press("The guide's four")
    sampled = [{"temperature": 0}, {"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.8, "top_k": 40}]
    assert tab.texts()[:3] == [written(model, **settings) for settings in sampled]
    expect(tab.root.get_by_label("Beam width of text 4")).to_have_value("3")
    expect(tab.root.locator(".expect")).to_have_count(4)
    tab.press("Temperatures")
    assert [float(one.input_value()) for one in tab.temperatures.all()] == list(TEMPERATURES)


def test_the_sidebars_stages_apply_to_every_pane(tab: GeneratePage, model: Model) -> None:
    tab.page.get_by_role("slider", name="range slider for Top-k").fill("3")
    expect(tab.panes.first.locator(".chip").first).to_have_text("top-k 3")
    tab.press("Write")
    assert tab.texts() == [written(model, temperature=t, top_k=3) for t in TEMPERATURES]


def test_an_unlocked_seed_is_new_at_each_write(tab: GeneratePage, model: Model) -> None:
    tab.page.get_by_label("keep it").uncheck()
    expect(tab.root.locator(".seed")).to_contain_text("new at each Write")
    tab.press("Write")
    seed = tab.seed()
    assert tab.texts()[2] == written(model, temperature=1.0, seed=seed)
    expect(tab.page.locator("#seed input")).to_have_value(str(seed))
    tab.press("Write")
    assert tab.seed() != seed


# ---- Stop, Continue


@pytest.fixture(scope="module")
def long_texts(model: Model) -> list[str]:
    """Texts of 920 tokens, which are characters."""
    settings = [DecodeSettings(temperature=t) for t in TEMPERATURES]
    steps = list(api.write(model, CONTEXT, settings, [SEED] * 4, 920))
    return [model.text([int(step.ids[row]) for step in steps], CONTEXT) for row in range(4)]


def begins(texts: list[str], length: int) -> list[str]:
    return [text[:length] for text in texts]


def test_stopped_and_continued_is_as_if_it_had_never_stopped(
    tab: GeneratePage, long_texts: list[str]
) -> None:
    tab.set_length(900)
    tab.while_writing(30, "press('Stop')")
    tab.answered()
    held = tab.lengths()
    assert 30 <= held[0] < 900
    expect(tab.status).to_contain_text(f"Stopped at token {held[0]}")
    tab.press("Continue")
    assert tab.texts() == begins(long_texts, 900)
    tab.set_length(20)
    tab.press("Continue")
    assert tab.texts() == long_texts


def test_continue_may_be_pressed_at_once(tab: GeneratePage, long_texts: list[str]) -> None:
    tab.set_length(900)
    tab.while_writing(30, "press('Stop'); press('Continue')")
    tab.answered()
    assert tab.texts() == begins(long_texts, 900)


def test_another_tab_meanwhile_loses_nothing(tab: GeneratePage, long_texts: list[str]) -> None:
    tab.set_length(900)
    tab.button("Write").click()
    tab.page.get_by_role("tab", name="Next token").click()
    expect(tab.root).to_be_hidden()
    tab.page.get_by_role("tab", name="Generate").click()
    tab.answered()
    assert tab.texts() == begins(long_texts, 900)


# ---- the form


def test_panes_can_be_added_removed_and_changed(tab: GeneratePage, model: Model) -> None:
    tab.press("Write")
    texts = tab.texts()
    for _ in range(2):
        tab.remove(0)
    assert tab.texts() == texts[2:], "the others stay"
    tab.set_temperatures("0.7")
    tab.button("+ Pane").click()
    assert tab.texts() == [*texts[2:], ""]
    tab.press("Write")
    assert tab.texts() == [written(model, temperature=t) for t in (0.7, 1.2, 0.2)]
    tab.set_temperatures("0.9")
    expect(tab.panes.first).to_contain_text("text is from T = 0.7; Write applies your changes")


def test_what_is_thrown_away_comes_back(tab: GeneratePage) -> None:
    """A removed pane, panes that others took the place of, texts written over: by button and by Ctrl+Z."""
    tab.press("Write")
    texts = tab.texts()
    tab.remove(1)
    tab.button("↶ Undo: text 2 removed").click()
    assert tab.texts() == texts
    tab.press("Strategies")
    assert tab.texts() != texts
    tab.page.keyboard.press("Control+z")
    assert tab.texts() == texts
    assert [float(one.input_value()) for one in tab.temperatures.all()] == list(TEMPERATURES)
    tab.set_temperatures("2")
    tab.press("Write")
    assert tab.texts() != texts
    tab.button("↶ Undo: texts written anew").click()
    assert tab.texts() == texts
    expect(tab.temperatures.first).to_have_value("0.2")


def test_what_was_typed_stays_when_the_page_is_loaded_anew(tab: GeneratePage) -> None:
    tab.press("Write")
    tab.remove(0)
    texts = tab.texts()
    tab.set_temperatures("0,725")
    tab.set_length(123)
    tab.page.locator("#context textarea").fill("To be")
    tab.lab.slide("Top-p", 0.9)
    tab.page.reload()
    tab.page.get_by_role("tab", name="Generate").click()
    expect(tab.panes).to_have_count(3)
    assert tab.texts() == texts
    expect(tab.temperatures.first).to_have_value("0,725")
    tab.token(1, 3).click()
    expect(tab.card.locator("button.bar")).not_to_have_count(0)
    tab.page.keyboard.press("Escape")
    tab.press("Continue")
    assert [after.startswith(before) for before, after in zip(texts, tab.texts(), strict=True)] == [True] * 3
    expect(tab.root.get_by_label("Length in tokens")).to_have_value("123")
    expect(tab.page.locator("#context textarea")).to_have_value("To be")
    expect(tab.page.get_by_role("slider", name="range slider for Top-p")).to_have_value("0.9")
    tab.open()


def test_a_text_copied_by_hand_keeps_its_blank_lines(tab: GeneratePage) -> None:
    tab.set_length(60)
    tab.press("Write")
    copied = tab.panes.first.locator(".text").evaluate("""(text) => {
        getSelection().selectAllChildren(text);
        const event = new ClipboardEvent("copy", { clipboardData: new DataTransfer(), bubbles: true });
        text.dispatchEvent(event);
        getSelection().removeAllRanges();
        return event.clipboardData.getData("text/plain");
    }""")
    assert copied == CONTEXT + tab.texts()[0]
    assert "\n\n" in copied


def test_forced_colours_keep_the_legend_of_surprise(tab: GeneratePage) -> None:
    """The more surprising, the heavier the line; the first two differ by being dotted."""
    tab.page.emulate_media(forced_colors="active")
    widths = tab.root.locator(".swatches i").evaluate_all(
        "all => all.map((one) => parseFloat(getComputedStyle(one).borderBottomWidth))"
    )
    tab.page.emulate_media(forced_colors="none")
    assert widths == [0, 1, 1, 2, 3, 5]
