"""The Generate tab in a real Chromium: its tokens, what it copies, and mistakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.generate_page import CONTEXT, LENGTH, SEED, GeneratePage, generate_page, shipped
from textgen import api, receipts
from textgen.models.folder import Model
from textgen.models.registry import Registry, default_root
from textgen.settings import DecodeSettings

MARKUP = "<img src=x onerror=alert(1)> ${7*6} {{value}}"


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


# ---- a token


def test_a_token_tells_what_the_model_thought_of_it(tab: GeneratePage, model: Model) -> None:
    tab.press("Write")
    step = [*api.write(model, CONTEXT, [DecodeSettings(temperature=0.5)], [SEED], 8)][7]
    tab.token(1, 7).hover()
    expect(tab.card).to_contain_text("token 8")
    facts = tab.card.locator(".fact b").all_text_contents()
    assert float(facts[0].rstrip("%")) == pytest.approx(100 * step.probabilities[0], rel=0.01, abs=0.01)
    assert float(facts[1].split()[0]) == pytest.approx(step.surprisal[0], abs=0.01)
    assert float(facts[2].rstrip("%")) == pytest.approx(100 * step.decoded[0], rel=0.01, abs=0.01)
    assert int(facts[3]) == step.ranks[0]
    labels = tab.card.locator(".bar-label").all_text_contents()
    assert labels == [model.tokenizer.labels[i] for i in step.top_ids[0]]
    tab.page.mouse.move(0, 0)
    expect(tab.card).to_be_hidden()


def test_tokens_are_reached_by_keyboard(tab: GeneratePage) -> None:
    tab.press("Write")
    page = tab.page
    expect(tab.root.locator(".line [tabindex='0']")).to_have_count(4)  # one stop a text
    tab.token(2, 0).focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(tab.card).to_contain_text("token 2")
    page.keyboard.press("Enter")
    expect(tab.card.locator("button.bar:focus, .open:focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(tab.card).to_be_hidden()
    expect(tab.token(2, 1)).to_be_focused()
    page.keyboard.press("End")
    expect(tab.card).to_contain_text(f"token {LENGTH}")


def test_choosing_an_alternative_takes_another_branch(tab: GeneratePage) -> None:
    tab.press("Write")
    before = tab.texts()
    tab.token(1, 5).click()
    choice = tab.card.locator("button.bar").first
    label = choice.locator(".bar-label").text_content()
    choice.click()
    tab.answered()
    after = tab.texts()
    assert after[1][:5] == before[1][:5]
    assert after[1][5] == {"␣": " ", "⏎": "\n"}.get(str(label), label)
    assert tab.lengths() == [LENGTH] * 4
    assert [after[i] == before[i] for i in range(4)] == [True, False, True, True]
    tab.panes.nth(1).get_by_role("button", name="branch 1").click()
    assert tab.texts() == before
    tab.panes.nth(1).get_by_role("button", name="branch 2").click()
    assert tab.texts() == after


def test_another_branch_may_be_taken_while_the_rest_is_written(tab: GeneratePage) -> None:
    tab.set_length(900)
    tab.while_writing(
        20,
        """root.querySelectorAll(".pane:nth-child(3) .line span:not(.given)")[4].click();
        root.querySelector(".token-card button.bar").click();""",
    )
    expect(tab.panes.nth(2).get_by_role("button", name="branch 2")).to_be_visible()
    tab.answered()
    if tab.lengths() != [900] * 4:  # the branch was taken before they were at their end
        tab.press("Continue")
    assert tab.lengths() == [900] * 4


def test_a_token_opens_in_next_token(tab: GeneratePage) -> None:
    tab.press("Write")
    text = tab.texts()[3][:9]
    tab.token(3, 9).click()
    tab.page.get_by_role("button", name="Open in Next token here").click()
    expect(tab.page.get_by_role("tab", name="Next token")).to_have_attribute("aria-selected", "true")
    expect(tab.page.locator("#context textarea")).to_have_value(CONTEXT + text)
    expect(tab.page.get_by_label("number input for Temperature")).to_have_value("1.2")
    tab.page.get_by_role("tab", name="Generate").click()
    expect(tab.root.locator(".count").first).to_contain_text(f"{LENGTH} tokens")


# ---- Copy, Save


def test_what_is_saved_holds_all_it_takes_to_write_it_again(tab: GeneratePage, model: Model) -> None:
    tab.lab.set_sidebar(context=CONTEXT, settings={"top_p": 0.8})
    tab.press("Write")
    saved = json.loads(tab.lab.saved("generate", "JSON").read_text(encoding="utf-8"))
    for one in saved["panes"]:
        settings = DecodeSettings.from_dict(one["settings"])
        again = api.generate(
            model, saved["prompt"], settings=settings, seed=saved["seed"], length=one["tokens"]
        )
        assert (again.text, list(again.ids)) == (one["text"], one["ids"])
        assert one["mean_surprise_bits"] == pytest.approx(again.surprisal.mean(), abs=1e-3)
    assert [one["text"] for one in saved["panes"]] == tab.texts()
    assert {saved["model"], saved["app"]} == {model.name, "Temperature Lab"}
    assert len(saved["weights_sha256"]) == 64
    plain = tab.lab.saved("generate", "Text").read_text(encoding="utf-8")
    assert all(CONTEXT + text in plain for text in tab.texts())
    assert "top-p 0.8" in plain


@pytest.mark.parametrize("strategy", ["Sampling", "Beam sampling"])
def test_a_receipt_of_texts_gone_on_with_and_led_another_way_replays(
    tab: GeneratePage, strategy: str
) -> None:
    for pane in range(4):
        tab.strategy(pane).select_option(strategy)
    tab.press("Write")
    tab.press("Continue")
    tab.token(2, 7).click()
    tab.card.locator("button.bar").nth(2).click()
    tab.answered()
    assert tab.lengths() == [2 * LENGTH] * 4
    receipt = receipts.read(tab.lab.saved("generate", "Receipt").read_text(encoding="utf-8"))
    assert receipts.replay(receipt, Registry(default_root())).identical
    assert [text["text"] for text in receipt.result["texts"]] == tab.texts()


def test_nothing_to_save_is_said(tab: GeneratePage) -> None:
    tab.open()
    menu = tab.root.locator(".save-menu")
    menu.locator("summary").focus()
    for key in ("Enter", "Tab", "Enter"):
        tab.page.keyboard.press(key)
    problem = tab.page.get_by_role("alert")
    expect(problem).to_contain_text("nothing to save yet")
    menu.locator("summary").click()
    expect(problem).to_have_count(0)
    tab.page.keyboard.press("Escape")
    expect(menu.locator(".save-entries")).to_be_hidden()


def test_the_picture_shows_the_surprise_of_each_text(tab: GeneratePage) -> None:
    tab.press("Write")
    drawing = ElementTree.fromstring(tab.lab.saved("generate", "SVG").read_text(encoding="utf-8"))
    words = ["".join(node.itertext()) for node in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert [word for word in words if word.startswith("T = ")] == ["T = 0.2", "T = 0.5", "T = 1", "T = 1.2"]
    assert any("surprise under the model at T = 1, in bits a token" in word for word in words)


def test_copy_takes_the_text_with_its_settings(tab: GeneratePage) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.press("Write")
    tab.button("Copy: text 2").click()
    expect(tab.button("Copied: text 2")).to_have_count(1)
    copied = tab.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(CONTEXT + tab.texts()[1])
    assert f"T = 0.5 · seed {SEED} · {LENGTH} tokens" in copied


# ---- mistakes


def test_a_bad_temperature_is_told_in_its_pane_and_nothing_is_lost(tab: GeneratePage) -> None:
    tab.press("Write")
    before = tab.texts()
    box = tab.temperatures.nth(2)
    for typed in ("1e9", "abc", ""):
        box.fill(typed)
        box.press("Enter")
        expect(box).to_have_attribute("aria-invalid", "true")
        tab.press("Write")
        got = typed or "nothing"
        expect(tab.problem(2)).to_have_text(f"T must be 0 or from 0.01 to 100, got {got}; 0 is greedy")
        assert tab.texts() == before
    box.fill("0,9")
    box.press("Enter")
    expect(tab.problem(2)).to_have_count(0)


def test_a_bad_length_is_told_by_its_field(tab: GeneratePage) -> None:
    tab.press("Write")
    before = tab.texts()
    tab.set_length(10**12)
    tab.press("Write")
    problem = tab.root.locator(".tools").get_by_role("alert")
    expect(problem).to_contain_text("ength must be a whole number from 1 to 5,000, got 1000000000000")
    assert tab.texts() == before
    expect(tab.status).to_contain_text("the texts are as they were")
    tab.set_length(LENGTH)
    expect(problem).to_have_count(0)


def test_typed_in_numbers_have_nothing_to_write_with(tab: GeneratePage) -> None:
    tab.lab.choose_model("Your own numbers")
    expect(tab.root.locator(".note")).to_contain_text("Generate needs a model")
    expect(tab.button("Write")).to_be_disabled()


def test_nothing_that_is_typed_becomes_markup(tab: GeneratePage) -> None:
    tab.page.locator("#context textarea").fill(MARKUP)
    expect(tab.root.locator(".strip .tokens")).to_have_text(MARKUP.replace(" ", "␣"))
    tab.press("Write")
    expect(tab.root.locator("img")).to_have_count(0)
    expect(tab.root.locator(".given").first).to_contain_text(MARKUP)
