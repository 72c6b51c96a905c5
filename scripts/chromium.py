"""A Chromium for the browser tests: found, or else installed. Prints its path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
HOW = (
    "no Chromium was found and none could be installed; install chromium or google-chrome, "
    "or name one: make test CHROMIUM=/path/to/chromium"
)


def main() -> int:
    """Find a Chromium, or install one → 0, or 1 with one line that says how."""
    path = find() or install()
    print(path or HOW, file=sys.stdout if path else sys.stderr)
    return 0 if path else 1


def find() -> str | None:
    """The first Chromium that starts: $CHROMIUM, one on the PATH, Playwright's own."""
    return next(filter(starts, candidates()), None)


def candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
    yield from filter(None, map(shutil.which, NAMES))
    yield MAC
    yield from filter(None, [playwrights_own()])


def starts(path: str) -> bool:
    """Whether a browser can be run: Ubuntu's chromium-browser may be a stub that only prints advice."""
    if not Path(path).is_file():
        return False
    try:
        answer = subprocess.run([path, "--version"], check=False, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def playwrights_own() -> str | None:
    """Where Playwright keeps its Chromium, whether it is there or not; None without Playwright.

    Asked in a process of its own: Playwright cannot be started twice in one.
    """
    answer = subprocess.run(
        [sys.executable, "-c", ASK_PLAYWRIGHT], check=False, capture_output=True, text=True
    )
    return answer.stdout.strip() or None


def install() -> str | None:
    """Install Chromium: with apt for root on Debian, else Playwright's own build."""
    for commands in ways_to_install():
        if all(map(succeeds, commands)) and (path := find()):
            return path
    return None


def ways_to_install() -> Iterator[Sequence[Sequence[str]]]:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if is_root and shutil.which("apt-get"):
        yield [["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]]
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]


def succeeds(command: Sequence[str]) -> bool:
    """Run a command and show what it says on stderr."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, check=False, stdout=sys.stderr, env=environment).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
