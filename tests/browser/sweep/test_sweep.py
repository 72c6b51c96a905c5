"""The Sweep part of the Experiments tab, in a real Chromium."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LabPage
from tests.browser.sweep_page import (
    FIRST,
    GRU,
    LIMIT,
    button,
    charted,
    endless,
    fill,
    opened,
    settle,
    swept,
    view,
)
from textgen.api import generate
from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.sweep.records import CellKey
from textgen.experiments.sweep.run import collect, plan, run, summarize
from textgen.experiments.sweep.settings import STRATEGIES, SweepSettings
from textgen.experiments.sweep.summary import interval_text
from textgen.models.registry import Registry


def expected(registry: Registry, **changes: Any) -> dict[CellKey, dict[str, Interval]]:
    """The same sweep from the library."""
    values = {"models": (FIRST,), "prompts": ("The king is d",), "temperatures": (0.5, 1, 2), "length": 60}
    settings = SweepSettings(**{**values, "seeds": (0, 1, 2), **changes})  # type: ignore[arg-type]
    result = collect(settings, run(plan(settings, registry), registry))
    return {cell.key: cell.metrics for cell in summarize(result)}


# ---- the form


def test_the_size_is_told_at_once_and_is_that_of_the_library(tab: LabPage) -> None:
    expect(view(tab).locator(".sweep-hint")).to_contain_text("This server writes 1 sweep at a time")
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    for temperatures, parsed in (
        ("0.1:2:0.1", tuple(step / 10 for step in range(1, 21))),
        ("0, 0.5;1 2", (0, 0.5, 1, 2)),
        ("0.3:0.7:0.2 1e0", (0.3, 0.5, 0.7, 1)),
    ):
        fill(tab, temperatures=temperatures, seeds=5, length=70)
        settings = SweepSettings(
            models=(FIRST,), temperatures=parsed, seeds=tuple(range(5)), length=70, strategies=STRATEGIES
        )  # type: ignore[arg-type]
        form = view(tab).locator(".sweep-form")
        expect(form).to_have_attribute("data-texts", str(settings.texts))
        expect(form).to_have_attribute("data-tokens", str(settings.tokens))
    fill(tab, temperatures="0.5, warm")
    expect(view(tab).locator(".sweep-size")).to_contain_text("Temperatures are numbers")
    fill(tab, temperatures="0.5, .5")
    expect(view(tab).locator(".sweep-size")).to_contain_text("twice")
    fill(tab, temperatures="0.01:9:0.01")
    expect(view(tab).locator(".sweep-size")).to_contain_text("4,500 settings")
    fill(tab, temperatures="0.1:4:0.01", seeds=65)
    expect(view(tab).locator(".sweep-size")).to_contain_text("this page takes 64 at most")
    fill(tab, seeds=64, length=500)
    expect(view(tab).locator(".sweep-size.over")).to_contain_text(f"more than the {LIMIT:,}")
    assert asked == []


def test_the_form_follows_the_sidebar_until_it_is_touched(tab: LabPage) -> None:
    prompt = view(tab).get_by_role("textbox", name="Prompt 1")
    expect(prompt).to_have_value("The king is d")
    tab.page.locator("#context textarea").fill("The\nking")
    expect(prompt).to_have_value("The\nking")
    tab.choose_model("Names")
    expect(view(tab).locator("[data-model][aria-pressed=true]")).to_have_text(["Names"])
    prompt.fill("mar")
    view(tab).locator(f"[data-model={FIRST}]").click()
    tab.page.locator("#context textarea").fill("another")
    tab.choose_model("Plays, characters (GRU)")
    expect(prompt).to_have_value("mar")
    expect(view(tab).locator("[data-model][aria-pressed=true]")).to_have_text(["Plays, characters", "Names"])
    button(tab, "Take the sidebar's context").click()
    expect(prompt).to_have_value("another")


# ---- a sweep


def test_charts_table_and_texts_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    swept(tab)
    cells = expected(models)
    for name in ("surprise", "creativity"):
        for line, strategy in zip(charted(tab, name), STRATEGIES, strict=True):
            means = [cells[CellKey(FIRST, "The king is d", strategy.name, t)][name].mean for t in line["x"]]
            assert line["name"] == strategy.name
            assert line["y"] == pytest.approx(means, rel=1e-3)
    # a number of the table, with the keyboard
    view(tab).get_by_label("Metric of the table").select_option(label="Surprise")
    found = cells[CellKey(FIRST, "The king is d", "plain", 1.0)]["surprise"]
    number = view(tab).get_by_role("button", name=f"plain at T = 1: {interval_text(found)}")
    number.focus()
    number.press("Enter")
    reader = view(tab).locator(".sweep-reader")
    expect(reader).to_have_attribute("data-line", "plain")
    own = [generate(models.get(FIRST), "The king is d", seed=seed, length=60).text for seed in range(3)]
    assert reader.locator(".written").evaluate_all("nodes => nodes.map((n) => n.textContent)") == own
    assert [text[:6] for text in reader.locator("article header b").all_inner_texts()] == [
        "seed 0",
        "seed 1",
        "seed 2",
    ]
    # and on to the next temperature
    reader.get_by_role("button", name="hotter ›").click()
    expect(reader).to_have_attribute("data-t", "2")
    hot = generate(models.get(FIRST), "The king is d", seed=0, length=60, temperature=2).text
    assert reader.locator(".written").first.evaluate("node => node.textContent") == hot
    expect(reader.get_by_role("button", name="hotter ›")).to_be_disabled()


def test_a_click_on_a_point_opens_its_texts_and_greedy_says_what_it_is(tab: LabPage) -> None:
    swept(tab)
    plot = view(tab).locator("[data-metric='surprise'] .sweep-plot")
    plot.scroll_into_view_if_needed()
    at = plot.evaluate(
        """plot => {
          const {xaxis, yaxis} = plot._fullLayout;
          const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
          return [box.x + xaxis.l2p(2), box.y + yaxis.l2p(plot._fullData[1].y[2])];
        }"""
    )
    tab.page.mouse.move(*at)
    tab.page.mouse.click(*at)
    reader = view(tab).locator(".sweep-reader")
    expect(reader).to_have_attribute("data-line", "greedy")
    expect(reader).to_have_attribute("data-t", "2")
    expect(reader.locator(".note")).to_contain_text("one text of all temperatures and seeds")
    expect(reader.locator("article")).to_have_count(1)


def test_the_guides_table_sorts_and_filters(tab: LabPage) -> None:
    button(tab, "The guide's four").click()
    swept(tab, temperatures="0.2, 0.5, 0.8, 1.2", length=30)
    guide = view(tab).locator(".sweep-guide")
    rows = guide.locator("tbody tr")
    guide.get_by_label("only settings that guides name").check()
    expect(rows).to_have_count(4)
    assert [row.split("\n")[0].strip() for row in rows.locator("th").all_inner_texts()] == [
        "0.2",
        "0.5",
        "0.8",
        "1.2",
    ]
    guide.get_by_role("button", name="creativity (proxy)").click()
    guide.get_by_role("button", name="creativity (proxy)").click()
    values = [
        float(text.split(" ")[0])
        for text in guide.locator("tbody tr td:nth-child(4)").all_inner_texts()
        if text != "–"
    ]
    assert values == sorted(values, reverse=True)
    guide.get_by_label("only settings that guides name").uncheck()
    guide.get_by_label("Which lines").select_option(label="top-k 40")
    expect(rows).to_have_count(4)


def test_models_are_compared_and_a_sweep_that_is_gone_leaves_the_page_as_it_is(
    tab: LabPage, models: Registry
) -> None:
    view(tab).locator(f"[data-model={GRU}]").click()
    swept(tab, temperatures="1, 2")
    view(tab).get_by_role("button", name="Models", exact=True).click()
    tab.wait_for_data("lines", f"{FIRST}|{GRU}", "sweep")
    view(tab).get_by_label("Which of the strategies").select_option(label="plain")
    settle(tab)
    cells = expected(models, models=(FIRST, GRU), temperatures=(1, 2))
    means = [cells[CellKey(GRU, "The king is d", "plain", t)]["surprise"].mean for t in (1.0, 2.0)]
    assert charted(tab, "surprise")[1]["y"] == pytest.approx(means, rel=1e-3)
    before = charted(tab, "surprise")
    tab.page.evaluate("TemperatureLab.memory.sweep.run = 'gone'")
    view(tab).get_by_label("Which of the strategies").select_option(label="greedy")
    expect(tab.page.locator(".lab-toast")).to_contain_text("does not hold the sweep 'gone' any more")
    assert charted(tab, "surprise") == before


# ---- stop, wait, refuse


def test_stop_keeps_what_is_finished_and_the_next_run_begins(tab: LabPage) -> None:
    endless(tab)
    tab.page.wait_for_selector("#lab-sweep .lab-root[data-shown]")
    button(tab, "■ Stop").click()
    settle(tab)
    expect(view(tab).locator(".sweep-status")).to_contain_text("are finished and kept")
    shown = int(tab.data("shown", "sweep") or 0)
    assert 64 <= shown < 5121
    expect(view(tab).locator(".sweep-head")).to_contain_text(f"{shown:,} of 5,121 texts")
    swept(tab)
    expect(view(tab).locator(".sweep-head")).to_contain_text("37 texts")


def test_a_refusal_keeps_the_results(tab: LabPage) -> None:
    swept(tab)
    before = charted(tab, "surprise")
    for fields, sentence in (
        ({"temperatures": "0.01:9:0.01", "seeds": 64, "length": 5000}, "at most 2,000 on this page"),
        (
            {"temperatures": "0.1:2:0.1", "seeds": 64, "length": 5000},
            "at most 2,000,000 tokens here, got 25,605,000",
        ),
        ({"temperatures": ""}, "got nothing"),
    ):
        fill(tab, **fields)
        button(tab, "Run").click()
        expect(tab.page.get_by_text(sentence)).to_be_visible()
        settle(tab)
    expect(view(tab).locator(".sweep-status")).to_contain_text("results below are as they were")
    assert charted(tab, "surprise") == before


def test_sweeps_wait_for_their_turn_and_a_page_that_closes_ends_its_own(
    tab: LabPage, browser: Browser, app_url: str
) -> None:
    other = LabPage(browser.new_page())
    other.page.goto(app_url)
    other.page.wait_for_selector("#lab-next_token .lab-root[data-updates]")
    endless(opened(other))
    other.page.wait_for_selector("#lab-sweep .lab-root[data-shown]")
    status = view(tab).locator(".sweep-status")
    endless(tab)
    expect(status).to_contain_text("Waiting for its turn")
    button(tab, "■ Stop").click()  # else the next one would wait for minutes
    expect(status).to_contain_text("Stopped before")
    fill(tab, temperatures="1", seeds=2, length=20)
    button(tab, "Run").click()
    expect(status).to_contain_text("Waiting for its turn")
    other.page.close()
    expect(status).to_contain_text("9 texts in", timeout=30_000)


def test_what_comes_while_another_tab_is_open_is_drawn_when_one_returns(tab: LabPage) -> None:
    fill(tab, temperatures="0.5, 1, 2", seeds=5, length=1000)  # one job, so that nothing comes before its end
    button(tab, "Run").click()
    tab.page.get_by_role("tab", name="Draws", exact=True).click()
    expect(view(tab)).to_be_hidden()
    settle(tab)
    assert tab.data("shown", "sweep") is None
    opened(tab)
    tab.wait_for_data("shown", "61", "sweep")
    assert [len(line["x"]) for line in charted(tab, "surprise")] == [3] * 5
    width = (
        view(tab).locator("[data-metric='surprise'] .sweep-plot").evaluate("plot => plot._fullLayout.width")
    )
    assert width > 200
