"""The Sweep part of the Experiments tab, in a real Chromium."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from tests.browser.conftest import LabPage, visit
from tests.browser.sweep_page import (
    FIELDS,
    FIRST,
    FIRST_TITLE,
    GRU,
    GRU_TITLE,
    LIMIT,
    Served,
    button,
    charted,
    chosen_models,
    endless,
    eventually,
    fill,
    head,
    model,
    opened,
    size,
    status,
    swept,
    view,
)
from textgen.api import generate
from textgen.experiments.metrics.bootstrap import Interval
from textgen.experiments.sweep.records import CellKey
from textgen.experiments.sweep.run import collect, plan, run, summarize
from textgen.experiments.sweep.settings import SweepSettings
from textgen.experiments.sweep.summary import interval_text
from textgen.models.registry import Registry
from textgen.settings import STRATEGIES
from textgen.ui.sweep.runs import MAX_SWEEPS

PROMPT = "The king is d"


def expected(registry: Registry, **changes: Any) -> dict[CellKey, dict[str, Interval]]:
    """The same sweep from the library."""
    values = {"models": (FIRST,), "prompts": (PROMPT,), "temperatures": (0.5, 1, 2), "length": 60}
    settings = SweepSettings(**{**values, "seeds": (0, 1, 2), **changes})  # type: ignore[arg-type]
    result = collect(settings, run(plan(settings, registry), registry))
    return {cell.key: cell.metrics for cell in summarize(result)}


def reader(lab: LabPage) -> Locator:
    return view(lab).get_by_role("region", name="Texts of the chosen point")


def drawn(lab: LabPage, metric: str, temperatures: list[float]) -> list[dict[str, Any]]:
    """The lines of a chart, once each goes through these temperatures."""
    eventually(lambda: temperatures in [line["x"] for line in charted(lab, metric)])
    return charted(lab, metric)


# ---- the form


def test_the_size_is_told_at_once_without_asking(tab: LabPage) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    fill(tab, temperatures="0, 0.5;1 2", seeds=5, length=70)
    settings = SweepSettings(models=(FIRST,), temperatures=(0, 0.5, 1, 2), seeds=tuple(range(5)), length=70)
    expect(size(tab)).to_contain_text(f"{settings.texts} texts, up to {settings.tokens:,} tokens")
    expect(view(tab).get_by_text("4 temperatures from 0 to 2")).to_be_visible()
    fill(tab, temperatures="0.5, warm")
    problem = view(tab).locator(".lab-problem")
    expect(problem).to_contain_text("Temperatures are numbers")
    fill(tab, temperatures="0.1:5:0.001")
    expect(problem).to_contain_text("Too many temperatures: 1,000 at most")
    expect(view(tab).get_by_label("Temperatures", exact=True)).to_have_attribute("aria-invalid", "true")
    fill(tab, temperatures="0.1:4:0.01", seeds=64, length=500)
    expect(problem).to_contain_text(f"more than the {LIMIT:,}")
    assert asked == []


def test_the_form_follows_the_sidebar_until_it_is_touched(context: BrowserContext, app_url: str) -> None:
    with visit(context, app_url) as fresh:
        opened(fresh)
        expect(view(fresh)).to_contain_text("This server writes 1 sweep at a time")
        prompt = view(fresh).get_by_role("textbox", name="Prompt 1")
        expect(prompt).to_have_value(PROMPT)
        fresh.set_sidebar(context="The\nking", model="names")
        expect(prompt).to_have_value("The\nking")
        assert chosen_models(fresh) == ["Names"]
        prompt.fill("mar")
        model(fresh, FIRST_TITLE).click()
        fresh.set_sidebar(context="another", model=GRU)
        expect(prompt).to_have_value("mar")
        assert chosen_models(fresh) == [FIRST_TITLE, "Names"]
        button(fresh, "+ Prompt").click()
        expect(view(fresh).get_by_role("textbox", name="Prompt 2")).to_be_focused()
        button(fresh, "Take the sidebar's context").click()
        expect(prompt).to_have_value("another")
        expect(view(fresh).get_by_role("textbox", name="Prompt 2")).to_have_count(0)


# ---- a sweep


def test_charts_table_and_texts_are_those_of_the_library(tab: LabPage, models: Registry) -> None:
    swept(tab)
    cells = expected(models)
    for name in ("surprise", "creativity"):
        for line, strategy in zip(drawn(tab, name, [0.5, 1, 2]), STRATEGIES, strict=True):
            means = [cells[CellKey(FIRST, PROMPT, strategy.name, t)][name].mean for t in line["x"]]
            assert line["name"] == strategy.name
            assert line["y"] == pytest.approx(means, rel=1e-3)
    # a number of the table, with the keyboard
    view(tab).get_by_label("Metric of the table").select_option(label="Surprise")
    found = cells[CellKey(FIRST, PROMPT, "plain", 1.0)]["surprise"]
    number = view(tab).get_by_role("button", name=f"plain at T = 1: {interval_text(found)}")
    number.focus()
    number.press("Enter")
    expect(reader(tab).get_by_role("heading")).to_have_text("T = 1, plain: 3 texts")
    expect(reader(tab).get_by_role("heading")).to_be_focused()
    own = [generate(models.get(FIRST), PROMPT, seed=seed, length=60).text for seed in range(3)]
    assert reader(tab).locator(".written").evaluate_all("nodes => nodes.map((n) => n.textContent)") == own
    seeds = reader(tab).locator("article header b").all_inner_texts()
    assert seeds == ["seed 0", "seed 1", "seed 2"]
    # and on to the next temperature
    reader(tab).get_by_role("button", name="hotter ›").click()
    expect(reader(tab).get_by_role("heading")).to_have_text("T = 2, plain: 3 texts")
    hot = generate(models.get(FIRST), PROMPT, seed=0, length=60, temperature=2).text
    assert reader(tab).locator(".written").first.evaluate("node => node.textContent") == hot
    expect(reader(tab).get_by_role("button", name="hotter ›")).to_be_disabled()
    reader(tab).get_by_role("button", name="Close the texts").click()
    expect(reader(tab)).to_have_count(0)


def test_a_click_on_a_point_opens_its_texts_and_greedy_says_what_it_is(tab: LabPage) -> None:
    swept(tab)
    drawn(tab, "surprise", [0.5, 1, 2])
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
    expect(reader(tab).get_by_role("heading")).to_have_text("T = 2, greedy: 1 text")
    expect(reader(tab).locator(".note")).to_contain_text("one text of all temperatures and seeds")
    expect(reader(tab).locator("article")).to_have_count(1)


def test_the_guides_table_and_two_temperatures(tab: LabPage) -> None:
    button(tab, "The guide's four").click()
    swept(tab, temperatures="0.2, 0.5, 0.8, 1.2", length=30)
    guide = view(tab).locator(".sweep-guide")
    rows = guide.locator("tbody tr")
    guide.get_by_label("only settings that guides name").check()
    expect(rows).to_have_count(4)
    texts = [row.split("\n")[0].strip() for row in rows.locator("th").all_inner_texts()]
    assert texts == ["0.2", "0.5", "0.8", "1.2"]
    guide.get_by_role("button", name="creativity (proxy)").click()
    guide.get_by_role("button", name="creativity (proxy)").click()
    expect(guide.get_by_role("columnheader", name="creativity (proxy)")).to_have_attribute(
        "aria-sort", "descending"
    )
    shown = [text.split(" ")[0] for text in guide.locator("tbody tr td:nth-child(4)").all_inner_texts()]
    values = [float(text) for text in shown if text != "–"]
    assert values == sorted(values, reverse=True)
    guide.get_by_label("only settings that guides name").uncheck()
    guide.get_by_label("Which lines").select_option(label="top-k 40")
    expect(rows).to_have_count(4)
    guide.get_by_label("Which lines").select_option(label="all lines")
    difference = view(tab).locator(".sweep-difference")
    expect(difference).to_contain_text("3 pairs")
    difference.get_by_label("First temperature").select_option(label="1.2")
    difference.get_by_label("Line").select_option(label="greedy")
    expect(difference).to_contain_text("1 pair")
    expect(difference.get_by_role("row", name="Surprise")).to_contain_text("0.00")


def test_models_are_compared_and_a_sweep_that_is_gone_leaves_the_page_as_it_is(
    tab: LabPage, models: Registry, served: Served
) -> None:
    model(tab, GRU_TITLE).click()
    swept(tab, temperatures="1, 2")
    button(tab, "Models").click()
    expect(view(tab).locator(".sweep-legend")).to_contain_text(GRU)
    view(tab).get_by_label("Which of the strategies").select_option(label="plain")
    cells = expected(models, models=(FIRST, GRU), temperatures=(1, 2))
    means = [cells[CellKey(GRU, PROMPT, "plain", t)]["surprise"].mean for t in (1.0, 2.0)]
    found = pytest.approx(means, rel=1e-3)
    eventually(lambda: [line["y"] for line in charted(tab, "surprise")][1:2] == [found])
    before = charted(tab, "surprise")
    tab.page.reload()
    eventually(lambda: charted(tab, "surprise") == before)
    result = served.last()
    assert result
    for _ in range(MAX_SWEEPS):
        served.store.put(result)
    view(tab).get_by_label("Which of the strategies").select_option(label="greedy")
    expect(view(tab).locator(".sweep-head")).to_contain_text("any more; run it again")
    assert charted(tab, "surprise") == before


# ---- stop, wait, refuse


def test_stop_keeps_what_is_finished_and_the_next_run_begins(tab: LabPage) -> None:
    endless(tab)
    expect(head(tab)).to_contain_text(" of 5,121 texts", timeout=30_000)
    button(tab, "■ Stop").click()
    expect(status(tab)).to_have_text("Stopped. The finished texts are kept, as shown below.")
    kept = re.search(r"([\d,]+) of 5,121 texts", head(tab).inner_text())
    assert kept
    assert 0 < int(kept[1].replace(",", "")) < 5121
    swept(tab)
    expect(head(tab)).to_contain_text("37 texts")


def test_what_is_thrown_away_comes_back(tab: LabPage) -> None:
    swept(tab, temperatures="0.5, 1", seeds=2, length=20)
    drawn(tab, "surprise", [0.5, 1])
    button(tab, "Quick look").click()
    button(tab, "↶ Undo: “Quick look” taken").click()
    expect(view(tab).get_by_label("Temperatures", exact=True)).to_have_value("0.5, 1")
    swept(tab, temperatures="2", seeds=1, length=20)
    drawn(tab, "surprise", [2])
    view(tab).get_by_role("button", name="Report").focus()
    tab.page.keyboard.press("Control+z")
    drawn(tab, "surprise", [0.5, 1])


def test_what_cannot_be_run_is_told_at_its_field_and_keeps_the_results(tab: LabPage) -> None:
    swept(tab)
    before = drawn(tab, "surprise", [0.5, 1, 2])
    problem = view(tab).locator(".lab-problem")
    for fields, sentence, field in (
        ({"temperatures": "0.01:9:0.01"}, "this page takes 2,000 at most", "temperatures"),
        (
            {"temperatures": "0.1:2:0.1", "seeds": 64, "length": 5000},
            "25,606,053 tokens to read and write",
            "temperatures",
        ),
        ({"temperatures": "2000"}, "from 0.01 to 100, got 2000", "temperatures"),
        ({"temperatures": "1", "seeds": "many"}, "number of seeds", "seeds"),
    ):
        fill(tab, **fields)
        button(tab, "Run").click()
        expect(problem).to_contain_text(sentence)
        expect(view(tab).get_by_label(FIELDS[field], exact=True)).to_be_focused()
    fill(tab, temperatures="1", seeds=1)
    tab.set_sidebar(context="a" * 20_001)  # this only the server knows
    button(tab, "Run").click()
    expect(problem).to_contain_text("at most 20,000 characters, got 20,001")
    expect(status(tab)).to_contain_text("results below are as they were")
    assert charted(tab, "surprise") == before


def test_sweeps_wait_for_their_turn_and_a_page_that_closes_ends_its_own(
    tab: LabPage, context: BrowserContext, app_url: str
) -> None:
    with visit(context, app_url) as other:
        endless(opened(other))
        expect(head(other)).to_contain_text(" of 5,121 texts", timeout=30_000)
        endless(tab)
        expect(status(tab)).to_contain_text("Waiting for its turn")
        button(tab, "■ Stop").click()  # else the next one would wait for minutes
        expect(status(tab)).to_contain_text("Stopped before")
        fill(tab, temperatures="1", seeds=2, length=20)
        button(tab, "Run").click()
        expect(status(tab)).to_contain_text("Waiting for its turn")
    expect(status(tab)).to_contain_text("9 texts in", timeout=30_000)


def test_what_comes_while_another_tab_is_open_is_drawn_when_one_returns(tab: LabPage, served: Served) -> None:
    fill(tab, temperatures="0.5, 1, 1.5, 2", seeds=4, length=1000)
    button(tab, "Run").click()
    tab.page.get_by_role("tab", name="Draws", exact=True).click()
    expect(view(tab)).to_be_hidden()
    eventually(lambda: (found := served.last()) is not None and found.settings.length == 1000, seconds=30)
    opened(tab)
    expect(head(tab)).to_contain_text("65 texts ·")
    assert [len(line["x"]) for line in drawn(tab, "surprise", [0.5, 1, 1.5, 2])] == [4] * 5
    plot = view(tab).locator("[data-metric='surprise'] .sweep-plot")
    assert plot.evaluate("plot => plot._fullLayout.width") > 200


def test_it_fits_a_phone_and_its_ink_the_dark(tab: LabPage) -> None:
    swept(tab)
    drawn(tab, "surprise", [0.5, 1, 2])
    plot = view(tab).locator("[data-metric='surprise'] .sweep-plot")
    tab.page.evaluate("document.body.classList.add('dark')")
    try:
        eventually(lambda: plot.evaluate("plot => plot._fullData[1].line.color") == "#eceef3")
        tab.resize(390, 844)
        eventually(lambda: plot.evaluate("plot => plot._fullLayout.width") < 390)
        assert tab.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    finally:
        tab.page.evaluate("document.body.classList.remove('dark')")
        tab.resize(1280, 720)
