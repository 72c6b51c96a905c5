"""What a first load costs: requests, bytes, and the server's processor time a visitor.

    python -m tests.benchmarks.bench_loads [--visitors 20]

Each visitor is a browser without a cache that opens the page and waits for its bars, or for the textbox of a
hello-world of the same Gradio. The first one is not counted: the server loads its model for it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from scripts.chromium import find
from tests.benchmarks.bench_page import (
    FIRST_BAR,
    Command,
    app_command,
    free_port,
    hello_command,
    open_when_up,
)
from tests.conftest import CHROMIUM_ARGUMENTS


class Load(NamedTuple):
    """What a browser asked for and got."""

    requests: Counter[str]  # by method and address
    bytes: int  # that came over the wire, compressed as they came


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--list", action="store_true", help="name every request of a load")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=[*CHROMIUM_ARGUMENTS])
        print(f"{'a visitor':16}{'requests':>10}{'POSTs':>8}{'kB':>8}{'again, kB':>11}{'CPU, ms':>10}")
        for name, command, shown in (
            ("hello-world", hello_command, "#hello textarea"),
            ("Temperature Lab", app_command, FIRST_BAR),
        ):
            cpu, first, again = visited(browser, command, shown, options.visitors)
            posts = sum(count for request, count in first.requests.items() if request.startswith("POST"))
            print(
                f"{name:16}{first.requests.total():10}{posts:8}{first.bytes / 1000:8.0f}"
                f"{again.bytes / 1000:11.0f}{1000 * cpu:10.0f}"
            )
            if options.list:
                print("\n".join(f"  {request}" for request in sorted(first.requests.elements())))
        browser.close()


def visited(browser: Browser, command: Command, shown: str, visitors: int) -> tuple[float, Load, Load]:
    """Processor seconds a visitor, and the loads of another one: the first and a second."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, *command(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        loads(browser, url, shown, again=False)
        wait_for_rest(server.pid)
        first, again = loads(browser, url, shown, again=True)
        before = seconds_of(server.pid)
        for _ in range(visitors):
            loads(browser, url, shown, again=False)
        return (seconds_of(server.pid) - before) / visitors, first, again
    finally:
        server.terminate()
        server.wait()


def wait_for_rest(pid: int) -> None:
    """Until a process does next to nothing for a second."""
    used, before = seconds_of(pid), -1.0
    while used - before > 0.05:
        time.sleep(1)
        used, before = seconds_of(pid), used


def seconds_of(pid: int) -> float:
    """Processor time of a process so far."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        user, system = stat.read_text().rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    shown = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return sum(float(part) * 60**place for place, part in enumerate(reversed(shown.stdout.split(":"))))


def loads(browser: Browser, url: str, shown: str, again: bool) -> tuple[Load, Load]:
    """The first load of a browser, and its second where that is wanted."""
    context = browser.new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    found = [Load(Counter(), 0)]

    def asked(event: dict) -> None:
        request = event["request"]
        if request["url"].startswith(url):
            found[-1].requests[f"{request['method']} {request['url'].removeprefix(url)[:80]}"] += 1

    def came(event: dict) -> None:
        found[-1] = found[-1]._replace(bytes=found[-1].bytes + int(event["encodedDataLength"]))

    network.on("Network.requestWillBeSent", asked)
    network.on("Network.loadingFinished", came)
    open_when_up(page, url)
    for _ in range(1 + again):
        page.wait_for_selector(shown, state="attached")
        page.wait_for_load_state("networkidle")
        found.append(Load(Counter(), 0))
        if again and len(found) == 2:
            page.reload()
    context.close()
    return found[0], found[1]


if __name__ == "__main__":
    main()
