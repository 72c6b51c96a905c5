"""The address holds what is shown: opened in a fresh browser, the link shows the same, to the last digit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LabPage, visit
from textgen.ui.shell import assets

pytestmark = pytest.mark.browser

ROOMS = {"next": "next_token", "draws": "draws", "beam": "beam", "generate": "generate"}
READY = {
    "next": ".panel .bar",
    "draws": ".draws-distance .main-svg",
    "beam": ".beam-tree .beam-text",
    "generate": ".pane",
}
# All that is written in a room, the lengths of its bars, and what its charts are drawn from.
SHOWN = """(root) => [
    [...root.querySelectorAll(".lab-spoken")].reduce((text, { innerText }) => text.replace(innerText, ""),
        root.innerText.replace(/ in [0-9.]+ s\\b.*|[0-9.,]+ tokens\\/s.*/g, ""))
        .split(/\\s*\\n\\s*/).join("\\n"),
    ...[...root.querySelectorAll(".bar i")].map((bar) => bar.style.width),
    ...[...root.querySelectorAll(".js-plotly-plot")].map((plot) => JSON.stringify(plot.data)),
]"""
LOAD = """async ([address, record]) => {
    const { loadState } = await import(new URL(address, document.baseURI).href);
    return loadState(record);
}"""
STATE = """async (address) =>
    (await import(new URL(address, document.baseURI).href)).currentState()"""


def load(lab: LabPage, record: dict[str, Any]) -> list[str]:
    return lab.page.evaluate(LOAD, [assets.address("link/address.js"), record])


def state(lab: LabPage) -> dict[str, Any]:
    return lab.page.evaluate(STATE, assets.address("link/address.js"))


def shown(lab: LabPage, record: dict[str, Any]) -> list[str]:
    """What a record's tab shows, once it has come to rest."""
    tab = record["tab"]
    room = lab.view(ROOMS[tab])
    if tab == "next":
        lab.wait_for_context(record["context"])
    if tab == "generate":
        expect(room.locator(".status")).to_contain_text("Done")
    room.locator(READY[tab]).first.wait_for()
    lab.press_if_there(room.get_by_role("button", name="Got it"))
    expect(room).not_to_have_attribute("aria-busy", "true")
    return room.evaluate(SHOWN)


@contextmanager
def fresh(browser: Browser, address: str) -> Iterator[LabPage]:
    """A browser that was never here."""
    context = browser.new_context(reduced_motion="reduce")
    with visit(context, address) as lab:
        yield lab
    context.close()


def random_record(rng: random.Random, tab: str) -> dict[str, Any]:
    """A state of a tab."""
    shared = {
        "model": rng.choice(["shakespeare-char-lstm", "shakespeare-char-gru"]),
        "context": rng.choice(["To be, or not", "KING HENRY:\n", "Go & come? "]),
        "temperature": round(rng.uniform(0.1, 2), 2),
        "top_k": rng.choice([0, 7]),
        "top_p": round(rng.uniform(0.5, 1), 2),
        "logit_bias": rng.choice([{}, {"e": -2}]),
        "order": rng.choice(["temperature last", ["top_p", "temperature"]]),
        "seed": str(rng.randrange(2**63)),
        "locked": rng.random() < 0.5,
    }
    t = round(rng.uniform(0, 2), 2)
    texts = [{"strategy": "sampling", "temperature": t, "width": None, "settings": {"top_k": 3}}]
    texts += [{"strategy": "beam", "temperature": 1, "width": 2, "settings": None}]
    forms: dict[str, dict[str, Any]] = {
        "next": {"temperatures": [t, 3], "stretched": False, "pins": ["Z", "$"]},
        "generate": {"text": texts, "length": 30, "written": True},
        "draws": {"temperatures": [t + 1, "slider"], "n": 50, "drawn": rng.randint(1, 2000), "table": 2},
        "beam": {"width": 2, "length": 6, "length_penalty": 0.5, "sampling": True, "step": 4, "pruned": True},
    }
    return {"tab": tab, **shared, **forms[tab]}


def test_a_fresh_browser_shows_the_same(browser: Browser, shared_page: LabPage) -> None:
    rng = random.Random(3)
    with fresh(browser, shared_page.page.url) as other:
        for tab in ROOMS:
            record = random_record(rng, tab)
            assert load(shared_page, record) == []
            before = shown(shared_page, record)
            shared_page.page.wait_for_function("(seed) => location.hash.includes(seed)", arg=record["seed"])
            address = shared_page.page.url
            other.page.goto("about:blank")
            other.page.goto(address)
            assert shown(other, record) == before
            assert state(other) == state(shared_page)
            assert other.page.url == address
