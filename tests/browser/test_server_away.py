"""A server that stops and starts again while its page is open."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.benchmarks.bench_page import free_port

ROOT = Path(__file__).parents[2]
AWAY = "The server is away"


class Server:
    """`app.py` in a process of its own, always on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "app.py", "--port", str(self.port)]
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=nowhere, stderr=nowhere)
        while not self.answers():
            assert self.process.poll() is None
            time.sleep(0.1)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/lab/version") as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    server.start()
    yield server
    server.stop()


# What the page says of itself and that lies over a control.
COVERED = """() => [...document.querySelectorAll("button, input, select, textarea, a")].filter((control) => {
    const { left, top, width, height } = control.getBoundingClientRect();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    return width && over?.closest(".lab-banner, .toast-wrap") && !over.contains(control)
        && !control.contains(over);
}).map((control) => control.outerHTML)"""


def test_everything_stays_and_goes_on_when_it_is_back(server: Server, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(server.url)
    page.evaluate("window.kept = true")  # gone, should the page be loaded anew
    page.get_by_role("tab", name="Generate").click()
    generate, banner = page.locator("#lab-generate"), page.locator(".lab-banner")
    generate.locator("input.length").fill("5000")
    generate.get_by_role("button", name="Write").click()
    text = generate.locator(".text").first
    page.wait_for_function("document.querySelector('#lab-generate .text')?.textContent.length > 200")
    server.stop()
    expect(banner).to_contain_text(AWAY)
    expect(banner).to_have_count(1)
    written = text.text_content() or ""

    # What is asked meanwhile waits: another context, and a tab that was never opened.
    page.get_by_role("tab", name="Next token").click()
    page.locator("#context textarea").fill("The king is n")
    page.get_by_role("tab", name="Draws").click()
    assert page.evaluate(COVERED) == []

    server.start()
    page.locator("#lab-draws").get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator("#lab-draws .draws-status")).to_contain_text("100 draws")
    expect(banner).to_be_hidden()
    page.get_by_role("tab", name="Next token").click()
    expect(page.locator("#lab-next_token .tokens")).to_contain_text("The␣king␣is␣n")
    page.get_by_role("tab", name="Generate").click()
    expect(text).to_have_text(written, use_inner_text=False)
    generate.get_by_role("button", name="Continue").click()
    page.wait_for_function(
        "(held) => document.querySelector('#lab-generate .text')?.textContent.length > held", arg=len(written)
    )
    page.keyboard.press("Escape")  # stops, where there still is something to stop
    expect(generate.get_by_role("button", name="Stop")).to_be_disabled()
    assert page.evaluate("window.kept")

    # The page loaded anew opens where it was left, with what was written.
    written = text.text_content() or ""
    page.reload()
    expect(text).to_have_text(written)
    expect(generate.get_by_role("button", name="Continue")).to_be_enabled()
    expect(generate.locator("input.length")).to_have_value("5000")
    assert page.locator(".toast-body").count() == 0
    page.close()
