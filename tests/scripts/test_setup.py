"""The set-up script on machines made of stand-ins: which Python it takes, what it installs, and when."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.lock import LISTS, locked

ROOT = Path(__file__).parent.parent.parent

# Answers the script's questions, makes a .venv whose Python is itself, and logs what it is told to install.
STAND_IN = """#!/bin/sh
case "$*" in
    *version_info*) {new_enough} ;;
    *ensurepip*) {has_venv} ;;
    "-m venv --clear .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip install"*) echo "$*" >> pip.log; {pip} ;;
    *"import npm"*) shift 2; rm -rf node_modules; mkdir node_modules; echo "$*" >> npm.log; {npm} ;;
esac
"""
WILLING = {"new_enough": "true", "has_venv": "true", "pip": "true", "npm": "true"}


class Machine:
    """A folder with the script, requirements, and Pythons of our making."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "scripts").mkdir()
        (root / "bin").mkdir()
        shutil.copy(ROOT / "scripts" / "setup.sh", root / "scripts")
        (root / "requirements.txt").write_text("one==1\n")
        (root / "pyproject.toml").write_text("[project]\n")
        (root / "locked").mkdir()
        for name in ("app", "train", "test"):
            (root / "locked" / f"{name}.txt").write_text(f"{name}==1\n")
        (root / "package-lock.json").write_text("{}\n")

    def python(self, name: str, **answers: str) -> None:
        """A Python that answers `true` to all that is asked of it, but for what is named here."""
        file = self.root / "bin" / name
        file.write_text(STAND_IN.format(**{**WILLING, **answers}))
        file.chmod(0o755)

    def setup(self, what: str, pythons: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["sh", str(self.root / "scripts" / "setup.sh"), what],
            env={"PATH": path, "PYTHON": pythons, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def installed(self) -> list[str]:
        return self.lines("pip.log")

    @property
    def script_tools(self) -> list[str]:
        return self.lines("npm.log")

    def lines(self, log: str) -> list[str]:
        file = self.root / log
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_second_start_installs_nothing(machine: Machine) -> None:
    machine.python("new")
    assert machine.setup("app", "new").returncode == 0
    assert machine.setup("app", "new").stderr == ""
    assert machine.installed == [
        "-m pip install --disable-pip-version-check --require-hashes --no-deps -r locked/app.txt",
        "-m pip install --disable-pip-version-check -r requirements.txt",
    ]


@pytest.mark.parametrize("file", ["requirements.txt", "locked/app.txt"])
def test_other_requirements_are_installed(machine: Machine, file: str) -> None:
    machine.python("new")
    machine.setup("app", "new")
    (machine.root / file).write_text("one==2\n")
    machine.setup("app", "new")
    assert len(machine.installed) == 4


def test_an_install_that_failed_is_tried_again(machine: Machine) -> None:
    """Without the rest of what would have followed."""
    machine.python("new", pip="false")
    assert machine.setup("app", "new").returncode != 0
    assert machine.setup("app", "new").returncode != 0
    assert len(machine.installed) == 2


def test_tests_need_more_than_the_app(machine: Machine) -> None:
    machine.python("new")
    machine.setup("test", "new")
    machine.setup("train", "new")
    machine.setup("test", "new")
    assert [line.split("check ")[1] for line in machine.installed] == [
        "--require-hashes --no-deps -r locked/app.txt",
        "-r requirements.txt",
        "--require-hashes --no-deps -r locked/test.txt",
        "--no-build-isolation -e .[train,dev]",
        "--require-hashes --no-deps -r locked/train.txt",
        "--no-build-isolation -e .[train]",
    ]


def test_what_checks_scripts_is_installed_for_tests_alone_and_once(machine: Machine) -> None:
    machine.python("new")
    machine.setup("app", "new")
    machine.setup("train", "new")
    assert machine.script_tools == []
    machine.setup("test", "new")
    assert machine.setup("test", "new").stderr == ""
    assert machine.script_tools == ["ci --ignore-scripts --no-audit --no-fund"]


def test_other_script_tools_are_installed(machine: Machine) -> None:
    machine.python("new")
    machine.setup("test", "new")
    (machine.root / "package-lock.json").write_text("[]\n")
    machine.setup("test", "new")
    assert len(machine.script_tools) == 2


def test_script_tools_that_failed_are_tried_again(machine: Machine) -> None:
    machine.python("new", npm="false")
    assert machine.setup("test", "new").returncode != 0
    assert machine.setup("test", "new").returncode != 0
    assert len(machine.script_tools) == 2


def test_the_list_of_script_tools_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert "://" not in lock  # npm's `funding` entries hold addresses too: drop them
    assert '"resolved"' not in lock
    assert "integrity" in lock


def test_all_that_is_asked_for_is_locked_at_its_version() -> None:
    """But PyTorch; `python -m scripts.lock` writes the lists, which name no registry."""
    lists = {name: (ROOT / "locked" / f"{name}.txt").read_text() for name in LISTS}
    held = {plain(name): version for text in lists.values() for name, version in locked(text).items()}
    for file in ("requirements.txt", "pyproject.toml"):
        asked = locked((ROOT / file).read_text())
        assert {plain(name) for name in asked} - {"torch"} == {
            plain(name) for name, version in asked.items() if held.get(plain(name)) == version
        }, "python -m scripts.lock"
    assert not any("://" in text for text in lists.values())
    assert all(text.count("--hash=sha256:") > len(locked(text)) for text in lists.values())


def plain(name: str) -> str:
    """A package's name as indices compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def test_an_index_of_torch_builds_is_passed_on(machine: Machine) -> None:
    machine.python("new")
    machine.setup("app", "new", TORCH_INDEX="file:///cpu builds")
    assert "--extra-index-url file:///cpu builds -r requirements.txt" in machine.installed[1]


def test_the_first_python_that_will_do_is_taken(machine: Machine) -> None:
    machine.python("old", new_enough="false")
    machine.python("bare", has_venv="false")
    machine.python("new")
    run = machine.setup("app", "missing old bare new")
    assert "Making .venv with new" in run.stderr


@pytest.mark.parametrize(
    ("pythons", "sentence"),
    [("missing old", "Python 3.11 or newer is needed"), ("old bare", "bare comes without venv")],
)
def test_without_one_a_single_line_says_how(machine: Machine, pythons: str, sentence: str) -> None:
    machine.python("old", new_enough="false")
    machine.python("bare", has_venv="false")
    run = machine.setup("app", pythons)
    assert run.returncode != 0
    assert sentence in run.stderr
    assert run.stderr.count("\n") == 1
