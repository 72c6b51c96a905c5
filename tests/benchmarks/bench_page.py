"""The page against a bare Gradio of the same version, in one run and one browser.

    python -m tests.benchmarks.bench_page

Slider to bars beside a number echoed by the server, and with a vocabulary as large as GPT-2's beside the
first model's 65 characters; start to first bars beside a hello-world; tokens per second that reach the page.
Medians over repeats; the ratios are what to quote.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

from scripts.chromium import find
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.tiny_models import LARGE, save_large_words_model

ROOT = Path(__file__).resolve().parents[2]
MOVES, STARTS, LENGTH = 60, 5, 2000
VALUES = [round(0.1 + 2.8 * i / MOVES, 2) for i in range(MOVES)]  # that the slider takes

HELLO = """
import gradio as gr
with gr.Blocks() as page:
    gr.Textbox("hello", elem_id="hello")
page.launch(server_port={port}, quiet=True)
"""
ECHO = """
import gradio as gr
with gr.Blocks() as page:
    slider = gr.Slider(0, 3, 1, step=0.01, label="Temperature")
    number = gr.Number(elem_id="echo")
    slider.input(lambda x: x, slider, number, queue=False, trigger_mode="always_last", show_progress="hidden")
page.launch(server_port={port}, quiet=True)
"""

# Moves a slider and waits, frame by frame, until what follows it shows the new value.
MOVE = """async ([slider, shown, values]) => {
    const input = document.querySelector(slider);
    const frame = () => new Promise(requestAnimationFrame);
    const state = () => Function('return ' + shown)();
    const times = [];
    for (const value of values) {
        const before = state();
        const start = performance.now();
        input.value = value;
        input.dispatchEvent(new Event('input', {bubbles: true}));
        while (state() === before) await frame();
        await frame();
        times.push(performance.now() - start);
        await new Promise((done) => setTimeout(done, 40));
    }
    return times;
}"""
ECHOED = "document.querySelector('#echo input').value"
# Sets a slider of the sidebar, and waits until the page has drawn that.
SET = """async ([slider, value]) => {
    const input = document.querySelector(slider);
    input.value = value;
    input.dispatchEvent(new Event('input', {bubbles: true}));
    await new Promise((done) => setTimeout(done, 500));
}"""
TEMPERATURE, TOP_K = "#temperature input[type=range]", "#top_k input[type=range]"
FIRST_BAR = "#lab-next_token .bars .bar"
BARS = "document.querySelector('#lab-next_token .panel.live .bars i').style.width"

# Presses Write and counts the tokens that stand in the page, from the first seen to the last.
WRITTEN = """async (goal) => {
    const root = document.querySelector('#lab-generate .lab-root');
    const held = (node) => Number.parseInt(node.textContent.replace(',', '') || '0');
    const count = () => [...root.querySelectorAll('.count')].reduce((sum, node) => sum + held(node), 0);
    const frame = () => new Promise(requestAnimationFrame);
    [...root.querySelectorAll('button')].find((button) => button.textContent === 'Write').click();
    while (count() === 0) await frame();
    const [first, start] = [count(), performance.now()];
    while (count() < goal) await frame();
    return [count() - first, performance.now() - start];
}"""


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=[*CHROMIUM_ARGUMENTS])
        first_bars(browser)
        slider(browser)
        large_vocabulary(browser)
        streaming(browser)
        browser.close()


def first_bars(browser: Browser) -> None:
    """Seconds from starting the process to the first bars, and to a hello-world's textbox."""
    ours, hello = [], []
    for _ in range(STARTS):
        hello.append(start_to(browser, hello_command, "#hello textarea"))
        ours.append(start_to(browser, app_command, FIRST_BAR))
    a, b = statistics.median(ours), statistics.median(hello)
    print(
        f"start to first bars   {a:6.2f} s   bare hello-world  {b:6.2f} s   ratio {a / b:.2f}  target ≤ 1.5"
    )


def slider(browser: Browser) -> None:
    """Milliseconds from moving the slider to the frame after the bars show it."""
    with running(browser, app_command, FIRST_BAR) as page:
        ours = page.evaluate(MOVE, [TEMPERATURE, BARS, VALUES])
    with running(browser, echo_command, "#echo input") as page:
        echo = page.evaluate(MOVE, ["input[type=range]", ECHOED, VALUES])
    for name, at in (("p50", 0.5), ("p95", 0.95)):
        a, b = quantile(ours, at), quantile(echo, at)
        ratio = f"ratio {a / b:.2f}  target < 1"
        print(f"slider to bars {name}    {a:6.1f} ms  bare number echo {b:6.1f} ms  {ratio}")


def large_vocabulary(browser: Browser) -> None:
    """Milliseconds from moving the slider to its bars, at 65 tokens and at 50,257, alone and under top-k."""
    with tempfile.TemporaryDirectory() as folder:
        save_large_words_model(Path(folder) / "large")

        def large_command(port: int) -> list[str]:
            return [*app_command(port), "--models", folder]

        for top_k in (0, 40):
            small, large = moved(browser, app_command, top_k), moved(browser, large_command, top_k)
            for name, at in (("p50", 0.5), ("p95", 0.95)):
                a, b = quantile(large, at), quantile(small, at)
                stages = f"top-k {top_k}" if top_k else "T alone "
                target = "  target ≤ 33 ms" if name == "p50" else ""
                print(f"{stages} {name}, {LARGE:,} tokens {a:6.1f} ms  65 tokens {b:6.1f} ms{target}")


def moved(browser: Browser, command: Command, top_k: int) -> list[float]:
    """Milliseconds of each move of the temperature."""
    with running(browser, command, FIRST_BAR) as page:
        page.evaluate(SET, [TOP_K, top_k])
        return page.evaluate(MOVE, [TEMPERATURE, BARS, VALUES])


def streaming(browser: Browser) -> None:
    """Tokens per second that reach the page, all panes together."""
    for panes in (1, 4):
        with running(browser, app_command, FIRST_BAR) as page:
            tokens, seconds = written(page, panes)
        print(
            f"streamed, {panes} panes     {tokens / seconds:6.0f} tokens/s reach the page  ({tokens} tokens)"
        )


def written(page: Page, panes: int) -> tuple[int, float]:
    """Let the Generate tab write; → tokens in the page, seconds from the first to the last."""
    page.get_by_role("tab", name="Generate").click()
    page.wait_for_selector("#lab-generate .pane")
    for _ in range(4 - panes):
        page.locator("#lab-generate").get_by_title("Remove this pane").first.click()
    page.locator("#lab-generate input.length").fill(str(LENGTH))
    page.locator("#lab-generate input.length").blur()
    tokens, milliseconds = page.evaluate(WRITTEN, panes * LENGTH)
    return tokens, milliseconds / 1000


def quantile(values: list[float], at: float) -> float:
    return sorted(values)[min(len(values) - 1, int(at * len(values)))]


def app_command(port: int) -> list[str]:
    return [str(ROOT / "app.py"), "--port", str(port)]


def hello_command(port: int) -> list[str]:
    return script(HELLO, port)


def echo_command(port: int) -> list[str]:
    return script(ECHO, port)


def script(source: str, port: int) -> list[str]:
    path = Path(tempfile.mkdtemp()) / "page.py"
    path.write_text(source.format(port=port), encoding="utf-8")
    return [str(path)]


Command = Callable[[int], list[str]]


def start_to(browser: Browser, command: Command, selector: str) -> float:
    """Seconds from starting a server to an element of its page."""
    started = time.perf_counter()
    with running(browser, command, selector):
        return time.perf_counter() - started


@contextmanager
def running(browser: Browser, command: Command, selector: str) -> Iterator[Page]:
    """A server in a process of its own, and a fresh page of it that shows the selector."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, *command(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    page = browser.new_context().new_page()
    try:
        open_when_up(page, f"http://127.0.0.1:{port}")
        page.wait_for_selector(selector, state="attached")
        yield page
    finally:
        page.context.close()
        server.terminate()
        server.wait()


def open_when_up(page: Page, url: str) -> None:
    """Open a page as soon as its server answers."""
    for _ in range(2000):
        try:
            page.goto(url)
            return
        except Error:
            time.sleep(0.02)
    raise TimeoutError(f"no server at {url}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
