"""How a Chromium is found or installed, on machines made of stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import chromium

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Make programs on an otherwise empty PATH, without a Chromium of Playwright's."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "playwrights_own", lambda: None)
    monkeypatch.setattr(chromium, "MAC", "/nowhere")
    monkeypatch.setattr(chromium.sys, "executable", "/nowhere/python")

    def make(name: str, body: str) -> Path:
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)
        return file

    return make


def test_one_on_the_path_is_found(program: Program) -> None:
    path = program("google-chrome", "true")
    assert chromium.find() == str(path)


def test_the_one_named_comes_first(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program("chromium", "true")
    mine = program("mine", "true")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.find() == str(mine)


def test_a_stub_that_only_prints_advice_is_passed_over(program: Program) -> None:
    program("chromium", "exit 1")
    real = program("google-chrome", "true")
    assert chromium.find() == str(real)


def test_root_on_debian_gets_it_from_apt_after_an_update(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 0)
    browser = tmp_path / "chromium"
    update = f"update) : > {tmp_path}/lists ;;"
    install = (
        f"install) [ -f {tmp_path}/lists ] && echo '#!/bin/sh' > {browser} && /bin/chmod 755 {browser} ;;"
    )
    program("apt-get", f'case "$1" in {update} {install} esac')
    assert chromium.install() == str(browser)


def test_others_never_call_apt(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1000)
    program("apt-get", f": > {tmp_path}/called")
    assert chromium.install() is None
    assert not (tmp_path / "called").exists()


@pytest.mark.usefixtures("program")
def test_without_one_a_single_line_says_how(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium.os, "geteuid", lambda: 1000)
    assert chromium.main() == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", chromium.HOW + "\n")
