"""The class's page on a slow phone: how soon after its first byte it can be used, and what it loads.

    python -m tests.benchmarks.bench_phone

Chromium with a processor slowed four times and a slow 4G line (1.6 Mbit/s, 150 ms there and back, as
Lighthouse has it), an empty cache, an answering server. Medians over repeats.
"""

from __future__ import annotations

import statistics
import sys
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from scripts.chromium import find
from tests.benchmarks.bench_page import app_command, running
from tests.conftest import CHROMIUM_ARGUMENTS

REPEATS, SLOWER = 7, 4
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PHONE = ViewportSize(width=390, height=844)
# Notes when something is first on the page, in ms after the page's first byte.
WATCH = """(() => {
    const found = window.found = {};
    const look = () => {
        const first = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
        const note = (name, there) => there && (found[name] ??= performance.now() - first);
        note("typed", document.querySelector("#class input")?.checkVisibility());
        note("joined", document.querySelector(".class-wait[role=status]"));
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})()"""
LOADED = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
    .reduce(([n, bytes], { transferSize }) => [n + 1, bytes + transferSize], [0, 0])"""
OPEN = """async () => (await (await fetch("class/open", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: "{}",
})).json()).code"""


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=[*CHROMIUM_ARGUMENTS])
        with running(browser, app_command, "#tabs") as page:
            parts = urlsplit(page.url)
            measure(browser, f"{parts.scheme}://{parts.netloc}/class", page.evaluate(OPEN))
        browser.close()


def measure(browser: Browser, url: str, code: str) -> None:
    typed = [visited(browser, url, "typed") for _ in range(REPEATS)]
    joined = [visited(browser, f"{url}#{code}", "joined") for _ in range(REPEATS)]
    files, size = joined[-1][1:]
    told = f"({SLOWER}× slower, slow 4G)"
    print(f"code can be typed   {median(typed):5.2f} s after the first byte {told}  target ≤ 1")
    print(f"by QR code, joined  {median(joined):5.2f} s after the first byte {told}")
    print(f"loaded by then      {files} files, {size / 1000:.0f} kB  target ≤ 150")


def median(found: list[tuple[float, int, int]]) -> float:
    return statistics.median(seconds for seconds, _, _ in found)


def visited(browser: Browser, url: str, what: str) -> tuple[float, int, int]:
    """Seconds until something is there; files and bytes that were loaded."""
    page = slow_phone(browser)
    page.goto(url)
    page.wait_for_function("(name) => window.found[name]", arg=what)
    seconds = page.evaluate("(name) => window.found[name] / 1000", what)
    files, size = page.evaluate(LOADED)
    page.context.close()
    return seconds, files, size


def slow_phone(browser: Browser) -> Page:
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.add_init_script(WATCH)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", LINE)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page


if __name__ == "__main__":
    sys.exit(main())
