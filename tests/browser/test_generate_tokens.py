"""The Generate tab in a real Chromium: its tokens, what it saves, and mistakes."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LabPage
from tests.browser.generate_page import (
    CONTEXT,
    LENGTH,
    SEED,
    VIEW,
    answered,
    button,
    open_generate,
    press,
    record,
    set_length,
    shipped,
    shown,
    texts,
    token,
)
from textgen import api
from textgen.models.folder import Model
from textgen.settings import DecodeSettings

MARKUP = "<img src=x onerror=alert(1)> ${7*6} {{value}}"


@pytest.fixture
def tab(lab: LabPage) -> LabPage:
    return open_generate(lab)


@pytest.fixture(scope="module")
def model() -> Model:
    return shipped()


# ---- a token


def test_a_token_tells_what_the_model_thought_of_it(tab: LabPage, model: Model) -> None:
    press(tab, "Write")
    settings = DecodeSettings(temperature=0.5)
    step = [*api.write(model, CONTEXT, [settings], [SEED], 8)][7]
    token(tab, 1, 7).hover()
    card = tab.page.locator(".token-card")
    expect(card).to_be_visible()
    facts = card.locator(".fact b").all_text_contents()
    assert float(facts[0].rstrip("%")) == pytest.approx(100 * step.probabilities[0], rel=0.01, abs=0.01)
    assert float(facts[1].split()[0]) == pytest.approx(step.surprise[0], abs=0.01)
    assert float(facts[2].rstrip("%")) == pytest.approx(100 * step.decoded[0], rel=0.01, abs=0.01)
    assert int(facts[3]) == step.ranks[0]
    labels = card.locator(".alternative .tok").all_text_contents()
    assert labels == [model.tokenizer.labels[i] for i in step.top_ids[0]]
    tab.page.mouse.move(0, 0)
    expect(card).to_be_hidden()


def test_tokens_are_reached_by_keyboard(tab: LabPage) -> None:
    press(tab, "Write")
    page, card = tab.page, tab.page.locator(".token-card")
    tab.view(VIEW).locator(".text").nth(2).focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(card).to_have_attribute("data-index", "1")
    page.keyboard.press("Enter")
    expect(card.locator(".alternative:focus, .open:focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(token(tab, 2, 1)).to_be_focused()


def test_choosing_an_alternative_goes_another_way(tab: LabPage, model: Model) -> None:
    press(tab, "Write")
    before = texts(tab)
    token(tab, 1, 5).click()
    card = tab.page.locator(".token-card")
    choice = card.locator(".alternative:not(:disabled)").first
    label = choice.locator(".tok").text_content()
    answered(tab, choice.click)
    after = texts(tab)
    assert after[1][:5] == before[1][:5]
    assert model.tokenizer.labels.index(label) == record(tab)["panes"][1]["ids"][5]
    assert [len(text) for text in after] == [LENGTH] * 4
    assert [after[i] == before[i] for i in range(4)] == [True, False, True, True]
    pane = tab.view(VIEW).locator(".pane").nth(1)
    pane.get_by_role("button", name="branch 1").click()
    assert texts(tab) == before
    assert shown(tab, 1) == before[1]
    pane.get_by_role("button", name="branch 2").click()
    assert texts(tab) == after


def test_another_way_may_be_taken_while_the_rest_is_written(tab: LabPage) -> None:
    set_length(tab, 900)
    script = """() => new Promise((done) => {
        const root = document.querySelector("#lab-generate .lab-root");
        [...root.querySelectorAll("button")].find((one) => one.textContent === "Write").click();
        const watch = new MutationObserver(() => {
            const { run, leg } = TemperatureLab.memory.generate;
            if (!leg.begun || TemperatureLab.lengths(run)[0] < 20) return;
            watch.disconnect();
            document.querySelectorAll("#lab-generate .pane:nth-child(3) .line span:not(.given)")[4].click();
            document.querySelector(".token-card .alternative:not(:disabled)").click();
            done();
        });
        watch.observe(root, { attributes: true });
    })"""
    tab.page.evaluate(script)
    expect(tab.view(VIEW).locator(".pane").nth(2).get_by_role("button", name="branch 2")).to_be_visible()
    tab.page.wait_for_selector("#lab-generate .lab-root[data-state=still]")
    press(tab, "Continue")
    assert [len(text) for text in texts(tab)] == [900] * 4


def test_a_token_opens_in_next_token(tab: LabPage) -> None:
    press(tab, "Write")
    text = texts(tab)[3][:9]
    token(tab, 3, 9).click()
    tab.page.get_by_role("button", name="Open in Next token here").click()
    tab.page.wait_for_selector("#lab-next_token .lab-root[data-context]")
    tab.wait_for_data("context", CONTEXT + text)
    expect(tab.page.locator("#context textarea")).to_have_value(CONTEXT + text)
    tab.wait_for_data("temperature", "1.2")
    tab.page.get_by_role("tab", name="Generate").click()
    expect(tab.view(VIEW).locator(".count").first).to_contain_text(f"{LENGTH} tokens")


# ---- Copy, download


def test_a_download_holds_all_it_takes_to_write_it_again(tab: LabPage, model: Model) -> None:
    tab.slide("Top-p (1 = off)", 0.8)
    press(tab, "Write")
    tab.view(VIEW).locator(".save-menu summary").click()
    with tab.page.expect_download() as waiting:
        button(tab, "JSON").click()
    saved = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    for one in saved["panes"]:
        settings = DecodeSettings.from_dict(one["settings"])
        again = api.generate(
            model, saved["prompt"], settings=settings, seed=saved["seed"], length=one["tokens"]
        )
        assert (again.text, list(again.ids)) == (one["text"], one["ids"])
        assert one["mean_surprise_bits"] == pytest.approx(again.surprise.mean(), abs=1e-3)
    assert {saved["model"], saved["app"]} == {model.name, "Temperature Lab"}
    assert len(saved["weights_sha256"]) == 64
    tab.view(VIEW).locator(".save-menu summary").click()
    with tab.page.expect_download() as waiting:
        button(tab, "Text").click()
    plain = waiting.value.path().read_text(encoding="utf-8")
    assert all(CONTEXT + text in plain for text in texts(tab))
    assert "top-p 0.8" in plain


def test_copy_takes_the_text_with_its_settings(tab: LabPage) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(tab, "Write")
    button(tab, "Copy").nth(1).click()
    expect(button(tab, "Copied")).to_have_count(1)
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(CONTEXT + texts(tab)[1])
    assert f"T = 0.5 · seed {SEED} · {LENGTH} tokens" in copied


# ---- mistakes


def test_a_bad_temperature_is_a_sentence_and_nothing_is_lost(tab: LabPage) -> None:
    press(tab, "Write")
    before = texts(tab)
    box = tab.view(VIEW).get_by_label("Temperature of this pane").nth(2)
    box.fill("1e9")
    box.press("Enter")
    expect(box).to_have_attribute("aria-invalid", "true")
    press(tab, "Write")
    expect(tab.page.get_by_text("temperature must be 0 or in [0.01, 100], got 1000000000")).to_be_visible()
    assert texts(tab) == before
    expect(tab.view(VIEW).locator(".status")).to_contain_text("the texts are as they were")


def test_a_bad_length_is_a_sentence(tab: LabPage) -> None:
    set_length(tab, 10**12)
    press(tab, "Write")
    expect(
        tab.page.get_by_text("length must be a whole number from 1 to 5,000, got 1000000000000")
    ).to_be_visible()


def test_typed_in_numbers_have_nothing_to_write_with(tab: LabPage) -> None:
    tab.choose_model("Your own numbers")
    expect(tab.view(VIEW).locator(".note")).to_contain_text("Generate needs a model")
    expect(button(tab, "Write")).to_be_disabled()


def test_nothing_that_is_typed_becomes_markup(tab: LabPage) -> None:
    tab.page.locator("#context textarea").fill(MARKUP)
    strip = tab.view(VIEW).locator(".strip .tokens")
    expect(strip).to_have_text(MARKUP.replace(" ", "␣"))
    press(tab, "Write")
    assert record(tab)["prompt"] == MARKUP
    assert tab.view(VIEW).locator("img").count() == 0
    assert MARKUP in (tab.view(VIEW).locator(".given").first.text_content() or "")
