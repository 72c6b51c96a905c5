"""The page on a model of words, and on a model of names that end; both tiny and random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LabPage, complaint
from tests.browser.generate_page import GeneratePage
from tests.tiny_models import save_tiny_names_model, save_tiny_words_model
from textgen import api
from textgen.models import folder as checkpoint
from textgen.models.folder import Model
from textgen.models.registry import Registry
from textgen.settings import BeamSettings
from textgen.ui.frame.page import build, launch_options

CONTEXT = {"words": "the old", "names": "ab"}
SEED = 1234


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """The app on the models of a folder."""
    registry = Registry(root)
    app = build(registry)
    _, url, _ = app.launch(prevent_thread_lock=True, server_name="127.0.0.1", **launch_options(registry))
    yield url.rstrip("/")
    app.close()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    makers: dict[str, Callable[[Path], Path]] = {
        "words": save_tiny_words_model,
        "names": save_tiny_names_model,
    }
    return {name: make(tmp_path_factory.mktemp(name) / name) for name, make in makers.items()}


@pytest.fixture(scope="module")
def urls(folders: dict[str, Path]) -> Iterator[dict[str, str]]:
    with serving(folders["words"].parent) as words, serving(folders["names"].parent) as names:
        yield {"words": words, "names": names}


@pytest.fixture
def opened(page: Page, urls: dict[str, str]) -> Iterator[Callable[[str], LabPage]]:
    """Open the page of a model with its context; fails on any complaint of the browser."""
    problems: list[str] = []
    page.on("console", lambda message: problems.extend(complaint(message)))
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))

    def open_on(kind: str) -> LabPage:
        page.goto(urls[kind])
        lab = LabPage(page)
        page.wait_for_selector("#tabs [role=tab]")
        lab.set_sidebar(context=CONTEXT[kind])
        lab.wait_for_context(CONTEXT[kind])
        return lab

    yield open_on
    assert problems == []


def model(folders: dict[str, Path], kind: str) -> Model:
    return checkpoint.load(folders[kind])


def pieces(lab: LabPage) -> list[str]:
    return lab.view().locator(".tokens .tok:not(.open)").all_inner_texts()


# ---- words


def test_words_stand_apart_and_a_bar_adds_its_word(opened: Any) -> None:
    lab = opened("words")
    assert pieces(lab) == ["the", "old"]
    expect(lab.view().locator(".panel-foot").first).to_contain_text("<unk> is never written")
    lab.view().locator(".numbers button.token").first.click()
    lab.page.wait_for_function("document.querySelectorAll('#lab-next_token .tok:not(.open)').length === 3")
    assert lab.page.locator("#context textarea").input_value().startswith("the old")
    lab.view().get_by_role("button", name="Back").click()
    lab.wait_for_context(CONTEXT["words"])


def test_an_unknown_word_is_struck_out_and_the_nearest_named(opened: Any) -> None:
    lab = opened("words")
    lab.type_context("the oldest lady")
    assert lab.view().locator(".tok.unknown").all_inner_texts() == ["oldest"]
    expect(lab.view().locator(".note")).to_contain_text("oldest (nearest: old)")


def test_the_bars_of_words_are_those_of_the_library(opened: Any, folders: dict[str, Path]) -> None:
    lab = opened("words")
    lab.slide("Temperature", 0.5)
    lab.slide("Top-k (0 = off)", 5)
    expect(lab.view().locator(".panel.live")).to_contain_text("removed by top")
    expected = sorted(
        api.next_token(model(folders, "words"), "the old", temperature=0.5, top_k=5).probabilities
    )
    assert sorted(lab.bars())[-5:] == pytest.approx(expected[-5:], abs=2e-5)


def test_a_beam_of_words_has_spaces_in_its_paths(opened: Any, folders: dict[str, Path]) -> None:
    lab = opened("words")
    lab.page.get_by_role("tab", name="Beam search").click()
    words = model(folders, "words")
    *_, last = api.beam_search(words, CONTEXT["words"], BeamSettings(width=3, length=12))
    best = words.shown(last.finished[0].ids)
    expect(lab.page.locator("#lab-beam .ranking tbody th").first).to_have_text(best)
    lab.page.get_by_label("Step", exact=True).fill("12")
    ends = lab.page.locator(".beam-item.finished > .beam-row").all_text_contents()
    assert any(text.endswith(f", finished: {best}") for text in ends)


# ---- names


def test_names_end_and_another_branch_leads_out(opened: Any, folders: dict[str, Path]) -> None:
    """That texts of words and of names add up to those of the library is tested in node."""
    lab = opened("names")
    tab = GeneratePage(lab)
    lab.page.get_by_role("tab", name="Generate").click()
    tab.set_length(300)
    tab.press("Write")
    found = api.generate(model(folders, "names"), "ab", seed=SEED, length=300, temperature=0.2)
    assert tab.texts()[0] == f"{found.text}ended at BOS"
    expect(tab.button("Continue")).to_be_disabled()
    tab.token(0, len(found.ids) - 1).click()
    tab.card.locator("button.bar").first.click()
    tab.answered()
    assert tab.texts()[0].startswith(found.text)
    assert tab.lengths()[0] > len(found.ids)


def test_what_stands_before_the_last_bos_is_pale(opened: Any) -> None:
    lab = opened("names")
    lab.type_context("abc\nde")
    assert lab.view().locator(".tok.unseen").all_inner_texts() == ["a", "b", "c"]
    expect(lab.view().locator(".note")).to_contain_text("only what stands after the last ⏎")
    assert "BOS" in lab.view().locator(".numbers button.token").all_inner_texts()
